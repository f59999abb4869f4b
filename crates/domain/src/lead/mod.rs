//! Leads: people and companies that may buy, from capture to conversion; and their pipeline.

mod absorb;
pub mod activity;
pub mod convert;
mod decide;
pub mod duplicates;
pub mod edit;
pub mod error;
pub mod event;
pub mod fill;
pub mod merge;
mod moved;
mod new;
pub mod opportunity;
pub mod score;
pub mod state;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use absorb::{Absorbed, Late, LateEdit, survivor};
pub use activity::{Activity, ActivityKind, ActivitySubject, Direction};
pub use convert::{Becoming, Conversion, ConversionPlan, Target};
pub use decide::AssignmentRule;
pub use edit::{LeadEdit, LeadField};
pub use error::LeadError;
pub use event::LeadEvent;
pub use fill::{LeadFill, LeadTakeBack};
pub use new::NewLead;
pub use score::{Band, Factor, LeadScore, ScoreInputs, ScoreMethod};
pub use state::LeadState;

use crate::shared::named::named;
use crate::shared::{
    Consent, Email, Folded, ImportBatchId, LeadId, Money, Percentage, PersonId, Phone, PostalCode, Rfc, Scope,
    Transition, TransitionId, fold,
};

named! {
    /// What a disqualified lead is put down as.
    Disposition {
        /// Real, but will not buy.
        Rejected = "rejected",
        /// Not a prospect at all.
        Junk = "junk",
        /// Not now: to nurturing.
        Nurture = "nurture",
    }

    /// Why a lead is discarded.
    DisqualifyReason {
        /// No budget.
        NoBudget = "no_budget",
        /// No need.
        NoNeed = "no_need",
        /// Bought elsewhere.
        Competitor = "competitor",
        /// Cannot be reached.
        Unreachable = "unreachable",
        /// The timing is wrong.
        Timing = "timing",
        /// A duplicate of another record.
        Duplicate = "duplicate",
        /// Anything else; needs a note.
        Other = "other",
    }
}

/// What the owner will do next, and by when.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NextStep {
    /// What.
    pub text: String,
    /// Day.
    pub due: Date,
}

/// What a person found out when qualifying.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "four independent answers to four questions")]
pub struct Criteria {
    /// There is a budget.
    pub budget: bool,
    /// The contact decides.
    pub authority: bool,
    /// There is a need.
    pub need: bool,
    /// There is a date.
    pub timeline: bool,
}

/// A prospect.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Lead {
    /// Id.
    pub id: LeadId,
    /// Sales scope of its team.
    pub scope: Scope,
    /// The person.
    pub full_name: Option<String>,
    /// The company, as typed.
    pub company: Option<String>,
    /// Mail.
    pub email: Option<Email>,
    /// Phone.
    pub phone: Option<Phone>,
    /// Mails besides: of a row that had several, or that a merge brought.
    pub other_emails: BTreeSet<Email>,
    /// Phones besides, as the mails.
    pub other_phones: BTreeSet<Phone>,
    /// Tax id.
    pub rfc: Option<Rfc>,
    /// Employees.
    pub company_size: Option<u32>,
    /// Line of business, as typed.
    pub industry: Option<String>,
    /// Where it came from: web, expo, referral…
    pub source: String,
    /// Marketing medium.
    pub medium: Option<String>,
    /// Marketing campaign.
    pub campaign: Option<String>,
    /// What the deal may be worth.
    pub estimated_amount: Option<Money>,
    /// Postal code.
    pub postal_code: Option<PostalCode>,
    /// City.
    pub city: Option<String>,
    /// Day of capture.
    pub created_on: Date,
    /// Share of mails opened.
    pub mail_open_rate: Option<Percentage>,
    /// Asked for a demo.
    pub demo_requested: bool,
    /// Free notes.
    pub notes: String,
    /// Who works it.
    pub owner: Option<PersonId>,
    /// What comes next.
    pub next_step: Option<NextStep>,
    /// Labels.
    pub tags: BTreeSet<String>,
    /// The import it came with.
    pub import_batch: Option<ImportBatchId>,
    /// Legal basis of its personal data.
    pub consent: Option<Consent>,
    /// Since when the person opposes being scored and written to by campaigns.
    pub opposed_at: Option<Timestamp>,
    /// Day until which a nurtured lead rests.
    pub nurture_until: Option<Date>,
    /// What the last qualification found.
    pub criteria: Option<Criteria>,
    /// First two-way touch.
    pub first_contact_at: Option<Timestamp>,
    /// Score with its reasons.
    pub score: Option<LeadScore>,
    /// Where this one lives on, when it was merged away or went to another team: later edits land there.
    pub merged_into: Option<LeadId>,
    /// Heads of this one's document that were seen when it was merged away, in hexadecimal: what was written beside them or
    /// after them has yet to land. Nothing where nobody else can have written.
    pub merged_seen: Option<String>,
    /// The team that it went to.
    pub moved_to: Option<Scope>,
    /// The lead that this one was in the team it came from.
    pub moved_from: Option<LeadId>,
    /// How far the leads that live on in this one were read.
    pub absorbed: BTreeMap<LeadId, Absorbed>,
    /// What it was converted into.
    pub converted: Option<Conversion>,
    /// Every recorded change of state.
    pub transitions: BTreeMap<TransitionId, Transition<LeadState>>,
}

impl Lead {
    /// The fold of every recorded transition.
    pub fn folded(&self) -> Folded<LeadState> {
        fold(self.transitions.values())
    }

    /// The state to show.
    pub fn state(&self) -> LeadState {
        self.folded().state()
    }

    /// The name a list shows: the person, else the company.
    pub fn display_name(&self) -> &str {
        self.full_name.as_deref().or(self.company.as_deref()).unwrap_or_default()
    }

    /// Never fails: an event is a fact, perhaps decided on another device.
    pub fn apply(&mut self, event: &LeadEvent) {
        match event {
            LeadEvent::Created { .. } => {}
            LeadEvent::Assigned { owner, transition, .. } => {
                self.owner = Some(*owner);
                self.push(transition.as_ref());
            }
            LeadEvent::Contacted { activity, transition, .. } => {
                if activity.kind.is_touch() {
                    self.first_contact_at = Some(self.first_contact_at.map_or(activity.at, |at| at.min(activity.at)));
                }
                self.push(transition.as_ref());
            }
            LeadEvent::Scored { score, .. } => self.score = Some(score.clone()),
            LeadEvent::Qualified { criteria, expected_amount, transition, .. } => {
                self.criteria = Some(*criteria);
                self.estimated_amount = expected_amount.or(self.estimated_amount);
                self.push(Some(transition));
            }
            LeadEvent::Disqualified { nurture_until, transition, .. } => {
                self.nurture_until = *nurture_until;
                self.push(Some(transition));
            }
            LeadEvent::Merged { merge } => self.apply_merge(merge),
            LeadEvent::Converted { conversion, transition, .. } => {
                self.converted = Some(conversion.clone());
                self.push(Some(transition));
            }
        }
    }

    /// Puts in a state that a person chose among those that stood side by side; never fails.
    pub fn apply_transition(&mut self, transition: &Transition<LeadState>) {
        self.push(Some(transition));
    }

    fn push(&mut self, transition: Option<&Transition<LeadState>>) {
        if let Some(transition) = transition {
            self.transitions.insert(transition.id, transition.clone());
        }
    }
}

#[cfg(test)]
mod tests;
