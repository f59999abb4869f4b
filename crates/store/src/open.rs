//! Opening the encrypted file: one writer, several readers, nothing logged.

use std::path::Path;
use std::time::Duration;

use jiff::ZonedDateTime;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, SqliteConnection};
use tokio::sync::OnceCell;

use crate::StoreError;
use crate::floor::{self, Entry};

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// The full-text tables.
pub(crate) const SEARCHES: [&str; 5] =
    ["lead_search", "customer_search", "proposal_search", "proposal_product_search", "financial_invoice_search"];
const READERS: u32 = 3;
/// Page caches in KiB: the writer's holds an import's hot index pages, a reader's a list's.
const WRITER_CACHE_KIB: u32 = 128 * 1024;
const READER_CACHE_KIB: u32 = 24 * 1024;

/// How a file is opened beyond its key.
#[derive(Debug, Clone)]
pub struct OpenOptions {
    /// A SQLite VFS by name: the tests' one drops what was not synced.
    pub vfs: Option<String>,
    /// `synchronous=FULL`; only the test that shows why turns it off.
    pub durable: bool,
    /// Now, for the name of the backup that is made before a migration.
    pub now: ZonedDateTime,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self { vfs: None, durable: true, now: ZonedDateTime::default() }
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
    let base = under(path, key, options).create_if_missing(true).journal_mode(SqliteJournalMode::Wal);
    let writer = pool(base.clone(), WRITER_CACHE_KIB, one_writer(), options).await?;
    migrate(&writer).await?;
    Ok(Pools { readers: readers(base, options).await?, writer })
}

/// Opens what a newer program wrote, as its migrations let this one in. Nothing of the schema is changed, and where it is only
/// read, SQLite itself refuses every write.
pub(crate) async fn as_let_in(
    path: &Path,
    key: &[u8; 32],
    options: &OpenOptions,
    entry: Entry,
) -> Result<Pools, StoreError> {
    let base = under(path, key, options).create_if_missing(false).journal_mode(SqliteJournalMode::Wal);
    let writer = match entry {
        Entry::Whole => base.clone(),
        Entry::Reading(_) => base.clone().pragma("query_only", "1"),
    };
    let writer = pool(writer, WRITER_CACHE_KIB, one_writer(), options).await?;
    Ok(Pools { readers: readers(base, options).await?, writer })
}

async fn readers(base: SqliteConnectOptions, options: &OpenOptions) -> Result<SqlitePool, StoreError> {
    let readers = SqlitePoolOptions::new().max_connections(READERS);
    let base = base.create_if_missing(false).pragma("query_only", "1");
    pool(base, READER_CACHE_KIB, readers, options).await
}

fn under(path: &Path, key: &[u8; 32], options: &OpenOptions) -> SqliteConnectOptions {
    let base = SqliteConnectOptions::new()
        .filename(path)
        .pragma("key", format!("\"x'{}'\"", hex::encode(key)))
        .foreign_keys(true);
    match &options.vfs {
        Some(vfs) => base.vfs(vfs.clone()),
        None => base,
    }
}

/// One connection to a database that is there, for work on the file as such.
pub(crate) async fn lone(path: &Path, key: &[u8; 32]) -> Result<SqliteConnection, StoreError> {
    alone(path, key, &OpenOptions::default()).await
}

/// Whether the key opens what is there.
pub(crate) async fn fits(path: &Path, key: &[u8; 32]) -> Result<(), StoreError> {
    let mut conn = lone(path, key).await?;
    let read = sqlx::query("SELECT count(*) FROM sqlite_schema").execute(&mut conn).await;
    conn.close().await?;
    Ok(read.map(drop)?)
}

async fn alone(path: &Path, key: &[u8; 32], options: &OpenOptions) -> Result<SqliteConnection, StoreError> {
    hush().await?;
    let options = under(path, key, options).busy_timeout(Duration::from_secs(5)).pragma("temp_store", "MEMORY");
    Ok(options.disable_statement_logging().connect().await?)
}

/// Which program wrote a database last.
pub(crate) enum Left {
    /// An earlier version, and somebody's data are in it: over this connection they are backed up first.
    Earlier(SqliteConnection),
    /// This version, or one that made nothing of it yet.
    Same,
    /// A later one, which lets this one in so far.
    Later(Entry),
}

/// Looks at a database before it is opened.
///
/// # Errors
/// [`StoreError::WrongKey`]; [`StoreError::TooNew`] where a later version lets this one in not even to read.
pub(crate) async fn left_by(path: &Path, key: &[u8; 32], options: &OpenOptions) -> Result<Left, StoreError> {
    let mut conn = alone(path, key, options).await?;
    // one that was cut short while it was made belongs to nobody yet
    let settled: bool =
        sqlx::query_scalar("SELECT count(*) = 2 FROM sqlite_schema WHERE name IN ('_sqlx_migrations', 'device_state')")
            .fetch_one(&mut conn)
            .await?;
    let left = if !settled {
        Ok(Left::Same)
    } else if schema(&mut conn).await? > newest() {
        let known: Vec<i64> = MIGRATIONS.iter().map(|migration| migration.version).collect();
        floor::entry(&mut conn, &known).await.map(Left::Later)
    } else if schema(&mut conn).await? < newest()
        && sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM device_state)").fetch_one(&mut conn).await?
    {
        return Ok(Left::Earlier(conn));
    } else {
        Ok(Left::Same)
    };
    conn.close().await?;
    left
}

/// The newest migration that a database has had.
pub(crate) async fn schema(conn: &mut SqliteConnection) -> Result<i64, StoreError> {
    let version = sqlx::query_scalar("SELECT ifnull(max(version), 0) FROM _sqlx_migrations").fetch_one(conn).await?;
    Ok(version)
}

/// The newest that there is.
pub(crate) fn newest() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0)
}

/// What a version ran whose newest migration was this.
#[cfg(test)]
pub(crate) fn up_to(version: i64) -> sqlx::migrate::Migrator {
    sqlx::migrate::Migrator {
        migrations: MIGRATIONS.iter().filter(|migration| migration.version <= version).cloned().collect(),
        ..sqlx::migrate::Migrator::DEFAULT
    }
}

/// A store without a file: one connection, that writes and reads in turn.
pub(crate) async fn in_memory() -> Result<Pools, StoreError> {
    let base = SqliteConnectOptions::new().filename(":memory:").in_memory(true);
    let writer = pool(base, 2048, one_writer(), &OpenOptions::default()).await?;
    migrate(&writer).await?;
    Ok(Pools { readers: writer.clone(), writer })
}

/// SQLCipher says on the terminal what it cannot decrypt, until it is told not to; a connection to the file itself can
/// tell it only after it has tried. What is told holds for the whole process, so it is told once.
async fn hush() -> Result<(), StoreError> {
    static HUSHED: OnceCell<()> = OnceCell::const_new();
    let hush = || async {
        // its crypto library would clean up at exit while a connection's thread may still use it: this leaves that out, where
        // it comes before the first connection
        openssl::init();
        let mut connection = SqliteConnectOptions::new().in_memory(true).connect().await?;
        sqlx::query("PRAGMA cipher_log_level = NONE").execute(&mut connection).await?;
        Ok::<_, StoreError>(connection.close().await?)
    };
    HUSHED.get_or_try_init(hush).await.copied()
}

/// A full disk makes SQLite roll back by itself; sqlx then fails its own rollback and would for ever take the connection
/// to be in a transaction. The ping waits for that rollback; such a connection is opened anew.
fn one_writer() -> SqlitePoolOptions {
    SqlitePoolOptions::new().max_connections(1).before_acquire(|connection, _| {
        Box::pin(async move {
            connection.ping().await?;
            Ok(!connection.is_in_transaction())
        })
    })
}

async fn pool(
    base: SqliteConnectOptions,
    cache_kib: u32,
    connections: SqlitePoolOptions,
    options: &OpenOptions,
) -> Result<SqlitePool, StoreError> {
    hush().await?;
    let options = base
        .synchronous(if options.durable { SqliteSynchronous::Full } else { SqliteSynchronous::Off })
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(5))
        .pragma("secure_delete", "ON")
        .pragma("temp_store", "MEMORY")
        .pragma("cache_size", format!("-{cache_kib}"))
        .pragma("wal_autocheckpoint", "1000")
        .statement_cache_capacity(256)
        // The key itself would otherwise be printed at DEBUG, and a slow statement's text at WARN.
        .disable_statement_logging();
    let pool = connections
        .min_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .acquire_timeout(Duration::from_secs(30))
        // the other end is a thread of this process: asking whether it is there costs a query as much again
        .test_before_acquire(false)
        .connect_with(options)
        .await?;
    Ok(pool)
}

/// Brings the schema to the newest. All migrations are one transaction: whoever is killed meanwhile leaves what was there.
async fn migrate(writer: &SqlitePool) -> Result<(), StoreError> {
    use sqlx::migrate::MigrateError;
    let mut tx = writer.begin_with("BEGIN IMMEDIATE").await?;
    // `run` asks for what no connection within a transaction is, for any lifetime; this is what it calls
    MIGRATIONS.run_direct(None, &mut *tx, false).await.map_err(|error| match error {
        MigrateError::VersionMissing(_) | MigrateError::VersionTooNew(..) => StoreError::TooNew,
        MigrateError::Execute(error) => error.into(),
        other => StoreError::Migration(other),
    })?;
    // A word taken out of a search index leaves its bytes there unless told otherwise. Not in the migrations: the
    // command-line SQLite of older systems, which prepares the checked queries, does not know the option.
    for table in keep_their_words(&mut tx).await? {
        let sql = format!("INSERT INTO {table} ({table}, rank) VALUES ('secure-delete', 1)");
        sqlx::query(AssertSqlSafe(sql)).execute(&mut *tx).await?;
    }
    Ok(tx.commit().await?)
}

/// Search indexes that were not told yet: a start that writes nothing syncs nothing.
async fn keep_their_words(conn: &mut SqliteConnection) -> Result<Vec<String>, StoreError> {
    let untold = SEARCHES.map(|table| {
        format!("SELECT '{table}' WHERE NOT EXISTS (SELECT 1 FROM {table}_config WHERE k = 'secure-delete' AND v = 1)")
    });
    Ok(sqlx::query_scalar(AssertSqlSafe(untold.join(" UNION ALL "))).fetch_all(conn).await?)
}

#[cfg(test)]
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
        let mut writer = pools.writer.acquire().await.unwrap();
        assert_eq!(keep_their_words(&mut writer).await.unwrap(), [""; 0], "what is taken out of an index is gone");
        drop(writer);
        pools.readers.close().await;
        pools.writer.close().await;
        assert!(!std::fs::read(&path).unwrap().starts_with(b"SQLite format 3"));

        let error = open(&path, &[8; 32], &OpenOptions::default()).await.unwrap_err();
        assert_eq!(error.code(), "store.wrong_key");
        let again = open(&path, &[7; 32], &OpenOptions::default()).await.unwrap();
        again.writer.close().await;
    }

    #[tokio::test]
    async fn leads_of_an_older_version_get_their_facets() {
        let base = SqliteConnectOptions::new().filename(":memory:").in_memory(true);
        let writer = pool(base, 2048, one_writer(), &OpenOptions::default()).await.unwrap();
        up_to(7).run(&writer).await.unwrap();
        for (n, state, batch, amount) in [(1, "new", None, 5), (2, "new", None, 7), (3, "working", Some([7u8; 16]), 0)]
        {
            sqlx::query(
                "INSERT INTO lead_row (n, id, scope, full_name, company, email, phone, rfc, city, postal_code, industry,
                     source, state, open, owner, owner_name, score, band, score_method, factors, currency, amount_micro,
                     next_step, created_on, created_at, import_batch, notes, company_sort, name_sort, city_sort,
                     match_keys)
                 VALUES (?1, ?1, 1, '', '', '', '', '', '', '', '', 'Expo', ?2, 1, x'', '', 0, 'C', '', '', 'MXN', ?4, '',
                     '', 0, ?3, '', '', '', '', x'')",
            )
            .bind(n)
            .bind(state)
            .bind(batch.as_ref().map(<[u8; 16]>::as_slice))
            .bind(amount)
            .execute(&writer)
            .await
            .unwrap();
        }
        sqlx::query("INSERT INTO outbox (scope, kind, item, body, incarnation) VALUES (3, 1, x'', x'', x'')")
            .execute(&writer)
            .await
            .unwrap();
        migrate(&writer).await.unwrap();
        let totals: Vec<(String, i64, i64)> = sqlx::query_as(
            "SELECT f.state, t.rows, t.amount_micro FROM lead_row r JOIN lead_facet f ON f.n = r.facet
             JOIN lead_total t ON t.facet = f.n ORDER BY r.n",
        )
        .fetch_all(&writer)
        .await
        .unwrap();
        let expected = [("new", 2, 12), ("new", 2, 12), ("working", 1, 0)];
        assert_eq!(totals, expected.map(|(state, rows, micro)| (state.to_owned(), rows, micro)));
        let waiting: Vec<(i64, i64)> = sqlx::query_as("SELECT * FROM outbox_count").fetch_all(&writer).await.unwrap();
        assert_eq!(waiting, [(3, 1)]);
    }
}
