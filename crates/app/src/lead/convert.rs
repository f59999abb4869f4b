//! From lead to customer, contact and opportunity, in one local transaction.

use zuc_domain::{
    customer::Customer,
    lead::{Becoming, ConversionPlan, Lead, LeadEvent, Target, opportunity::Opportunity},
    shared::Action,
};
use zuc_ipc::{Changes, lead::Converted, words};
use zuc_store::Tx;

use super::{id, load, object};
use crate::{AppError, Office};

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
        let becoming = lead.becoming(conversion, self.actor.person, self.today(), act.at);
        let converted = Converted {
            customer_id: conversion.customer.to_string(),
            contact_id: conversion.contact.to_string(),
            opportunity_id: conversion.opportunity.map(|id| id.to_string()).unwrap_or_default(),
            changes: Changes::default(),
        };
        make(&mut tx, &lead, becoming).await?;
        lead.apply(&event);
        tx.repository().record(&lead, &event).await?;
        tx.commit().await?;
        let changes = self.tell(Changes {
            leads: true,
            customers: true,
            opportunities: true,
            done: words::say("lead.converted").to_owned(),
            ..Changes::default()
        });
        Ok(Converted { changes, ..converted })
    }
}

/// Makes what the lead becomes; the person's key follows from the lead to the contact, so that an erasure reaches both.
async fn make(tx: &mut Tx, lead: &Lead, becoming: Becoming) -> Result<(), AppError> {
    let no_event = || AppError::new("app.internal", "a created event makes its record");
    let created = Customer::create(becoming.customer)?;
    let mut customer = Customer::from_created(&created).ok_or_else(no_event)?;
    tx.follow_person(lead.id, becoming.contact.id).await?;
    let contact = customer.add_contact(becoming.contact)?;
    customer.apply(&contact);
    tx.repository().record_all(&customer, &[&created, &contact]).await?;
    let Some(new) = becoming.opportunity else { return Ok(()) };
    let act = tx.act();
    let opened = Opportunity::create(new, &act)?;
    let opportunity = Opportunity::from_created(&opened).ok_or_else(no_event)?;
    Ok(tx.repository().record(&opportunity, &opened).await?)
}
