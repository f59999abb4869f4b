//! The history of one record: who changed what, when, from which laptop; and an earlier value written again.

mod shown;

use serde_json::{Value, json};
use uuid::Uuid;
use zuc_domain::{
    customer::FiscalProfile,
    lead::LeadField,
    shared::{Action, CustomerId, DeviceId, LeadId, Object, PersonId},
};
use zuc_ipc::{
    Changes,
    history::{History, HistoryEdit, HistoryRestore, HistoryRow},
    words,
};
use zuc_protocol::item::DocKind;
use zuc_store::{FieldEdit, Past};

pub(crate) use shown::{figure, kind_name, label, state};

use crate::{AppError, Office, customer, lead};

/// Changes shown; older ones stay in the document.
const SHOWN: usize = 200;

impl Office {
    /// What happened to a record, newest first.
    ///
    /// # Errors
    /// `app.not_found` where nothing has this id; `auth.forbidden` where the person may not read it.
    pub async fn history_get(&self, id: String) -> Result<History, AppError> {
        let id: Uuid = id.parse().map_err(|_| AppError::invalid("id"))?;
        let history = self.store.history(id, SHOWN + 1).await?.ok_or_else(|| AppError::not_found("record"))?;
        self.may_read(history.kind, history.scope)?;
        let more = history.changes.len() > SHOWN;
        let rows = history.changes.iter().take(SHOWN).map(|past| self.past(history.kind, past)).collect();
        Ok(History { kind: kind_name(history.kind).to_owned(), rows, more })
    }

    /// Writes again what a field was before a change, as a change of its own.
    ///
    /// # Errors
    /// `history.not_restorable` for a field that is decided by its own command; the domain's code where it refuses.
    #[tracing::instrument(skip_all, fields(record.id = %restore.id, field = %restore.field))]
    pub async fn history_restore(&self, restore: HistoryRestore) -> Result<Changes, AppError> {
        let id: Uuid = restore.id.parse().map_err(|_| AppError::invalid("id"))?;
        let history = self.store.history(id, usize::MAX).await?.ok_or_else(|| AppError::not_found("record"))?;
        let edit = history
            .changes
            .iter()
            .filter(|past| hex::encode(past.change) == restore.change)
            .flat_map(|past| &past.edits)
            .find(|edit| edit.field == restore.field)
            .ok_or_else(|| AppError::not_found("change"))?;
        let done = words::say("history.restored").to_owned();
        match Earlier::of(history.kind, edit) {
            Some(Earlier::Lead(field)) => {
                self.restore_lead(LeadId(id), field).await?;
                Ok(self.tell(Changes { leads: true, done, ..Changes::default() }))
            }
            Some(Earlier::Fiscal(profile)) => {
                self.restore_fiscal(CustomerId(id), *profile).await?;
                Ok(self.tell(Changes { customers: true, done, ..Changes::default() }))
            }
            None => Err(AppError::new("history.not_restorable", restore.field)),
        }
    }

    async fn restore_lead(&self, id: LeadId, field: LeadField) -> Result<(), AppError> {
        let mut tx = self.begin().await?;
        let mut lead = lead::load(&mut tx, id).await?;
        self.allow(Action::EditLead, lead::object(&lead))?;
        let edit = lead.edit(field)?;
        lead.apply_edit(&edit);
        match Self::rescore(&mut lead) {
            Some(event) => tx.repository().record(&lead, &event).await?,
            None => tx.repository().save(&lead).await?,
        }
        Ok(tx.commit().await?)
    }

    async fn restore_fiscal(&self, id: CustomerId, profile: FiscalProfile) -> Result<(), AppError> {
        let mut tx = self.begin().await?;
        let mut customer = customer::load(&mut tx, id).await?;
        self.allow(Action::EditFiscalProfile, Object { scope: customer.scope, owner: Some(customer.owner) })?;
        let event = customer.set_fiscal_profile(profile)?;
        customer.apply(&event);
        tx.repository().record(&customer, &event).await?;
        Ok(tx.commit().await?)
    }

    fn past(&self, kind: DocKind, past: &Past) -> HistoryRow {
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
            edits: past.edits.iter().filter_map(|edit| self.edit_shown(kind, edit)).collect(),
        }
    }

    pub(crate) fn edit_shown(&self, kind: DocKind, edit: &FieldEdit) -> Option<HistoryEdit> {
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
        let restorable = edit.from.is_some() && from != to && Earlier::of(kind, edit).is_some();
        Some(HistoryEdit { field: edit.field.clone(), label, from, to, restorable })
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

/// `Ciudad: Celaya → León`.
pub(crate) fn edit_line(edit: &HistoryEdit) -> String {
    format!("{}: {} → {}", edit.label, edit.from, edit.to)
}

/// An earlier value that may be written again.
enum Earlier {
    Lead(LeadField),
    Fiscal(Box<FiscalProfile>),
}

impl Earlier {
    /// What `edit` would restore; `None` where a command of its own decides the field, or nothing was there that it takes.
    fn of(kind: DocKind, edit: &FieldEdit) -> Option<Self> {
        let value = edit.from.clone()?;
        match (kind, edit.field.as_str()) {
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
            assert!(Earlier::of(DocKind::LEAD, &edit(field, from)).is_some(), "{field}");
        }
        for (kind, field) in [
            (DocKind::LEAD, "owner"),
            (DocKind::LEAD, "transitions/1"),
            (DocKind::LEAD, "score"),
            (DocKind::CUSTOMER, "owner"),
            (DocKind::PROPOSAL, "versions/1/content/valid_until"),
        ] {
            assert!(Earlier::of(kind, &edit(field, json!("2026-11-24"))).is_none(), "{field}");
        }
        let none = FieldEdit { field: "city".to_owned(), from: None, to: None };
        assert!(Earlier::of(DocKind::LEAD, &none).is_none(), "nothing was there");
    }
}
