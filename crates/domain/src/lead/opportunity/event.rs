//! What happens to a deal.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{LossReason, NewOpportunity, Stage};
use crate::shared::event::without_nulls;
use crate::shared::{CustomerId, DomainEvent, Money, OpportunityId, PersonId, ProposalId, Transition};

/// A fact a deal decided, with the transition it records.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum OpportunityEvent {
    /// Opened.
    Created {
        /// What was known.
        new: Box<NewOpportunity>,
        /// To the first stage, when it is not the machine's own.
        transition: Option<Transition<Stage>>,
    },
    /// Moved.
    StageChanged {
        /// The deal.
        opportunity: OpportunityId,
        /// Seconds spent in the stage it leaves.
        dwell_seconds: i64,
        /// Who moved it.
        by: PersonId,
        /// From and to.
        transition: Transition<Stage>,
    },
    /// Won.
    Won {
        /// The deal.
        opportunity: OpportunityId,
        /// The customer.
        customer: CustomerId,
        /// Amount at closing.
        amount: Money,
        /// Pesos per unit of the amount's currency.
        fx_rate: Decimal,
        /// Day of closing: set once, kept when it moves between won stages.
        closed_on: Date,
        /// The accepted proposal.
        proposal: Option<ProposalId>,
        /// Days since it was opened.
        cycle_days: i64,
        /// To won.
        transition: Transition<Stage>,
    },
    /// Lost.
    Lost {
        /// The deal.
        opportunity: OpportunityId,
        /// Amount at closing.
        amount: Money,
        /// Why.
        reason: LossReason,
        /// Who won it instead.
        competitor: Option<String>,
        /// In words.
        note: Option<String>,
        /// Day of closing.
        closed_on: Date,
        /// To lost.
        transition: Transition<Stage>,
    },
}

impl DomainEvent for OpportunityEvent {
    fn event_type(&self) -> &'static str {
        match self {
            Self::Created { .. } => "Opportunity.Created",
            Self::StageChanged { .. } => "Opportunity.StageChanged",
            Self::Won { .. } => "Opportunity.Won",
            Self::Lost { .. } => "Opportunity.Lost",
        }
    }

    fn subject(&self) -> Uuid {
        match self {
            Self::Created { new, .. } => new.id.0,
            Self::StageChanged { opportunity, .. } | Self::Won { opportunity, .. } | Self::Lost { opportunity, .. } => {
                opportunity.0
            }
        }
    }

    fn data(&self) -> Value {
        without_nulls(match self {
            Self::Created { new, .. } => json!({
                "opportunityId": new.id,
                "customerId": new.customer,
                "leadId": new.lead,
                "name": new.name,
                "pipelineId": "ventas",
                "stageId": new.stage,
                "amount": new.amount,
                "mrr": new.mrr,
                "probability": new.stage.probability(),
                "expectedCloseDate": new.expected_close,
                "ownerId": new.owner,
            }),
            Self::StageChanged { opportunity, dwell_seconds, by, transition } => json!({
                "opportunityId": opportunity,
                "fromStage": transition.from,
                "toStage": transition.to,
                "probability": transition.to.probability(),
                "forecastCategory": transition.to.forecast_category(),
                "dwellSeconds": dwell_seconds,
                "by": by,
                "isRegression": transition.to < transition.from,
            }),
            Self::Won { opportunity, customer, amount, fx_rate, closed_on, proposal, cycle_days, .. } => json!({
                "opportunityId": opportunity,
                "customerId": customer,
                "amount": amount,
                "fxRate": fx_rate.normalize(),
                "closedAt": closed_on,
                "proposalId": proposal,
                "cycleDays": cycle_days,
            }),
            Self::Lost { opportunity, amount, reason, competitor, note, closed_on, transition } => json!({
                "opportunityId": opportunity,
                "amount": amount,
                "reasonCode": reason,
                "competitor": competitor,
                "note": note,
                "closedAt": closed_on,
                "lastStage": transition.from,
            }),
        })
    }
}
