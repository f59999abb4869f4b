//! What a contract refuses.

use jiff::civil::Date;
use thiserror::Error;

use super::ContractState;

/// A rule of contracts broke.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum ContractError {
    /// The last day is before the first.
    #[error("the contract ends before it starts")]
    EndsBeforeItStarts,
    /// Value and recurring part in two currencies.
    #[error("value and recurring part have two currencies")]
    TwoCurrencies,
    /// There is no signed document.
    #[error("nothing was signed")]
    NothingSigned,
    /// The first day has not come.
    #[error("the contract starts on {start}")]
    NotStarted {
        /// The first day.
        start: Date,
    },
    /// The state machine has no such edge.
    #[error("a contract does not go from {from} to {to}")]
    NoSuchStep {
        /// Where it stands.
        from: ContractState,
        /// Where it should go.
        to: ContractState,
    },
}

impl ContractError {
    /// Stable code of this error.
    pub const fn code(self) -> &'static str {
        match self {
            Self::EndsBeforeItStarts => "contract.ends_before_it_starts",
            Self::TwoCurrencies => "contract.two_currencies",
            Self::NothingSigned => "contract.nothing_signed",
            Self::NotStarted { .. } => "contract.not_started",
            Self::NoSuchStep { .. } => "contract.no_such_step",
        }
    }
}
