//! What an invoice refuses.

use thiserror::Error;

use crate::compliance::CfdiState;
use crate::shared::PricingError;

/// A rule of invoices broke.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum InvoiceError {
    /// Only an accepted proposal becomes an invoice.
    #[error("the proposal is not accepted")]
    NotAccepted,
    /// The amounts do not compute.
    #[error(transparent)]
    Pricing(#[from] PricingError),
    /// Sealed, sent or stamped: nothing is edited.
    #[error("an invoice that is {state} is not edited")]
    Locked {
        /// Where it stands.
        state: CfdiState,
    },
    /// Nobody to invoice.
    #[error("the receiver is not known")]
    NoReceptor,
    /// It already has a folio.
    #[error("the invoice has another folio")]
    OtherFolio,
    /// The state machine has no such edge.
    #[error("an invoice does not go from {from} to {to}")]
    NoSuchStep {
        /// Where it stands.
        from: CfdiState,
        /// Where it should go.
        to: CfdiState,
    },
}

impl InvoiceError {
    /// Stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotAccepted => "invoice.proposal_not_accepted",
            Self::Pricing(error) => error.code(),
            Self::Locked { .. } => "invoice.locked",
            Self::NoReceptor => "invoice.no_receptor",
            Self::OtherFolio => "invoice.other_folio",
            Self::NoSuchStep { .. } => "invoice.no_such_step",
        }
    }
}
