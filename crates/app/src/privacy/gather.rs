//! Looking everything up that is held on a person, kind by kind.

use std::collections::BTreeSet;

use serde_json::Value;
use uuid::Uuid;
use zuc_domain::{
    lead::LeadScore,
    shared::{DeviceId, InvoiceId, PersonId},
};
use zuc_protocol::item::Fact;
use zuc_store::{HeldRecord, InvoiceRow, StoredEvent, StoredFact, domain_scope, wire_scope};

use super::{
    copy::{
        Activity, By, Change, Contract, Deal, Ground, HeldRow, Invoice, Kept, PersonCopy, Place, Proposal, Reader,
        Readers, Record, Score,
    },
    person::{ALL, Person},
};
use crate::{AppError, Office, desk::role, history::kind_name, proposal::SignatureFact};

/// What makes the company keep an invoice.
const FISCAL_LAW: &str = "CFF 30";

impl Office {
    /// Puts everything into the copy that is held on the person.
    pub(super) async fn gather(&self, person: &Person, copy: &mut PersonCopy) -> Result<(), AppError> {
        for record in &copy.records {
            if let Some(consent) = record.data.get("consent").filter(|consent| !consent.is_null()) {
                copy.consents.push(Ground { record: record.id, consent: consent.clone() });
            }
        }
        for (id, lead) in &person.leads {
            if let Some(score) = lead.value.get("score").filter(|score| !score.is_null()) {
                let score: LeadScore = serde_json::from_value(score.clone())?;
                copy.scores.push(Score { lead: *id, band: score.band().name().to_owned(), score });
            }
        }
        let mut about: Vec<Uuid> = person.leads.keys().chain(person.own.keys()).copied().collect();
        self.gather_deals(person, copy, &mut about).await?;
        for subject in about {
            self.gather_files(subject, copy).await?;
            for fact in
                self.store.facts_about(subject).await?.into_iter().filter(|fact| fact.fact.kind == Fact::ACTIVITY)
            {
                copy.activities.push(self.activity(subject, &fact)?);
            }
        }
        for row in self.invoices_of_person(person).await? {
            copy.invoices.push(self.invoice(row).await?);
        }
        copy.held_rows = self.rows_of(person).await?;
        copy.events = self.events_of_person(person).await?;
        copy.history = self.past_of(person).await?;
        Ok(())
    }

    /// Deals, proposals and contracts; the deals are taken among what activities may be about.
    async fn gather_deals(
        &self,
        person: &Person,
        copy: &mut PersonCopy,
        about: &mut Vec<Uuid>,
    ) -> Result<(), AppError> {
        for customer in person.customers() {
            for row in self.store.opportunities_of(customer).await? {
                if self.concerns(person, row.id.uuid()).await? {
                    about.push(row.id.uuid());
                    let owner = self.exchange.name_of(row.owner);
                    let deal = Deal { id: row.id.uuid(), name: row.name, stage: row.stage, amount: row.amount, owner };
                    copy.deals.push(deal);
                }
            }
            for row in self.store.proposals_of(customer, ALL).await? {
                let signed = person.signed.get(&row.id.uuid());
                if signed.is_none() && !self.concerns(person, row.id.uuid()).await? {
                    continue;
                }
                let drawn = if signed.is_some() {
                    self.store.facts::<SignatureFact>(row.id).await?.pop().and_then(|fact| fact.image)
                } else {
                    None
                };
                copy.proposals.push(Proposal {
                    id: row.id.uuid(),
                    number: row.number,
                    title: row.title,
                    state: row.state,
                    total: row.total,
                    signature: signed.and_then(|record| record.value.get("acceptance")).cloned(),
                    drawn,
                });
            }
            if person.own.contains_key(&customer.uuid()) {
                copy.contracts.extend(self.store.contracts_of(customer).await?.into_iter().map(|row| Contract {
                    id: row.id.uuid(),
                    state: row.state,
                    value: row.value,
                    starts_on: row.starts_on,
                    ends_on: row.ends_on,
                }));
            }
        }
        Ok(())
    }

    async fn concerns(&self, person: &Person, record: Uuid) -> Result<bool, AppError> {
        Ok(self.store.held_record(record).await?.is_some_and(|record| person.concerns(&record.value)))
    }

    fn activity(&self, about: Uuid, stored: &StoredFact) -> Result<Activity, AppError> {
        let data: Value = serde_json::from_str(&stored.fact.body)?;
        let by = data.get("by").and_then(Value::as_str).and_then(|by| by.parse::<PersonId>().ok());
        Ok(Activity {
            id: stored.fact.id.to_uuid().to_string(),
            about,
            by: by.map(|by| self.exchange.name_of(by)).unwrap_or_default(),
            data,
            lost: stored.lost,
        })
    }

    /// Invoices that name the person.
    pub(super) async fn invoices_of_person(&self, person: &Person) -> Result<Vec<InvoiceRow>, AppError> {
        let says = person.says();
        let mut invoices = Vec::new();
        for customer in person.customers() {
            let theirs = |row: &InvoiceRow| person.own.contains_key(&customer.uuid()) || says.rfcs.contains(&row.rfc);
            invoices.extend(self.store.invoices_of(customer, ALL).await?.into_iter().filter(theirs));
        }
        Ok(invoices)
    }

    async fn invoice(&self, row: InvoiceRow) -> Result<Invoice, AppError> {
        let record = self.store.held_record(row.id).await?;
        let receptor = record.and_then(|record| record.value.get("receptor").cloned());
        Ok(Invoice {
            id: row.id.uuid(),
            label: row.label,
            uuid: row.uuid,
            state: row.fiscal_state,
            on: row.on,
            total: row.total,
            receptor: receptor.unwrap_or_default(),
        })
    }

    /// Issued documents that name the person: they stay until their day, whoever asks.
    pub(super) async fn kept_by_law(&self, person: &Person) -> Result<Vec<Kept>, AppError> {
        let mut kept = Vec::new();
        for row in self.invoices_of_person(person).await? {
            // what was ended is kept no more
            if row.document_state != "issued" || self.has_ended(row.id).await? {
                continue;
            }
            let InvoiceId(invoice) = row.id;
            let until = self.last_day_of(&row).await?.until;
            kept.push(Kept { invoice, label: row.label, basis: FISCAL_LAW.to_owned(), until });
        }
        Ok(kept)
    }

    /// Rows of lists that are about the person: like one of their leads, and with their mail, telephone or name.
    async fn rows_of(&self, person: &Person) -> Result<Vec<HeldRow>, AppError> {
        let says = person.says();
        let mut rows = Vec::new();
        for held in self.store.held_rows().await? {
            let data: Value = serde_json::from_str(&held.body)?;
            if held.of.is_some_and(|lead| person.leads.contains_key(&lead.uuid())) && says.is_in_list(&data) {
                rows.push(HeldRow { batch: held.batch.uuid(), row: held.row, data });
            }
        }
        Ok(rows)
    }

    async fn events_of_person(&self, person: &Person) -> Result<Vec<Value>, AppError> {
        let mut found = Vec::new();
        for stored in self.events_naming(person).await? {
            found.push((stored.n, serde_json::to_value(self.store.open_event(&stored).await?)?));
        }
        found.sort_by_key(|(n, _)| *n);
        Ok(found.into_iter().map(|(_, event)| event).collect())
    }

    /// Events of the person's records that speak of them and of nobody else.
    pub(super) async fn events_naming(&self, person: &Person) -> Result<Vec<StoredEvent>, AppError> {
        let mut found = Vec::new();
        let subjects: BTreeSet<Uuid> =
            person.records().map(|record| record.id).chain(person.contacts.keys().copied()).collect();
        for subject in subjects {
            let whole = person.leads.contains_key(&subject) || person.own.contains_key(&subject);
            for stored in self.store.events_of(subject, ALL).await? {
                let contact = stored.event.data.get("contactId").and_then(Value::as_str).and_then(|id| id.parse().ok());
                let named = match contact {
                    // a conversion names the contact that the lead became
                    Some(contact) => person.leads.contains_key(&subject) || person.contacts.contains_key(&contact),
                    None => whole || stored.keys().iter().any(|key| person.keys.contains(key)),
                };
                if named {
                    found.push(stored);
                }
            }
        }
        Ok(found)
    }

    async fn past_of(&self, person: &Person) -> Result<Vec<Change>, AppError> {
        let mut past = Vec::new();
        for record in person.records() {
            let Some(history) = self.store.history(record.id, None, usize::MAX).await? else { continue };
            for change in history.changes {
                let by = self.member_at(change.device);
                let edits = change.edits.into_iter().filter(|edit| person.is_named_by(record, &edit.field));
                past.extend(edits.map(|edit| Change {
                    record: record.id,
                    at: change.at,
                    by: by.clone(),
                    field: edit.field,
                    from: edit.from,
                    to: edit.to,
                }));
            }
        }
        past.sort_by_key(|change| std::cmp::Reverse(change.at));
        Ok(past)
    }

    /// The records that are the person, with what they say while it is `held`.
    pub(super) fn records_of(person: &Person, held: bool) -> Vec<Record> {
        let whole = |record: &HeldRecord| Record {
            kind: kind_name(record.kind).to_owned(),
            id: record.id,
            scope: record.scope.to_string(),
            deleted: record.deleted,
            at: None,
            data: if held { person.only_theirs(record) } else { Value::Null },
        };
        let mut records: Vec<Record> = person.leads.values().chain(person.own.values()).map(whole).collect();
        for (contact, customer) in &person.contacts {
            let Some(record) = person.own.get(customer).or_else(|| person.at.get(customer)) else { continue };
            let text = |field: &str| record.value.get(field).and_then(Value::as_str);
            let name = text("trade_name").or_else(|| text("legal_name")).unwrap_or_default().to_owned();
            records.push(Record {
                kind: "contact".to_owned(),
                id: *contact,
                scope: record.scope.to_string(),
                deleted: record.deleted,
                at: Some(Place { id: *customer, name: if held { name } else { String::new() } }),
                data: person.contact(*contact).filter(|_| held).cloned().unwrap_or_default(),
            });
        }
        records
    }

    /// Who reads the groups of data in which the person's records lie.
    pub(super) fn readers_of(&self, person: &Person) -> Vec<Readers> {
        let control = self.exchange.control();
        let scopes: BTreeSet<_> = person.records().map(|record| wire_scope(record.scope)).collect();
        let readers = |scope| {
            control.readers(scope).map(|(device, state)| {
                let rights = control.person(state.person).and_then(|member| member.rights_at(control.last_seq()));
                let roles = rights.map(|rights| rights.roles.clone()).unwrap_or_default();
                Reader {
                    by: self.member_at(Some(DeviceId(device.to_uuid()))),
                    roles: roles.iter().map(|wire| role(*wire).name().to_owned()).collect(),
                }
            })
        };
        let of = |scope| Readers { scope: domain_scope(scope).to_string(), devices: readers(scope).collect() };
        scopes.into_iter().map(of).collect()
    }

    /// A device and whoever sits at it.
    pub(super) fn member_at(&self, device: Option<DeviceId>) -> By {
        let name = device.and_then(|device| self.person_at(device)).map(|person| self.exchange.name_of(person));
        By { name: name.unwrap_or_default(), device: device.map(|device| device.to_string()).unwrap_or_default() }
    }
}
