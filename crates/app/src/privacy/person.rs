//! Who a person is: several records may speak of one, and one key does not always seal all of them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use uuid::Uuid;
use zuc_domain::lead::{Lead, duplicates::MatchRecord};
use zuc_domain::shared::{ContactId, CustomerId, Email, LeadId, Phone};
use zuc_protocol::{control::ControlAct, ids::KeyId, item::DocKind};
use zuc_store::{HeldRecord, StoreError};

use super::says::Says;
use crate::{AppError, Office};

/// All of a list: nobody has so many.
pub(super) const ALL: u32 = u32::MAX;

/// A person as the records of this device know them.
#[derive(Default)]
pub(super) struct Person {
    /// Under which what identifies them is sealed.
    pub(super) keys: BTreeSet<KeyId>,
    /// Leads that are this person.
    pub(super) leads: BTreeMap<Uuid, HeldRecord>,
    /// The person as a contact, with the customer they are one at.
    pub(super) contacts: BTreeMap<Uuid, Uuid>,
    /// Customers that are this person, a persona física.
    pub(super) own: BTreeMap<Uuid, HeldRecord>,
    /// Customers they are a contact at, or became one at.
    pub(super) at: BTreeMap<Uuid, HeldRecord>,
    /// Proposals they signed.
    pub(super) signed: BTreeMap<Uuid, HeldRecord>,
}

impl Person {
    /// Every document that says something of them.
    pub(super) fn records(&self) -> impl Iterator<Item = &HeldRecord> {
        let shared = self.at.values().filter(|record| !self.own.contains_key(&record.id));
        self.leads.values().chain(self.own.values()).chain(shared).chain(self.signed.values())
    }

    /// Customers that they are, or have to do with.
    pub(super) fn customers(&self) -> BTreeSet<CustomerId> {
        self.own.keys().chain(self.at.keys()).map(|id| CustomerId(*id)).collect()
    }

    /// Whether a document names one of their leads, or is of a customer that is this person.
    pub(super) fn concerns(&self, value: &Value) -> bool {
        let names = |pointer: &str| id_at(value, pointer);
        names("/lead").is_some_and(|lead| self.leads.contains_key(&lead))
            || names("/customer").is_some_and(|customer| self.own.contains_key(&customer))
    }

    /// What the contact says of them, by its id.
    pub(super) fn contact(&self, contact: Uuid) -> Option<&Value> {
        let customer = self.contacts.get(&contact)?;
        let record = self.own.get(customer).or_else(|| self.at.get(customer))?;
        record.value.pointer(&format!("/contacts/{contact}"))
    }

    /// A record without the other persons that it names.
    pub(super) fn only_theirs(&self, record: &HeldRecord) -> Value {
        let mut value = record.value.clone();
        if let Some(contacts) = value.get_mut("contacts").and_then(Value::as_object_mut) {
            contacts.retain(|id, _| id.parse().is_ok_and(|id: Uuid| self.contacts.contains_key(&id)));
        }
        value
    }

    /// Whether a field of a record speaks of the person.
    pub(super) fn is_named_by(&self, record: &HeldRecord, field: &str) -> bool {
        if let Some(path) = field.strip_prefix("contacts/") {
            let contact = path.split('/').next().and_then(|id| id.parse::<Uuid>().ok());
            return contact.is_some_and(|contact| self.contacts.contains_key(&contact));
        }
        let whole = self.leads.contains_key(&record.id) || self.own.contains_key(&record.id);
        whole || (self.signed.contains_key(&record.id) && field.starts_with("acceptance/"))
    }

    /// What they are called, as one of their records says it; empty where none does.
    pub(super) fn called(&self) -> String {
        let leads = self.leads.values().filter_map(|lead| lead.value.get("full_name"));
        let contacts = self.contacts.keys().filter_map(|contact| self.contact(*contact)?.get("name"));
        let own = self.own.values().filter_map(|customer| customer.value.get("legal_name"));
        let signed = self.signed.values().filter_map(|proposal| proposal.value.pointer("/acceptance/signer/name"));
        let mut names = leads.chain(contacts).chain(own).chain(signed).filter_map(Value::as_str);
        names.find(|name| !name.trim().is_empty()).unwrap_or_default().to_owned()
    }

    /// What they are called and reached by.
    pub(super) fn says(&self) -> Says {
        let mut says = Says::default();
        for lead in self.leads.values() {
            says.take(&lead.value, "full_name");
            for (list, into) in [("other_emails", &mut says.emails), ("other_phones", &mut says.phones)] {
                let others = lead.value.get(list).and_then(Value::as_array).into_iter().flatten();
                into.extend(others.filter_map(Value::as_str).map(ToOwned::to_owned));
            }
        }
        for contact in self.contacts.keys().filter_map(|contact| self.contact(*contact)) {
            says.take(contact, "name");
        }
        for customer in self.own.values() {
            says.take(&customer.value, "legal_name");
        }
        says
    }
}

impl Office {
    /// The record of a person: its own id, or the one that a mail or a telephone leads to.
    ///
    /// # Errors
    /// `privacy.nobody_found`; `privacy.several_found` where the mail or telephone is of several persons.
    pub(super) async fn person_named(&self, who: &str) -> Result<Uuid, AppError> {
        let who = who.trim();
        if let Ok(id) = who.parse::<Uuid>() {
            return Ok(id);
        }
        let (email, phone) = (who.parse::<Email>().ok(), who.parse::<Phone>().ok());
        let leads = self.leads_reached_by(email.as_ref(), phone.as_ref()).await?.into_iter().map(LeadId::uuid);
        let (email, phone) = (email.as_ref().map_or("", Email::as_str), phone.as_ref().map_or("", Phone::as_str));
        let contacts = self.store.contacts_reached_by(email, phone).await?.into_iter().map(ContactId::uuid);
        let mut found: BTreeMap<Vec<KeyId>, Uuid> = BTreeMap::new();
        for record in leads.chain(contacts) {
            found.entry(self.store.person_keys_of(record).await?).or_insert(record);
        }
        match found.len() {
            0 => Err(AppError::new("privacy.nobody_found", "nobody here is reached that way").at("person")),
            1 => Ok(found.into_values().next().unwrap_or_default()),
            _ => {
                let ids: Vec<String> = found.values().map(Uuid::to_string).collect();
                Err(AppError::new("privacy.several_found", ids.join(" ")).at("person"))
            }
        }
    }

    /// Leads that a mail or a telephone leads to, whether it is their first or stands beside it.
    async fn leads_reached_by(&self, email: Option<&Email>, phone: Option<&Phone>) -> Result<Vec<LeadId>, AppError> {
        let first = (email.map_or("", Email::as_str), phone.map_or("", Phone::as_str));
        let mut leads = self.store.leads_reached_by(first.0, first.1).await?;
        // those beside are among the keys by which duplicates are found, and in no row
        for (id, _) in self.store.lead_candidates(&MatchRecord::new(None, email, phone, None)).await? {
            if leads.contains(&id) {
                continue;
            }
            let Some(lead) = self.store.read::<Lead>(id).await? else { continue };
            let is_theirs = email.is_some_and(|email| lead.other_emails.contains(email))
                || phone.is_some_and(|phone| lead.other_phones.contains(phone));
            if is_theirs {
                leads.push(id);
            }
        }
        Ok(leads)
    }

    /// Everything here that is the person of a record: what their key seals, and what is linked to it and says the same of
    /// itself.
    ///
    /// # Errors
    /// `privacy.nobody_found` where the record is of no person.
    pub(super) async fn person_behind(&self, record: Uuid) -> Result<Person, AppError> {
        let mut person = Person::default();
        let (mut seen, mut left) = (BTreeSet::new(), vec![record]);
        loop {
            while let Some(subject) = left.pop() {
                if seen.insert(subject) {
                    left.extend(self.take_subject(&mut person, subject).await?);
                }
            }
            left = self.linked(&person).await?;
            left.retain(|subject| !seen.contains(subject));
            if left.is_empty() {
                break;
            }
        }
        if person.keys.is_empty() {
            return Err(AppError::new("privacy.nobody_found", "the record identifies nobody").at("person"));
        }
        Ok(person)
    }

    /// Takes what a subject is; what it leads to.
    async fn take_subject(&self, person: &mut Person, subject: Uuid) -> Result<Vec<Uuid>, AppError> {
        let record = self.store.held_record(subject).await?;
        let kind = record.as_ref().map(|record| record.kind);
        // an invoice's key is its own: it outlives the person
        if kind.is_some_and(|kind| ![DocKind::LEAD, DocKind::CUSTOMER, DocKind::PROPOSAL].contains(&kind)) {
            return Ok(Vec::new());
        }
        let mut next = Vec::new();
        for key in self.keys_of(subject, record.as_ref()).await? {
            if person.keys.insert(key) {
                next.extend(self.store.subjects_of(key).await?);
                next.extend(self.erased_with(key).await?);
            }
        }
        match record {
            Some(lead) if lead.kind == DocKind::LEAD => {
                next.extend(id_at(&lead.value, "/converted/contact"));
                // what was made one is one person
                next.extend(id_at(&lead.value, "/merged_into"));
                next.extend(self.store.aliases_of(subject).await?.into_iter().map(LeadId::uuid));
                if let Some(customer) = id_at(&lead.value, "/converted/customer") {
                    self.take_customer(person, customer).await?;
                }
                person.leads.insert(subject, lead);
            }
            Some(customer) if customer.kind == DocKind::CUSTOMER => _ = person.own.insert(subject, customer),
            Some(proposal) => _ = person.signed.insert(subject, proposal),
            None => {
                for customer in self.store.customers_with(ContactId(subject)).await? {
                    self.take_customer(person, customer.uuid()).await?;
                    person.contacts.insert(subject, customer.uuid());
                }
            }
        }
        Ok(next)
    }

    /// Every key that seals what a subject says today: two laptops that each gave it its first identifier made one each.
    async fn keys_of(&self, subject: Uuid, record: Option<&HeldRecord>) -> Result<BTreeSet<KeyId>, AppError> {
        let mut keys: BTreeSet<KeyId> = self.store.person_keys_of(subject).await?.into_iter().collect();
        let mut take = |record: &HeldRecord, is_theirs: &dyn Fn(&str) -> bool| {
            keys.extend(record.sealed.iter().filter(|(field, _)| is_theirs(field)).map(|(_, key)| *key));
        };
        match record {
            Some(proposal) if proposal.kind == DocKind::PROPOSAL => {
                take(proposal, &|field| field.starts_with("acceptance/"));
            }
            Some(record) => take(record, &|field| !field.starts_with("contacts/")),
            None => {
                let inside = format!("contacts/{subject}/");
                for customer in self.store.customers_with(ContactId(subject)).await? {
                    if let Some(customer) = self.store.held_record(customer.uuid()).await? {
                        take(&customer, &|field| field.starts_with(&inside));
                    }
                }
            }
        }
        Ok(keys)
    }

    async fn take_customer(&self, person: &mut Person, customer: Uuid) -> Result<(), AppError> {
        if let Some(record) = self.store.held_record(customer).await? {
            person.at.insert(customer, record);
        }
        Ok(())
    }

    /// Subjects of the keys that one act of erasure destroyed together: what they said of each other is gone.
    async fn erased_with(&self, key: KeyId) -> Result<Vec<Uuid>, AppError> {
        let control = self.exchange.control();
        let Some(record) = control.erased_at(key).and_then(|seq| control.records_from(seq).first()) else {
            return Ok(Vec::new());
        };
        let ControlAct::Erase(erase) = record.decode()?.act else { return Ok(Vec::new()) };
        let mut subjects = Vec::new();
        for other in erase.keys {
            subjects.extend(self.store.subjects_of(other).await?);
        }
        Ok(subjects)
    }

    /// Records beside those of the person that say of themselves the same: the customer that they are, the lead and the
    /// contact of that customer, what they signed.
    async fn linked(&self, person: &Person) -> Result<Vec<Uuid>, AppError> {
        let says = person.says();
        let mut linked = Vec::new();
        for (id, customer) in &person.at {
            self.must_open(customer, "").await?;
            let natural = !self.store.person_keys_of(*id).await?.is_empty();
            if natural && says.is_called(customer.value.get("legal_name"), customer.value.get("rfc")) {
                linked.push(*id);
            }
        }
        for customer in person.own.values() {
            if let Some(lead) = id_at(&customer.value, "/lead")
                && let Some(lead) = self.opened(lead).await?
                && says.is_called(lead.value.get("full_name"), lead.value.get("rfc"))
            {
                linked.push(lead.id);
            }
            for (id, contact) in customer.value.get("contacts").and_then(Value::as_object).into_iter().flatten() {
                if says.is_called(contact.get("name"), None) {
                    linked.extend(id.parse::<Uuid>().ok());
                }
            }
        }
        for customer in person.customers() {
            for row in self.store.proposals_of(customer, ALL).await? {
                let Some(proposal) = self.store.held_record(row.id.uuid()).await? else { continue };
                self.must_open(&proposal, "acceptance/").await?;
                if proposal.value.pointer("/acceptance/signer").is_some_and(|signer| says.signed(signer)) {
                    linked.push(proposal.id);
                }
            }
        }
        Ok(linked)
    }
}

impl Office {
    async fn opened(&self, id: Uuid) -> Result<Option<HeldRecord>, AppError> {
        let record = self.store.held_record(id).await?;
        if let Some(record) = &record {
            self.must_open(record, "").await?;
        }
        Ok(record)
    }

    /// Whoever may be the person is read before it is said that they are not.
    ///
    /// # Errors
    /// `store.person_key_missing` where a key that seals fields of this beginning is on its way.
    async fn must_open(&self, record: &HeldRecord, fields: &str) -> Result<(), AppError> {
        if self.is_late(record, fields).await? { Err(StoreError::PersonKeyMissing.into()) } else { Ok(()) }
    }

    /// Whether a key that seals fields of this beginning is on its way: neither here nor erased.
    pub(crate) async fn is_late(&self, record: &HeldRecord, fields: &str) -> Result<bool, AppError> {
        let control = self.exchange.control();
        for (_, key) in record.sealed.iter().filter(|(field, _)| field.starts_with(fields)) {
            if !control.is_erased(*key) && !self.store.holds_key(*key).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The id that a document holds at a place.
pub(crate) fn id_at(value: &Value, pointer: &str) -> Option<Uuid> {
    value.pointer(pointer)?.as_str()?.parse().ok()
}
