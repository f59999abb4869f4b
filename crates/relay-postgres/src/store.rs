//! The pool of connections, and what is asked of the server before it is trusted.

use std::{str::FromStr as _, time::Duration};

use async_trait::async_trait;
use sqlx::{
    ConnectOptions as _, Connection as _, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use zuc_relay_store::{CompanyId, LogId, RelayStore, StoreError};

use crate::{
    migrate,
    queue::Queues,
    row::{db, now_ms, unavailable},
};

/// The schema that holds the tables.
pub(crate) const SCHEMA: &str = "zuclubit";

/// How the store behaves.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many connections it holds at most.
    pub max_connections: u32,
    /// How long a caller waits for a connection, and then for its company's turn.
    pub patience: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { max_connections: 16, patience: Duration::from_secs(10) }
    }
}

/// The store.
pub struct PostgresStore {
    pub(crate) pool: PgPool,
    pub(crate) queues: Queues,
}

impl PostgresStore {
    /// Opens the store by its address, `postgres://role@host/database`, as a role that [`crate::migrate`] was told of.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the server does not answer, when its tables are older than this program, when
    /// the server acknowledges before it syncs, or when the role could see past the companies' walls: a superuser,
    /// one that bypasses row security, one that owns a table.
    pub async fn open(url: &str, options: Options) -> Result<Self, StoreError> {
        let patience = options.patience.as_millis();
        let connect = connect_options(url)?.options([
            ("lock_timeout", format!("{patience}ms")),
            // A caller that hangs inside its transaction holds its company's turn no longer than this.
            ("idle_in_transaction_session_timeout", "60s".to_owned()),
            ("statement_timeout", "60s".to_owned()),
        ]);
        // Asked on a connection of its own first: a pool would try again, and not say why.
        let mut connection = PgConnection::connect_with(&connect).await.map_err(db)?;
        trust(&mut connection).await.map_err(db)?;
        migrate::require_current(&mut connection).await?;
        connection.close().await.map_err(db)?;
        let pool = PgPoolOptions::new()
            .max_connections(options.max_connections)
            .acquire_timeout(options.patience)
            .idle_timeout(Duration::from_mins(10))
            .after_connect(|connection, _of_pool| Box::pin(trust(connection)))
            .connect_lazy_with(connect);
        Ok(Self { pool, queues: Queues::new(options.patience) })
    }
}

/// Where the server is, and nothing of what is said to it in any log.
pub(crate) fn connect_options(url: &str) -> Result<PgConnectOptions, StoreError> {
    let options = PgConnectOptions::from_str(url).map_err(db)?;
    Ok(options
        .application_name("zuclubit-relay")
        .options([("search_path", SCHEMA), ("timezone", "UTC")])
        .disable_statement_logging())
}

/// Asked of each connection, because a role's settings may change while the relay runs.
async fn trust(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let (syncs, sees_all, owns): (bool, bool, bool) = sqlx::query_as(
        "SELECT current_setting('fsync')::bool AND current_setting('full_page_writes')::bool
                AND current_setting('synchronous_commit') <> 'off',
            rolsuper OR rolbypassrls,
            EXISTS (
                SELECT 1 FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
                WHERE nspname = $1 AND pg_has_role(relowner, 'MEMBER'))
         FROM pg_roles WHERE rolname = current_user",
    )
    .bind(SCHEMA)
    .fetch_one(connection)
    .await?;
    for (wrong, why) in [
        (!syncs, "the server acknowledges before it syncs (fsync, full_page_writes, synchronous_commit)"),
        (sees_all, "the role is a superuser or bypasses row security"),
        (owns, "the role owns tables; the relay serves as another role than its owner"),
    ] {
        if wrong {
            return Err(sqlx::Error::Configuration(why.into()));
        }
    }
    Ok(())
}

#[async_trait]
impl RelayStore for PostgresStore {
    async fn companies(&self) -> Result<Vec<CompanyId>, StoreError> {
        let ids: Vec<Vec<u8>> = sqlx::query_scalar("SELECT companies()").fetch_all(&self.pool).await.map_err(db)?;
        ids.iter()
            .map(|id| CompanyId::from_slice(id).ok_or(StoreError::Corrupt { table: "company", column: "company" }))
            .collect()
    }

    /// Writes a word into the server's own log and waits until it is synced; no table keeps it.
    async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT pg_logical_emit_message(true, 'zuclubit', 'ping')")
            .execute(&self.pool)
            .await
            .map_err(unavailable)?;
        Ok(())
    }

    async fn log_id(&self, company: CompanyId) -> Result<LogId, StoreError> {
        let mut reading = self.read_of(company).await?;
        let bytes: Vec<u8> = sqlx::query_scalar("SELECT log_id FROM company WHERE company = $1")
            .bind(&company.0[..])
            .fetch_one(&mut *reading)
            .await
            .map_err(db)?;
        LogId::from_slice(&bytes).ok_or(StoreError::Corrupt { table: "company", column: "log_id" })
    }

    async fn clock_ms(&self, company: CompanyId) -> Result<i64, StoreError> {
        let mut reading = self.read_of(company).await?;
        now_ms(&mut reading).await
    }
}
