//! Contracts: what a customer pays for, from when to when.

pub mod error;
pub mod event;
pub mod state;

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

pub use error::ContractError;
pub use event::ContractEvent;
pub use state::ContractState;

use crate::shared::{
    Act, ContractId, CustomerId, Folded, Money, MoneyError, ProposalId, Scope, StateMachine, Transition, TransitionId,
    fold,
};

/// A contract with a customer. Lives in the customer's sales scope.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Contract {
    /// Id: derived from the proposal it came from.
    pub id: ContractId,
    /// Sales scope of the customer.
    pub scope: Scope,
    /// The customer.
    pub customer: CustomerId,
    /// The accepted proposal.
    pub proposal: Option<ProposalId>,
    /// What is bought, without tax.
    pub value: Money,
    /// Recurring part, a month, without tax.
    pub mrr: Money,
    /// First day.
    pub start: Date,
    /// Last day.
    pub end: Date,
    /// Goes on unless notice is given.
    pub auto_renew: bool,
    /// Days before the end until which notice may be given.
    pub notice_days: u16,
    /// Hash of what was signed.
    pub document_hash: String,
    /// Every recorded change of state.
    pub transitions: BTreeMap<TransitionId, Transition<ContractState>>,
}

impl Contract {
    /// The id of the contract that `proposal` leads to.
    pub fn id_for(scope: Scope, proposal: ProposalId) -> ContractId {
        ContractId::derive(scope, proposal, "contract")
    }

    /// Checks a new contract.
    ///
    /// # Errors
    /// Its days are in order, its amounts in one currency, and it is bound to a signed document.
    pub fn try_new(contract: Self) -> Result<Self, ContractError> {
        if contract.end < contract.start {
            Err(ContractError::EndsBeforeItStarts)
        } else if contract.value.currency() != contract.mrr.currency() {
            Err(ContractError::TwoCurrencies)
        } else if contract.document_hash.is_empty() {
            Err(ContractError::NothingSigned)
        } else {
            Ok(contract)
        }
    }

    /// The fold of every recorded transition.
    pub fn folded(&self) -> Folded<ContractState> {
        fold(self.transitions.values())
    }

    /// The state to show.
    pub fn state(&self) -> ContractState {
        self.folded().state()
    }

    /// Recurring part of a year: twelve months.
    ///
    /// # Errors
    /// [`MoneyError::TooLarge`] beyond what an amount may be.
    pub fn arr(&self) -> Result<Money, MoneyError> {
        self.mrr.checked_mul(Decimal::from(12))
    }

    /// Decides to activate: everything is signed and the first day has come.
    ///
    /// # Errors
    /// [`ContractError::NotStarted`] before the first day.
    pub fn activate(&self, act: &Act) -> Result<ContractEvent, ContractError> {
        if act.today < self.start {
            return Err(ContractError::NotStarted { start: self.start });
        }
        let transition = self.step(ContractState::Active, act, None)?;
        Ok(ContractEvent::Activated { contract: Box::new(self.clone()), transition })
    }

    /// Decides to end the contract: the saga's compensation.
    ///
    /// # Errors
    /// Only a running or drafted contract ends so.
    pub fn terminate(&self, reason: &str, act: &Act) -> Result<Transition<ContractState>, ContractError> {
        self.step(ContractState::Terminated, act, Some(reason.to_owned()))
    }

    fn step(
        &self,
        to: ContractState,
        act: &Act,
        reason: Option<String>,
    ) -> Result<Transition<ContractState>, ContractError> {
        let folded = self.folded();
        let from = folded.state();
        if from != to && from.allows(to) {
            Ok(Transition::record(&folded, to, act, reason))
        } else {
            Err(ContractError::NoSuchStep { from, to })
        }
    }

    /// Puts a change of state in; never fails.
    pub fn apply_transition(&mut self, transition: &Transition<ContractState>) {
        self.transitions.insert(transition.id, transition.clone());
    }

    /// Never fails: an event is a fact, perhaps decided on another device.
    pub fn apply(&mut self, event: &ContractEvent) {
        let ContractEvent::Activated { transition, .. } = event;
        self.apply_transition(transition);
    }
}
