//! Snapshots: manifests, words on them, packs.

use async_trait::async_trait;
use sqlx::SqliteConnection;
use zuc_relay_store::{
    CompanyId, DeviceId, Hash, LogId, NewManifest, Scope, SnapshotStore, StoreError, StoredManifest,
    snapshot::{gathered, too_many},
};

use crate::{
    SqliteStore,
    row::{count, db, hash as read_hash, int},
};

pub(crate) async fn require_manifest(
    connection: &mut SqliteConnection,
    scope: Scope,
    manifest: &Hash,
) -> Result<(), StoreError> {
    let stands: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM manifest WHERE scope = ?1 AND hash = ?2)")
        .bind(scope.number())
        .bind(&manifest[..])
        .fetch_one(connection)
        .await
        .map_err(db)?;
    if stands { Ok(()) } else { Err(StoreError::NotFound("manifest")) }
}

async fn set_word(
    connection: &mut SqliteConnection,
    scope: Scope,
    manifest: &Hash,
    device: DeviceId,
    word: &[u8],
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO manifest_word (scope, manifest, device, bytes) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (scope, manifest, device) DO UPDATE SET bytes = excluded.bytes",
    )
    .bind(scope.number())
    .bind(&manifest[..])
    .bind(&device.0[..])
    .bind(word)
    .execute(connection)
    .await
    .map_err(db)?;
    Ok(())
}

/// Deletes what a maker has too many of, with its words and packs. What a log begins at or waits for is not among them.
async fn drop_older(connection: &mut SqliteConnection, scope: Scope, author: DeviceId) -> Result<(), StoreError> {
    let made: Vec<(Vec<u8>, i64)> = sqlx::query_as(
        "SELECT hash, cursor FROM manifest WHERE scope = ?1 AND author = ?2 AND hash NOT IN (
                 SELECT manifest FROM log_begin WHERE scope = ?1 AND manifest IS NOT NULL
                 UNION SELECT waits FROM log_begin WHERE scope = ?1 AND waits IS NOT NULL)",
    )
    .bind(scope.number())
    .bind(&author.0[..])
    .fetch_all(&mut *connection)
    .await
    .map_err(db)?;
    for hash in too_many(placed(&made)?) {
        for statement in [
            "DELETE FROM manifest WHERE scope = ?1 AND hash = ?2",
            "DELETE FROM manifest_word WHERE scope = ?1 AND manifest = ?2",
            "DELETE FROM pack WHERE scope = ?1 AND manifest = ?2",
        ] {
            let dropped = sqlx::query(statement).bind(scope.number()).bind(&hash[..]);
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
impl SnapshotStore for SqliteStore {
    async fn put_manifest(&self, company: CompanyId, new: NewManifest, word: Vec<u8>) -> Result<(), StoreError> {
        self.company(company)
            .await?
            .writer
            .write(move |connection| {
                Box::pin(async move {
                    let put = sqlx::query(
                        "INSERT INTO manifest (scope, hash, log, cursor, author, bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                         ON CONFLICT DO NOTHING",
                    )
                    .bind(new.scope.number())
                    .bind(&new.hash[..])
                    .bind(&new.log.0[..])
                    .bind(int(new.cursor))
                    .bind(&new.author.0[..])
                    .bind(&new.bytes)
                    .execute(&mut *connection)
                    .await
                    .map_err(db)?;
                    if put.rows_affected() > 0 {
                        set_word(connection, new.scope, &new.hash, new.author, &word).await?;
                        drop_older(connection, new.scope, new.author).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    async fn put_pack(
        &self,
        company: CompanyId,
        scope: Scope,
        manifest: Hash,
        hash: Hash,
        bytes: Vec<u8>,
    ) -> Result<(), StoreError> {
        self.company(company)
            .await?
            .writer
            .write(move |connection| {
                Box::pin(async move {
                    require_manifest(connection, scope, &manifest).await?;
                    sqlx::query(
                        "INSERT INTO pack (scope, manifest, hash, bytes) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
                    )
                    .bind(scope.number())
                    .bind(&manifest[..])
                    .bind(&hash[..])
                    .bind(bytes)
                    .execute(connection)
                    .await
                    .map_err(db)?;
                    Ok(())
                })
            })
            .await
    }

    async fn put_word(
        &self,
        company: CompanyId,
        scope: Scope,
        manifest: Hash,
        device: DeviceId,
        word: Vec<u8>,
    ) -> Result<(), StoreError> {
        self.company(company)
            .await?
            .writer
            .write(move |connection| {
                Box::pin(async move {
                    require_manifest(connection, scope, &manifest).await?;
                    set_word(connection, scope, &manifest, device, &word).await
                })
            })
            .await
    }

    async fn manifests(&self, company: CompanyId, scope: Scope) -> Result<Vec<StoredManifest>, StoreError> {
        let company = self.company(company).await?;
        let mut reading = company.readers.begin().await.map_err(db)?;
        let rows: Vec<ManifestRow> = sqlx::query_as(
            "SELECT hash, log, cursor, author, bytes FROM manifest WHERE scope = ?1 ORDER BY cursor DESC, hash",
        )
        .bind(scope.number())
        .fetch_all(&mut *reading)
        .await
        .map_err(db)?;
        let words: Vec<(Vec<u8>, Vec<u8>)> =
            sqlx::query_as("SELECT manifest, bytes FROM manifest_word WHERE scope = ?1 ORDER BY device")
                .bind(scope.number())
                .fetch_all(&mut *reading)
                .await
                .map_err(db)?;
        let packs: Vec<(Vec<u8>, Vec<u8>)> =
            sqlx::query_as("SELECT manifest, hash FROM pack WHERE scope = ?1 ORDER BY hash")
                .bind(scope.number())
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
        let company = self.company(company).await?;
        sqlx::query_scalar("SELECT bytes FROM pack WHERE scope = ?1 AND manifest = ?2 AND hash = ?3")
            .bind(scope.number())
            .bind(&manifest[..])
            .bind(&hash[..])
            .fetch_optional(&company.readers)
            .await
            .map_err(db)
    }
}
