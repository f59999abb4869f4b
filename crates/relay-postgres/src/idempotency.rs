//! Answers kept by idempotency key.

use async_trait::async_trait;
use sqlx::FromRow;
use zuc_relay_store::{CompanyId, Hash, IdempotencyStore, Remembered, StoreError, StoredAnswer};

use crate::{
    PostgresStore,
    row::{db, now_ms},
};

/// How long an answer is kept.
const KEPT_MS: i64 = 7 * 24 * 60 * 60 * 1_000;
/// After this a reservation without an answer counts as lost.
const LOST_MS: i64 = 60 * 1_000;

#[derive(FromRow)]
struct Row {
    request: Vec<u8>,
    at_ms: i64,
    status: Option<i64>,
    content_type: Option<String>,
    body: Option<Vec<u8>>,
}

#[async_trait]
impl IdempotencyStore for PostgresStore {
    async fn begin(&self, company: CompanyId, who: &str, key: &str, request: Hash) -> Result<Remembered, StoreError> {
        let mut writing = self.write(company).await?;
        let now = now_ms(&mut writing).await?;
        sqlx::query("DELETE FROM idempotency WHERE company = $1 AND at_ms < $2")
            .bind(&company.0[..])
            .bind(now - KEPT_MS)
            .execute(&mut *writing)
            .await
            .map_err(db)?;
        let row: Option<Row> = sqlx::query_as(
            "SELECT request, at_ms, status, content_type, body FROM idempotency
             WHERE company = $1 AND who = $2 AND key = $3",
        )
        .bind(&company.0[..])
        .bind(who)
        .bind(key)
        .fetch_optional(&mut *writing)
        .await
        .map_err(db)?;
        let remembered = remembered(row, request, now)?;
        if remembered == Remembered::Fresh {
            sqlx::query(
                "INSERT INTO idempotency (company, who, key, request, at_ms) VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT (company, who, key) DO UPDATE SET at_ms = excluded.at_ms",
            )
            .bind(&company.0[..])
            .bind(who)
            .bind(key)
            .bind(&request[..])
            .bind(now)
            .execute(&mut *writing)
            .await
            .map_err(db)?;
        }
        writing.commit().await?;
        Ok(remembered)
    }

    async fn finish(&self, company: CompanyId, who: &str, key: &str, answer: StoredAnswer) -> Result<(), StoreError> {
        let mut writing = self.write(company).await?;
        sqlx::query(
            "UPDATE idempotency SET status = $4, content_type = $5, body = $6
             WHERE company = $1 AND who = $2 AND key = $3 AND status IS NULL",
        )
        .bind(&company.0[..])
        .bind(who)
        .bind(key)
        .bind(i64::from(answer.status))
        .bind(&answer.content_type)
        .bind(&answer.body)
        .execute(&mut *writing)
        .await
        .map_err(db)?;
        writing.commit().await
    }

    async fn abandon(&self, company: CompanyId, who: &str, key: &str) -> Result<(), StoreError> {
        let mut writing = self.write(company).await?;
        sqlx::query("DELETE FROM idempotency WHERE company = $1 AND who = $2 AND key = $3 AND status IS NULL")
            .bind(&company.0[..])
            .bind(who)
            .bind(key)
            .execute(&mut *writing)
            .await
            .map_err(db)?;
        writing.commit().await
    }
}

fn remembered(row: Option<Row>, request: Hash, now: i64) -> Result<Remembered, StoreError> {
    let Some(row) = row else { return Ok(Remembered::Fresh) };
    if row.request != request {
        return Ok(Remembered::Mismatch);
    }
    if let (Some(status), Some(content_type), Some(body)) = (row.status, row.content_type, row.body) {
        let status =
            u16::try_from(status).map_err(|_range| StoreError::Corrupt { table: "idempotency", column: "status" })?;
        return Ok(Remembered::Done(StoredAnswer { status, content_type, body }));
    }
    Ok(if now - row.at_ms < LOST_MS { Remembered::InProgress } else { Remembered::Fresh })
}
