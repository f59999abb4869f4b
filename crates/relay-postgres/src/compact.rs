//! Logs that begin later: what devices hold, what was dropped, and its way back.
//!
//! The relay's role may not change an entry: two functions of the owner's drop bytes before a log's begin, and give them back.

use async_trait::async_trait;
use sqlx::PgConnection;
use zuc_protocol::{chain, envelope};
use zuc_relay_store::{
    Body, ChainHash, CompactStore, CompanyId, ControlHash, DeviceId, Hash, LogBegin, Scope, StoreError, Waits,
    compact::day,
};

use crate::{
    PostgresStore, control,
    row::{count, db, hash, int, scope_number},
    snapshot::{Of, require_manifest},
};

type BeginRow = (i64, Option<Vec<u8>>, Option<Vec<u8>>, Option<i64>);

async fn begin(connection: &mut PgConnection, company: CompanyId, scope: Scope) -> Result<LogBegin, StoreError> {
    let row: Option<BeginRow> =
        sqlx::query_as("SELECT seq, manifest, waits, since_ms FROM log_begin WHERE company = $1 AND scope = $2")
            .bind(&company.0[..])
            .bind(scope_number(scope))
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
    connection: &mut PgConnection,
    company: CompanyId,
    scope: Scope,
    seq: u64,
) -> Result<Option<ChainHash>, StoreError> {
    if seq == 0 {
        return Ok(Some(chain::start(company, scope)));
    }
    let row: Option<Vec<u8>> =
        sqlx::query_scalar("SELECT chain FROM entry WHERE company = $1 AND scope = $2 AND seq = $3")
            .bind(&company.0[..])
            .bind(scope_number(scope))
            .bind(int(seq))
            .fetch_optional(connection)
            .await
            .map_err(db)?;
    row.map(|digest| Ok(ChainHash(hash(&digest, "entry", "chain")?))).transpose()
}

/// Takes back one body, if the chain wants it.
async fn refill_one(
    connection: &mut PgConnection,
    company: CompanyId,
    scope: Scope,
    body: Body,
) -> Result<bool, StoreError> {
    let place: Option<i64> = match body.batch {
        Some((author, number)) => sqlx::query_scalar(
            "SELECT seq FROM entry WHERE company = $1 AND author = $2 AND scope = $3 AND number = $4 AND bytes = ''",
        )
        .bind(&company.0[..])
        .bind(&author.0[..])
        .bind(scope_number(scope))
        .bind(int(number))
        .fetch_optional(&mut *connection)
        .await
        .map_err(db)?,
        None => sqlx::query_scalar(
            "SELECT seq FROM entry
             WHERE company = $1 AND scope = $2 AND hash = $3 AND author IS NULL AND bytes = '' LIMIT 1",
        )
        .bind(&company.0[..])
        .bind(scope_number(scope))
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
    let given: i64 = sqlx::query_scalar("SELECT give_body($1, $2, $3)")
        .bind(scope_number(scope))
        .bind(place)
        .bind(body.bytes)
        .fetch_one(connection)
        .await
        .map_err(db)?;
    Ok(given > 0)
}

#[async_trait]
impl CompactStore for PostgresStore {
    async fn put_held(
        &self,
        company: CompanyId,
        scope: Scope,
        device: DeviceId,
        word: Vec<u8>,
    ) -> Result<(), StoreError> {
        let mut writing = self.write(company).await?;
        sqlx::query(
            "INSERT INTO held (company, scope, device, bytes) VALUES ($1, $2, $3, $4)
             ON CONFLICT (company, scope, device) DO UPDATE SET bytes = excluded.bytes",
        )
        .bind(&company.0[..])
        .bind(scope_number(scope))
        .bind(&device.0[..])
        .bind(word)
        .execute(&mut *writing)
        .await
        .map_err(db)?;
        writing.commit().await
    }

    async fn held(&self, company: CompanyId, scope: Scope) -> Result<Vec<Vec<u8>>, StoreError> {
        let mut reading = self.read_of(company).await?;
        sqlx::query_scalar("SELECT bytes FROM held WHERE company = $1 AND scope = $2 ORDER BY device")
            .bind(&company.0[..])
            .bind(scope_number(scope))
            .fetch_all(&mut *reading)
            .await
            .map_err(db)
    }

    async fn note_seen(&self, company: CompanyId, device: DeviceId, at_ms: i64) -> Result<(), StoreError> {
        let mut writing = self.write(company).await?;
        sqlx::query(
            "INSERT INTO seen (company, device, at_ms) VALUES ($1, $2, $3)
             ON CONFLICT (company, device) DO UPDATE SET at_ms = GREATEST(seen.at_ms, excluded.at_ms)",
        )
        .bind(&company.0[..])
        .bind(&device.0[..])
        .bind(day(at_ms))
        .execute(&mut *writing)
        .await
        .map_err(db)?;
        writing.commit().await
    }

    async fn seen(&self, company: CompanyId) -> Result<Vec<(DeviceId, i64)>, StoreError> {
        let mut reading = self.read_of(company).await?;
        let rows: Vec<(Vec<u8>, i64)> =
            sqlx::query_as("SELECT device, at_ms FROM seen WHERE company = $1 ORDER BY device")
                .bind(&company.0[..])
                .fetch_all(&mut *reading)
                .await
                .map_err(db)?;
        let corrupt = || StoreError::Corrupt { table: "seen", column: "device" };
        rows.into_iter()
            .map(|(device, at_ms)| Ok((DeviceId::from_slice(&device).ok_or_else(corrupt)?, at_ms)))
            .collect()
    }

    async fn log_begin(&self, company: CompanyId, scope: Scope) -> Result<LogBegin, StoreError> {
        let mut reading = self.read_of(company).await?;
        begin(&mut reading, company, scope).await
    }

    async fn chain_at(&self, company: CompanyId, scope: Scope, seq: u64) -> Result<Option<ChainHash>, StoreError> {
        let mut reading = self.read_of(company).await?;
        chain_at(&mut reading, company, scope, seq).await
    }

    async fn wait_for(&self, company: CompanyId, scope: Scope, waits: Option<Waits>) -> Result<(), StoreError> {
        let mut writing = self.write(company).await?;
        if let Some(waits) = &waits {
            require_manifest(&mut writing, Of { company, scope, manifest: &waits.manifest }).await?;
        }
        sqlx::query(
            "INSERT INTO log_begin (company, scope, seq, waits, since_ms) VALUES ($1, $2, 0, $3, $4)
             ON CONFLICT (company, scope) DO UPDATE SET waits = excluded.waits, since_ms = excluded.since_ms",
        )
        .bind(&company.0[..])
        .bind(scope_number(scope))
        .bind(waits.map(|waits| waits.manifest.to_vec()))
        .bind(waits.map(|waits| waits.since_ms))
        .execute(&mut *writing)
        .await
        .map_err(db)?;
        writing.commit().await
    }

    async fn begin_at(
        &self,
        company: CompanyId,
        control_head: ControlHash,
        scope: Scope,
        manifest: Hash,
    ) -> Result<(), StoreError> {
        let mut writing = self.write(company).await?;
        control::require_head(&mut writing, company, &control_head).await?;
        let begun = sqlx::query(
            "UPDATE log_begin SET seq = GREATEST(log_begin.seq, named.cursor), manifest = waits, waits = NULL,
                 since_ms = NULL
             FROM manifest AS named
             WHERE log_begin.company = $1 AND log_begin.scope = $2 AND waits = $3
                 AND named.company = $1 AND named.scope = $2 AND named.hash = $3",
        )
        .bind(&company.0[..])
        .bind(scope_number(scope))
        .bind(&manifest[..])
        .execute(&mut *writing)
        .await
        .map_err(db)?;
        if begun.rows_affected() == 0 {
            return Err(StoreError::NotFound("manifest"));
        }
        writing.commit().await
    }

    async fn clear_bodies(&self, company: CompanyId, scope: Scope, max: u32) -> Result<u64, StoreError> {
        let mut writing = self.write(company).await?;
        let cleared: i64 = sqlx::query_scalar("SELECT clear_bodies($1, $2)")
            .bind(scope_number(scope))
            .bind(i64::from(max))
            .fetch_one(&mut *writing)
            .await
            .map_err(db)?;
        writing.commit().await?;
        count(cleared, "entry", "bytes")
    }

    async fn refill(&self, company: CompanyId, scope: Scope, bodies: Vec<Body>) -> Result<u64, StoreError> {
        let mut writing = self.write(company).await?;
        let mut filled = 0;
        for body in bodies {
            filled += u64::from(refill_one(&mut writing, company, scope, body).await?);
        }
        if filled > 0 {
            // the log begins behind the last entry whose bytes are not here
            sqlx::query(
                "UPDATE log_begin SET seq = COALESCE((
                     SELECT seq FROM entry
                     WHERE company = $1 AND scope = $2 AND seq <= log_begin.seq AND bytes = '' ORDER BY seq DESC LIMIT 1), 0)
                 WHERE company = $1 AND scope = $2",
            )
            .bind(&company.0[..])
            .bind(scope_number(scope))
            .execute(&mut *writing)
            .await
            .map_err(db)?;
        }
        writing.commit().await?;
        Ok(filled)
    }
}
