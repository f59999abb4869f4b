//! Rows held as probable duplicates, and a person's word on them.

use std::collections::BTreeMap;

use zuc_domain::{
    lead::{Lead, duplicates::MatchScore},
    shared::{Action, ImportBatchId, LeadId, Object},
};
use zuc_ipc::{
    Changes,
    import::{HeldDecision, HeldRow, ImportRow},
};
use zuc_store::Tx;

use super::{fills::heads, write::record};
use crate::{AppError, Office, import, lead};

/// A held row as it is kept: what to show, and what it would become.
#[derive(serde::Serialize, serde::Deserialize)]
pub(super) struct Stored {
    #[serde(flatten)]
    pub(super) shown: ImportRow,
    pub(super) draft: import::LeadDraft,
    /// How alike, in hundredths of a percent.
    pub(super) score: u16,
}

impl Office {
    /// Rows that wait for a person.
    pub async fn held_list(&self) -> Result<Vec<HeldRow>, AppError> {
        self.allow(Action::ReadLeads, Object::in_scope(self.sales()))?;
        let mut rows = Vec::new();
        for held in self.store.held_rows().await? {
            let stored: Stored = serde_json::from_str(&held.body)?;
            let existing = match held.of {
                Some(id) => self.store.lead_row(self.store.survivor_of(id).await?).await?,
                None => None,
            };
            rows.push(HeldRow {
                id: format!("{}:{}", held.batch, held.row),
                incoming: stored.shown,
                existing_id: held.of.map(|id| id.to_string()).unwrap_or_default(),
                existing: existing.map(|row| format!("{} · {}", row.company, row.full_name)).unwrap_or_default(),
                likeness: u8::try_from(stored.score / 100).unwrap_or(100),
            });
        }
        Ok(rows)
    }

    /// A person's word on a held row.
    pub async fn held_decide(&self, word: HeldDecision) -> Result<Changes, AppError> {
        let (batch, number) = word.id.rsplit_once(':').ok_or_else(|| AppError::invalid("id"))?;
        let batch: ImportBatchId = batch.parse().map_err(|_| AppError::invalid("id"))?;
        let number: i64 = number.parse().map_err(|_| AppError::invalid("id"))?;
        self.allow(Action::ImportLeads, Object::in_scope(self.sales()))?;
        let mut tx = self.begin().await?;
        let held = tx.held_row(batch, number).await?.ok_or_else(|| AppError::not_found("held row"))?;
        match word.decision.as_str() {
            "create" => {
                let stored: Stored = serde_json::from_str(&held.body)?;
                let id = LeadId(tx.fresh_id());
                let act = tx.act();
                let (lead, created, scored) = self.lead_of(&stored.draft, id, batch, &act)?;
                record(&mut tx, &lead, &created, scored.as_ref()).await?;
                tx.note_import(batch, id).await?;
            }
            "merge" => {
                let existing = held.of.ok_or_else(|| AppError::not_found("lead"))?;
                // it may be part of another one by now
                let existing = tx.survivor_of(existing).await?;
                let stored: Stored = serde_json::from_str(&held.body)?;
                Box::pin(self.merge_row(&mut tx, &stored, existing, batch)).await?;
            }
            "discard" => {}
            _ => return Err(AppError::invalid("decision")),
        }
        tx.release_row(batch, number).await?;
        tx.commit().await?;
        Ok(self.tell(Changes {
            leads: true,
            done: zuc_ipc::words::say("import.row_decided").to_owned(),
            ..Changes::default()
        }))
    }
}

impl Office {
    /// The row becomes a lead that is merged into the one it probably is: blanks are filled, what that lead says stays.
    /// Both belong to the batch of the row.
    async fn merge_row(
        &self,
        tx: &mut Tx,
        stored: &Stored,
        existing: LeadId,
        batch: ImportBatchId,
    ) -> Result<(), AppError> {
        let mut survivor: Lead = lead::load(tx, existing).await?;
        let before = heads(tx, existing).await?;
        let id = LeadId(tx.fresh_id());
        let act = tx.act();
        let (mut other, created, scored) = self.lead_of(&stored.draft, id, batch, &act)?;
        let undo = tx.fresh_id();
        let merged = survivor.merge(
            std::slice::from_ref(&other),
            &BTreeMap::new(),
            Vec::new(),
            MatchScore(stored.score),
            undo,
        )?;
        record(tx, &other, &created, scored.as_ref()).await?;
        survivor.apply(&merged);
        other.apply(&merged);
        tx.repository().save(&other).await?;
        match Self::rescore(&mut survivor) {
            Some(event) => tx.repository().record_all(&survivor, &[&merged, &event]).await?,
            None => tx.repository().record(&survivor, &merged).await?,
        }
        tx.note_import(batch, id).await?;
        tx.note_fill(batch, existing, &before).await?;
        Ok(())
    }
}
