//! From lead to customer, contact and opportunity, in one local transaction.

use zuc_domain::{
    customer::{Contact, Customer, CustomerError},
    lead::{Becoming, Conversion, ConversionPlan, Lead, LeadEvent, Target, opportunity::Opportunity},
    shared::{Action, ContactId, Object, OpportunityId},
};
use zuc_ipc::{Changes, lead::Converted, words};
use zuc_store::Tx;

use super::{id, load, object};
use crate::{AppError, Office};

impl Office {
    /// Converts a qualified lead. Two devices that convert the same lead get the same records, so that it happens once; a
    /// record that is there already, by a conversion whose lead came later or was taken back, is taken as it stands.
    ///
    /// # Errors
    /// `lead.no_such_step` unless it is qualified; `customer.archived` where its customer was put away and the person may
    /// not bring customers back.
    #[tracing::instrument(skip_all, fields(lead.id = %lead))]
    pub async fn lead_convert(&self, lead: String) -> Result<Converted, AppError> {
        let mut tx = self.begin().await?;
        let mut lead = load(&mut tx, id(&lead)?).await?;
        self.allow(Action::ConvertLead, object(&lead))?;
        let may_bring_back = self.may(Action::ArchiveCustomer, Object::in_scope(lead.scope));
        // three records are loaded and made: it waits on the heap
        let conversion = Box::pin(convert(&mut tx, &mut lead, may_bring_back)).await?;
        tx.commit().await?;
        let changes = self.tell(Changes {
            leads: true,
            customers: true,
            opportunities: true,
            done: words::say("lead.converted").to_owned(),
            ..Changes::default()
        });
        Ok(Converted {
            customer_id: conversion.customer.to_string(),
            contact_id: conversion.contact.to_string(),
            opportunity_id: conversion.opportunity.map(|id| id.to_string()).unwrap_or_default(),
            changes,
        })
    }
}

/// Converts a lead in the transaction of a command.
async fn convert(tx: &mut Tx, lead: &mut Lead, may_bring_back: bool) -> Result<Conversion, AppError> {
    let standing = Standing::of(tx, lead).await?;
    let act = tx.act();
    let event = lead.convert(&standing.plan(), &act)?;
    let LeadEvent::Converted { conversion, .. } = &event else {
        return Err(AppError::new("app.internal", "a conversion is what was asked"));
    };
    let becoming = lead.becoming(conversion, act.by, act.today, act.at);
    make(tx, lead, becoming, standing, may_bring_back).await?;
    lead.apply(&event);
    tx.repository().record(&*lead, &event).await?;
    Ok(conversion.clone())
}

/// What a lead is converted into and is there already.
struct Standing {
    customer: Option<Customer>,
    contact: Option<ContactId>,
    opportunity: Option<OpportunityId>,
}

impl Standing {
    async fn of(tx: &mut Tx, lead: &Lead) -> Result<Self, AppError> {
        let wanted = ConversionPlan { opportunity: Some(Target::New), ..ConversionPlan::default() };
        let ids = match brought_along(tx, lead).await? {
            Some(conversion) => conversion,
            None => Conversion::derive(lead.scope, lead.id, &wanted),
        };
        let customer = tx.repository::<Customer>().load(ids.customer).await?;
        let opportunity = match ids.opportunity {
            Some(id) => tx.repository::<Opportunity>().load(id).await?.map(|deal| deal.id),
            None => None,
        };
        let contact = customer.as_ref().and_then(|customer| customer.contacts.get(&ids.contact)).map(|one| one.id);
        Ok(Self { customer, contact, opportunity })
    }

    fn plan(&self) -> ConversionPlan {
        ConversionPlan {
            customer: self.customer.as_ref().map_or(Target::New, |customer| Target::Existing(customer.id)),
            contact: self.contact.map_or(Target::New, Target::Existing),
            opportunity: Some(self.opportunity.map_or(Target::New, Target::Existing)),
            matched_by: None,
        }
    }
}

/// What a lead that lives on in this one was converted into: both are one customer.
async fn brought_along(tx: &mut Tx, lead: &Lead) -> Result<Option<Conversion>, AppError> {
    for alias in tx.aliases_of(lead.id).await? {
        let converted = tx.repository::<Lead>().load(alias).await?.and_then(|alias| alias.converted);
        if converted.is_some() {
            return Ok(converted);
        }
    }
    Ok(None)
}

/// Makes what the lead becomes and is not there yet; the person's key follows from the lead to the contact, so that an
/// erasure reaches both.
async fn make(
    tx: &mut Tx,
    lead: &Lead,
    becoming: Becoming,
    standing: Standing,
    may_bring_back: bool,
) -> Result<(), AppError> {
    let no_event = || AppError::new("app.internal", "a created event makes its record");
    let Becoming { customer: new, contact, opportunity } = becoming;
    let is_known = standing.contact.is_some();
    if !is_known {
        tx.follow_person(lead.id, contact.id).await?;
    }
    if let Some(mut customer) = standing.customer {
        let act = tx.act();
        let back = customer.bring_back(&act);
        if let Some(back) = &back {
            if !may_bring_back {
                return Err(CustomerError::Archived.into());
            }
            customer.apply_transition(back);
        }
        if !is_known {
            // whoever is written to first was chosen since
            let is_primary = customer.contacts.is_empty();
            let added = customer.add_contact(Contact { is_primary, ..contact })?;
            customer.apply(&added);
            tx.repository().record(&customer, &added).await?;
        } else if back.is_some() {
            tx.repository().save(&customer).await?;
        }
    } else {
        let created = Customer::create(new)?;
        let mut customer = Customer::from_created(&created).ok_or_else(no_event)?;
        let added = customer.add_contact(contact)?;
        customer.apply(&added);
        tx.repository().record_all(&customer, &[&created, &added]).await?;
    }
    let Some(new) = opportunity.filter(|_| standing.opportunity.is_none()) else { return Ok(()) };
    let act = tx.act();
    let opened = Opportunity::create(new, &act)?;
    let opportunity = Opportunity::from_created(&opened).ok_or_else(no_event)?;
    Ok(tx.repository().record(&opportunity, &opened).await?)
}

#[cfg(test)]
mod tests;
