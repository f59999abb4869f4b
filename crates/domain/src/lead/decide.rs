//! What may be done with a lead: each command gives the event that says so, or why not.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{
    Activity, ActivitySubject, Criteria, Disposition, DisqualifyReason, Lead, LeadError, LeadEvent, LeadScore,
    LeadState,
};
use crate::shared::text::clean;
use crate::shared::{Act, Folded, Money, PersonId, Transition, TransitionId};

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
    pub(super) fn open(&self) -> Result<Folded<LeadState>, LeadError> {
        if let Some(survivor) = self.merged_into {
            return Err(LeadError::Merged { survivor });
        }
        let folded = self.folded();
        if folded.state() == LeadState::Converted { Err(LeadError::Converted) } else { Ok(folded) }
    }

    pub(super) fn step(
        &self,
        to: LeadState,
        act: &Act,
        reason: Option<String>,
    ) -> Result<Transition<LeadState>, LeadError> {
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

    /// Notes since when the person opposes being scored and written to by campaigns, or that they do not any more: the score
    /// that stands goes, and none is made while they do.
    pub fn oppose(&mut self, since: Option<Timestamp>) {
        self.opposed_at = since;
        if since.is_some() {
            self.score = None;
        }
    }

    /// Decides whether a new score is worth an event: first, another band, or five points and more; never of a person who
    /// opposes it.
    pub fn rescore(&self, score: LeadScore) -> Option<LeadEvent> {
        if self.opposed_at.is_some() {
            return None;
        }
        let previous = self.score.as_ref();
        let moved = previous.is_none_or(|old| old.band() != score.band() || old.score.abs_diff(score.score) >= 5);
        moved.then(|| LeadEvent::Scored { lead: self.id, previous: previous.map(|old| old.score), score })
    }
}
