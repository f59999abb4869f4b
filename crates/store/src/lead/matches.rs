//! Candidates for duplicates out of the match keys, and the rows of an import that a person must look at.

use std::collections::BTreeSet;

use sqlx::SqliteConnection;
use uuid::Uuid;
use zuc_domain::lead::duplicates::{MatchRecord, NOISE_LIMIT};
use zuc_domain::shared::{Email, ImportBatchId, LeadId, Phone, Rfc};

use super::rows::hash_key;
use crate::store::uuid_of;
use crate::tx::Tx;
use crate::{Store, StoreError};

/// A row of an import held for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldRow {
    /// The import.
    pub batch: ImportBatchId,
    /// Its row in the file.
    pub row: i64,
    /// What it said, as the importer keeps it (JSON).
    pub body: String,
    /// The record it may be.
    pub of: Option<LeadId>,
    /// The matcher's reasons (JSON).
    pub reasons: String,
}

/// Leads that share a key with `record`, with what the matcher compares; a key found too often is noise.
pub(crate) async fn candidates(
    conn: &mut SqliteConnection,
    record: &MatchRecord,
) -> Result<Vec<(LeadId, MatchRecord)>, StoreError> {
    let limit = i64::try_from(NOISE_LIMIT).unwrap_or(i64::MAX) + 1;
    let mut found = BTreeSet::new();
    for key in record.keys() {
        let key = hash_key(&key);
        let leads = sqlx::query_scalar!("SELECT lead FROM lead_match_key WHERE key = ? LIMIT ?", key, limit)
            .fetch_all(&mut *conn)
            .await?;
        if leads.len() <= NOISE_LIMIT {
            found.extend(leads);
        }
    }
    let mut records = Vec::with_capacity(found.len());
    for n in found {
        let row = sqlx::query!("SELECT id, company, email, phone, rfc FROM lead_row WHERE n = ?", n)
            .fetch_one(&mut *conn)
            .await?;
        let email: Option<Email> = row.email.parse().ok();
        let phone: Option<Phone> = row.phone.parse().ok();
        let rfc: Option<Rfc> = row.rfc.parse().ok();
        let company = Some(row.company.as_str()).filter(|company| !company.is_empty());
        let record = MatchRecord::new(rfc.as_ref(), email.as_ref(), phone.as_ref(), company);
        records.push((LeadId(uuid_of("lead_row", &row.id)?), record));
    }
    Ok(records)
}

impl Store {
    /// Leads already here that may be the same as `record`.
    pub async fn lead_candidates(&self, record: &MatchRecord) -> Result<Vec<(LeadId, MatchRecord)>, StoreError> {
        let mut conn = self.reader().acquire().await?;
        candidates(&mut conn, record).await
    }

    /// Leads of this mail or telephone, as lists show them; an empty one is nobody's.
    pub async fn leads_reached_by(&self, email: &str, phone: &str) -> Result<Vec<LeadId>, StoreError> {
        let leads = sqlx::query_scalar!(
            r#"SELECT id AS "id!: Vec<u8>" FROM lead_row WHERE (email <> '' AND email = ?) OR (phone <> '' AND phone = ?)"#,
            email,
            phone,
        )
        .fetch_all(self.reader())
        .await?;
        leads.iter().map(|id| Ok(LeadId(uuid_of("lead_row", id)?))).collect()
    }

    /// Rows held for a person, oldest import first.
    pub async fn held_rows(&self) -> Result<Vec<HeldRow>, StoreError> {
        let rows = sqlx::query!("SELECT batch, row, body, of_id, reasons FROM lead_held ORDER BY batch, row")
            .fetch_all(self.reader())
            .await?;
        rows.into_iter()
            .map(|row| {
                Ok(HeldRow {
                    batch: ImportBatchId(uuid_of("lead_held", &row.batch)?),
                    row: row.row,
                    body: row.body,
                    of: row.of_id.map(|id| uuid_of("lead_held", &id)).transpose()?.map(LeadId),
                    reasons: row.reasons,
                })
            })
            .collect()
    }
}

impl Tx {
    /// As [`Store::lead_candidates`], seeing what this transaction wrote.
    pub async fn lead_candidates(&mut self, record: &MatchRecord) -> Result<Vec<(LeadId, MatchRecord)>, StoreError> {
        self.flush().await?;
        candidates(self.conn(), record).await
    }

    /// Holds a row for a person.
    pub async fn hold_row(&mut self, held: &HeldRow) -> Result<(), StoreError> {
        let batch = held.batch.0.as_bytes().as_slice();
        let of: Option<Uuid> = held.of.map(|id| id.0);
        let of = of.as_ref().map(|id| id.as_bytes().as_slice());
        sqlx::query!(
            "INSERT INTO lead_held (batch, row, body, of_id, reasons) VALUES (?, ?, ?, ?, ?)
             ON CONFLICT DO UPDATE SET body = excluded.body, of_id = excluded.of_id, reasons = excluded.reasons",
            batch,
            held.row,
            held.body,
            of,
            held.reasons,
        )
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// A row that still waits for a person.
    pub async fn held_row(&mut self, batch: ImportBatchId, row: i64) -> Result<Option<HeldRow>, StoreError> {
        let id = batch.0.as_bytes().as_slice();
        let held = sqlx::query!("SELECT body, of_id, reasons FROM lead_held WHERE batch = ? AND row = ?", id, row)
            .fetch_optional(self.conn())
            .await?;
        held.map(|held| {
            let of = held.of_id.map(|id| uuid_of("lead_held", &id)).transpose()?.map(LeadId);
            Ok(HeldRow { batch, row, body: held.body, of, reasons: held.reasons })
        })
        .transpose()
    }

    /// Nobody is to decide about what a batch held any more.
    pub(crate) async fn release_rows(&mut self, batch: ImportBatchId) -> Result<(), StoreError> {
        let batch = batch.0.as_bytes().as_slice();
        sqlx::query!("DELETE FROM lead_held WHERE batch = ?", batch).execute(self.conn()).await?;
        Ok(())
    }

    /// A person has decided about a held row.
    pub async fn release_row(&mut self, batch: ImportBatchId, row: i64) -> Result<(), StoreError> {
        let batch = batch.0.as_bytes().as_slice();
        sqlx::query!("DELETE FROM lead_held WHERE batch = ? AND row = ?", batch, row).execute(self.conn()).await?;
        Ok(())
    }
}

/// Forgets the rows of lists that were held because they are like a person's: some are about the same person, and nobody
/// who is forgotten may stay in one. Whoever they are not about can be imported again from the list.
pub(crate) async fn forget_held(conn: &mut SqliteConnection, key: &[u8]) -> Result<(), StoreError> {
    sqlx::query!("DELETE FROM lead_held WHERE of_id IN (SELECT subject FROM person_subject WHERE key_id = ?)", key)
        .execute(conn)
        .await?;
    Ok(())
}
