//! What happens to a contract.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{Contract, ContractState};
use crate::shared::event::without_nulls;
use crate::shared::{DomainEvent, Transition};

/// A fact a contract decided.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ContractEvent {
    /// Runs from now on.
    Activated {
        /// The contract as activated.
        contract: Box<Contract>,
        /// To active.
        transition: Transition<ContractState>,
    },
}

impl DomainEvent for ContractEvent {
    fn event_type(&self) -> &'static str {
        "Contract.Activated"
    }

    fn subject(&self) -> Uuid {
        let Self::Activated { contract, .. } = self;
        contract.id.0
    }

    fn data(&self) -> Value {
        let Self::Activated { contract, .. } = self;
        without_nulls(json!({
            "contractId": contract.id,
            "customerId": contract.customer,
            "proposalId": contract.proposal,
            "value": contract.value,
            "mrr": contract.mrr,
            "startDate": contract.start,
            "endDate": contract.end,
            "autoRenew": contract.auto_renew,
            "noticeDays": contract.notice_days,
            "documentHash": contract.document_hash,
        }))
    }
}
