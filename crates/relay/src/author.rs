//! The relay as an author: receipts it signs, and facts it seals to a scope's epoch and can never read back.

use std::sync::Arc;

use serde_json::Value;
use zuc_protocol::{
    ProtocolError, Scope,
    control::ControlLog,
    ids::{ItemId, LogId, RequestId},
    item::Fact,
    receipt::{Decision, ReceiptHeader, SignedReceipt},
    relay_fact::{RelayFactHeader, SealedRelayFact},
    suite,
};
use zuc_relay_store::{Receipted, RelayFact};

use crate::{RelayError, chance::random, keys::RelayKeys};

/// Signs for one company under one state of its control log.
#[derive(Clone)]
pub(crate) struct Author {
    pub(crate) control: Arc<ControlLog>,
    pub(crate) log: LogId,
    pub(crate) keys: Arc<RelayKeys>,
}

/// What a fact says besides its receipt.
pub(crate) struct Told {
    pub(crate) kind: &'static str,
    pub(crate) subject: ItemId,
    pub(crate) body: Value,
}

impl Author {
    /// The author, if the company's admins have entered the relay's key.
    ///
    /// # Errors
    /// [`RelayError::Refused`] `relay.key_not_entered`: nobody would believe what it signs.
    pub(crate) fn try_new(control: Arc<ControlLog>, log: LogId, keys: Arc<RelayKeys>) -> Result<Self, RelayError> {
        if control.relay_key() == Some(&keys.verify_key()) {
            Ok(Self { control, log, keys })
        } else {
            Err(RelayError::Refused("relay.key_not_entered"))
        }
    }

    /// Signs a decision.
    pub(crate) fn receipt(
        &self,
        request: Option<RequestId>,
        time_ms: i64,
        decision: Decision,
    ) -> Result<SignedReceipt, ProtocolError> {
        let header = ReceiptHeader {
            version: suite::VERSION,
            suite: suite::SUITE,
            company: self.control.company(),
            log: self.log,
            request,
            time_ms,
            decision,
        };
        SignedReceipt::sign(&header, self.keys.signer())
    }

    /// Seals a fact that carries a receipt; its id is made of the receipt, so that it is written once.
    pub(crate) fn fact(&self, scope: Scope, receipt: &SignedReceipt, told: &Told) -> Result<RelayFact, ProtocolError> {
        let epoch = self.control.epoch(scope).ok_or(ProtocolError::Inconsistent)?;
        let mut id = [0; 16];
        id.copy_from_slice(&blake3::derive_key("zuclubit relay 2026 fact id", receipt.header.as_slice())[..16]);
        let id = ItemId::from_uuid(uuid::Builder::from_custom_bytes(id).into_uuid());
        let fact = Fact {
            id,
            kind: told.kind.to_owned(),
            subject: told.subject,
            fence: 0,
            body: told.body.to_string(),
            person_keys: vec![],
            events: vec![],
            part: None,
        };
        let header = RelayFactHeader {
            version: suite::VERSION,
            suite: suite::SUITE,
            scope,
            epoch: epoch.id,
            id,
            receipt: Some(receipt.clone()),
        };
        let sealed =
            SealedRelayFact::seal(self.control.company(), header, &fact, &epoch.public, self.keys.signer(), &random())?;
        Ok(RelayFact { scope, bytes: sealed.to_bytes()?, control_head: self.control.head() })
    }

    /// A receipt and its fact together.
    pub(crate) fn receipted(
        &self,
        scope: Scope,
        time_ms: i64,
        decision: Decision,
        told: &Told,
    ) -> Result<Receipted, ProtocolError> {
        let receipt = self.receipt(None, time_ms, decision)?;
        let fact = self.fact(scope, &receipt, told)?;
        Ok(Receipted { receipt, fact })
    }
}
