//! States of a proposal.

use crate::shared::named::named;
use crate::shared::{Action, Ask, StateMachine};

named! {
    /// Where a proposal stands; belongs to its latest version.
    ProposalState {
        /// Being written.
        Draft = "draft",
        /// Waits for an approver.
        PendingApproval = "pending_approval",
        /// May be sent.
        Approved = "approved",
        /// With the customer.
        Sent = "sent",
        /// The customer opened it.
        Viewed = "viewed",
        /// Signed; final and sealed.
        Accepted = "accepted",
        /// Refused by the customer.
        Declined = "declined",
        /// Its last day passed.
        Expired = "expired",
        /// Taken back by the seller.
        Withdrawn = "withdrawn",
    }
}

impl ProposalState {
    /// Whether the customer's answer is awaited.
    pub const fn awaits_answer(self) -> bool {
        matches!(self, Self::Sent | Self::Viewed)
    }
}

impl StateMachine for ProposalState {
    const INITIAL: Self = Self::Draft;

    // Accepted > Declined > Withdrawn > Expired > Viewed > Sent > Approved > PendingApproval > Draft. A new draft
    // made while the version was still open loses against any answer to it.
    fn rank(self) -> u8 {
        match self {
            Self::Accepted => 8,
            Self::Declined => 7,
            Self::Withdrawn => 6,
            Self::Expired => 5,
            Self::Viewed => 4,
            Self::Sent => 3,
            Self::Approved => 2,
            Self::PendingApproval => 1,
            Self::Draft => 0,
        }
    }

    fn allows(self, to: Self) -> bool {
        use ProposalState::{Accepted, Approved, Declined, Draft, Expired, PendingApproval, Sent, Viewed, Withdrawn};
        self == to
            || matches!(
                (self, to),
                (Draft, PendingApproval | Sent | Withdrawn)
                    | (PendingApproval, Approved | Draft | Withdrawn)
                    | (Approved, Sent | Draft | Expired | Withdrawn)
                    | (Sent, Viewed | Accepted | Declined | Expired | Withdrawn | Draft)
                    | (Viewed, Accepted | Declined | Expired | Withdrawn | Draft)
                    | (Expired, Draft)
            )
    }

    // Signed here, refused or taken back there: only a person knows.
    fn needs_review(self, other: Self) -> bool {
        matches!((self, other), (Self::Accepted, Self::Declined | Self::Withdrawn))
    }

    fn asks(self, to: Self, authority: bool) -> &'static [Ask] {
        use Action::{AcceptProposal, CloseProposal, EditProposal, SendProposal};
        match to {
            // nobody approves yet: the command will come with its action
            _ if authority || to == Self::Approved => &[],
            Self::Draft | Self::PendingApproval => &[Ask::Here(EditProposal)],
            // whoever signs on this screen was handed the paper there too
            Self::Sent | Self::Viewed => &[Ask::Here(SendProposal), Ask::Here(AcceptProposal)],
            Self::Accepted => &[Ask::Here(AcceptProposal)],
            Self::Declined | Self::Withdrawn => &[Ask::Here(CloseProposal)],
            Self::Expired | Self::Approved => &[Ask::Here(EditProposal), Ask::Here(CloseProposal)],
        }
    }

    fn name(self) -> &'static str {
        Self::name(self)
    }
}
