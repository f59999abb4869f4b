//! From lead to customer, contact and opportunity, by ids that every device computes alike.

use jiff::{Timestamp, ToSpan as _, civil::Date};
use serde::{Deserialize, Serialize};

use super::{
    Lead, LeadError, LeadEvent, LeadState,
    opportunity::{NewOpportunity, Stage},
};
use crate::customer::{Contact, CustomerKind, DecisionPower, NewCustomer};
use crate::shared::{
    Act, ContactId, Currency, CustomerId, LeadId, Money, OpportunityId, PersonId, Persona, Rfc, Scope, Transition,
};

/// Days until a new opportunity is expected to close.
const EXPECTED_DAYS: i64 = 30;

/// A record that a conversion makes or takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Target<Id> {
    /// A new one, its id derived from the lead.
    #[default]
    New,
    /// One that is already there.
    Existing(Id),
}

/// What a person chose in the conversion dialog.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ConversionPlan {
    /// The customer.
    pub customer: Target<CustomerId>,
    /// The contact.
    pub contact: Target<ContactId>,
    /// The opportunity, if one is wanted.
    pub opportunity: Option<Target<OpportunityId>>,
    /// Reason code of the matcher, when it found the customer.
    pub matched_by: Option<String>,
}

/// Which records a conversion made, as opposed to took.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct CreatedNew {
    /// The customer is new.
    pub customer: bool,
    /// The contact is new.
    pub contact: bool,
    /// The opportunity is new.
    pub opportunity: bool,
}

/// What a lead was converted into.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Conversion {
    /// The customer.
    pub customer: CustomerId,
    /// The contact.
    pub contact: ContactId,
    /// The opportunity, if one was wanted.
    pub opportunity: Option<OpportunityId>,
    /// Which of them are new.
    pub created_new: CreatedNew,
    /// Reason code of the matcher, when it found the customer.
    pub matched_by: Option<String>,
}

impl Conversion {
    /// The records `plan` gives for a lead; two devices that convert it alike get the same ids.
    pub fn derive(scope: Scope, lead: LeadId, plan: &ConversionPlan) -> Self {
        let customer = match plan.customer {
            Target::New => (CustomerId::derive(scope, lead, "customer"), true),
            Target::Existing(id) => (id, false),
        };
        let contact = match plan.contact {
            Target::New => (ContactId::derive(scope, lead, "contact"), true),
            Target::Existing(id) => (id, false),
        };
        let opportunity = plan.opportunity.map(|target| match target {
            Target::New => (OpportunityId::derive(scope, lead, "opportunity"), true),
            Target::Existing(id) => (id, false),
        });
        Self {
            customer: customer.0,
            contact: contact.0,
            opportunity: opportunity.map(|(id, _)| id),
            created_new: CreatedNew {
                customer: customer.1,
                contact: contact.1,
                opportunity: opportunity.is_some_and(|(_, new)| new),
            },
            matched_by: plan.matched_by.clone(),
        }
    }
}

/// What a lead says of the records that its conversion makes.
#[derive(Clone, Debug)]
pub struct Becoming {
    /// The customer.
    pub customer: NewCustomer,
    /// Its first contact.
    pub contact: Contact,
    /// The opportunity, when one is wanted.
    pub opportunity: Option<NewOpportunity>,
}

impl Lead {
    /// The records that `conversion` makes of this lead, for who has no owner by the person who acts.
    pub fn becoming(&self, conversion: &Conversion, by: PersonId, today: Date, at: Timestamp) -> Becoming {
        let name = || self.company.clone().or_else(|| self.full_name.clone()).unwrap_or_default();
        let kind = match self.rfc.as_ref().map(Rfc::persona) {
            Some(Persona::Fisica) => CustomerKind::Fisica,
            _ => CustomerKind::Moral,
        };
        Becoming {
            customer: NewCustomer {
                id: conversion.customer,
                scope: self.scope,
                legal_name: name(),
                trade_name: None,
                rfc: self.rfc.clone(),
                kind,
                owner: self.owner.unwrap_or(by),
                currency: self.estimated_amount.map_or(Currency::Mxn, Money::currency),
                source: self.source.clone(),
                lead: Some(self.id),
            },
            contact: Contact {
                id: conversion.contact,
                name: self.full_name.clone().or_else(|| self.company.clone()).unwrap_or_default(),
                role: None,
                is_primary: true,
                email: self.email.clone(),
                phone: self.phone.clone(),
                decision_power: DecisionPower::Unknown,
                consent: self.consent.clone(),
                opposed_at: self.opposed_at,
            },
            opportunity: conversion.opportunity.map(|id| NewOpportunity {
                id,
                scope: self.scope,
                customer: conversion.customer,
                lead: Some(self.id),
                name: name(),
                amount: self.estimated_amount.unwrap_or_else(|| Money::zero(Currency::Mxn)),
                mrr: None,
                stage: Stage::Calificacion,
                expected_close: today.saturating_add(EXPECTED_DAYS.days()),
                owner: by,
                created_at: at,
            }),
        }
    }

    /// Decides to convert a qualified lead; afterwards it is read-only.
    ///
    /// # Errors
    /// Only a qualified lead is converted.
    pub fn convert(&self, plan: &ConversionPlan, act: &Act) -> Result<LeadEvent, LeadError> {
        let transition = self.step(LeadState::Converted, act, None)?;
        let conversion = Conversion::derive(self.scope, self.id, plan);
        Ok(LeadEvent::Converted { lead: self.id, conversion, transition })
    }

    /// The saga's last step: marks the lead converted into what the saga used. `None` when it already is,
    /// which makes the step a no-op.
    ///
    /// # Errors
    /// Only a qualified lead is converted.
    pub fn mark_converted(&self, conversion: Conversion, act: &Act) -> Result<Option<LeadEvent>, LeadError> {
        if self.state() == LeadState::Converted {
            return Ok(None);
        }
        let transition = self.step(LeadState::Converted, act, None)?;
        Ok(Some(LeadEvent::Converted { lead: self.id, conversion, transition }))
    }

    /// The saga's compensation: takes the conversion back, by an authority that outranks it. No event of its
    /// own: the saga's record tells the story.
    ///
    /// # Errors
    /// [`LeadError::NotConverted`] when there is nothing to take back.
    pub fn revert_conversion(&self, reason: &str, act: &Act) -> Result<Transition<LeadState>, LeadError> {
        let folded = self.folded();
        if folded.state() != LeadState::Converted {
            return Err(LeadError::NotConverted);
        }
        let recorded = Transition::record(&folded, LeadState::Qualified, act, Some(reason.to_owned()));
        Ok(Transition { authority: true, ..recorded })
    }

    /// Puts the reversion in; never fails.
    pub fn apply_reversion(&mut self, transition: &Transition<LeadState>) {
        self.converted = None;
        self.push(Some(transition));
    }
}
