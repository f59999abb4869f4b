//! What happens to a lead.

use jiff::civil::Date;
use serde_json::{Value, json};
use uuid::Uuid;

use super::activity::Activity;
use super::convert::Conversion;
use super::merge::Merge;
use super::score::LeadScore;
use super::state::LeadState;
use super::{AssignmentRule, Criteria, Disposition, DisqualifyReason, NewLead};
use crate::shared::event::without_nulls;
use crate::shared::{DomainEvent, LeadId, Money, PersonId, Scope, Transition};

/// A fact a lead decided, with the transition it records.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LeadEvent {
    /// Captured by hand, import, form or mail.
    Created {
        /// What was known.
        new: Box<NewLead>,
        /// To assigned, when it had an owner from the start.
        transition: Option<Transition<LeadState>>,
    },
    /// Given to, or claimed by, a person.
    Assigned {
        /// The lead.
        lead: LeadId,
        /// Its scope.
        scope: Scope,
        /// Who had it.
        previous: Option<PersonId>,
        /// Who has it.
        owner: PersonId,
        /// Why.
        rule: AssignmentRule,
        /// To assigned, when it was new.
        transition: Option<Transition<LeadState>>,
    },
    /// A touch was logged.
    Contacted {
        /// The lead.
        lead: LeadId,
        /// The touch.
        activity: Activity,
        /// How long the first answer took.
        first_response_seconds: Option<i64>,
        /// To working, when it starts the work.
        transition: Option<Transition<LeadState>>,
    },
    /// The score moved.
    Scored {
        /// The lead.
        lead: LeadId,
        /// The score before.
        previous: Option<u8>,
        /// The score now.
        score: LeadScore,
    },
    /// Passed the gate.
    Qualified {
        /// The lead.
        lead: LeadId,
        /// Who judged.
        by: PersonId,
        /// What was found.
        criteria: Criteria,
        /// What it may be worth.
        expected_amount: Option<Money>,
        /// When it may close.
        expected_close: Option<Date>,
        /// To qualified.
        transition: Transition<LeadState>,
    },
    /// Discarded, or put to nurturing.
    Disqualified {
        /// The lead.
        lead: LeadId,
        /// As what.
        disposition: Disposition,
        /// Why.
        reason: DisqualifyReason,
        /// In words.
        note: Option<String>,
        /// Until when it rests.
        nurture_until: Option<Date>,
        /// To nurturing or disqualified.
        transition: Transition<LeadState>,
    },
    /// Duplicates became one.
    Merged {
        /// Which, and what the survivor takes over.
        merge: Box<Merge>,
    },
    /// Became customer, contact and opportunity.
    Converted {
        /// The lead.
        lead: LeadId,
        /// Into what.
        conversion: Conversion,
        /// To converted.
        transition: Transition<LeadState>,
    },
}

impl DomainEvent for LeadEvent {
    fn event_type(&self) -> &'static str {
        match self {
            Self::Created { .. } => "Lead.Created",
            Self::Assigned { .. } => "Lead.Assigned",
            Self::Contacted { .. } => "Lead.Contacted",
            Self::Scored { .. } => "Lead.Scored",
            Self::Qualified { .. } => "Lead.Qualified",
            Self::Disqualified { .. } => "Lead.Disqualified",
            Self::Merged { .. } => "Lead.Merged",
            Self::Converted { .. } => "Lead.Converted",
        }
    }

    fn subject(&self) -> Uuid {
        match self {
            Self::Created { new, .. } => new.id.0,
            Self::Merged { merge } => merge.survivor.0,
            Self::Assigned { lead, .. }
            | Self::Contacted { lead, .. }
            | Self::Scored { lead, .. }
            | Self::Qualified { lead, .. }
            | Self::Disqualified { lead, .. }
            | Self::Converted { lead, .. } => lead.0,
        }
    }

    fn data(&self) -> Value {
        without_nulls(match self {
            Self::Created { new, .. } => json!({
                "leadId": new.id,
                "fullName": new.full_name,
                "company": new.company,
                "companySize": new.company_size,
                "industry": new.industry,
                "email": new.email,
                "phone": new.phone,
                "rfc": new.rfc,
                "source": new.source,
                "medium": new.medium,
                "campaign": new.campaign,
                "ownerId": new.owner,
                "importBatchId": new.import_batch,
                "consent": new.consent,
                "duplicateCandidates": new.duplicate_candidates,
            }),
            Self::Assigned { lead, scope, previous, owner, rule, .. } => json!({
                "leadId": lead,
                "previousOwnerId": previous,
                "ownerId": owner,
                "teamId": scope,
                "rule": { "id": rule.id, "reason": rule.reason },
                "capacityBefore": rule.capacity_before,
                "slaDueAt": rule.sla_due_at,
            }),
            Self::Contacted { lead, activity, first_response_seconds, .. } => json!({
                "leadId": lead,
                "channel": activity.kind,
                "direction": activity.direction,
                "activityId": activity.id,
                "at": activity.at,
                "firstResponseSeconds": first_response_seconds,
                "slaStatus": if first_response_seconds.is_some() { "fulfilled" } else { "rolling" },
            }),
            Self::Scored { lead, previous, score } => json!({
                "leadId": lead,
                "score": score.score,
                "previousScore": previous,
                "band": score.band(),
                "method": score.method,
                "modelVersion": score.model_version,
                "factors": score.factors,
            }),
            Self::Qualified { lead, by, criteria, expected_amount, expected_close, .. } => json!({
                "leadId": lead,
                "qualifiedBy": by,
                "criteria": criteria,
                "expectedAmount": expected_amount,
                "expectedCloseDate": expected_close,
            }),
            Self::Disqualified { lead, disposition, reason, note, nurture_until, .. } => json!({
                "leadId": lead,
                "disposition": disposition,
                "reasonCode": reason,
                "note": note,
                "nurtureUntil": nurture_until,
            }),
            Self::Merged { merge } => json!({
                "survivorId": merge.survivor,
                "mergedIds": merge.merged,
                "fieldChoices": merge.field_choices,
                "movedLinks": merge.moved_links,
                "score": merge.score.to_string(),
                "undoToken": merge.undo_token,
            }),
            Self::Converted { lead, conversion, .. } => json!({
                "leadId": lead,
                "customerId": conversion.customer,
                "contactId": conversion.contact,
                "opportunityId": conversion.opportunity,
                "createdNew": conversion.created_new,
                "matchedBy": conversion.matched_by,
            }),
        })
    }
}
