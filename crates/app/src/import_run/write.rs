//! Writing what a dry run said.

use std::{collections::HashMap, sync::atomic::Ordering};

use zuc_domain::{
    lead::{Lead, LeadEvent},
    shared::{DomainEvent, ImportBatchId, LeadId},
};
use zuc_ipc::import::ImportProgress;
use zuc_store::{HeldRow as Held, ImportOf};

use super::{Looked, held::Stored, shown};
use crate::{
    AppError, Notice, Office,
    import::{self, Origin},
};

/// Rows between two reports of progress.
const STEP: usize = 200;

impl Office {
    /// Writes the plan in one transaction.
    pub(super) async fn write_plan(&self, looked: &Looked) -> Result<ImportBatchId, AppError> {
        let leads = looked.plan.iter_leads();
        let total = u64::try_from(leads.len()).unwrap_or_default();
        let mut tx = self.begin().await?;
        let batch = ImportBatchId(tx.fresh_id());
        let mut made = HashMap::new();
        for (done, planned) in leads.enumerate() {
            if done % STEP == 0 {
                if self.imports.stop.load(Ordering::Relaxed) {
                    // dropping the transaction leaves nothing
                    return Err(AppError::new("import.cancelled", "the person stopped the import"));
                }
                let _ = self.notices.send(Notice::Import(ImportProgress {
                    phase: "writing".to_owned(),
                    done: u64::try_from(done).unwrap_or_default(),
                    total,
                }));
            }
            match planned.origin {
                Origin::Row(first) => {
                    let id = LeadId(tx.fresh_id());
                    let act = tx.act();
                    let (lead, created, scored) = self.lead_of(&planned.draft, id, batch, &act)?;
                    record(&mut tx, &lead, &created, scored.as_ref()).await?;
                    tx.note_import(batch, lead.id).await?;
                    made.insert(first, lead.id);
                }
                // filled below, row by row
                Origin::Existing(_) => {}
            }
        }
        self.write_fills(&mut tx, &looked.plan, batch).await?;
        for held in looked.plan.held() {
            let score = held.likeness.as_ref().map_or(0, |likeness| likeness.score.0);
            let body = serde_json::to_string(&Stored { shown: shown::row(held), draft: held.draft.clone(), score })?;
            let reasons = serde_json::to_string(&held.reason_codes())?;
            let of = held.of_id().or_else(|| made.get(&held.of()?).copied());
            tx.hold_row(&Held { batch, row: i64::from(held.row), body, of, reasons }).await?;
        }
        let totals = serde_json::to_string(&looked.plan.totals)?;
        tx.record_import(batch, ImportOf::Leads, &looked.source.path, &totals).await?;
        tx.commit().await?;
        Ok(batch)
    }

    /// The lead a draft becomes, scored by the rules.
    pub(super) fn lead_of(
        &self,
        draft: &import::LeadDraft,
        id: LeadId,
        batch: ImportBatchId,
        act: &zuc_domain::shared::Act,
    ) -> Result<(Lead, LeadEvent, Option<LeadEvent>), AppError> {
        let mut new = draft.new_lead(id, self.sales(), self.today());
        new.import_batch = Some(batch);
        new.owner = Some(self.actor.person);
        let created = Lead::create(new, act)?;
        let mut lead = Lead::from_created(&created)
            .ok_or_else(|| AppError::new("app.internal", "a created event makes a lead"))?;
        let scored = Self::rescore(&mut lead);
        Ok((lead, created, scored))
    }
}

/// Records a new lead with its events.
pub(super) async fn record(
    tx: &mut zuc_store::Tx,
    lead: &Lead,
    created: &LeadEvent,
    scored: Option<&LeadEvent>,
) -> Result<(), AppError> {
    let events: Vec<&dyn DomainEvent> =
        std::iter::once(created).chain(scored).map(|event| event as &dyn DomainEvent).collect();
    Ok(tx.repository().record_all(lead, &events).await?)
}
