//! Deals in the pipeline.

pub mod error;
pub mod event;
pub mod stage;

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

pub use error::OpportunityError;
pub use event::OpportunityEvent;
pub use stage::{ForecastCategory, LossReason, Stage};

use crate::shared::money::round_half_up;
use crate::shared::text::clean;
use crate::shared::{
    Act, CustomerId, Folded, LeadId, Money, OpportunityId, PersonId, ProposalId, Scope, Transition, TransitionId, fold,
};

/// Why a deal was lost.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Loss {
    /// Reason.
    pub reason: LossReason,
    /// Who won it instead.
    pub competitor: Option<String>,
    /// In words.
    pub note: Option<String>,
}

/// A deal.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Opportunity {
    /// Id.
    pub id: OpportunityId,
    /// Sales scope of its team.
    pub scope: Scope,
    /// The customer.
    pub customer: CustomerId,
    /// The lead it came from.
    pub lead: Option<LeadId>,
    /// Name.
    pub name: String,
    /// What it is worth.
    pub amount: Money,
    /// Recurring part, a month.
    pub mrr: Option<Money>,
    /// Percent, taken over when the stage was entered: editing the table does not rewrite open deals.
    pub probability: u8,
    /// When it may close.
    pub expected_close: Date,
    /// Who works it.
    pub owner: PersonId,
    /// Opened, UTC.
    pub created_at: Timestamp,
    /// Stage entered, UTC.
    pub stage_entered_at: Timestamp,
    /// Day of closing.
    pub closed_on: Option<Date>,
    /// Why it was lost.
    pub loss: Option<Loss>,
    /// The accepted proposal.
    pub won_by: Option<ProposalId>,
    /// Every recorded change of stage.
    pub transitions: BTreeMap<TransitionId, Transition<Stage>>,
}

/// What is known when a deal is opened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewOpportunity {
    /// Fresh id, or the one derived from the lead.
    pub id: OpportunityId,
    /// Sales scope of the team.
    pub scope: Scope,
    /// The customer.
    pub customer: CustomerId,
    /// The lead it came from.
    pub lead: Option<LeadId>,
    /// Name.
    pub name: String,
    /// What it is worth.
    pub amount: Money,
    /// Recurring part, a month.
    pub mrr: Option<Money>,
    /// First stage.
    pub stage: Stage,
    /// When it may close.
    pub expected_close: Date,
    /// Who works it.
    pub owner: PersonId,
    /// Opened, UTC.
    pub created_at: Timestamp,
}

impl Opportunity {
    /// Decides whether a deal may be opened.
    ///
    /// # Errors
    /// It needs a name and an open stage.
    pub fn create(new: NewOpportunity, act: &Act) -> Result<OpportunityEvent, OpportunityError> {
        let mut new = Box::new(new);
        new.name = clean(&new.name).ok_or(OpportunityError::NameMissing)?;
        if new.stage.is_closed() {
            return Err(OpportunityError::ClosingStage(new.stage));
        }
        let start = fold::<Stage>([]);
        let transition = (new.stage != start.state()).then(|| Transition::record(&start, new.stage, act, None));
        Ok(OpportunityEvent::Created { new, transition })
    }

    /// The deal that [`OpportunityEvent::Created`] makes; `None` for any other event.
    pub fn from_created(event: &OpportunityEvent) -> Option<Self> {
        let OpportunityEvent::Created { new, transition } = event else { return None };
        Some(Self {
            id: new.id,
            scope: new.scope,
            customer: new.customer,
            lead: new.lead,
            name: new.name.clone(),
            amount: new.amount,
            mrr: new.mrr,
            probability: new.stage.probability(),
            expected_close: new.expected_close,
            owner: new.owner,
            created_at: new.created_at,
            stage_entered_at: new.created_at,
            closed_on: None,
            loss: None,
            won_by: None,
            transitions: transition.iter().map(|t| (t.id, t.clone())).collect(),
        })
    }

    /// The fold of every recorded transition.
    pub fn folded(&self) -> Folded<Stage> {
        fold(self.transitions.values())
    }

    /// The stage to show.
    pub fn stage(&self) -> Stage {
        self.folded().state()
    }

    /// Amount by probability, in pesos at `rate_to_mxn`; a lost deal is worth nothing.
    pub fn weighted_mxn(&self, rate_to_mxn: Decimal) -> Decimal {
        round_half_up(self.amount.amount() * Decimal::from(self.probability) / Decimal::ONE_HUNDRED * rate_to_mxn, 2)
    }

    /// Decides to move an open deal to another open stage. Leaving a closed one asks `may_reopen`.
    ///
    /// # Errors
    /// Closing stages have their own commands.
    pub fn move_to(&self, to: Stage, may_reopen: bool, act: &Act) -> Result<OpportunityEvent, OpportunityError> {
        if to.is_closed() {
            return Err(OpportunityError::ClosingStage(to));
        }
        let transition = self.step(to, may_reopen, act, None)?;
        let dwell_seconds = (act.at.as_second() - self.stage_entered_at.as_second()).max(0);
        Ok(OpportunityEvent::StageChanged { opportunity: self.id, dwell_seconds, by: act.by, transition })
    }

    /// Decides that the deal is won.
    ///
    /// # Errors
    /// A closed deal stays as it is.
    pub fn win(
        &self,
        proposal: Option<ProposalId>,
        fx_rate: Decimal,
        act: &Act,
    ) -> Result<OpportunityEvent, OpportunityError> {
        let transition = self.step(Stage::Ganada, false, act, None)?;
        Ok(OpportunityEvent::Won {
            opportunity: self.id,
            customer: self.customer,
            amount: self.amount,
            fx_rate,
            closed_on: act.today,
            proposal,
            cycle_days: (act.at.as_second() - self.created_at.as_second()).max(0) / 86_400,
            transition,
        })
    }

    /// Decides that the deal is lost.
    ///
    /// # Errors
    /// A closed deal stays as it is.
    pub fn lose(&self, loss: Loss, act: &Act) -> Result<OpportunityEvent, OpportunityError> {
        let transition = self.step(Stage::Perdida, false, act, Some(loss.reason.name().to_owned()))?;
        Ok(OpportunityEvent::Lost {
            opportunity: self.id,
            amount: self.amount,
            reason: loss.reason,
            competitor: loss.competitor,
            note: loss.note,
            closed_on: act.today,
            transition,
        })
    }

    fn step(
        &self,
        to: Stage,
        may_reopen: bool,
        act: &Act,
        reason: Option<String>,
    ) -> Result<Transition<Stage>, OpportunityError> {
        let folded = self.folded();
        match folded.state() {
            from if from == to => Err(OpportunityError::SameStage(to)),
            from if from.is_closed() && !may_reopen => Err(OpportunityError::Closed(from)),
            _ => Ok(Transition::record(&folded, to, act, reason)),
        }
    }

    /// Puts in a stage that a person chose among those that stood side by side, with what hangs on it; never fails.
    pub fn apply_transition(&mut self, transition: &Transition<Stage>, act: &Act) {
        self.transitions.insert(transition.id, transition.clone());
        let stage = self.stage();
        self.probability = stage.probability();
        self.stage_entered_at = act.at;
        self.closed_on = stage.is_closed().then(|| self.closed_on.unwrap_or(act.today));
        if stage != Stage::Perdida {
            self.loss = None;
        }
    }

    /// Never fails: an event is a fact, perhaps decided on another device. `at` is when it happened.
    pub fn apply(&mut self, event: &OpportunityEvent, at: Timestamp) {
        let transition = match event {
            OpportunityEvent::Created { .. } => return,
            OpportunityEvent::StageChanged { transition, .. } => {
                self.closed_on = None;
                self.loss = None;
                transition
            }
            OpportunityEvent::Won { closed_on, proposal, transition, .. } => {
                self.closed_on.get_or_insert(*closed_on);
                self.won_by = *proposal;
                transition
            }
            OpportunityEvent::Lost { reason, competitor, note, closed_on, transition, .. } => {
                self.closed_on = Some(*closed_on);
                self.loss = Some(Loss { reason: *reason, competitor: competitor.clone(), note: note.clone() });
                transition
            }
        };
        self.transitions.insert(transition.id, transition.clone());
        self.probability = self.stage().probability();
        self.stage_entered_at = at;
    }
}

#[cfg(test)]
mod tests;
