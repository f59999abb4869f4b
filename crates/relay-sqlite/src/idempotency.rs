//! Answers kept by idempotency key.

use async_trait::async_trait;
use sqlx::FromRow;
use zuc_relay_store::{CompanyId, Hash, IdempotencyStore, Remembered, StoreError, StoredAnswer};

use crate::{
    SqliteStore,
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
impl IdempotencyStore for SqliteStore {
    async fn begin(&self, company: CompanyId, who: &str, key: &str, request: Hash) -> Result<Remembered, StoreError> {
        let (who, key) = (who.to_owned(), key.to_owned());
        self.company(company)
            .await?
            .writer
            .write(move |connection| {
                Box::pin(async move {
                    let now = now_ms(connection).await?;
                    sqlx::query("DELETE FROM idempotency WHERE at_ms < ?1")
                        .bind(now - KEPT_MS)
                        .execute(&mut *connection)
                        .await
                        .map_err(db)?;
                    let row: Option<Row> = sqlx::query_as(
                        "SELECT request, at_ms, status, content_type, body FROM idempotency
                         WHERE who = ?1 AND key = ?2",
                    )
                    .bind(&who)
                    .bind(&key)
                    .fetch_optional(&mut *connection)
                    .await
                    .map_err(db)?;
                    if let Some(row) = row {
                        if row.request != request {
                            return Ok(Remembered::Mismatch);
                        }
                        if let (Some(status), Some(content_type), Some(body)) = (row.status, row.content_type, row.body)
                        {
                            let status = u16::try_from(status)
                                .map_err(|_range| StoreError::Corrupt { table: "idempotency", column: "status" })?;
                            return Ok(Remembered::Done(StoredAnswer { status, content_type, body }));
                        }
                        if now - row.at_ms < LOST_MS {
                            return Ok(Remembered::InProgress);
                        }
                    }
                    sqlx::query(
                        "INSERT INTO idempotency (who, key, request, at_ms) VALUES (?1, ?2, ?3, ?4)
                         ON CONFLICT (who, key) DO UPDATE SET at_ms = excluded.at_ms",
                    )
                    .bind(&who)
                    .bind(&key)
                    .bind(&request[..])
                    .bind(now)
                    .execute(connection)
                    .await
                    .map_err(db)?;
                    Ok(Remembered::Fresh)
                })
            })
            .await
    }

    async fn finish(&self, company: CompanyId, who: &str, key: &str, answer: StoredAnswer) -> Result<(), StoreError> {
        let (who, key) = (who.to_owned(), key.to_owned());
        self.company(company)
            .await?
            .writer
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query(
                        "UPDATE idempotency SET status = ?3, content_type = ?4, body = ?5
                         WHERE who = ?1 AND key = ?2 AND status IS NULL",
                    )
                    .bind(&who)
                    .bind(&key)
                    .bind(i64::from(answer.status))
                    .bind(&answer.content_type)
                    .bind(&answer.body)
                    .execute(connection)
                    .await
                    .map_err(db)?;
                    Ok(())
                })
            })
            .await
    }

    async fn abandon(&self, company: CompanyId, who: &str, key: &str) -> Result<(), StoreError> {
        let (who, key) = (who.to_owned(), key.to_owned());
        self.company(company)
            .await?
            .writer
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query("DELETE FROM idempotency WHERE who = ?1 AND key = ?2 AND status IS NULL")
                        .bind(&who)
                        .bind(&key)
                        .execute(connection)
                        .await
                        .map_err(db)?;
                    Ok(())
                })
            })
            .await
    }
}
