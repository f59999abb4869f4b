//! One field of several leads at once: one transaction, one undo.

use zuc_ipc::{Changes, lead::LeadsEdit, words};

use super::id;
use crate::{
    AppError, Office,
    undo::{FieldWas, Inverse},
};

/// Most leads that are edited at once.
const MOST: usize = 500;

impl Office {
    /// Changes a field of each lead that still says what the person saw; the others stay, and are counted.
    ///
    /// # Errors
    /// `lead.too_many` over 500; where none could be changed, what the first was refused with.
    #[tracing::instrument(skip_all, fields(leads = edits.edits.len()))]
    pub async fn leads_edit(&self, edits: LeadsEdit) -> Result<Changes, AppError> {
        if edits.edits.len() > MOST {
            return Err(AppError::new("lead.too_many", format!("at most {MOST} at once")));
        }
        let mut tx = self.begin().await?;
        let (mut fields, mut refused) = (Vec::with_capacity(edits.edits.len()), None);
        for edit in &edits.edits {
            match self.edit_cell(&mut tx, edit).await {
                Ok(edited) => fields.push(FieldWas { lead: id(&edit.id)?, was: edited.old, written: edited.new }),
                Err(error) if is_of_one(&error) => refused = refused.or(Some(error)),
                Err(error) => return Err(error),
            }
        }
        if fields.is_empty() {
            return Err(refused.unwrap_or_else(|| AppError::invalid("edits")));
        }
        tx.commit().await?;
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        let changed = words::count("lead.edited_many", count(fields.len()), &[]);
        let done = match edits.edits.len() - fields.len() {
            0 => changed,
            kept => words::count("lead.edited_some", count(kept), &[("changed", &changed)]),
        };
        let undo = Some(Inverse::LeadFields { fields }.token());
        Ok(self.tell(Changes { leads: true, undo, done, ..Changes::default() }))
    }
}

/// Whether a refusal is about one lead, so that the others can still be changed.
fn is_of_one(error: &AppError) -> bool {
    let this = ["app.stale", "app.not_found", "auth.forbidden"];
    this.contains(&error.code.as_str()) || error.code.starts_with("lead.")
}
