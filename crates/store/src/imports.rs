//! Imports: what a batch made, and taking it back.

use std::path::Path;

use uuid::Uuid;
use zuc_domain::shared::{ImportBatchId, LeadId};

use crate::store::uuid_of;
use crate::tx::Tx;
use crate::{Store, StoreError};

/// A lead as the matcher of an import compares it, as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeadIdentity {
    /// The lead.
    pub id: LeadId,
    /// Company, mail, phone and RFC; empty where unknown.
    pub company: String,
    /// Mail.
    pub email: String,
    /// Phone.
    pub phone: String,
    /// RFC.
    pub rfc: String,
}

impl Store {
    /// Every lead as an import compares it.
    pub async fn lead_identities(&self) -> Result<Vec<LeadIdentity>, StoreError> {
        let rows = sqlx::query!("SELECT id, company, email, phone, rfc FROM lead_row ORDER BY n")
            .fetch_all(self.reader())
            .await?;
        rows.into_iter()
            .map(|row| {
                Ok(LeadIdentity {
                    id: LeadId(uuid_of("lead_row", &row.id)?),
                    company: row.company,
                    email: row.email,
                    phone: row.phone,
                    rfc: row.rfc,
                })
            })
            .collect()
    }

    /// Leads that a batch made and that are as it made them, and how many were changed since: those stay.
    pub async fn import_leads(&self, batch: ImportBatchId) -> Result<(Vec<LeadId>, u64), StoreError> {
        let batch = batch.0.as_bytes().as_slice();
        let rows = sqlx::query!(
            "SELECT u.object, d.heads = u.heads AS \"same!: bool\" FROM undo u JOIN doc d ON d.scope = u.scope AND d.id = u.object
             WHERE u.batch = ? ORDER BY u.n",
            batch,
        )
        .fetch_all(self.reader())
        .await?;
        let mut same = Vec::new();
        let mut kept = 0;
        for row in rows {
            if row.same {
                same.push(LeadId(uuid_of("undo", &row.object)?));
            } else {
                kept += 1;
            }
        }
        Ok((same, kept))
    }
}

impl Tx {
    /// Remembers a batch: its file's name, and what it counted.
    pub async fn record_import(&mut self, batch: ImportBatchId, file: &str, report: &str) -> Result<(), StoreError> {
        let file = Path::new(file).file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let (id, actor) = (batch.0.as_bytes().as_slice(), self.session().person.0);
        let (actor, at) = (actor.as_bytes().as_slice(), self.session().at.as_millisecond());
        sqlx::query!(
            "INSERT INTO import_batch (id, what, file, at, actor, report) VALUES (?, 'leads', ?, ?, ?, ?)",
            id,
            file,
            at,
            actor,
            report,
        )
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Remembers that a batch made a lead, and the state in which it left it.
    pub async fn note_import(&mut self, batch: ImportBatchId, lead: LeadId) -> Result<(), StoreError> {
        if self.note_new(batch, lead.0) {
            return Ok(());
        }
        self.flush().await?;
        let (batch, lead) = (batch.0.as_bytes().as_slice(), Uuid::from(lead));
        let lead = lead.as_bytes().as_slice();
        sqlx::query!(
            "INSERT INTO undo (batch, n, scope, object, kind, heads)
             SELECT ?1, 1 + ifnull((SELECT max(n) FROM undo WHERE batch = ?1), 0), scope, id, kind, heads
             FROM doc WHERE id = ?2",
            batch,
            lead,
        )
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Marks a batch as taken back, with the rows it still held for a person.
    pub async fn close_import(&mut self, batch: ImportBatchId) -> Result<(), StoreError> {
        let (id, at) = (batch.0.as_bytes().as_slice(), self.session().at.as_millisecond());
        sqlx::query!("UPDATE import_batch SET undone_at = ? WHERE id = ?", at, id).execute(self.conn()).await?;
        self.release_rows(batch).await
    }
}
