//! States of a contract.

use crate::shared::named::named;
use crate::shared::{Action, Ask, StateMachine};

named! {
    /// Where a contract stands.
    ContractState {
        /// Being written.
        Draft = "draft",
        /// Waiting for signatures.
        InSignature = "in_signature",
        /// Runs.
        Active = "active",
        /// A successor took over.
        Renewed = "renewed",
        /// Its last day passed.
        Expired = "expired",
        /// Ended before its time.
        Terminated = "terminated",
    }
}

impl StateMachine for ContractState {
    const INITIAL: Self = Self::Draft;

    // Terminated > Renewed > Expired > Active > InSignature > Draft.
    fn rank(self) -> u8 {
        match self {
            Self::Terminated => 5,
            Self::Renewed => 4,
            Self::Expired => 3,
            Self::Active => 2,
            Self::InSignature => 1,
            Self::Draft => 0,
        }
    }

    fn allows(self, to: Self) -> bool {
        self == to
            || matches!(
                (self, to),
                (Self::Draft, Self::InSignature | Self::Active | Self::Terminated)
                    | (Self::InSignature, Self::Draft | Self::Active | Self::Terminated)
                    | (Self::Active, Self::Renewed | Self::Expired | Self::Terminated)
            )
    }

    // Ended here and renewed there: only a person knows.
    fn needs_review(self, other: Self) -> bool {
        matches!((self, other), (Self::Terminated, Self::Renewed) | (Self::Renewed, Self::Terminated))
    }

    fn asks(self, _to: Self, authority: bool) -> &'static [Ask] {
        if authority { &[] } else { &[Ask::Here(Action::ManageContract), Ask::Here(Action::RunProposalToCash)] }
    }

    fn name(self) -> &'static str {
        Self::name(self)
    }
}
