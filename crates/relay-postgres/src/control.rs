//! The control log's rows.

use async_trait::async_trait;
use sqlx::PgConnection;
use zuc_relay_store::{
    CompanyId, ControlAppend, ControlHash, ControlHead, ControlRecord, ControlStore, LogId, StoreError, archive::MOVED,
};

use crate::{
    PostgresStore, keys,
    row::{count, db, hash, int, scope_number},
    transaction::{Stay, stay},
};

async fn head(connection: &mut PgConnection, company: CompanyId) -> Result<(i64, ControlHash), StoreError> {
    let row: Option<(i64, Vec<u8>)> =
        sqlx::query_as("SELECT seq, hash FROM control WHERE company = $1 ORDER BY seq DESC LIMIT 1")
            .bind(&company.0[..])
            .fetch_optional(connection)
            .await
            .map_err(db)?;
    let (seq, digest) = row.ok_or(StoreError::UnknownCompany)?;
    Ok((seq, ControlHash(hash(&digest, "control", "hash")?)))
}

/// Refuses when the control log does not end at `expected`.
pub(crate) async fn require_head(
    connection: &mut PgConnection,
    company: CompanyId,
    expected: &ControlHash,
) -> Result<(), StoreError> {
    let (_seq, hash) = head(connection, company).await?;
    if hash == *expected { Ok(()) } else { Err(StoreError::ControlMoved { head: hash }) }
}

async fn insert(
    connection: &mut PgConnection,
    company: CompanyId,
    seq: i64,
    hash: &ControlHash,
    bytes: &[u8],
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO control (company, seq, hash, bytes, at_ms) VALUES ($1, $2, $3, $4, now_ms())")
        .bind(&company.0[..])
        .bind(seq)
        .bind(&hash.0[..])
        .bind(bytes)
        .execute(connection)
        .await
        .map_err(db)?;
    Ok(())
}

#[async_trait]
impl ControlStore for PostgresStore {
    async fn create(
        &self,
        company: CompanyId,
        log_id: LogId,
        hash: ControlHash,
        genesis: Vec<u8>,
    ) -> Result<(), StoreError> {
        let mut writing = self.turn(company).await?;
        match stay(&mut writing, company).await? {
            None => {}
            Some((Stay::Here, _)) => return Err(StoreError::CompanyExists),
            Some((Stay::Left, _)) => return Err(StoreError::Refused(MOVED)),
            Some((Stay::Coming, _)) => return Err(StoreError::UnknownCompany),
        }
        sqlx::query("INSERT INTO company (company, log_id, created_ms) VALUES ($1, $2, now_ms())")
            .bind(&company.0[..])
            .bind(&log_id.0[..])
            .execute(&mut *writing)
            .await
            .map_err(db)?;
        insert(&mut writing, company, 0, &hash, &genesis).await?;
        writing.commit().await
    }

    async fn control_append(&self, company: CompanyId, append: ControlAppend) -> Result<u64, StoreError> {
        let mut writing = self.write(company).await?;
        let known: Option<i64> = sqlx::query_scalar("SELECT seq FROM control WHERE company = $1 AND hash = $2")
            .bind(&company.0[..])
            .bind(&append.hash.0[..])
            .fetch_optional(&mut *writing)
            .await
            .map_err(db)?;
        if let Some(seq) = known {
            return count(seq, "control", "seq");
        }
        let (seq, head) = head(&mut writing, company).await?;
        if head != append.expected {
            return Err(StoreError::ControlMoved { head });
        }
        for mark in &append.marks {
            let beyond: Option<i32> = sqlx::query_scalar(
                "SELECT 1 FROM entry WHERE company = $1 AND author = $2 AND scope = $3 AND number > $4 LIMIT 1",
            )
            .bind(&company.0[..])
            .bind(&mark.device.0[..])
            .bind(scope_number(mark.scope))
            .bind(int(mark.number))
            .fetch_optional(&mut *writing)
            .await
            .map_err(db)?;
            if beyond.is_some() {
                return Err(StoreError::Refused("sync.mark_stale"));
            }
        }
        insert(&mut writing, company, seq + 1, &append.hash, &append.bytes).await?;
        for bag in &append.bags {
            keys::replace_bag(&mut writing, company, bag).await?;
        }
        if let Some(device) = append.joined {
            sqlx::query("UPDATE enrolment SET state = 'approved' WHERE company = $1 AND device = $2")
                .bind(&company.0[..])
                .bind(&device.0[..])
                .execute(&mut *writing)
                .await
                .map_err(db)?;
        }
        writing.commit().await?;
        count(seq + 1, "control", "seq")
    }

    async fn control_read(&self, company: CompanyId, from: u64, max: u32) -> Result<Vec<ControlRecord>, StoreError> {
        let mut reading = self.read_of(company).await?;
        let rows: Vec<(i64, Vec<u8>, Vec<u8>)> = sqlx::query_as(
            "SELECT seq, hash, bytes FROM control WHERE company = $1 AND seq >= $2 ORDER BY seq LIMIT $3",
        )
        .bind(&company.0[..])
        .bind(int(from))
        .bind(i64::from(max))
        .fetch_all(&mut *reading)
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
        let mut reading = self.read_of(company).await?;
        let (seq, hash) = head(&mut reading, company).await?;
        Ok(ControlHead { seq: count(seq, "control", "seq")?, hash })
    }
}
