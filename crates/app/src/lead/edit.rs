//! One cell of the grid.

use zuc_domain::shared::{Action, LeadId, Money};
use zuc_ipc::{Changes, lead::LeadEdit, words};

use super::{field, id, load, object};
use crate::{AppError, Office, undo::Inverse};

impl Office {
    /// Changes one field, if it still is what the person saw.
    ///
    /// # Errors
    /// `app.stale` when someone changed it meanwhile; the domain's code when the value is refused.
    #[tracing::instrument(skip_all, fields(lead.id = %edit.id, field = %edit.field))]
    pub async fn lead_edit(&self, edit: LeadEdit) -> Result<Changes, AppError> {
        let (old, new) = self.write_field(id(&edit.id)?, &edit.field, &edit.old, &edit.new, "app.stale").await?;
        let undo = Inverse::LeadField { lead: edit.id, field: edit.field, value: old, written: new };
        Ok(self.tell(Changes {
            leads: true,
            undo: Some(undo.token()),
            done: words::say("lead.edited").to_owned(),
            ..Changes::default()
        }))
    }

    /// Writes a field that still says what was `seen`, and gives back what it was and what it is; refuses with `stale`
    /// where somebody wrote meanwhile.
    pub(crate) async fn write_field(
        &self,
        id: LeadId,
        name: &str,
        seen: &str,
        new: &str,
        stale: &str,
    ) -> Result<(String, String), AppError> {
        let mut tx = self.begin().await?;
        let mut lead = load(&mut tx, id).await?;
        self.allow(Action::EditLead, object(&lead))?;
        let held = lead.estimated_amount.map(Money::currency).unwrap_or_default();
        let value = field::parse(name, new, held)?;
        if !field::unchanged_since(&lead, &value, seen) {
            return Err(AppError::changed(stale, name, &field::text(&lead.field(&value))));
        }
        let edit = lead.edit(value).map_err(|error| AppError::from(error).at(name))?;
        let texts = (field::text(&edit.old), field::text(&edit.new));
        lead.apply_edit(&edit);
        match Self::rescore(&mut lead) {
            Some(event) => tx.repository().record(&lead, &event).await?,
            None => tx.repository().save(&lead).await?,
        }
        tx.commit().await?;
        Ok(texts)
    }
}
