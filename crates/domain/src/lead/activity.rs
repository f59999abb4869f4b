//! What was said and done with a lead, a customer or a deal: a fact, never edited.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::shared::named::named;
use crate::shared::{ActivityId, CustomerId, LeadId, OpportunityId, PersonId, Scope};

named! {
    /// How it was done.
    ActivityKind {
        /// Phone call.
        Call = "call",
        /// Mail.
        Mail = "mail",
        /// Meeting.
        Meeting = "meeting",
        /// A note to oneself; touches nobody.
        Note = "note",
        /// `WhatsApp` message.
        Whatsapp = "whatsapp",
    }

    /// Who began.
    Direction {
        /// They did.
        Inbound = "inbound",
        /// We did.
        Outbound = "outbound",
    }
}

impl ActivityKind {
    /// Whether the other side was touched.
    pub const fn is_touch(self) -> bool {
        !matches!(self, Self::Note)
    }
}

/// What the activity is about.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub enum ActivitySubject {
    /// A lead.
    Lead(LeadId),
    /// A customer.
    Customer(CustomerId),
    /// A deal.
    Opportunity(OpportunityId),
}

/// A logged call, mail, meeting, note or message. A correction is a new activity.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Activity {
    /// Id.
    pub id: ActivityId,
    /// Scope of its subject.
    pub scope: Scope,
    /// What it is about.
    pub subject: ActivitySubject,
    /// How.
    pub kind: ActivityKind,
    /// Who began.
    pub direction: Direction,
    /// When, UTC.
    pub at: Timestamp,
    /// In words.
    pub text: String,
    /// Who logged it.
    pub by: PersonId,
}
