//! Bags of person keys.

use async_trait::async_trait;
use sqlx::PgConnection;
use zuc_protocol::{
    Blob,
    ids::{BagId, KeyId},
};
use zuc_relay_store::{Bag, BagReplacement, BagRow, CompanyId, KeyStore, Scope, StoreError};

use crate::{
    PostgresStore,
    row::{db, scope_number},
};

async fn generation(
    connection: &mut PgConnection,
    company: CompanyId,
    scope: Scope,
) -> Result<Option<BagId>, StoreError> {
    let found: Option<Vec<u8>> = sqlx::query_scalar("SELECT generation FROM bag WHERE company = $1 AND scope = $2")
        .bind(&company.0[..])
        .bind(scope_number(scope))
        .fetch_optional(connection)
        .await
        .map_err(db)?;
    found
        .map(|bytes| BagId::from_slice(&bytes).ok_or(StoreError::Corrupt { table: "bag", column: "generation" }))
        .transpose()
}

/// Adds rows but for those that are there and those whose person was erased, whose ids it gives.
async fn insert_rows(
    connection: &mut PgConnection,
    company: CompanyId,
    scope: Scope,
    rows: &[BagRow],
) -> Result<Vec<KeyId>, StoreError> {
    let (keys, wraps): (Vec<&[u8]>, Vec<&[u8]>) = rows.iter().map(|row| (&row.key.0[..], row.wrap.as_slice())).unzip();
    let erased: Vec<Vec<u8>> =
        sqlx::query_scalar("SELECT key FROM bag_erased WHERE company = $1 AND scope = $2 AND key = ANY ($3)")
            .bind(&company.0[..])
            .bind(scope_number(scope))
            .bind(&keys)
            .fetch_all(&mut *connection)
            .await
            .map_err(db)?;
    sqlx::query(
        "INSERT INTO bag_row (company, scope, key, wrap)
         SELECT $1, $2, key, wrap FROM unnest($3::bytea[], $4::bytea[]) AS new (key, wrap)
         WHERE NOT key = ANY ($5)
         ON CONFLICT DO NOTHING",
    )
    .bind(&company.0[..])
    .bind(scope_number(scope))
    .bind(&keys)
    .bind(&wraps)
    .bind(&erased)
    .execute(connection)
    .await
    .map_err(db)?;
    let is_erased = |key: &KeyId| erased.iter().any(|gone| gone[..] == key.0);
    Ok(rows.iter().map(|row| row.key).filter(is_erased).collect())
}

async fn set_generation(
    connection: &mut PgConnection,
    company: CompanyId,
    scope: Scope,
    generation: BagId,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO bag (company, scope, generation) VALUES ($1, $2, $3)
         ON CONFLICT (company, scope) DO UPDATE SET generation = excluded.generation",
    )
    .bind(&company.0[..])
    .bind(scope_number(scope))
    .bind(&generation.0[..])
    .execute(connection)
    .await
    .map_err(db)?;
    Ok(())
}

async fn add_wraps(
    connection: &mut PgConnection,
    company: CompanyId,
    scope: Scope,
    wraps: &[u8],
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO bag_wrap (company, scope, bytes) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
        .bind(&company.0[..])
        .bind(scope_number(scope))
        .bind(wraps)
        .execute(connection)
        .await
        .map_err(db)?;
    Ok(())
}

/// Replaces a bag whole.
pub(crate) async fn replace_bag(
    connection: &mut PgConnection,
    company: CompanyId,
    bag: &BagReplacement,
) -> Result<(), StoreError> {
    for statement in [
        "DELETE FROM bag_row WHERE company = $1 AND scope = $2",
        "DELETE FROM bag_wrap WHERE company = $1 AND scope = $2",
    ] {
        sqlx::query(statement)
            .bind(&company.0[..])
            .bind(scope_number(bag.scope))
            .execute(&mut *connection)
            .await
            .map_err(db)?;
    }
    let erased: Vec<&[u8]> = bag.erased.iter().map(|key| &key.0[..]).collect();
    sqlx::query(
        "INSERT INTO bag_erased (company, scope, key) SELECT $1, $2, unnest($3::bytea[]) ON CONFLICT DO NOTHING",
    )
    .bind(&company.0[..])
    .bind(scope_number(bag.scope))
    .bind(&erased)
    .execute(&mut *connection)
    .await
    .map_err(db)?;
    insert_rows(connection, company, bag.scope, &bag.rows).await?;
    set_generation(connection, company, bag.scope, bag.generation).await?;
    match &bag.wraps {
        Some(wraps) => add_wraps(connection, company, bag.scope, wraps).await,
        None => Ok(()),
    }
}

fn key_id(bytes: &[u8], table: &'static str) -> Result<KeyId, StoreError> {
    KeyId::from_slice(bytes).ok_or(StoreError::Corrupt { table, column: "key" })
}

#[async_trait]
impl KeyStore for PostgresStore {
    async fn put_bag_key(
        &self,
        company: CompanyId,
        scope: Scope,
        new_generation: BagId,
        wraps: Vec<u8>,
    ) -> Result<(), StoreError> {
        let mut writing = self.write(company).await?;
        if generation(&mut writing, company, scope).await?.is_some_and(|stands| stands != new_generation) {
            return Err(StoreError::Refused("keys.bag_stale"));
        }
        set_generation(&mut writing, company, scope, new_generation).await?;
        add_wraps(&mut writing, company, scope, &wraps).await?;
        writing.commit().await
    }

    async fn bag_union(
        &self,
        company: CompanyId,
        scope: Scope,
        of_generation: BagId,
        rows: Vec<BagRow>,
    ) -> Result<Vec<KeyId>, StoreError> {
        let mut writing = self.write(company).await?;
        if generation(&mut writing, company, scope).await? != Some(of_generation) {
            return Err(StoreError::Refused("keys.bag_stale"));
        }
        let refused = insert_rows(&mut writing, company, scope, &rows).await?;
        writing.commit().await?;
        Ok(refused)
    }

    async fn bag(&self, company: CompanyId, scope: Scope) -> Result<Option<Bag>, StoreError> {
        // One view: a replacement must not come between the key and the rows.
        let mut reading = self.read_of(company).await?;
        let Some(generation) = generation(&mut reading, company, scope).await? else { return Ok(None) };
        let wraps: Vec<Vec<u8>> =
            sqlx::query_scalar("SELECT bytes FROM bag_wrap WHERE company = $1 AND scope = $2 ORDER BY bytes")
                .bind(&company.0[..])
                .bind(scope_number(scope))
                .fetch_all(&mut *reading)
                .await
                .map_err(db)?;
        let rows: Vec<(Vec<u8>, Vec<u8>)> =
            sqlx::query_as("SELECT key, wrap FROM bag_row WHERE company = $1 AND scope = $2 ORDER BY key")
                .bind(&company.0[..])
                .bind(scope_number(scope))
                .fetch_all(&mut *reading)
                .await
                .map_err(db)?;
        let erased: Vec<Vec<u8>> =
            sqlx::query_scalar("SELECT key FROM bag_erased WHERE company = $1 AND scope = $2 ORDER BY key")
                .bind(&company.0[..])
                .bind(scope_number(scope))
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
