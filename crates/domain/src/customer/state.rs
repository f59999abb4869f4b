//! States of a customer.

use crate::shared::named::named;
use crate::shared::{Action, Ask, StateMachine};

named! {
    /// Where a customer stands.
    CustomerState {
        /// Has bought nothing yet.
        Prospect = "prospect",
        /// Has a running contract.
        Active = "active",
        /// Put away; read-only.
        Archived = "archived",
    }
}

impl StateMachine for CustomerState {
    const INITIAL: Self = Self::Prospect;

    // Active > Archived > Prospect: who has a running contract is not put away by a concurrent clean-up.
    fn rank(self) -> u8 {
        match self {
            Self::Active => 2,
            Self::Archived => 1,
            Self::Prospect => 0,
        }
    }

    fn allows(self, to: Self) -> bool {
        self == to
            || matches!(
                (self, to),
                (Self::Prospect, Self::Active | Self::Archived)
                    | (Self::Active, Self::Archived)
                    | (Self::Archived, Self::Prospect | Self::Active)
            )
    }

    fn asks(self, to: Self, authority: bool) -> &'static [Ask] {
        match to {
            _ if authority => &[],
            // who has a running contract is active
            Self::Active => &[Ask::Here(Action::RunProposalToCash)],
            Self::Archived | Self::Prospect => &[Ask::Here(Action::ArchiveCustomer)],
        }
    }

    fn name(self) -> &'static str {
        Self::name(self)
    }
}
