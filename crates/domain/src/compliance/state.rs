//! Where a fiscal document stands.

use crate::shared::named::named;
use crate::shared::{Action, Ask, StateMachine};

named! {
    /// The life of a CFDI, from the offline draft on.
    CfdiState {
        /// Everything but folio, Fecha and seal.
        PreInvoice = "pre_invoice",
        /// Folio claimed, XML built and sealed.
        Generated = "generated",
        /// Relay or PAC did not answer after the folio was claimed.
        Queued = "queued",
        /// At the PAC.
        Submitted = "submitted",
        /// Sent, and no answer: only the ledger may say more.
        Unknown = "unknown",
        /// The PAC or the SAT said no; the folio stays.
        Rejected = "rejected",
        /// 72 hours passed without a stamp.
        WindowExpired = "window_expired",
        /// Stamped, in force.
        Stamped = "stamped",
        /// Taken back before it was ever stamped.
        Voided = "voided",
    }
}

impl CfdiState {
    /// Whether the receiver and the terms may still be changed.
    pub const fn is_editable(self) -> bool {
        matches!(self, Self::PreInvoice | Self::Rejected | Self::WindowExpired)
    }

    /// Whether it is sealed and waits for a stamp: the 72 hours run.
    pub const fn is_waiting(self) -> bool {
        matches!(self, Self::Generated | Self::Queued | Self::Submitted | Self::Unknown)
    }
}

impl StateMachine for CfdiState {
    const INITIAL: Self = Self::PreInvoice;

    // Stamped > Voided > Unknown > Submitted > Rejected > WindowExpired > Queued > Generated > PreInvoice: what the
    // outside world has seen outranks what only we know.
    fn rank(self) -> u8 {
        match self {
            Self::Stamped => 8,
            Self::Voided => 7,
            Self::Unknown => 6,
            Self::Submitted => 5,
            Self::Rejected => 4,
            Self::WindowExpired => 3,
            Self::Queued => 2,
            Self::Generated => 1,
            Self::PreInvoice => 0,
        }
    }

    fn allows(self, to: Self) -> bool {
        self == to
            || matches!(
                (self, to),
                (Self::PreInvoice | Self::Rejected | Self::WindowExpired, Self::Generated | Self::Voided)
                    | (
                        Self::Generated,
                        Self::Queued
                            | Self::Submitted
                            | Self::Unknown
                            | Self::Rejected
                            | Self::Stamped
                            | Self::WindowExpired
                    )
                    | (
                        Self::Queued,
                        Self::Submitted | Self::Unknown | Self::Rejected | Self::Stamped | Self::WindowExpired
                    )
                    | (Self::Submitted, Self::Queued | Self::Unknown | Self::Rejected | Self::Stamped)
                    | (Self::Unknown, Self::Queued | Self::Rejected | Self::Stamped)
            )
    }

    // The relay's receipt of a stamp counts wherever this device thought the document was, unless it was taken back. Its
    // promise that nothing will be stamped takes back what was sealed and never reached the ledger.
    fn allows_authority(self, to: Self) -> bool {
        self.allows(to)
            || (to == Self::Stamped && self != Self::Voided)
            || (to == Self::Voided && matches!(self, Self::Generated | Self::Queued))
    }

    // Stamped outside and taken back here: only a person can say what happens now.
    fn needs_review(self, other: Self) -> bool {
        matches!((self, other), (Self::Stamped, Self::Voided) | (Self::Voided, Self::Stamped))
    }

    fn asks(self, to: Self, authority: bool) -> &'static [Ask] {
        match to {
            Self::Voided => &[Ask::Here(Action::VoidInvoice)],
            // what an authority says of a document is that it is stamped, or never will be
            _ if authority && to != Self::Stamped => &[],
            Self::PreInvoice => &[Ask::Here(Action::EditInvoice)],
            _ => &[Ask::Here(Action::IssueInvoice)],
        }
    }

    fn name(self) -> &'static str {
        Self::name(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leaves_a_stamped_document() {
        for to in CfdiState::ALL.iter().filter(|to| **to != CfdiState::Stamped) {
            assert!(!CfdiState::Stamped.allows(*to), "{to}");
        }
    }

    #[test]
    fn only_what_was_never_at_the_pac_can_be_taken_back() {
        let from: Vec<_> =
            CfdiState::ALL.iter().filter(|from| from.allows(CfdiState::Voided)).map(|from| from.name()).collect();
        assert_eq!(from, ["pre_invoice", "rejected", "window_expired", "voided"]);
    }

    #[test]
    fn the_relays_receipt_counts_wherever_we_thought_the_document_was() {
        assert!(CfdiState::WindowExpired.allows_authority(CfdiState::Stamped));
        assert!(!CfdiState::WindowExpired.allows(CfdiState::Stamped));
        assert!(!CfdiState::Voided.allows_authority(CfdiState::Stamped));
    }

    #[test]
    fn the_relays_promise_takes_back_what_was_sealed_and_never_what_may_be_at_the_pac() {
        let from: Vec<_> = CfdiState::ALL
            .iter()
            .filter(|from| from.allows_authority(CfdiState::Voided) && !from.allows(CfdiState::Voided))
            .map(|from| from.name())
            .collect();
        assert_eq!(from, ["generated", "queued"]);
    }
}
