//! Logs that begin later: what devices hold, what was dropped, and its way back.

use async_trait::async_trait;
use sqlx::SqliteConnection;
use zuc_protocol::{chain, envelope};
use zuc_relay_store::{
    Body, ChainHash, CompactStore, CompanyId, ControlHash, DeviceId, Hash, LogBegin, Scope, StoreError, Waits,
    compact::day,
};

use crate::{
    SqliteStore, control,
    row::{count, db, hash, int},
    snapshot::require_manifest,
};

type BeginRow = (i64, Option<Vec<u8>>, Option<Vec<u8>>, Option<i64>);

async fn begin(connection: &mut SqliteConnection, scope: Scope) -> Result<LogBegin, StoreError> {
    let row: Option<BeginRow> = sqlx::query_as("SELECT seq, manifest, waits, since_ms FROM log_begin WHERE scope = ?1")
        .bind(scope.number())
        .fetch_optional(connection)
        .await
        .map_err(db)?;
    let Some((seq, manifest, waits, since_ms)) = row else { return Ok(LogBegin::default()) };
    let manifest = manifest.map(|named| hash(&named, "log_begin", "manifest")).transpose()?;
    let waits = waits.map(|named| hash(&named, "log_begin", "waits")).transpose()?;
    let waits = waits.zip(since_ms).map(|(manifest, since_ms)| Waits { manifest, since_ms });
    Ok(LogBegin { seq: count(seq, "log_begin", "seq")?, manifest, waits })
}

async fn chain_at(
    connection: &mut SqliteConnection,
    company: CompanyId,
    scope: Scope,
    seq: u64,
) -> Result<Option<ChainHash>, StoreError> {
    if seq == 0 {
        return Ok(Some(chain::start(company, scope)));
    }
    let row: Option<Vec<u8>> = sqlx::query_scalar("SELECT chain FROM entry WHERE scope = ?1 AND seq = ?2")
        .bind(scope.number())
        .bind(int(seq))
        .fetch_optional(connection)
        .await
        .map_err(db)?;
    row.map(|digest| Ok(ChainHash(hash(&digest, "entry", "chain")?))).transpose()
}

/// Takes back one body, if the chain wants it.
async fn refill_one(
    connection: &mut SqliteConnection,
    company: CompanyId,
    scope: Scope,
    body: Body,
) -> Result<bool, StoreError> {
    let place: Option<i64> = match body.batch {
        Some((author, number)) => {
            sqlx::query_scalar("SELECT seq FROM entry WHERE author = ?1 AND scope = ?2 AND number = ?3 AND bytes = x''")
                .bind(&author.0[..])
                .bind(scope.number())
                .bind(int(number))
                .fetch_optional(&mut *connection)
                .await
                .map_err(db)?
        }
        None => sqlx::query_scalar(
            "SELECT seq FROM entry WHERE scope = ?1 AND hash = ?2 AND author IS NULL AND bytes = x'' LIMIT 1",
        )
        .bind(scope.number())
        .bind(&envelope::batch_hash(&body.bytes).0[..])
        .fetch_optional(&mut *connection)
        .await
        .map_err(db)?,
    };
    let Some(place) = place else { return Ok(false) };
    let seq = count(place, "entry", "seq")?;
    let before = chain_at(connection, company, scope, seq.saturating_sub(1)).await?;
    let after = chain_at(connection, company, scope, seq).await?;
    if !before.zip(after).is_some_and(|(before, after)| body.leads(before, after)) {
        return Ok(false);
    }
    sqlx::query("UPDATE entry SET bytes = ?3 WHERE scope = ?1 AND seq = ?2")
        .bind(scope.number())
        .bind(place)
        .bind(body.bytes)
        .execute(connection)
        .await
        .map_err(db)?;
    Ok(true)
}

/// The log begins behind the last entry whose bytes are not here.
async fn begin_earlier(connection: &mut SqliteConnection, scope: Scope) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE log_begin SET seq = COALESCE((
             SELECT seq FROM entry WHERE scope = ?1 AND seq <= log_begin.seq AND bytes = x'' ORDER BY seq DESC LIMIT 1), 0)
         WHERE scope = ?1",
    )
    .bind(scope.number())
    .execute(connection)
    .await
    .map_err(db)?;
    Ok(())
}

#[async_trait]
impl CompactStore for SqliteStore {
    async fn put_held(
        &self,
        company: CompanyId,
        scope: Scope,
        device: DeviceId,
        word: Vec<u8>,
    ) -> Result<(), StoreError> {
        self.company(company)
            .await?
            .writer
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query(
                        "INSERT INTO held (scope, device, bytes) VALUES (?1, ?2, ?3)
                         ON CONFLICT (scope, device) DO UPDATE SET bytes = excluded.bytes",
                    )
                    .bind(scope.number())
                    .bind(&device.0[..])
                    .bind(word)
                    .execute(connection)
                    .await
                    .map_err(db)?;
                    Ok(())
                })
            })
            .await
    }

    async fn held(&self, company: CompanyId, scope: Scope) -> Result<Vec<Vec<u8>>, StoreError> {
        let company = self.company(company).await?;
        sqlx::query_scalar("SELECT bytes FROM held WHERE scope = ?1 ORDER BY device")
            .bind(scope.number())
            .fetch_all(&company.readers)
            .await
            .map_err(db)
    }

    async fn note_seen(&self, company: CompanyId, device: DeviceId, at_ms: i64) -> Result<(), StoreError> {
        self.company(company)
            .await?
            .writer
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query(
                        "INSERT INTO seen (device, at_ms) VALUES (?1, ?2)
                         ON CONFLICT (device) DO UPDATE SET at_ms = MAX(at_ms, excluded.at_ms)",
                    )
                    .bind(&device.0[..])
                    .bind(day(at_ms))
                    .execute(connection)
                    .await
                    .map_err(db)?;
                    Ok(())
                })
            })
            .await
    }

    async fn seen(&self, company: CompanyId) -> Result<Vec<(DeviceId, i64)>, StoreError> {
        let company = self.company(company).await?;
        let rows: Vec<(Vec<u8>, i64)> = sqlx::query_as("SELECT device, at_ms FROM seen ORDER BY device")
            .fetch_all(&company.readers)
            .await
            .map_err(db)?;
        let corrupt = || StoreError::Corrupt { table: "seen", column: "device" };
        rows.into_iter()
            .map(|(device, at_ms)| Ok((DeviceId::from_slice(&device).ok_or_else(corrupt)?, at_ms)))
            .collect()
    }

    async fn log_begin(&self, company: CompanyId, scope: Scope) -> Result<LogBegin, StoreError> {
        let company = self.company(company).await?;
        let mut reading = company.readers.acquire().await.map_err(db)?;
        begin(&mut reading, scope).await
    }

    async fn chain_at(&self, company: CompanyId, scope: Scope, seq: u64) -> Result<Option<ChainHash>, StoreError> {
        let open = self.company(company).await?;
        let mut reading = open.readers.acquire().await.map_err(db)?;
        chain_at(&mut reading, company, scope, seq).await
    }

    async fn wait_for(&self, company: CompanyId, scope: Scope, waits: Option<Waits>) -> Result<(), StoreError> {
        self.company(company)
            .await?
            .writer
            .write(move |connection| {
                Box::pin(async move {
                    if let Some(waits) = &waits {
                        require_manifest(connection, scope, &waits.manifest).await?;
                    }
                    sqlx::query(
                        "INSERT INTO log_begin (scope, seq, waits, since_ms) VALUES (?1, 0, ?2, ?3)
                         ON CONFLICT (scope) DO UPDATE SET waits = excluded.waits, since_ms = excluded.since_ms",
                    )
                    .bind(scope.number())
                    .bind(waits.map(|waits| waits.manifest.to_vec()))
                    .bind(waits.map(|waits| waits.since_ms))
                    .execute(connection)
                    .await
                    .map_err(db)?;
                    Ok(())
                })
            })
            .await
    }

    async fn begin_at(
        &self,
        company: CompanyId,
        control_head: ControlHash,
        scope: Scope,
        manifest: Hash,
    ) -> Result<(), StoreError> {
        self.company(company)
            .await?
            .writer
            .write(move |connection| {
                Box::pin(async move {
                    control::require_head(connection, &control_head).await?;
                    let begun = sqlx::query(
                        "UPDATE log_begin SET seq = MAX(seq, cursor), manifest = waits, waits = NULL, since_ms = NULL
                         FROM manifest AS named
                         WHERE log_begin.scope = ?1 AND waits = ?2 AND named.scope = ?1 AND named.hash = ?2",
                    )
                    .bind(scope.number())
                    .bind(&manifest[..])
                    .execute(connection)
                    .await
                    .map_err(db)?;
                    if begun.rows_affected() == 0 { Err(StoreError::NotFound("manifest")) } else { Ok(()) }
                })
            })
            .await
    }

    async fn clear_bodies(&self, company: CompanyId, scope: Scope, max: u32) -> Result<u64, StoreError> {
        self.company(company)
            .await?
            .writer
            .write(move |connection| {
                Box::pin(async move {
                    let cleared = sqlx::query(
                        "UPDATE entry SET bytes = x'' WHERE scope = ?1 AND seq IN (
                             SELECT seq FROM entry WHERE scope = ?1 AND bytes <> x''
                                 AND seq <= (SELECT seq FROM log_begin WHERE scope = ?1) ORDER BY seq LIMIT ?2)",
                    )
                    .bind(scope.number())
                    .bind(i64::from(max))
                    .execute(connection)
                    .await
                    .map_err(db)?;
                    Ok(cleared.rows_affected())
                })
            })
            .await
    }

    async fn refill(&self, company: CompanyId, scope: Scope, bodies: Vec<Body>) -> Result<u64, StoreError> {
        self.company(company)
            .await?
            .writer
            .write(move |connection| {
                Box::pin(async move {
                    let mut filled = 0;
                    for body in bodies {
                        filled += u64::from(refill_one(connection, company, scope, body).await?);
                    }
                    if filled > 0 {
                        begin_earlier(connection, scope).await?;
                    }
                    Ok(filled)
                })
            })
            .await
    }
}
