//! Opposition: a person does not want to be scored, nor written to by campaigns.

use jiff::Timestamp;
use uuid::Uuid;
use zuc_domain::{
    customer::Customer,
    lead::Lead,
    shared::{Action, ContactId, CustomerId, LeadId, Object},
};
use zuc_ipc::{Changes, words};

use super::person::Person;
use crate::{
    AppError, Office,
    undo::{CHANGED, Inverse},
};

impl Office {
    /// Notes that the person of a record, a mail or a telephone opposes being scored and written to, or that they do not any
    /// more, in every record that is them.
    ///
    /// # Errors
    /// `privacy.unchanged` where it is so already; `privacy.nobody_found`, `privacy.several_found`; `auth.forbidden`.
    #[tracing::instrument(skip_all)]
    pub async fn person_oppose(&self, who: String, opposes: bool) -> Result<Changes, AppError> {
        let record = self.person_named(&who).await?;
        self.note_opposition(record, opposes, "privacy.unchanged").await?;
        let done = if opposes { words::say("privacy.opposed") } else { words::say("privacy.no_longer_opposed") };
        let undo = Some(Inverse::Opposition { record, opposes: !opposes }.token());
        Ok(self.tell(Changes { leads: true, customers: true, undo, done: done.to_owned(), ..Changes::default() }))
    }

    /// Takes a word on opposition back.
    ///
    /// # Errors
    /// `undo.changed_since` where somebody gave another word meanwhile.
    pub(crate) async fn take_opposition_back(&self, record: Uuid, opposes: bool) -> Result<Changes, AppError> {
        self.note_opposition(record, opposes, CHANGED).await?;
        let undo = Some(Inverse::Opposition { record, opposes: !opposes }.token());
        let done = words::say("undo.done").to_owned();
        Ok(self.tell(Changes { leads: true, customers: true, undo, done, ..Changes::default() }))
    }

    async fn note_opposition(&self, record: Uuid, opposes: bool, unchanged: &str) -> Result<(), AppError> {
        let person = self.person_behind(record).await?;
        let since = opposes.then(|| self.now());
        let mut tx = self.begin().await?;
        let mut wrote = false;
        // what was deleted is not brought back by a word on it
        for lead in person.leads.values().filter(|lead| !lead.deleted).map(|lead| LeadId(lead.id)) {
            let mut lead = crate::lead::load(&mut tx, lead).await?;
            self.allow(Action::NoteOpposition, Object::in_scope(lead.scope))?;
            if lead.opposed_at.is_some() != opposes {
                lead.oppose(since);
                match Self::rescore(&mut lead) {
                    Some(event) => tx.repository::<Lead>().record(&lead, &event).await?,
                    None => tx.repository::<Lead>().save(&lead).await?,
                }
                wrote = true;
            }
        }
        let stands = |customer: &Uuid| person.at.get(customer).or_else(|| person.own.get(customer));
        for (contact, customer) in &person.contacts {
            if stands(customer).is_none_or(|customer| customer.deleted) {
                continue;
            }
            let mut customer = crate::customer::load(&mut tx, CustomerId(*customer)).await?;
            self.allow(Action::NoteOpposition, Object::in_scope(customer.scope))?;
            let Some(contact) = customer.contacts.get_mut(&ContactId(*contact)) else { continue };
            if contact.opposed_at.is_some() != opposes {
                contact.opposed_at = since;
                tx.repository::<Customer>().save(&customer).await?;
                wrote = true;
            }
        }
        if !wrote {
            return Err(AppError::new(unchanged, "that is noted already"));
        }
        Ok(tx.commit().await?)
    }
}

impl Person {
    /// Since when they oppose being scored and written to, as the first of their records says it.
    pub(super) fn opposed(&self) -> Option<Timestamp> {
        let leads = self.leads.values().filter_map(|lead| lead.value.get("opposed_at"));
        let contacts = self.contacts.keys().filter_map(|contact| self.contact(*contact)?.get("opposed_at"));
        leads.chain(contacts).filter_map(|since| since.as_str()?.parse().ok()).min()
    }
}
