//! What was left behind.

use async_trait::async_trait;
use sqlx::PgConnection;
use zuc_relay_store::{
    CompanyId, DeviceId, LeftStore, NewLeft, Scope, StoreError, StoredLeft,
    left::{KEPT_MS, may_come},
};

use crate::{
    PostgresStore,
    row::{db, int, now_ms, scope_number},
};

#[async_trait]
impl LeftStore for PostgresStore {
    async fn put_left(&self, company: CompanyId, left: NewLeft) -> Result<i64, StoreError> {
        let mut writing = self.write(company).await?;
        let came = put(&mut writing, company, &left).await?;
        writing.commit().await?;
        Ok(came)
    }

    async fn left_after(
        &self,
        company: CompanyId,
        scope: Scope,
        after: Option<DeviceId>,
    ) -> Result<Option<StoredLeft>, StoreError> {
        let mut reading = self.read_of(company).await?;
        let since = now_ms(&mut reading).await? - KEPT_MS;
        let row: Option<(Vec<u8>, Vec<u8>, i64)> = sqlx::query_as(
            "SELECT device, bytes, at_ms FROM left_behind
             WHERE company = $1 AND scope = $2 AND device > $3 AND bytes IS NOT NULL AND at_ms >= $4
             ORDER BY device LIMIT 1",
        )
        .bind(&company.0[..])
        .bind(scope_number(scope))
        .bind(after.map(|after| after.0.to_vec()).unwrap_or_default())
        .bind(since)
        .fetch_optional(&mut *reading)
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
        let mut writing = self.write(company).await?;
        sqlx::query("UPDATE left_behind SET bytes = NULL WHERE company = $1 AND scope = $2 AND device = $3")
            .bind(&company.0[..])
            .bind(scope_number(scope))
            .bind(&device.0[..])
            .execute(&mut *writing)
            .await
            .map_err(db)?;
        writing.commit().await
    }

    async fn drop_left_before(&self, company: CompanyId, before_ms: i64) -> Result<u64, StoreError> {
        let mut writing = self.write(company).await?;
        let done =
            sqlx::query("UPDATE left_behind SET bytes = NULL WHERE company = $1 AND bytes IS NOT NULL AND at_ms < $2")
                .bind(&company.0[..])
                .bind(before_ms)
                .execute(&mut *writing)
                .await
                .map_err(db)?;
        writing.commit().await?;
        Ok(done.rows_affected())
    }
}

async fn put(connection: &mut PgConnection, company: CompanyId, left: &NewLeft) -> Result<i64, StoreError> {
    let removed: Option<i64> = sqlx::query_scalar("SELECT at_ms FROM control WHERE company = $1 AND seq = $2")
        .bind(&company.0[..])
        .bind(int(left.removed_at))
        .fetch_optional(&mut *connection)
        .await
        .map_err(db)?;
    let removed = removed.ok_or(StoreError::NotFound("the record that took the device out"))?;
    let before: Option<(Vec<u8>, i64)> =
        sqlx::query_as("SELECT digest, at_ms FROM left_behind WHERE company = $1 AND scope = $2 AND device = $3")
            .bind(&company.0[..])
            .bind(scope_number(left.scope))
            .bind(&left.device.0[..])
            .fetch_optional(&mut *connection)
            .await
            .map_err(db)?;
    let now = now_ms(connection).await?;
    may_come(removed, now, before.as_ref().map(|(digest, _)| digest.as_slice()), &left.digest)?;
    if let Some((_, at_ms)) = before {
        return Ok(at_ms);
    }
    sqlx::query(
        "INSERT INTO left_behind (company, scope, device, digest, bytes, at_ms) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(&company.0[..])
    .bind(scope_number(left.scope))
    .bind(&left.device.0[..])
    .bind(&left.digest[..])
    .bind(&left.bytes)
    .bind(now)
    .execute(connection)
    .await
    .map_err(db)?;
    Ok(now)
}
