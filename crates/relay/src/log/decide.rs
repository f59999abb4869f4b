//! Claims: what only one authority decides, with a signed receipt.

use std::collections::BTreeSet;

use serde_json::json;
use zuc_protocol::{
    Role, Scope,
    control::ControlLog,
    ids::DeviceId,
    messages::ServerFrame,
    receipt::{Claim, ClaimRequest, Decision, PROPOSAL_TO_CASH, Seen, SignedReceipt},
};
use zuc_relay_store::{Decided, Sign, Signed, StoreError};

use super::{LogService, RETRIES, Session};
use crate::{
    RelayError,
    author::{Author, Told},
};

impl LogService {
    pub(super) async fn claim(&self, session: &Session, request: ClaimRequest) -> Vec<ServerFrame> {
        let id = request.id;
        match self.decide(session, request).await {
            Ok(receipt) => vec![ServerFrame::Receipt(receipt)],
            Err(error) => {
                super::refusal(&error);
                vec![ServerFrame::Error { request: Some(id), code: error.code().to_owned() }]
            }
        }
    }

    /// Decides a claim; the same request id gives the same receipt.
    ///
    /// # Errors
    /// [`RelayError`] with the rule's code.
    pub async fn decide(&self, session: &Session, request: ClaimRequest) -> Result<SignedReceipt, RelayError> {
        for _ in 0..RETRIES {
            let author = self.author(session.company).await?;
            if !allowed(&author.control, session.device, &request.claim) {
                return Err(RelayError::NotAllowed);
            }
            if let Claim::Lease { seen, .. } = &request.claim
                && !names_all(&author.control, session.device, seen)
            {
                return Err(RelayError::Refused("lease.behind"));
            }
            let sees_all = author
                .control
                .rights(session.device)
                .is_some_and(|rights| rights.has(Role::Gerencia) || rights.has(Role::Finanzas));
            let sign = signing(author, request.id);
            match self.store.decide(session.company, session.device, request.clone(), sees_all, sign).await {
                Ok(receipt) => {
                    self.wake(session.company);
                    return Ok(receipt);
                }
                Err(StoreError::ControlMoved { .. }) => self.refresh(session.company).await?,
                Err(error) => return Err(error.into()),
            };
        }
        Err(RelayError::Refused("relay.busy"))
    }
}

/// Whether a device names the end of the membership and every scope that it reads, each once. How far it has read is looked
/// at where the lease is given, so that nothing comes in between.
fn names_all(control: &ControlLog, device: DeviceId, seen: &Seen) -> bool {
    let read: BTreeSet<Scope> = control.scopes().filter(|scope| control.may_read(device, *scope)).collect();
    let named: BTreeSet<Scope> = seen.scopes.iter().map(|(scope, _)| *scope).collect();
    seen.control == control.head() && named.len() == seen.scopes.len() && named == read
}

/// Folios belong to who writes the fiscal scope, RFCs and leads to who sells, leases to every member: but that of a job of
/// finance to who writes there, so that nobody else keeps it from being done.
fn allowed(control: &ControlLog, device: DeviceId, claim: &Claim) -> bool {
    let Some(rights) = control.rights(device) else { return false };
    match claim {
        Claim::Folio { .. } | Claim::DiscardFolio { .. } => rights.may_write(Scope::Fiscal),
        Claim::Rfc { .. } | Claim::ReleaseRfc { .. } | Claim::Lead { .. } => {
            control.scopes().any(|scope| matches!(scope, Scope::Sales(_)) && rights.may_write(scope))
        }
        Claim::Lease { job, .. } | Claim::ReleaseLease { job, .. } => {
            job != PROPOSAL_TO_CASH || rights.may_write(Scope::Finance)
        }
    }
}

fn signing(author: Author, request: zuc_protocol::ids::RequestId) -> Sign {
    Box::new(move |decided: &Decided| {
        let too_large = |_error| StoreError::Refused("sync.too_large");
        let receipt = author.receipt(Some(request), decided.now_ms, decided.decision.clone()).map_err(too_large)?;
        let told = match &decided.decision {
            Decision::Folio { serie, folio, invoice } if decided.fresh => {
                Some(Told { kind: "receipt.folio", subject: *invoice, body: json!({ "serie": serie, "folio": folio }) })
            }
            Decision::FolioDiscarded { serie, folio, invoice } if decided.fresh => Some(Told {
                kind: "receipt.folio_discarded",
                subject: *invoice,
                body: json!({ "serie": serie, "folio": folio }),
            }),
            _ => None,
        };
        let facts = told
            .map(|told| author.fact(Scope::Fiscal, &receipt, &told))
            .transpose()
            .map_err(too_large)?
            .into_iter()
            .collect();
        Ok(Signed { receipt, facts })
    })
}
