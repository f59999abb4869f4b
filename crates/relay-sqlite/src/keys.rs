//! Bags of person keys.

use async_trait::async_trait;
use sqlx::SqliteConnection;
use zuc_protocol::{
    Blob,
    ids::{BagId, KeyId},
};
use zuc_relay_store::{Bag, BagReplacement, BagRow, CompanyId, KeyStore, Scope, StoreError};

use crate::{SqliteStore, row::db};

async fn generation(connection: &mut SqliteConnection, scope: Scope) -> Result<Option<BagId>, StoreError> {
    let found: Option<Vec<u8>> = sqlx::query_scalar("SELECT generation FROM bag WHERE scope = ?1")
        .bind(scope.number())
        .fetch_optional(connection)
        .await
        .map_err(db)?;
    found
        .map(|bytes| BagId::from_slice(&bytes).ok_or(StoreError::Corrupt { table: "bag", column: "generation" }))
        .transpose()
}

async fn insert_row(connection: &mut SqliteConnection, scope: Scope, row: &BagRow) -> Result<bool, StoreError> {
    let erased: Option<i64> = sqlx::query_scalar("SELECT 1 FROM bag_erased WHERE scope = ?1 AND key = ?2")
        .bind(scope.number())
        .bind(&row.key.0[..])
        .fetch_optional(&mut *connection)
        .await
        .map_err(db)?;
    if erased.is_some() {
        return Ok(false);
    }
    sqlx::query("INSERT INTO bag_row (scope, key, wrap) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")
        .bind(scope.number())
        .bind(&row.key.0[..])
        .bind(row.wrap.as_slice())
        .execute(connection)
        .await
        .map_err(db)?;
    Ok(true)
}

async fn set_generation(connection: &mut SqliteConnection, scope: Scope, generation: BagId) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO bag (scope, generation) VALUES (?1, ?2)
         ON CONFLICT (scope) DO UPDATE SET generation = excluded.generation",
    )
    .bind(scope.number())
    .bind(&generation.0[..])
    .execute(connection)
    .await
    .map_err(db)?;
    Ok(())
}

async fn add_wraps(connection: &mut SqliteConnection, scope: Scope, wraps: &[u8]) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO bag_wrap (scope, bytes) VALUES (?1, ?2) ON CONFLICT DO NOTHING")
        .bind(scope.number())
        .bind(wraps)
        .execute(connection)
        .await
        .map_err(db)?;
    Ok(())
}

/// Replaces a bag whole.
pub(crate) async fn replace_bag(connection: &mut SqliteConnection, bag: &BagReplacement) -> Result<(), StoreError> {
    for statement in ["DELETE FROM bag_row WHERE scope = ?1", "DELETE FROM bag_wrap WHERE scope = ?1"] {
        sqlx::query(statement).bind(bag.scope.number()).execute(&mut *connection).await.map_err(db)?;
    }
    for key in &bag.erased {
        sqlx::query("INSERT INTO bag_erased (scope, key) VALUES (?1, ?2) ON CONFLICT DO NOTHING")
            .bind(bag.scope.number())
            .bind(&key.0[..])
            .execute(&mut *connection)
            .await
            .map_err(db)?;
    }
    for row in &bag.rows {
        insert_row(connection, bag.scope, row).await?;
    }
    set_generation(connection, bag.scope, bag.generation).await?;
    match &bag.wraps {
        Some(wraps) => add_wraps(connection, bag.scope, wraps).await,
        None => Ok(()),
    }
}

fn key_id(bytes: &[u8], table: &'static str) -> Result<KeyId, StoreError> {
    KeyId::from_slice(bytes).ok_or(StoreError::Corrupt { table, column: "key" })
}

#[async_trait]
impl KeyStore for SqliteStore {
    async fn put_bag_key(
        &self,
        company: CompanyId,
        scope: Scope,
        new_generation: BagId,
        wraps: Vec<u8>,
    ) -> Result<(), StoreError> {
        self.company(company)
            .await?
            .writer
            .write(move |connection| {
                Box::pin(async move {
                    if generation(connection, scope).await?.is_some_and(|stands| stands != new_generation) {
                        return Err(StoreError::Refused("keys.bag_stale"));
                    }
                    set_generation(connection, scope, new_generation).await?;
                    add_wraps(connection, scope, &wraps).await
                })
            })
            .await
    }

    async fn bag_union(
        &self,
        company: CompanyId,
        scope: Scope,
        of_generation: BagId,
        rows: Vec<BagRow>,
    ) -> Result<Vec<KeyId>, StoreError> {
        self.company(company)
            .await?
            .writer
            .write(move |connection| {
                Box::pin(async move {
                    if generation(connection, scope).await? != Some(of_generation) {
                        return Err(StoreError::Refused("keys.bag_stale"));
                    }
                    let mut refused = Vec::new();
                    for row in rows {
                        if !insert_row(connection, scope, &row).await? {
                            refused.push(row.key);
                        }
                    }
                    Ok(refused)
                })
            })
            .await
    }

    async fn bag(&self, company: CompanyId, scope: Scope) -> Result<Option<Bag>, StoreError> {
        let company = self.company(company).await?;
        // One reading transaction: a replacement must not come between the key and the rows.
        let mut reading = company.readers.begin().await.map_err(db)?;
        let Some(generation) = generation(&mut reading, scope).await? else { return Ok(None) };
        let wraps: Vec<Vec<u8>> = sqlx::query_scalar("SELECT bytes FROM bag_wrap WHERE scope = ?1 ORDER BY bytes")
            .bind(scope.number())
            .fetch_all(&mut *reading)
            .await
            .map_err(db)?;
        let rows: Vec<(Vec<u8>, Vec<u8>)> =
            sqlx::query_as("SELECT key, wrap FROM bag_row WHERE scope = ?1 ORDER BY key")
                .bind(scope.number())
                .fetch_all(&mut *reading)
                .await
                .map_err(db)?;
        let erased: Vec<Vec<u8>> = sqlx::query_scalar("SELECT key FROM bag_erased WHERE scope = ?1 ORDER BY key")
            .bind(scope.number())
            .fetch_all(&mut *reading)
            .await
            .map_err(db)?;
        let rows = rows
            .into_iter()
            .map(|(key, wrap)| Ok(BagRow { key: key_id(&key, "bag_row")?, wrap: Blob(wrap) }))
            .collect::<Result<_, StoreError>>()?;
        let erased = erased.iter().map(|key| key_id(key, "bag_erased")).collect::<Result<_, _>>()?;
        Ok(Some(Bag { generation, wraps, rows, erased }))
    }
}
