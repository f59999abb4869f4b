//! The history of one record: who changed what, when, from which laptop; and an earlier value written again.

mod pieces;
mod shown;

use serde_json::{Value, json};
use uuid::Uuid;
use zuc_domain::{
    customer::{Customer, FiscalProfile},
    lead::{Lead, LeadField},
    shared::{Action, CustomerId, DeviceId, LeadId, Object, PersonId},
};
use zuc_ipc::{
    Changes,
    history::{History, HistoryAsk, HistoryEdit, HistoryRestore, HistoryRow},
    words,
};
use zuc_protocol::item::DocKind;
use zuc_store::{FieldEdit, Past};

pub(crate) use shown::{figure, kind_name, label, state};

use crate::{
    AppError, Office, customer, lead,
    undo::{Before, Inverse},
};

/// Changes shown at once; older ones are asked for.
const SHOWN: usize = 200;

impl Office {
    /// What happened to a record, newest first; older than the change `before`, where one is named.
    ///
    /// # Errors
    /// `app.not_found` where nothing has this id; `auth.forbidden` where the person may not read it.
    pub async fn history_get(&self, ask: HistoryAsk) -> Result<History, AppError> {
        let id: Uuid = ask.id.parse().map_err(|_| AppError::invalid("id"))?;
        let before = change_of(&ask.before)?;
        let history = self.store.history(id, before, SHOWN + 1).await?.ok_or_else(|| AppError::not_found("record"))?;
        self.may_read(history.kind, history.scope)?;
        let more = history.changes.len() > SHOWN;
        let now = self.standing(history.kind, id).await?;
        let rows = history.changes.iter().take(SHOWN).map(|past| self.past(history.kind, past, &now)).collect();
        Ok(History { kind: kind_name(history.kind).to_owned(), rows, more })
    }

    /// Writes again what a field was before a change, as a change of its own, if it still says what the person saw.
    ///
    /// # Errors
    /// `app.stale` when someone changed it meanwhile; `history.not_restorable` for a field that is decided by its own command;
    /// the domain's code where it refuses.
    #[tracing::instrument(skip_all, fields(record.id = %restore.id, field = %restore.field))]
    pub async fn history_restore(&self, restore: HistoryRestore) -> Result<Changes, AppError> {
        let id: Uuid = restore.id.parse().map_err(|_| AppError::invalid("id"))?;
        let history = self.store.history(id, None, usize::MAX).await?.ok_or_else(|| AppError::not_found("record"))?;
        let edit = history
            .changes
            .iter()
            .filter(|past| hex::encode(past.change) == restore.change)
            .flat_map(|past| &past.edits)
            .find(|edit| edit.field == restore.field)
            .ok_or_else(|| AppError::not_found("change"))?;
        let done = words::say("history.restored").to_owned();
        match Writable::before(history.kind, edit) {
            Some(Writable::Lead(field)) => {
                let undo = Some(self.restore_lead(LeadId(id), field, &restore).await?.token());
                Ok(self.tell(Changes { leads: true, undo, done, ..Changes::default() }))
            }
            Some(Writable::Fiscal(profile)) => {
                let undo = self.restore_fiscal(CustomerId(id), *profile, &restore).await?.map(|undo| undo.token());
                Ok(self.tell(Changes { customers: true, undo, done, ..Changes::default() }))
            }
            None => Err(AppError::new("history.not_restorable", restore.field)),
        }
    }

    async fn restore_lead(&self, id: LeadId, field: LeadField, ask: &HistoryRestore) -> Result<Inverse, AppError> {
        let mut tx = self.begin().await?;
        let lead = lead::load(&mut tx, id).await?;
        self.allow(Action::EditLead, lead::object(&lead))?;
        self.still_stands(DocKind::LEAD, ask, &serde_json::to_value(&lead)?)?;
        let edit = lead::put_field(&mut tx, lead, field).await?;
        tx.commit().await?;
        Ok(Inverse::of_field(id, edit.old, edit.new))
    }

    async fn restore_fiscal(
        &self,
        id: CustomerId,
        profile: FiscalProfile,
        ask: &HistoryRestore,
    ) -> Result<Option<Inverse>, AppError> {
        let mut tx = self.begin().await?;
        let mut customer = customer::load(&mut tx, id).await?;
        self.allow(Action::EditFiscalProfile, Object { scope: customer.scope, owner: Some(customer.owner) })?;
        self.still_stands(DocKind::CUSTOMER, ask, &serde_json::to_value(&customer)?)?;
        let before = Before::of::<Customer>(&mut tx, id).await?;
        let event = customer.set_fiscal_profile(profile)?;
        customer.apply(&event);
        tx.repository().record(&customer, &event).await?;
        let was = before.was::<Customer>(&mut tx).await?;
        tx.commit().await?;
        Ok(was.map(|was| Inverse::Records { records: vec![was] }))
    }

    /// What a record says now, field by field; nothing of a kind of which no earlier value may be written again.
    async fn standing(&self, kind: DocKind, id: Uuid) -> Result<Value, AppError> {
        Ok(match kind {
            DocKind::LEAD => serde_json::to_value(self.store.read::<Lead>(LeadId(id)).await?)?,
            DocKind::CUSTOMER => serde_json::to_value(self.store.read::<Customer>(CustomerId(id)).await?)?,
            _ => Value::Null,
        })
    }

    /// Refuses where a field does not say any more what the person saw.
    ///
    /// # Errors
    /// `app.stale`, with what it says now.
    fn still_stands(&self, kind: DocKind, ask: &HistoryRestore, now: &Value) -> Result<(), AppError> {
        if standing_text(now, &ask.field) == ask.seen {
            return Ok(());
        }
        let now = self.shown(kind, &ask.field, now.get(&ask.field));
        Err(AppError::changed("app.stale", &ask.field, &now))
    }

    fn past(&self, kind: DocKind, past: &Past, now: &Value) -> HistoryRow {
        let device = past.device.map(|device| device.uuid().simple().to_string());
        HistoryRow {
            change: hex::encode(past.change),
            at: past.at.to_string(),
            by: past
                .device
                .and_then(|device| self.person_at(device))
                .map_or_else(String::new, |person| self.exchange.name_of(person)),
            here: past.device == Some(self.actor.device),
            device: device.map(|id| id[..8].to_owned()).unwrap_or_default(),
            begins: past.begins,
            // where there is no relay nothing is ever online, and it says nothing
            offline: past.offline && self.exchange.relay().is_ok(),
            edits: past.edits.iter().filter_map(|edit| self.edit_shown(kind, edit, now)).collect(),
        }
    }

    pub(crate) fn edit_shown(&self, kind: DocKind, edit: &FieldEdit, now: &Value) -> Option<HistoryEdit> {
        let label = label(kind, &edit.field)?.to_owned();
        let (from, to) = if edit.field.starts_with("transitions/") {
            let record: Value = edit.to.as_ref()?.as_str().and_then(|text| serde_json::from_str(text).ok())?;
            let named = |key: &str| self.shown(kind, "transitions", record.get(key));
            (named("from"), named("to"))
        } else {
            (self.shown(kind, &edit.field, edit.from.as_ref()), self.shown(kind, &edit.field, edit.to.as_ref()))
        };
        if from.is_empty() && to.is_empty() {
            return None;
        }
        let restorable = edit.from.is_some() && from != to && Writable::before(kind, edit).is_some();
        let stands = if restorable { standing_text(now, &edit.field) } else { String::new() };
        let pieces = pieces::pieces(&from, &to);
        Some(HistoryEdit { field: edit.field.clone(), label, from, to, restorable, stands, pieces })
    }

    /// Who sits at a laptop, by the control log.
    pub(crate) fn person_at(&self, device: DeviceId) -> Option<PersonId> {
        let control = self.exchange.control();
        let device = control.device(zuc_protocol::ids::DeviceId::from_uuid(device.uuid()))?;
        Some(PersonId(device.person.to_uuid()))
    }

    /// Whether the person may see a record of this kind.
    pub(crate) fn may_read(&self, kind: DocKind, scope: zuc_domain::shared::Scope) -> Result<(), AppError> {
        let action = match kind {
            DocKind::LEAD => Action::ReadLeads,
            DocKind::CUSTOMER => Action::ReadCustomers,
            DocKind::CONTRACT => Action::ReadContracts,
            DocKind::OPPORTUNITY => Action::ReadOpportunities,
            DocKind::PRODUCT => Action::ReadCatalog,
            DocKind::PROPOSAL => Action::ReadProposals,
            _ => Action::ReadInvoices,
        };
        self.allow(action, Object::in_scope(scope))
    }
}

/// The change that a page names; `None` for an empty name.
fn change_of(name: &str) -> Result<Option<[u8; 32]>, AppError> {
    if name.is_empty() {
        return Ok(None);
    }
    let mut change = [0; 32];
    hex::decode_to_slice(name, &mut change).map_err(|_| AppError::invalid("before"))?;
    Ok(Some(change))
}

/// `Ciudad: Celaya → León`.
pub(crate) fn edit_line(edit: &HistoryEdit) -> String {
    format!("{}: {} → {}", edit.label, edit.from, edit.to)
}

/// What a field of a record says, to compare by.
fn standing_text(record: &Value, field: &str) -> String {
    record.get(field).map(ToString::to_string).unwrap_or_default()
}

/// A value that a command takes as it stands.
pub(crate) enum Writable {
    /// A field of a lead.
    Lead(LeadField),
    /// What a customer is invoiced by.
    Fiscal(Box<FiscalProfile>),
}

impl Writable {
    /// What `edit` would restore; `None` where a command of its own decides the field, or nothing was there that it takes.
    fn before(kind: DocKind, edit: &FieldEdit) -> Option<Self> {
        Self::of(kind, &edit.field, edit.from.clone()?)
    }

    /// A field with a value; `None` where a command of its own decides it, or takes no such value.
    pub(crate) fn of(kind: DocKind, field: &str, value: Value) -> Option<Self> {
        match (kind, field) {
            (DocKind::LEAD, field) => {
                let tagged = json!({ "field": camel(field), "value": value });
                serde_json::from_value(tagged).ok().map(Self::Lead)
            }
            (DocKind::CUSTOMER, "fiscal_profile") => {
                serde_json::from_value(value).ok().map(|profile| Self::Fiscal(Box::new(profile)))
            }
            _ => None,
        }
    }
}

/// `estimated_amount` as `estimatedAmount`.
fn camel(field: &str) -> String {
    let mut parts = field.split('_');
    let mut name = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let mut letters = part.chars();
        name.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        name.push_str(letters.as_str());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(field: &str, from: Value) -> FieldEdit {
        FieldEdit { field: field.to_owned(), from: Some(from), to: None }
    }

    #[test]
    fn fields_of_a_cell_may_be_written_again_and_what_a_command_decides_may_not() {
        for (field, from) in [
            ("city", json!("León")),
            ("postal_code", json!("37000")),
            ("estimated_amount", json!({ "value": "1290000", "currency": "MXN" })),
            ("notes", json!("")),
        ] {
            assert!(Writable::before(DocKind::LEAD, &edit(field, from)).is_some(), "{field}");
        }
        for (kind, field) in [
            (DocKind::LEAD, "owner"),
            (DocKind::LEAD, "transitions/1"),
            (DocKind::LEAD, "score"),
            (DocKind::CUSTOMER, "owner"),
            (DocKind::PROPOSAL, "versions/1/content/valid_until"),
        ] {
            assert!(Writable::before(kind, &edit(field, json!("2026-11-24"))).is_none(), "{field}");
        }
        let none = FieldEdit { field: "city".to_owned(), from: None, to: None };
        assert!(Writable::before(DocKind::LEAD, &none).is_none(), "nothing was there");
    }
}
