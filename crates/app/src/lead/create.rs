//! A lead typed by hand.

use zuc_domain::{
    lead::{Lead, LeadField, NewLead},
    shared::{Action, Currency, LeadId, Object},
};
use zuc_ipc::{Changes, lead::LeadNew, words};

use super::field;
use crate::{AppError, Office, undo::Made};

impl Office {
    /// Captures one lead; it belongs to whoever captures it, in the team that they name or in their first.
    ///
    /// # Errors
    /// `lead.no_name_no_company`; `person.no_such_team`; the codes of mail, phone, RFC and amount.
    #[tracing::instrument(skip_all)]
    pub async fn lead_create(&self, new: LeadNew) -> Result<Changes, AppError> {
        let scope = if new.team == 0 { self.sales() } else { self.team(new.team)? };
        self.allow(Action::CreateLead, Object::in_scope(scope))?;
        let mut tx = self.begin().await?;
        let source = if new.source.trim().is_empty() { words::say("lead.source.typed") } else { new.source.trim() };
        let mut lead = NewLead::new(LeadId(tx.fresh_id()), scope, source, self.today());
        lead.owner = Some(self.actor.person);
        for (name, text) in [
            ("full_name", &new.full_name),
            ("company", &new.company),
            ("email", &new.email),
            ("phone", &new.phone),
            ("rfc", &new.rfc),
            ("amount", &new.amount),
            ("city", &new.city),
        ] {
            match field::parse(name, text, Currency::Mxn)? {
                LeadField::FullName(value) => lead.full_name = value,
                LeadField::Company(value) => lead.company = value,
                LeadField::Email(value) => lead.email = value,
                LeadField::Phone(value) => lead.phone = value,
                LeadField::Rfc(value) => lead.rfc = value,
                LeadField::EstimatedAmount(value) => lead.estimated_amount = value,
                LeadField::City(value) => lead.city = value,
                _ => {}
            }
        }
        let act = tx.act();
        let event = Lead::create(lead, &act)?;
        let mut lead =
            Lead::from_created(&event).ok_or_else(|| AppError::new("app.internal", "a created event makes a lead"))?;
        let scored = Self::rescore(&mut lead);
        match &scored {
            Some(scored) => tx.repository().record_all(&lead, &[&event, scored]).await?,
            None => tx.repository().record(&lead, &event).await?,
        }
        let undo = Some(Made::of::<Lead>(&mut tx, lead.id).await?.token());
        tx.commit().await?;
        Ok(self.tell(Changes { leads: true, undo, done: words::say("lead.created").to_owned(), ..Changes::default() }))
    }
}
