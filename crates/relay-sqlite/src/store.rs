//! The folder of files, and which of them are open.

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use sqlx::{
    ConnectOptions, Connection, SqliteConnection, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::sync::Mutex;
use zuc_relay_store::{CompanyId, LogId, RelayStore, StoreError};

use crate::{
    gate::Gate,
    row::{db, now_ms},
    writer::Writer,
};

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// How the store behaves.
#[derive(Clone, Debug)]
pub struct Options {
    /// How long the writer waits for more work before it commits.
    pub gather: Duration,
    /// How many companies stay open at once.
    pub max_open: usize,
    /// `false` only in the test that shows why it must be `true`.
    pub synchronous_full: bool,
    /// A SQLite VFS by name: the tests' one drops what was not synced.
    pub vfs: Option<String>,
    /// The clock of claims and leases; SQLite's own where none is given.
    pub clock: Option<GivenClock>,
}

/// A clock that is given, milliseconds since 1970.
#[derive(Clone)]
pub struct GivenClock(Arc<dyn Fn() -> i64 + Send + Sync>);

impl GivenClock {
    /// A clock that says what `now_ms` does.
    pub fn new(now_ms: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(now_ms))
    }

    pub(crate) fn now_ms(&self) -> i64 {
        (self.0)()
    }
}

impl std::fmt::Debug for GivenClock {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("GivenClock")
    }
}

/// Each takes some 0.8 MiB with its connections and their threads.
const MAX_OPEN: usize = 16;

impl Default for Options {
    fn default() -> Self {
        Self { gather: Duration::from_millis(2), max_open: MAX_OPEN, synchronous_full: true, vfs: None, clock: None }
    }
}

/// The store.
pub struct SqliteStore {
    folder: PathBuf,
    pub(crate) options: Options,
    open: Mutex<Open>,
    uses: AtomicU64,
}

#[derive(Default)]
struct Open {
    files: HashMap<CompanyId, Arc<Company>>,
    /// Those whose file this process has brought to its schema: it is not looked at again, each time that it is opened.
    migrated: HashSet<CompanyId>,
}

/// One open file.
pub(crate) struct Company {
    pub(crate) writer: Gate,
    pub(crate) readers: SqlitePool,
    last_use: AtomicU64,
}

impl SqliteStore {
    /// Opens the folder, which is made when it is missing.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it cannot be made or read.
    pub async fn open(folder: &Path, options: Options) -> Result<Self, StoreError> {
        tokio::fs::create_dir_all(folder).await.map_err(|error| StoreError::Unavailable(Box::new(error)))?;
        Ok(Self { folder: folder.to_owned(), options, open: Mutex::default(), uses: AtomicU64::new(0) })
    }

    /// The open file of a company that exists.
    pub(crate) async fn company(&self, company: CompanyId) -> Result<Arc<Company>, StoreError> {
        self.company_or_new(company, false).await
    }

    /// The open file of a company; made when `create`.
    pub(crate) async fn company_or_new(&self, company: CompanyId, create: bool) -> Result<Arc<Company>, StoreError> {
        let tick = self.uses.fetch_add(1, Ordering::Relaxed);
        let mut open = self.open.lock().await;
        if let Some(found) = open.files.get(&company) {
            found.last_use.store(tick, Ordering::Relaxed);
            return Ok(found.clone());
        }
        let path = self.folder.join(format!("{company}.db"));
        let exists = tokio::fs::try_exists(&path).await.unwrap_or(false);
        if !create && !exists {
            return Err(StoreError::UnknownCompany);
        }
        let migrated = exists && open.migrated.contains(&company);
        let opened = Arc::new(open_company(&path, &self.options, migrated).await?);
        open.migrated.insert(company);
        opened.last_use.store(tick, Ordering::Relaxed);
        if open.files.len() >= self.options.max_open {
            // Only what nobody holds is closed; the writer ends when its handle is dropped.
            let idle = open
                .files
                .iter()
                .filter(|(_, company)| Arc::strong_count(company) == 1)
                .min_by_key(|(_, company)| company.last_use.load(Ordering::Relaxed))
                .map(|(key, _)| *key);
            if let Some(idle) = idle {
                open.files.remove(&idle);
            }
        }
        open.files.insert(company, opened.clone());
        Ok(opened)
    }
}

impl SqliteStore {
    /// Notes beside a company's file that it is not here, so that listing need not open it; the file itself knows best.
    pub(crate) async fn set_away(&self, company: CompanyId, away: bool) -> Result<(), StoreError> {
        let unwritable = |error: std::io::Error| StoreError::Unavailable(Box::new(error));
        let note = self.folder.join(format!("{company}.away"));
        if away {
            return tokio::fs::write(&note, b"").await.map_err(unwritable);
        }
        match tokio::fs::remove_file(&note).await {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(unwritable(error)),
            _ => Ok(()),
        }
    }
}

fn connect_options(path: &Path, options: &Options) -> SqliteConnectOptions {
    let synchronous = if options.synchronous_full { SqliteSynchronous::Full } else { SqliteSynchronous::Off };
    let connect = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(synchronous)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(10))
        // An erased person's wrapped key must not survive in a free page.
        .pragma("secure_delete", "ON")
        // KiB: an entry is read and written once, and what is read again is a few heads
        .pragma("cache_size", "-128")
        .disable_statement_logging();
    match &options.vfs {
        Some(vfs) => connect.vfs(vfs.clone()),
        None => connect,
    }
}

async fn open_company(path: &Path, options: &Options, migrated: bool) -> Result<Company, StoreError> {
    let connect = connect_options(path, options);
    let mut writing = None;
    if !migrated {
        let mut connection = SqliteConnection::connect_with(&connect).await.map_err(db)?;
        MIGRATIONS
            .run_direct(None, &mut connection, false)
            .await
            .map_err(|error| StoreError::Unavailable(Box::new(error)))?;
        writing = Some(connection);
    }
    let writer = Gate::before(Writer::start(connect.clone(), writing, options.gather));
    let readers = SqlitePoolOptions::new()
        .max_connections(2)
        .min_connections(0)
        .idle_timeout(Duration::from_secs(30))
        .connect_lazy_with(connect.pragma("query_only", "ON"));
    Ok(Company { writer, readers, last_use: AtomicU64::new(0) })
}

#[async_trait]
impl RelayStore for SqliteStore {
    async fn companies(&self) -> Result<Vec<CompanyId>, StoreError> {
        let unreadable = |error: std::io::Error| StoreError::Unavailable(Box::new(error));
        let mut folder = tokio::fs::read_dir(&self.folder).await.map_err(unreadable)?;
        let mut keys = Vec::new();
        while let Some(file) = folder.next_entry().await.map_err(unreadable)? {
            let path = file.path();
            let is_database = path.extension().is_some_and(|extension| extension == "db");
            let key = path.file_stem().and_then(|stem| stem.to_str()).map(CompanyId::from_hex);
            let away = tokio::fs::try_exists(path.with_extension("away")).await.map_err(unreadable)?;
            if let (true, false, Some(Some(key))) = (is_database, away, key) {
                keys.push(key);
            }
        }
        Ok(keys)
    }

    async fn ping(&self) -> Result<(), StoreError> {
        let unwritable = |error: std::io::Error| StoreError::Unavailable(Box::new(error));
        let probe = self.folder.join(".probe");
        tokio::fs::write(&probe, b"ok").await.map_err(unwritable)?;
        tokio::fs::remove_file(&probe).await.map_err(unwritable)
    }

    async fn log_id(&self, company: CompanyId) -> Result<LogId, StoreError> {
        let company = self.company(company).await?;
        let bytes: Option<Vec<u8>> = sqlx::query_scalar("SELECT value FROM meta WHERE key = 'log_id'")
            .fetch_optional(&company.readers)
            .await
            .map_err(db)?;
        bytes
            .ok_or(StoreError::UnknownCompany)?
            .as_slice()
            .try_into()
            .map(LogId)
            .map_err(|_length| StoreError::Corrupt { table: "meta", column: "value" })
    }

    async fn clock_ms(&self, company: CompanyId) -> Result<i64, StoreError> {
        let company = self.company(company).await?;
        let mut connection = company.readers.acquire().await.map_err(db)?;
        now_ms(&mut connection).await
    }
}
