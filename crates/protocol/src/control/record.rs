//! A control record: act, author, place in the log, signature.

use serde::{Deserialize, Serialize};

use crate::bytes::Blob;
use crate::codec::{self, MAX_CONTROL};
use crate::control::act::{ControlAct, Genesis};
use crate::error::ProtocolError;
use crate::identity::DeviceKeys;
use crate::ids::{CompanyId, ControlHash, DeviceId, EpochId, Signature, VerifyKey, hash_parts, hash16, shape_uuid};
use crate::scope::Scope;
use crate::suite;

const SIGN: &str = "zuclubit 1 control";

/// Who signs a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ControlAuthor {
    /// A member's device.
    Device(DeviceId),
    /// The recovery code.
    Root,
}

/// One record of the control log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ControlRecord {
    /// See [`suite::VERSION`].
    pub version: u8,
    /// See [`suite::SUITE`].
    pub suite: u8,
    /// Dense from 0, the genesis.
    pub seq: u64,
    /// The record before it, [`ControlHash::NONE`] before the genesis.
    pub prev: ControlHash,
    /// Who signs.
    pub author: ControlAuthor,
    /// When the author says it was, milliseconds since 1970; shown, never decided on.
    pub time_ms: i64,
    /// What it says.
    pub act: ControlAct,
}

/// A record with its signature: the bytes that are stored, sent and hashed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedControl {
    /// The encoded record.
    pub record: Blob,
    /// The author's signature over company and record.
    pub signature: Signature,
    /// In a genesis also the root's, which proves that somebody held the recovery code at creation.
    pub root_signature: Option<Signature>,
}

impl SignedControl {
    /// Signs a record other than the genesis.
    ///
    /// # Errors
    /// [`ProtocolError::TooLarge`].
    pub fn sign(company: CompanyId, record: &ControlRecord, keys: &DeviceKeys) -> Result<Self, ProtocolError> {
        let bytes = codec::encode(record, MAX_CONTROL)?;
        let signature = keys.sign(SIGN, &[&company.0, &bytes]);
        Ok(Self { record: Blob(bytes), signature, root_signature: None })
    }

    /// Signs a genesis by its first device and its root.
    ///
    /// # Errors
    /// [`ProtocolError::TooLarge`], [`ProtocolError::Inconsistent`] when the keys are not those it names.
    pub fn sign_genesis(
        genesis: Genesis,
        time_ms: i64,
        device: &DeviceKeys,
        root: &DeviceKeys,
    ) -> Result<Self, ProtocolError> {
        if device.public() != genesis.device || root.public() != genesis.root {
            return Err(ProtocolError::Inconsistent);
        }
        let record = ControlRecord {
            version: suite::VERSION,
            suite: suite::SUITE,
            seq: 0,
            prev: ControlHash::NONE,
            author: ControlAuthor::Device(device.id()),
            time_ms,
            act: ControlAct::Genesis(genesis),
        };
        let bytes = codec::encode(&record, MAX_CONTROL)?;
        let company = company_id(&hash_record(&bytes));
        Ok(Self {
            signature: device.sign(SIGN, &[&company.0, &bytes]),
            root_signature: Some(root.sign(SIGN, &[&company.0, &bytes])),
            record: Blob(bytes),
        })
    }

    /// Reads the record; nothing is verified yet.
    ///
    /// # Errors
    /// [`ProtocolError::Malformed`], [`ProtocolError::TooLarge`], [`ProtocolError::Downgrade`], [`ProtocolError::TooNew`].
    pub fn decode(&self) -> Result<ControlRecord, ProtocolError> {
        if let [version, suite, ..] = *self.record.0 {
            suite::check(version, suite)?;
        }
        codec::decode(&self.record.0, MAX_CONTROL)
    }

    /// Names the record; the signature does not count, so it cannot be varied.
    pub fn hash(&self) -> ControlHash {
        hash_record(&self.record.0)
    }

    /// All bytes, to store and send.
    ///
    /// # Errors
    /// [`ProtocolError::TooLarge`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, ProtocolError> {
        codec::encode(self, MAX_CONTROL + 256)
    }

    /// Reads what [`Self::to_bytes`] gave.
    ///
    /// # Errors
    /// [`ProtocolError::Malformed`] or [`ProtocolError::TooLarge`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ProtocolError> {
        codec::decode(bytes, MAX_CONTROL + 256)
    }

    pub(crate) fn verify(&self, company: CompanyId, key: &VerifyKey) -> Result<(), ProtocolError> {
        key.verify(SIGN, &[&company.0, &self.record.0], &self.signature)
    }

    pub(crate) fn verify_root(&self, company: CompanyId, root: &VerifyKey) -> Result<(), ProtocolError> {
        let signature = self.root_signature.as_ref().ok_or(ProtocolError::BadSignature)?;
        root.verify(SIGN, &[&company.0, &self.record.0], signature)
    }
}

/// The company of a genesis record.
pub(crate) fn company_id(genesis: &ControlHash) -> CompanyId {
    let mut half = [0; 16];
    half.copy_from_slice(&genesis.0[..16]);
    CompanyId(shape_uuid(half))
}

/// The epoch that a record began for a scope.
pub(crate) fn epoch_id(record: &ControlHash, scope: Scope) -> EpochId {
    EpochId(hash16("zuclubit 1 epoch", &[&record.0, &scope.number().to_le_bytes()]))
}

fn hash_record(bytes: &[u8]) -> ControlHash {
    ControlHash(hash_parts("zuclubit 1 control record", &[bytes]))
}
