//! One cell of the grid.

use zuc_domain::{
    lead::{Lead, LeadEdit as Edited, LeadField},
    shared::{Action, Money},
};
use zuc_ipc::{Changes, lead::LeadEdit, words};
use zuc_store::Tx;

use super::{field, id, load, object};
use crate::{AppError, Office, undo::Inverse};

impl Office {
    /// Changes one field, if it still is what the person saw.
    ///
    /// # Errors
    /// `app.stale` when someone changed it meanwhile; the domain's code when the value is refused.
    #[tracing::instrument(skip_all, fields(lead.id = %edit.id, field = %edit.field))]
    pub async fn lead_edit(&self, edit: LeadEdit) -> Result<Changes, AppError> {
        let mut tx = self.begin().await?;
        let edited = self.edit_cell(&mut tx, &edit).await?;
        tx.commit().await?;
        Ok(self.tell(Changes {
            leads: true,
            undo: Some(Inverse::of_field(id(&edit.id)?, edited.old, edited.new).token()),
            done: words::say("lead.edited").to_owned(),
            ..Changes::default()
        }))
    }

    /// Writes a cell that still says what the person saw.
    pub(super) async fn edit_cell(&self, tx: &mut Tx, edit: &LeadEdit) -> Result<Edited, AppError> {
        let lead = load(tx, id(&edit.id)?).await?;
        self.allow(Action::EditLead, object(&lead))?;
        let held = lead.estimated_amount.map(Money::currency).unwrap_or_default();
        let value = field::parse(&edit.field, &edit.new, held)?;
        if !field::unchanged_since(&lead, &value, &edit.old) {
            return Err(AppError::changed("app.stale", &edit.field, &field::text(&lead.field(&value))));
        }
        let of_field = |error: AppError| if error.code.starts_with("lead.") { error.at(&edit.field) } else { error };
        put_field(tx, lead, value).await.map_err(of_field)
    }
}

/// Gives a field of a lead another value, and scores the lead again.
pub(crate) async fn put_field(tx: &mut Tx, mut lead: Lead, value: LeadField) -> Result<Edited, AppError> {
    let edit = lead.edit(value)?;
    lead.apply_edit(&edit);
    match Office::rescore(&mut lead) {
        Some(event) => tx.repository().record(&lead, &event).await?,
        None => tx.repository().save(&lead).await?,
    }
    Ok(edit)
}
