//! Opening the encrypted file: one writer, several readers, nothing logged.

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions};

use crate::StoreError;

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// The full-text tables.
pub(crate) const SEARCHES: [&str; 5] =
    ["lead_search", "customer_search", "proposal_search", "proposal_product_search", "financial_invoice_search"];
const READERS: u32 = 3;
/// Page caches in KiB: the writer's holds an import's hot index pages, a reader's a list's.
const WRITER_CACHE_KIB: u32 = 48 * 1024;
const READER_CACHE_KIB: u32 = 24 * 1024;

/// How a file is opened beyond its key.
#[derive(Debug, Clone)]
pub struct OpenOptions {
    /// A SQLite VFS by name: the tests' one drops what was not synced.
    pub vfs: Option<String>,
    /// `synchronous=FULL`; only the test that shows why turns it off.
    pub durable: bool,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self { vfs: None, durable: true }
    }
}

/// The two pools over one file.
#[derive(Debug, Clone)]
pub(crate) struct Pools {
    pub(crate) writer: SqlitePool,
    pub(crate) readers: SqlitePool,
}

/// Opens or creates the file at `path` under `key` and brings it to the newest schema.
///
/// # Errors
/// [`StoreError::WrongKey`] when the key is not the file's, [`StoreError::TooNew`] when a newer version wrote it.
pub(crate) async fn open(path: &Path, key: &[u8; 32], options: &OpenOptions) -> Result<Pools, StoreError> {
    let mut base = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .pragma("key", format!("\"x'{}'\"", hex::encode(key)))
        .journal_mode(SqliteJournalMode::Wal);
    if let Some(vfs) = &options.vfs {
        base = base.vfs(vfs.clone());
    }
    let writer = pool(base.clone(), WRITER_CACHE_KIB, 1, options).await?;
    migrate(&writer).await?;
    let readers =
        pool(base.create_if_missing(false).pragma("query_only", "1"), READER_CACHE_KIB, READERS, options).await?;
    Ok(Pools { writer, readers })
}

/// A store without a file: one connection, that writes and reads in turn.
pub(crate) async fn in_memory() -> Result<Pools, StoreError> {
    let base = SqliteConnectOptions::new().filename(":memory:").in_memory(true);
    let writer = pool(base, 2048, 1, &OpenOptions::default()).await?;
    migrate(&writer).await?;
    Ok(Pools { readers: writer.clone(), writer })
}

async fn pool(
    base: SqliteConnectOptions,
    cache_kib: u32,
    connections: u32,
    options: &OpenOptions,
) -> Result<SqlitePool, StoreError> {
    let options = base
        .synchronous(if options.durable { SqliteSynchronous::Full } else { SqliteSynchronous::Off })
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(5))
        .pragma("cipher_log_level", "NONE")
        .pragma("secure_delete", "ON")
        .pragma("temp_store", "MEMORY")
        .pragma("cache_size", format!("-{cache_kib}"))
        .pragma("wal_autocheckpoint", "1000")
        .statement_cache_capacity(256)
        // The key itself would otherwise be printed at DEBUG, and a slow statement's text at WARN.
        .disable_statement_logging();
    let pool = SqlitePoolOptions::new()
        .max_connections(connections)
        .min_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .acquire_timeout(Duration::from_secs(30))
        .connect_with(options)
        .await?;
    Ok(pool)
}

async fn migrate(writer: &SqlitePool) -> Result<(), StoreError> {
    use sqlx::migrate::MigrateError;
    MIGRATIONS.run(writer).await.map_err(|error| match error {
        MigrateError::VersionMissing(_) | MigrateError::VersionTooNew(..) => StoreError::TooNew,
        MigrateError::Execute(error) => error.into(),
        other => StoreError::Migration(other),
    })?;
    // A word taken out of a search index leaves its bytes there unless told otherwise. Not in the migrations: the
    // command-line SQLite of older systems, which prepares the checked queries, does not know the option.
    for table in SEARCHES {
        let sql = format!("INSERT INTO {table} ({table}, rank) VALUES ('secure-delete', 1)");
        sqlx::query(AssertSqlSafe(sql)).execute(writer).await?;
    }
    Ok(())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn the_wrong_key_is_a_clear_refusal_and_the_header_is_not_sqlites() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("z.db");
        let pools = open(&path, &[7; 32], &OpenOptions::default()).await.unwrap();
        let mode: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&pools.writer).await.unwrap();
        assert_eq!(mode, "wal");
        let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(&pools.writer).await.unwrap();
        assert_eq!(synchronous, 2);
        let cipher: String = sqlx::query_scalar("PRAGMA cipher_version").fetch_one(&pools.readers).await.unwrap();
        assert!(cipher.starts_with('4'), "{cipher}");
        let written = sqlx::query("DELETE FROM setting").execute(&pools.readers).await;
        assert!(written.is_err(), "readers do not write");
        pools.readers.close().await;
        pools.writer.close().await;
        assert!(!std::fs::read(&path).unwrap().starts_with(b"SQLite format 3"));

        let error = open(&path, &[8; 32], &OpenOptions::default()).await.unwrap_err();
        assert_eq!(error.code(), "store.wrong_key");
        let again = open(&path, &[7; 32], &OpenOptions::default()).await.unwrap();
        again.writer.close().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    #[ignore = "a measurement: run it with --nocapture"]
    async fn how_long_bulk_inserts_take() {
        let folder = tempfile::tempdir().unwrap();
        let pools = open(&folder.path().join("z.db"), &[7; 32], &OpenOptions::default()).await.unwrap();
        let mut tx = pools.writer.begin_with("BEGIN IMMEDIATE").await.unwrap();
        let start = std::time::Instant::now();
        let mut n = 0u64;
        for _ in 0..1000 {
            let mut q = sqlx::QueryBuilder::<sqlx::Sqlite>::new(
                "INSERT INTO lead_row (id, scope, full_name, company, email, phone, rfc, city, region, postal_code, industry, company_size, source, state, open, owner, owner_name, score, band, score_method, factors, amount, currency, amount_micro, next_step, next_step_due, created_on, created_at, notes, company_sort, name_sort, city_sort) ",
            );
            let base = n;
            q.push_values(0..100u64, |mut row, i| {
                let k = base + i;
                let h = blake3::hash(&k.to_le_bytes());
                let hex = h.to_hex();
                row.push_bind(h.as_bytes()[..16].to_vec())
                    .push_bind(17i64)
                    .push_bind(format!("Nombre {} Apellido", &hex[..6]))
                    .push_bind(format!("Empresa {} {}", &hex[6..10], &hex[10..14]))
                    .push_bind(format!("{}@{}.mx", &hex[..6], &hex[6..12]))
                    .push_bind(format!("+5255{}", k))
                    .push_bind(format!("AAA{}", &hex[..9]))
                    .push_bind("León")
                    .push_bind("GTO")
                    .push_bind("37530")
                    .push_bind("Construcción")
                    .push_bind(100i64)
                    .push_bind("Referido")
                    .push_bind("new")
                    .push_bind(1i64)
                    .push_bind(Vec::<u8>::new())
                    .push_bind("")
                    .push_bind((k % 100) as i64)
                    .push_bind("C")
                    .push_bind("rule_based_fallback")
                    .push_bind("[]")
                    .push_bind("1000.00")
                    .push_bind("MXN")
                    .push_bind((k * 1_000_000) as i64)
                    .push_bind("")
                    .push_bind(None::<String>)
                    .push_bind("2026-01-01")
                    .push_bind(k as i64)
                    .push_bind("")
                    .push_bind(format!("empresa {} {}", &hex[6..10], &hex[10..14]))
                    .push_bind(format!("nombre {}", &hex[..6]))
                    .push_bind("leon");
            });
            q.build().execute(&mut *tx).await.unwrap();
            n += 100;
        }
        let rows = start.elapsed();
        let start = std::time::Instant::now();
        for _ in 0..1000 {
            let mut q = sqlx::QueryBuilder::<sqlx::Sqlite>::new("INSERT OR IGNORE INTO lead_match_key ");
            let base = n;
            n += 100;
            q.push_values(0..500u64, |mut row, i| {
                let h = blake3::hash(&(base * 1000 + i).to_le_bytes());
                row.push_bind(i64::from_le_bytes(h.as_bytes()[..8].try_into().unwrap())).push_bind((base + i) as i64);
            });
            q.build().execute(&mut *tx).await.unwrap();
        }
        let keys = start.elapsed();
        let start = std::time::Instant::now();
        for _ in 0..1000 {
            let mut q = sqlx::QueryBuilder::<sqlx::Sqlite>::new(
                "INSERT INTO doc (scope, id, kind, tail, heads, schema, size) ",
            );
            let base = n;
            n += 100;
            q.push_values(0..100u64, |mut row, i| {
                let h = blake3::hash(&(base * 1000 + i).to_le_bytes());
                row.push_bind(17i64)
                    .push_bind(h.as_bytes()[..16].to_vec())
                    .push_bind(1i64)
                    .push_bind(vec![7u8; 700])
                    .push_bind(vec![3u8; 32])
                    .push_bind(1i64)
                    .push_bind(700i64);
            });
            q.build().execute(&mut *tx).await.unwrap();
        }
        let docs = start.elapsed();
        let start = std::time::Instant::now();
        tx.commit().await.unwrap();
        panic!("rows {rows:?} keys {keys:?} docs {docs:?} commit {:?}", start.elapsed());
    }
}
