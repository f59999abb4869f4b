//! The control log's rows.

use async_trait::async_trait;
use sqlx::SqliteConnection;
use zuc_relay_store::{
    CompanyId, ControlAppend, ControlHash, ControlHead, ControlRecord, ControlStore, LogId, StoreError,
};

use crate::{
    SqliteStore, keys,
    row::{count, db, hash, int, now_ms},
};

async fn head(connection: &mut SqliteConnection) -> Result<Option<(i64, ControlHash)>, StoreError> {
    let row: Option<(i64, Vec<u8>)> = sqlx::query_as("SELECT seq, hash FROM control ORDER BY seq DESC LIMIT 1")
        .fetch_optional(connection)
        .await
        .map_err(db)?;
    row.map(|(seq, digest)| Ok((seq, ControlHash(hash(&digest, "control", "hash")?)))).transpose()
}

/// Refuses when the control log does not end at `expected`.
pub(crate) async fn require_head(connection: &mut SqliteConnection, expected: &ControlHash) -> Result<(), StoreError> {
    let (_seq, hash) = head(connection).await?.ok_or(StoreError::UnknownCompany)?;
    if hash == *expected { Ok(()) } else { Err(StoreError::ControlMoved { head: hash }) }
}

async fn insert(
    connection: &mut SqliteConnection,
    seq: i64,
    hash: &ControlHash,
    bytes: &[u8],
) -> Result<(), StoreError> {
    let now = now_ms(connection).await?;
    sqlx::query("INSERT INTO control (seq, hash, bytes, at_ms) VALUES (?1, ?2, ?3, ?4)")
        .bind(seq)
        .bind(&hash.0[..])
        .bind(bytes)
        .bind(now)
        .execute(connection)
        .await
        .map_err(db)?;
    Ok(())
}

#[async_trait]
impl ControlStore for SqliteStore {
    async fn create(
        &self,
        company: CompanyId,
        log_id: LogId,
        hash: ControlHash,
        genesis: Vec<u8>,
    ) -> Result<(), StoreError> {
        self.company_or_new(company, true)
            .await?
            .writer
            .write(move |connection| {
                Box::pin(async move {
                    if head(connection).await?.is_some() {
                        return Err(StoreError::CompanyExists);
                    }
                    insert(connection, 0, &hash, &genesis).await?;
                    sqlx::query("INSERT INTO meta (key, value) VALUES ('log_id', ?1)")
                        .bind(&log_id.0[..])
                        .execute(&mut *connection)
                        .await
                        .map_err(db)?;
                    Ok(())
                })
            })
            .await
    }

    async fn control_append(&self, company: CompanyId, append: ControlAppend) -> Result<u64, StoreError> {
        self.company(company)
            .await?
            .writer
            .write(move |connection| {
                Box::pin(async move {
                    let known: Option<i64> = sqlx::query_scalar("SELECT seq FROM control WHERE hash = ?1")
                        .bind(&append.hash.0[..])
                        .fetch_optional(&mut *connection)
                        .await
                        .map_err(db)?;
                    if let Some(seq) = known {
                        return count(seq, "control", "seq");
                    }
                    let (seq, head) = head(connection).await?.ok_or(StoreError::UnknownCompany)?;
                    if head != append.expected {
                        return Err(StoreError::ControlMoved { head });
                    }
                    for mark in &append.marks {
                        let beyond: Option<i64> = sqlx::query_scalar(
                            "SELECT 1 FROM entry WHERE author = ?1 AND scope = ?2 AND number > ?3 LIMIT 1",
                        )
                        .bind(&mark.device.0[..])
                        .bind(mark.scope.number())
                        .bind(int(mark.number))
                        .fetch_optional(&mut *connection)
                        .await
                        .map_err(db)?;
                        if beyond.is_some() {
                            return Err(StoreError::Refused("sync.mark_stale"));
                        }
                    }
                    insert(connection, seq + 1, &append.hash, &append.bytes).await?;
                    for bag in &append.bags {
                        keys::replace_bag(connection, bag).await?;
                    }
                    if let Some(device) = append.joined {
                        sqlx::query("UPDATE enrolment SET state = 'approved' WHERE device = ?1")
                            .bind(&device.0[..])
                            .execute(&mut *connection)
                            .await
                            .map_err(db)?;
                    }
                    count(seq + 1, "control", "seq")
                })
            })
            .await
    }

    async fn control_read(&self, company: CompanyId, from: u64, max: u32) -> Result<Vec<ControlRecord>, StoreError> {
        let company = self.company(company).await?;
        let rows: Vec<(i64, Vec<u8>, Vec<u8>)> =
            sqlx::query_as("SELECT seq, hash, bytes FROM control WHERE seq >= ?1 ORDER BY seq LIMIT ?2")
                .bind(int(from))
                .bind(i64::from(max))
                .fetch_all(&company.readers)
                .await
                .map_err(db)?;
        rows.into_iter()
            .map(|(seq, digest, bytes)| {
                let seq = count(seq, "control", "seq")?;
                Ok(ControlRecord { seq, hash: ControlHash(hash(&digest, "control", "hash")?), bytes })
            })
            .collect()
    }

    async fn control_head(&self, company: CompanyId) -> Result<ControlHead, StoreError> {
        let company = self.company(company).await?;
        let mut connection = company.readers.acquire().await.map_err(db)?;
        let (seq, hash) = head(&mut connection).await?.ok_or(StoreError::UnknownCompany)?;
        Ok(ControlHead { seq: count(seq, "control", "seq")?, hash })
    }
}
