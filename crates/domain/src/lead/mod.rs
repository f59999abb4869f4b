//! Leads: people and companies that may buy, from capture to conversion; and their pipeline.

pub mod activity;
pub mod convert;
pub mod duplicates;
pub mod edit;
pub mod error;
pub mod event;
pub mod merge;
pub mod opportunity;
pub mod score;
pub mod state;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use activity::{Activity, ActivityKind, ActivitySubject, Direction};
pub use convert::{Becoming, Conversion, ConversionPlan, Target};
pub use edit::{LeadEdit, LeadField};
pub use error::LeadError;
pub use event::LeadEvent;
pub use score::{Band, Factor, LeadScore, ScoreInputs, ScoreMethod};
pub use state::LeadState;

use crate::shared::named::named;
use crate::shared::text::clean;
use crate::shared::{
    Act, Email, Folded, ImportBatchId, LeadId, Money, Percentage, PersonId, Phone, PostalCode, Rfc, Scope, Transition,
    TransitionId, fold,
};

/// On what ground the company may hold a person's data, and since when.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Consent {
    /// Legal basis.
    pub basis: ConsentBasis,
    /// Since when, UTC.
    pub at: Timestamp,
}

named! {
    /// Legal basis for holding a person's data. Source: LFPDPPP.
    ConsentBasis {
        /// The person agreed.
        Consent = "consent",
        /// The person asked for an offer.
        Request = "request",
        /// Data of a business relation.
        Business = "business",
    }

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
    /// Mails that a merge brought.
    pub other_emails: BTreeSet<Email>,
    /// Phones that a merge brought.
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
    /// Day until which a nurtured lead rests.
    pub nurture_until: Option<Date>,
    /// What the last qualification found.
    pub criteria: Option<Criteria>,
    /// First two-way touch.
    pub first_contact_at: Option<Timestamp>,
    /// Score with its reasons.
    pub score: Option<LeadScore>,
    /// The survivor, when this one was merged away: later edits land there.
    pub merged_into: Option<LeadId>,
    /// What it was converted into.
    pub converted: Option<Conversion>,
    /// Every recorded change of state.
    pub transitions: BTreeMap<TransitionId, Transition<LeadState>>,
}

/// What is known when a lead is captured.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewLead {
    /// Fresh id.
    pub id: LeadId,
    /// Sales scope of the team.
    pub scope: Scope,
    /// The person.
    pub full_name: Option<String>,
    /// The company.
    pub company: Option<String>,
    /// Mail.
    pub email: Option<Email>,
    /// Phone.
    pub phone: Option<Phone>,
    /// Tax id.
    pub rfc: Option<Rfc>,
    /// Employees.
    pub company_size: Option<u32>,
    /// Line of business.
    pub industry: Option<String>,
    /// Where it came from.
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
    /// Who works it from the start.
    pub owner: Option<PersonId>,
    /// Labels.
    pub tags: BTreeSet<String>,
    /// The import it came with.
    pub import_batch: Option<ImportBatchId>,
    /// Legal basis.
    pub consent: Option<Consent>,
    /// Leads this one may be a duplicate of.
    pub duplicate_candidates: Vec<LeadId>,
}

impl NewLead {
    /// A lead of which nothing is known yet but where it came from.
    pub fn new(id: LeadId, scope: Scope, source: impl Into<String>, created_on: Date) -> Self {
        Self {
            id,
            scope,
            full_name: None,
            company: None,
            email: None,
            phone: None,
            rfc: None,
            company_size: None,
            industry: None,
            source: source.into(),
            medium: None,
            campaign: None,
            estimated_amount: None,
            postal_code: None,
            city: None,
            created_on,
            mail_open_rate: None,
            demo_requested: false,
            notes: String::new(),
            owner: None,
            tags: BTreeSet::new(),
            import_batch: None,
            consent: None,
            duplicate_candidates: Vec::new(),
        }
    }
}

/// Why a lead got its owner.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AssignmentRule {
    /// Rule: `manual`, `claim`, `account_owner`…
    pub id: String,
    /// In words.
    pub reason: String,
    /// What the owner could still take before.
    pub capacity_before: Option<u32>,
    /// When the first answer is due.
    pub sla_due_at: Option<Timestamp>,
}

impl Lead {
    /// Decides whether `new` may be captured. An owner from the start makes it assigned.
    ///
    /// # Errors
    /// [`LeadError::NoNameNoCompany`]: one of the two is needed.
    pub fn create(new: NewLead, act: &Act) -> Result<LeadEvent, LeadError> {
        let new = NewLead {
            full_name: new.full_name.as_deref().and_then(clean),
            company: new.company.as_deref().and_then(clean),
            industry: new.industry.as_deref().and_then(clean),
            ..new
        };
        if new.full_name.is_none() && new.company.is_none() {
            return Err(LeadError::NoNameNoCompany);
        }
        let transition = new.owner.map(|_| Transition::record(&fold::<LeadState>([]), LeadState::Assigned, act, None));
        Ok(LeadEvent::Created { new: Box::new(new), transition })
    }

    /// The lead that [`LeadEvent::Created`] makes; `None` for any other event.
    pub fn from_created(event: &LeadEvent) -> Option<Self> {
        let LeadEvent::Created { new, transition } = event else { return None };
        let new = new.as_ref().clone();
        Some(Self {
            id: new.id,
            scope: new.scope,
            full_name: new.full_name,
            company: new.company,
            email: new.email,
            phone: new.phone,
            other_emails: BTreeSet::new(),
            other_phones: BTreeSet::new(),
            rfc: new.rfc,
            company_size: new.company_size,
            industry: new.industry,
            source: new.source,
            medium: new.medium,
            campaign: new.campaign,
            estimated_amount: new.estimated_amount,
            postal_code: new.postal_code,
            city: new.city,
            created_on: new.created_on,
            mail_open_rate: new.mail_open_rate,
            demo_requested: new.demo_requested,
            notes: new.notes,
            owner: new.owner,
            next_step: None,
            tags: new.tags,
            import_batch: new.import_batch,
            consent: new.consent,
            nurture_until: None,
            criteria: None,
            first_contact_at: None,
            score: None,
            merged_into: None,
            converted: None,
            transitions: transition.iter().map(|t| (t.id, t.clone())).collect(),
        })
    }

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

    fn open(&self) -> Result<Folded<LeadState>, LeadError> {
        if let Some(survivor) = self.merged_into {
            return Err(LeadError::Merged { survivor });
        }
        let folded = self.folded();
        if folded.state() == LeadState::Converted { Err(LeadError::Converted) } else { Ok(folded) }
    }

    fn step(&self, to: LeadState, act: &Act, reason: Option<String>) -> Result<Transition<LeadState>, LeadError> {
        use crate::shared::StateMachine as _;
        let folded = self.open()?;
        let from = folded.state();
        if from.allows(to) {
            Ok(Transition::record(&folded, to, act, reason))
        } else {
            Err(LeadError::NoSuchStep { from, to })
        }
    }

    /// Decides to give the lead to `owner`. A lead that is past assignment keeps its state.
    ///
    /// # Errors
    /// Merged, converted or discarded leads are not assigned.
    pub fn assign(&self, owner: PersonId, rule: AssignmentRule, act: &Act) -> Result<LeadEvent, LeadError> {
        let state = self.open()?.state();
        let transition = match state {
            LeadState::New => Some(self.step(LeadState::Assigned, act, None)?),
            LeadState::Disqualified => return Err(LeadError::NoSuchStep { from: state, to: LeadState::Assigned }),
            _ => None,
        };
        Ok(LeadEvent::Assigned { lead: self.id, scope: self.scope, previous: self.owner, owner, rule, transition })
    }

    /// Decides what a logged touch does: the first outbound touch or reply starts the work. A lead that nobody
    /// owns is claimed by whoever logs it.
    ///
    /// # Errors
    /// Merged and converted leads are read-only; an activity of another record is refused.
    pub fn log_contact(&self, activity: &Activity, act: &Act) -> Result<Vec<LeadEvent>, LeadError> {
        if activity.subject != ActivitySubject::Lead(self.id) {
            return Err(LeadError::ForeignActivity);
        }
        let mut events = Vec::new();
        let mut lead = self.clone();
        if self.open()?.state() == LeadState::New && activity.kind.is_touch() {
            let rule = AssignmentRule {
                id: "claim".to_owned(),
                reason: "first contact".to_owned(),
                capacity_before: None,
                sla_due_at: None,
            };
            let first = TransitionId::derive(self.scope, act.transition, "claim");
            let claim = self.assign(act.by, rule, &Act { transition: first, ..*act })?;
            lead.apply(&claim);
            events.push(claim);
        }
        let starts = matches!(lead.state(), LeadState::Assigned | LeadState::Nurturing) && activity.kind.is_touch();
        let transition = if starts { Some(lead.step(LeadState::Working, act, None)?) } else { None };
        let first_response_seconds = (self.first_contact_at.is_none() && activity.kind.is_touch())
            .then(|| self.seconds_since_creation(activity.at))
            .flatten();
        events.push(LeadEvent::Contacted {
            lead: self.id,
            activity: activity.clone(),
            first_response_seconds,
            transition,
        });
        Ok(events)
    }

    /// Seconds from the midnight (UTC) of the day of capture: the finest the record knows.
    fn seconds_since_creation(&self, at: Timestamp) -> Option<i64> {
        let start = self.created_on.at(0, 0, 0, 0).to_zoned_datetime(jiff::tz::TimeZone::UTC).ok()?.timestamp();
        Some(at.as_second() - start.as_second()).filter(|seconds| *seconds >= 0)
    }

    /// Decides whether the lead passes the gate: a reachable contact, a company or full name, a need, and one
    /// of budget, authority or timeline.
    ///
    /// # Errors
    /// [`LeadError::GateNotPassed`] lists what is missing.
    pub fn qualify(
        &self,
        criteria: Criteria,
        expected_amount: Option<Money>,
        expected_close: Option<Date>,
        act: &Act,
    ) -> Result<LeadEvent, LeadError> {
        let transition = self.step(LeadState::Qualified, act, None)?;
        let gate = [
            ("contact", self.email.is_some() || self.phone.is_some()),
            ("name", self.company.is_some() || self.full_name.is_some()),
            ("need", criteria.need),
            ("budget_authority_or_timeline", criteria.budget || criteria.authority || criteria.timeline),
        ];
        let missing: Vec<&'static str> = gate.into_iter().filter(|(_, passed)| !passed).map(|(name, _)| name).collect();
        if !missing.is_empty() {
            return Err(LeadError::GateNotPassed { missing });
        }
        Ok(LeadEvent::Qualified { lead: self.id, by: act.by, criteria, expected_amount, expected_close, transition })
    }

    /// Decides to discard the lead, or to let it rest until `nurture_until`.
    ///
    /// # Errors
    /// The reason "other" needs a note, nurturing a day to come.
    pub fn disqualify(
        &self,
        disposition: Disposition,
        reason: DisqualifyReason,
        note: Option<&str>,
        nurture_until: Option<Date>,
        act: &Act,
    ) -> Result<LeadEvent, LeadError> {
        let note = note.and_then(clean);
        if reason == DisqualifyReason::Other && note.is_none() {
            return Err(LeadError::NoteMissing);
        }
        let (to, nurture_until) = match (disposition, nurture_until) {
            (Disposition::Nurture, Some(until)) if until > act.today => (LeadState::Nurturing, Some(until)),
            (Disposition::Nurture, _) => return Err(LeadError::NurtureDayMissing),
            (Disposition::Rejected | Disposition::Junk, _) => (LeadState::Disqualified, None),
        };
        let transition = self.step(to, act, Some(reason.name().to_owned()))?;
        Ok(LeadEvent::Disqualified { lead: self.id, disposition, reason, note, nurture_until, transition })
    }

    /// Decides whether a new score is worth an event: first, another band, or five points and more.
    pub fn rescore(&self, score: LeadScore) -> Option<LeadEvent> {
        let previous = self.score.as_ref();
        let moved = previous.is_none_or(|old| old.band() != score.band() || old.score.abs_diff(score.score) >= 5);
        moved.then(|| LeadEvent::Scored { lead: self.id, previous: previous.map(|old| old.score), score })
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

    fn push(&mut self, transition: Option<&Transition<LeadState>>) {
        if let Some(transition) = transition {
            self.transitions.insert(transition.id, transition.clone());
        }
    }
}

#[cfg(test)]
mod tests;
