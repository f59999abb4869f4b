//! From lead to customer, contact and opportunity, in one local transaction.

use jiff::ToSpan as _;
use zuc_domain::{
    customer::{Contact, Customer, CustomerKind, DecisionPower, NewCustomer},
    lead::{
        ConversionPlan, Lead, LeadEvent, Target,
        opportunity::{NewOpportunity, Opportunity, Stage},
    },
    shared::{Action, Currency, Money, Persona},
};
use zuc_ipc::{Changes, lead::Converted};
use zuc_store::Tx;

use super::{id, load, object};
use crate::{AppError, Office};

/// Days until a new opportunity is expected to close.
const EXPECTED_DAYS: i64 = 30;

impl Office {
    /// Converts a qualified lead. Two devices that convert the same lead get the same records, so that it happens once.
    ///
    /// # Errors
    /// `lead.no_such_step` unless it is qualified.
    #[tracing::instrument(skip_all, fields(lead.id = %lead))]
    pub async fn lead_convert(&self, lead: String) -> Result<Converted, AppError> {
        let mut tx = self.begin().await?;
        let mut lead = load(&mut tx, id(&lead)?).await?;
        self.allow(Action::ConvertLead, object(&lead))?;
        let act = tx.act();
        let plan = ConversionPlan { opportunity: Some(Target::New), ..ConversionPlan::default() };
        let event = lead.convert(&plan, &act)?;
        let LeadEvent::Converted { conversion, .. } = &event else {
            return Err(AppError::new("app.internal", "a conversion is what was asked"));
        };
        let opportunity_id =
            conversion.opportunity.ok_or_else(|| AppError::new("app.internal", "an opportunity was asked"))?;
        self.customer_of(&mut tx, &lead, conversion).await?;
        let amount = lead.estimated_amount.unwrap_or_else(|| Money::zero(Currency::Mxn));
        let new = NewOpportunity {
            id: opportunity_id,
            scope: lead.scope,
            customer: conversion.customer,
            lead: Some(lead.id),
            name: lead.company.clone().or_else(|| lead.full_name.clone()).unwrap_or_default(),
            amount,
            mrr: None,
            stage: Stage::Calificacion,
            expected_close: self.today().saturating_add(EXPECTED_DAYS.days()),
            owner: self.actor.person,
            created_at: act.at,
        };
        let next = tx.act();
        let opened = Opportunity::create(new, &next)?;
        let opportunity = Opportunity::from_created(&opened)
            .ok_or_else(|| AppError::new("app.internal", "a created event makes an opportunity"))?;
        tx.repository().record(&opportunity, &opened).await?;
        let converted = Converted {
            customer_id: conversion.customer.to_string(),
            contact_id: conversion.contact.to_string(),
            opportunity_id: opportunity_id.to_string(),
            changes: Changes::default(),
        };
        lead.apply(&event);
        tx.repository().record(&lead, &event).await?;
        tx.commit().await?;
        let changes = self.tell(Changes {
            leads: true,
            customers: true,
            opportunities: true,
            done: "Prospecto convertido en cliente".to_owned(),
            ..Changes::default()
        });
        Ok(Converted { changes, ..converted })
    }

    /// Makes the customer and its first contact; the person's key follows from the lead to the contact, so that an
    /// erasure reaches both.
    async fn customer_of(
        &self,
        tx: &mut Tx,
        lead: &Lead,
        conversion: &zuc_domain::lead::Conversion,
    ) -> Result<(), AppError> {
        let kind = match lead.rfc.as_ref().map(zuc_domain::shared::Rfc::persona) {
            Some(Persona::Fisica) => CustomerKind::Fisica,
            _ => CustomerKind::Moral,
        };
        let created = Customer::create(NewCustomer {
            id: conversion.customer,
            scope: lead.scope,
            legal_name: lead.company.clone().or_else(|| lead.full_name.clone()).unwrap_or_default(),
            trade_name: None,
            rfc: lead.rfc.clone(),
            kind,
            owner: lead.owner.unwrap_or(self.actor.person),
            currency: lead.estimated_amount.map_or(Currency::Mxn, Money::currency),
            source: lead.source.clone(),
            lead: Some(lead.id),
        })?;
        let mut customer = Customer::from_created(&created)
            .ok_or_else(|| AppError::new("app.internal", "a created event makes a customer"))?;
        tx.follow_person(lead.id, conversion.contact).await?;
        let contact = customer.add_contact(Contact {
            id: conversion.contact,
            name: lead.full_name.clone().or_else(|| lead.company.clone()).unwrap_or_default(),
            role: None,
            is_primary: true,
            email: lead.email.clone(),
            phone: lead.phone.clone(),
            decision_power: DecisionPower::Unknown,
            consent: lead.consent.clone(),
        })?;
        customer.apply(&contact);
        tx.repository().record_all(&customer, &[&created, &contact]).await?;
        Ok(())
    }
}
