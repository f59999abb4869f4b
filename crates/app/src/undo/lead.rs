//! Taking back what was done to leads: one field, or one field of many.

use serde::{Deserialize, Serialize};
use zuc_domain::{
    lead::{Lead, LeadField},
    shared::{Action, LeadId},
};
use zuc_ipc::{Changes, words};

use super::{CHANGED, Inverse};
use crate::{AppError, Office, lead};

/// A field of a lead, before and after a command.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct FieldWas {
    /// The lead.
    pub(crate) lead: LeadId,
    /// What the field was.
    pub(crate) was: LeadField,
    /// What it was given: whatever else it says by then, somebody wrote since.
    pub(crate) written: LeadField,
}

impl Office {
    /// Writes a field again; what takes that back.
    ///
    /// # Errors
    /// `undo.changed_since`, with what it says now.
    pub(super) async fn put_field_back(&self, field: &FieldWas) -> Result<Inverse, AppError> {
        let mut tx = self.begin().await?;
        let found = lead::load(&mut tx, field.lead).await?;
        self.allow(Action::EditLead, lead::object(&found))?;
        let now = found.field(&field.written);
        if now != field.written {
            return Err(AppError::changed(CHANGED, now.name(), &lead::text(&now)));
        }
        let edit = lead::put_field(&mut tx, found, field.was.clone()).await?;
        tx.commit().await?;
        Ok(Inverse::of_field(field.lead, edit.old, edit.new))
    }

    /// Writes the field of several leads again, those that nobody wrote to since.
    ///
    /// # Errors
    /// `undo.changed_since` where somebody wrote to all of them.
    pub(super) async fn put_fields_back(&self, fields: &[FieldWas]) -> Result<Changes, AppError> {
        let mut tx = self.begin().await?;
        let mut back = Vec::new();
        for field in fields {
            let Some(found) = tx.repository::<Lead>().load(field.lead).await? else { continue };
            self.allow(Action::EditLead, lead::object(&found))?;
            if found.field(&field.written) != field.written {
                continue;
            }
            match lead::put_field(&mut tx, found, field.was.clone()).await {
                Ok(edit) => back.push(FieldWas { lead: field.lead, was: edit.old, written: edit.new }),
                // one that was converted meanwhile keeps what it went with
                Err(error) if error.code.starts_with("lead.") => {}
                Err(error) => return Err(error),
            }
        }
        if back.is_empty() {
            return Err(AppError::new(CHANGED, "every one of them changed since"));
        }
        tx.commit().await?;
        let done = match fields.len() - back.len() {
            0 => words::count("undo.leads", count(back.len()), &[]),
            kept => words::count(
                "undo.leads_some",
                count(kept),
                &[("undone", &words::count("undo.leads", count(back.len()), &[]))],
            ),
        };
        let undo = Some(Inverse::LeadFields { fields: back }.token());
        Ok(self.tell(Changes { leads: true, undo, done, ..Changes::default() }))
    }
}

/// A count, as words are counted by.
fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
