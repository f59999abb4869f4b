//! What was left behind.

use async_trait::async_trait;
use sqlx::SqliteConnection;
use zuc_relay_store::{
    CompanyId, DeviceId, LeftStore, NewLeft, Scope, StoreError, StoredLeft,
    left::{KEPT_MS, may_come},
};

use crate::{
    SqliteStore,
    row::{db, int, now_ms},
};

#[async_trait]
impl LeftStore for SqliteStore {
    async fn put_left(&self, company: CompanyId, left: NewLeft) -> Result<i64, StoreError> {
        self.company(company)
            .await?
            .writer
            .write(move |connection| Box::pin(async move { put(connection, &left).await }))
            .await
    }

    async fn left_after(
        &self,
        company: CompanyId,
        scope: Scope,
        after: Option<DeviceId>,
    ) -> Result<Option<StoredLeft>, StoreError> {
        let company = self.company(company).await?;
        let mut connection = company.readers.acquire().await.map_err(db)?;
        let since = now_ms(&mut connection).await? - KEPT_MS;
        let row: Option<(Vec<u8>, Vec<u8>, i64)> = sqlx::query_as(
            "SELECT device, bytes, at_ms FROM left_behind
             WHERE scope = ?1 AND device > ?2 AND bytes IS NOT NULL AND at_ms >= ?3 ORDER BY device LIMIT 1",
        )
        .bind(i64::from(scope.number()))
        .bind(after.map(|after| after.0.to_vec()).unwrap_or_default())
        .bind(since)
        .fetch_optional(&mut *connection)
        .await
        .map_err(db)?;
        row.map(|(device, bytes, at_ms)| {
            let device = DeviceId::from_slice(&device);
            let device = device.ok_or(StoreError::Corrupt { table: "left_behind", column: "device" })?;
            Ok(StoredLeft { device, bytes, at_ms })
        })
        .transpose()
    }

    async fn settle_left(&self, company: CompanyId, scope: Scope, device: DeviceId) -> Result<(), StoreError> {
        let company = self.company(company).await?;
        company
            .writer
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query("UPDATE left_behind SET bytes = NULL WHERE scope = ?1 AND device = ?2")
                        .bind(i64::from(scope.number()))
                        .bind(&device.0[..])
                        .execute(connection)
                        .await
                        .map_err(db)?;
                    Ok(())
                })
            })
            .await?;
        // what was deleted lies in the write-ahead log still; where a reader is in it, its next turn writes it over
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&company.readers).await.map_err(db)?;
        Ok(())
    }

    async fn drop_left_before(&self, company: CompanyId, before_ms: i64) -> Result<u64, StoreError> {
        self.company(company)
            .await?
            .writer
            .write(move |connection| {
                Box::pin(async move {
                    let done =
                        sqlx::query("UPDATE left_behind SET bytes = NULL WHERE bytes IS NOT NULL AND at_ms < ?1")
                            .bind(before_ms)
                            .execute(connection)
                            .await
                            .map_err(db)?;
                    Ok(done.rows_affected())
                })
            })
            .await
    }
}

async fn put(connection: &mut SqliteConnection, left: &NewLeft) -> Result<i64, StoreError> {
    let removed: Option<i64> = sqlx::query_scalar("SELECT at_ms FROM control WHERE seq = ?1")
        .bind(int(left.removed_at))
        .fetch_optional(&mut *connection)
        .await
        .map_err(db)?;
    let removed = removed.ok_or(StoreError::NotFound("the record that took the device out"))?;
    let before: Option<(Vec<u8>, i64)> =
        sqlx::query_as("SELECT digest, at_ms FROM left_behind WHERE scope = ?1 AND device = ?2")
            .bind(i64::from(left.scope.number()))
            .bind(&left.device.0[..])
            .fetch_optional(&mut *connection)
            .await
            .map_err(db)?;
    let now = now_ms(connection).await?;
    may_come(removed, now, before.as_ref().map(|(digest, _)| digest.as_slice()), &left.digest)?;
    if let Some((_, at_ms)) = before {
        return Ok(at_ms);
    }
    sqlx::query("INSERT INTO left_behind (scope, device, digest, bytes, at_ms) VALUES (?1, ?2, ?3, ?4, ?5)")
        .bind(i64::from(left.scope.number()))
        .bind(&left.device.0[..])
        .bind(&left.digest[..])
        .bind(&left.bytes)
        .bind(now)
        .execute(connection)
        .await
        .map_err(db)?;
    Ok(now)
}
