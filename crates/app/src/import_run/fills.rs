//! What rows bring to leads that were there before: their blanks are filled, what they say stays.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::ControlFlow,
};

use zuc_domain::{
    lead::{Lead, LeadEvent, LeadField, LeadFill},
    shared::{Action, ImportBatchId, LeadId},
};
use zuc_store::Tx;

use crate::{
    AppError, Office,
    import::{self, LeadDraft, Outcome, Plan, Progress},
    lead,
};

/// Records between two reports of progress.
const STEP: usize = 200;

impl Office {
    /// Says of each certain duplicate what it brings to the lead there before. Nothing is written.
    pub(super) async fn find_fills(
        &self,
        plan: &mut Plan,
        mut progress: impl FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<(), AppError> {
        let mut rows: BTreeMap<LeadId, Vec<usize>> = BTreeMap::new();
        for (at, row) in plan.rows.iter().enumerate().filter(|(_, row)| row.outcome == Outcome::Merged) {
            if let Some(id) = row.of_id() {
                rows.entry(id).or_default().push(at);
            }
        }
        let total = rows.len();
        for (done, (id, rows)) in rows.into_iter().enumerate() {
            if done % STEP == 0 && progress(Progress { done, total }).is_break() {
                return Err(import::ImportError::Cancelled.into());
            }
            // what does not open is no blank
            let Some((mut lead, true)) = self.store.read_and_ask::<Lead>(id).await? else { continue };
            for at in rows {
                let Some(fill) = self.fill_of(&lead, &plan.rows[at].draft) else { continue };
                lead.apply_fill(&fill);
                plan.set_fills(at, names(&fill));
            }
        }
        Ok(())
    }

    /// Fills the leads there before, each an edit that belongs to the batch.
    pub(super) async fn write_fills(&self, tx: &mut Tx, plan: &Plan, batch: ImportBatchId) -> Result<(), AppError> {
        let mut rows: BTreeMap<LeadId, Vec<&LeadDraft>> = BTreeMap::new();
        for row in plan.rows.iter().filter(|row| !row.fills.is_empty()) {
            if let Some(id) = row.of_id() {
                rows.entry(id).or_default().push(&row.draft);
            }
        }
        for (id, drafts) in rows {
            let mut lead = lead::load(tx, id).await?;
            let before = heads(tx, id).await?;
            let mut filled = false;
            let opens = tx.repository::<Lead>().opens(id);
            for draft in drafts.into_iter().filter(|_| opens) {
                // decided again: someone may have written to the lead since the dry run
                let Some(fill) = self.fill_of(&lead, draft) else { continue };
                lead.apply_fill(&fill);
                filled = true;
            }
            if filled {
                save_edited(tx, &mut lead).await?;
                tx.note_fill(batch, id, &before).await?;
            }
            tx.repository::<Lead>().let_go(id);
        }
        Ok(())
    }

    /// What a row brings to a lead; `None` when that is nothing, when the lead is read-only, or another's.
    fn fill_of(&self, lead: &Lead, draft: &LeadDraft) -> Option<LeadFill> {
        let new = draft.new_lead(lead.id, lead.scope, self.today());
        let row = Lead::from_created(&LeadEvent::Created { new: Box::new(new), transition: None })?;
        let fill = lead.fill(&row).ok().filter(|fill| !fill.is_empty())?;
        self.may(Action::EditLead, lead::object(lead)).then_some(fill)
    }
}

/// The heads of a lead's document.
pub(super) async fn heads(tx: &mut Tx, id: LeadId) -> Result<Vec<u8>, AppError> {
    tx.repository::<Lead>().heads(id).await?.ok_or_else(|| AppError::not_found("lead"))
}

/// Saves a lead whose fields changed, scored again.
pub(super) async fn save_edited(tx: &mut Tx, lead: &mut Lead) -> Result<(), AppError> {
    match Office::rescore(lead) {
        Some(event) => tx.repository().record(lead, &event).await?,
        None => tx.repository().save(lead).await?,
    }
    Ok(())
}

/// The filled fields as a mapping names them.
fn names(fill: &LeadFill) -> Vec<&'static str> {
    let mut names: BTreeSet<import::LeadField> = fill.fields.iter().filter_map(column).collect();
    names.extend((!fill.emails.is_empty()).then_some(import::LeadField::Email));
    names.extend((!fill.phones.is_empty()).then_some(import::LeadField::Phone));
    names.into_iter().map(import::LeadField::name).collect()
}

/// The column that a field of a lead comes from; `None` for one that no list brings.
fn column(field: &LeadField) -> Option<import::LeadField> {
    Some(match field {
        LeadField::FullName(_) => import::LeadField::Name,
        LeadField::Company(_) => import::LeadField::Company,
        LeadField::Email(_) => import::LeadField::Email,
        LeadField::Phone(_) => import::LeadField::Phone,
        LeadField::Rfc(_) => import::LeadField::Rfc,
        LeadField::CompanySize(_) => import::LeadField::Size,
        LeadField::Industry(_) => import::LeadField::Industry,
        LeadField::EstimatedAmount(_) => import::LeadField::Amount,
        LeadField::PostalCode(_) => import::LeadField::Cp,
        LeadField::City(_) => import::LeadField::City,
        LeadField::MailOpenRate(_) => import::LeadField::OpenRate,
        LeadField::DemoRequested(_) => import::LeadField::Demo,
        LeadField::Notes(_) => import::LeadField::Notes,
        LeadField::Source(_) => import::LeadField::Source,
        LeadField::Medium(_) | LeadField::Campaign(_) | LeadField::NextStep(_) | LeadField::Tags(_) => return None,
    })
}
