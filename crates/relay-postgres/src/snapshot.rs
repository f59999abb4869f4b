//! Snapshots: manifests, words on them, packs.

use async_trait::async_trait;
use sqlx::PgConnection;
use zuc_relay_store::{
    CompanyId, DeviceId, Hash, LogId, NewManifest, Scope, SnapshotStore, StoreError, StoredManifest,
    snapshot::{gathered, too_many},
};

use crate::{
    PostgresStore,
    row::{count, db, hash as read_hash, int, scope_number},
};

/// Which manifest of which company.
#[derive(Clone, Copy)]
pub(crate) struct Of<'h> {
    pub(crate) company: CompanyId,
    pub(crate) scope: Scope,
    pub(crate) manifest: &'h Hash,
}

pub(crate) async fn require_manifest(connection: &mut PgConnection, of: Of<'_>) -> Result<(), StoreError> {
    let stands: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM manifest WHERE company = $1 AND scope = $2 AND hash = $3)")
            .bind(&of.company.0[..])
            .bind(scope_number(of.scope))
            .bind(&of.manifest[..])
            .fetch_one(connection)
            .await
            .map_err(db)?;
    if stands { Ok(()) } else { Err(StoreError::NotFound("manifest")) }
}

async fn set_word(connection: &mut PgConnection, of: Of<'_>, device: DeviceId, word: &[u8]) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO manifest_word (company, scope, manifest, device, bytes) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (company, scope, manifest, device) DO UPDATE SET bytes = excluded.bytes",
    )
    .bind(&of.company.0[..])
    .bind(scope_number(of.scope))
    .bind(&of.manifest[..])
    .bind(&device.0[..])
    .bind(word)
    .execute(connection)
    .await
    .map_err(db)?;
    Ok(())
}

/// Deletes what a maker has too many of, with its words and packs. What a log begins at or waits for is not among them.
async fn drop_older(
    connection: &mut PgConnection,
    company: CompanyId,
    scope: Scope,
    author: DeviceId,
) -> Result<(), StoreError> {
    let made: Vec<(Vec<u8>, i64)> = sqlx::query_as(
        "SELECT hash, cursor FROM manifest WHERE company = $1 AND scope = $2 AND author = $3 AND hash NOT IN (
                 SELECT manifest FROM log_begin WHERE company = $1 AND scope = $2 AND manifest IS NOT NULL
                 UNION SELECT waits FROM log_begin WHERE company = $1 AND scope = $2 AND waits IS NOT NULL)",
    )
    .bind(&company.0[..])
    .bind(scope_number(scope))
    .bind(&author.0[..])
    .fetch_all(&mut *connection)
    .await
    .map_err(db)?;
    for hash in too_many(placed(&made)?) {
        for statement in [
            "DELETE FROM manifest WHERE company = $1 AND scope = $2 AND hash = $3",
            "DELETE FROM manifest_word WHERE company = $1 AND scope = $2 AND manifest = $3",
            "DELETE FROM pack WHERE company = $1 AND scope = $2 AND manifest = $3",
        ] {
            let dropped = sqlx::query(statement).bind(&company.0[..]).bind(scope_number(scope)).bind(&hash[..]);
            dropped.execute(&mut *connection).await.map_err(db)?;
        }
    }
    Ok(())
}

fn placed(made: &[(Vec<u8>, i64)]) -> Result<Vec<(u64, Hash)>, StoreError> {
    let place = |(hash, cursor): &(Vec<u8>, i64)| {
        Ok((count(*cursor, "manifest", "cursor")?, read_hash(hash, "manifest", "hash")?))
    };
    made.iter().map(place).collect()
}

type ManifestRow = (Vec<u8>, Vec<u8>, i64, Vec<u8>, Vec<u8>);

fn read_manifest(scope: Scope, row: ManifestRow) -> Result<NewManifest, StoreError> {
    let (hash, log, cursor, author, bytes) = row;
    let corrupt = |column| StoreError::Corrupt { table: "manifest", column };
    Ok(NewManifest {
        scope,
        hash: read_hash(&hash, "manifest", "hash")?,
        log: LogId::from_slice(&log).ok_or_else(|| corrupt("log"))?,
        cursor: count(cursor, "manifest", "cursor")?,
        author: DeviceId::from_slice(&author).ok_or_else(|| corrupt("author"))?,
        bytes,
    })
}

#[async_trait]
impl SnapshotStore for PostgresStore {
    async fn put_manifest(&self, company: CompanyId, new: NewManifest, word: Vec<u8>) -> Result<(), StoreError> {
        let mut writing = self.write(company).await?;
        let put = sqlx::query(
            "INSERT INTO manifest (company, scope, hash, log, cursor, author, bytes) VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT DO NOTHING",
        )
        .bind(&company.0[..])
        .bind(scope_number(new.scope))
        .bind(&new.hash[..])
        .bind(&new.log.0[..])
        .bind(int(new.cursor))
        .bind(&new.author.0[..])
        .bind(&new.bytes)
        .execute(&mut *writing)
        .await
        .map_err(db)?;
        if put.rows_affected() > 0 {
            let of = Of { company, scope: new.scope, manifest: &new.hash };
            set_word(&mut writing, of, new.author, &word).await?;
            drop_older(&mut writing, company, new.scope, new.author).await?;
        }
        writing.commit().await
    }

    async fn put_pack(
        &self,
        company: CompanyId,
        scope: Scope,
        manifest: Hash,
        hash: Hash,
        bytes: Vec<u8>,
    ) -> Result<(), StoreError> {
        let mut writing = self.write(company).await?;
        require_manifest(&mut writing, Of { company, scope, manifest: &manifest }).await?;
        sqlx::query(
            "INSERT INTO pack (company, scope, manifest, hash, bytes) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT DO NOTHING",
        )
        .bind(&company.0[..])
        .bind(scope_number(scope))
        .bind(&manifest[..])
        .bind(&hash[..])
        .bind(bytes)
        .execute(&mut *writing)
        .await
        .map_err(db)?;
        writing.commit().await
    }

    async fn put_word(
        &self,
        company: CompanyId,
        scope: Scope,
        manifest: Hash,
        device: DeviceId,
        word: Vec<u8>,
    ) -> Result<(), StoreError> {
        let mut writing = self.write(company).await?;
        let of = Of { company, scope, manifest: &manifest };
        require_manifest(&mut writing, of).await?;
        set_word(&mut writing, of, device, &word).await?;
        writing.commit().await
    }

    async fn manifests(&self, company: CompanyId, scope: Scope) -> Result<Vec<StoredManifest>, StoreError> {
        let mut reading = self.read_of(company).await?;
        let rows: Vec<ManifestRow> = sqlx::query_as(
            "SELECT hash, log, cursor, author, bytes FROM manifest WHERE company = $1 AND scope = $2
             ORDER BY cursor DESC, hash",
        )
        .bind(&company.0[..])
        .bind(scope_number(scope))
        .fetch_all(&mut *reading)
        .await
        .map_err(db)?;
        let words: Vec<(Vec<u8>, Vec<u8>)> = sqlx::query_as(
            "SELECT manifest, bytes FROM manifest_word WHERE company = $1 AND scope = $2 ORDER BY device",
        )
        .bind(&company.0[..])
        .bind(scope_number(scope))
        .fetch_all(&mut *reading)
        .await
        .map_err(db)?;
        let packs: Vec<(Vec<u8>, Vec<u8>)> =
            sqlx::query_as("SELECT manifest, hash FROM pack WHERE company = $1 AND scope = $2 ORDER BY hash")
                .bind(&company.0[..])
                .bind(scope_number(scope))
                .fetch_all(&mut *reading)
                .await
                .map_err(db)?;
        let manifests = rows.into_iter().map(|row| read_manifest(scope, row)).collect::<Result<_, _>>()?;
        let words = words
            .into_iter()
            .map(|(manifest, word)| Ok((read_hash(&manifest, "manifest_word", "manifest")?, word)))
            .collect::<Result<Vec<_>, StoreError>>()?;
        let packs = packs
            .iter()
            .map(|(manifest, pack)| Ok((read_hash(manifest, "pack", "manifest")?, read_hash(pack, "pack", "hash")?)))
            .collect::<Result<Vec<_>, StoreError>>()?;
        Ok(gathered(manifests, words, packs))
    }

    async fn pack(
        &self,
        company: CompanyId,
        scope: Scope,
        manifest: Hash,
        hash: Hash,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let mut reading = self.read_of(company).await?;
        sqlx::query_scalar("SELECT bytes FROM pack WHERE company = $1 AND scope = $2 AND manifest = $3 AND hash = $4")
            .bind(&company.0[..])
            .bind(scope_number(scope))
            .bind(&manifest[..])
            .bind(&hash[..])
            .fetch_optional(&mut *reading)
            .await
            .map_err(db)
    }
}
