//! What the owner of the tables does before a relay serves: the tables, and what the relay's role may do with them.

use sqlx::{AssertSqlSafe, Connection as _, PgConnection, migrate::Migrator};
use zuc_relay_store::StoreError;

use crate::{
    row::{db, unavailable},
    store::{SCHEMA, connect_options},
};

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// What the relay's role may do with each table. The logs and receipts only grow: no statement of the relay can
/// change or take away what it has acknowledged, but for the bytes of entries, which one function drops before the begin of a log
/// and another gives back.
const MAY: &[(&str, &str)] = &[
    ("company", "SELECT, INSERT, UPDATE (log_id, state, ticket)"),
    ("control", "SELECT, INSERT"),
    ("scope_head", "SELECT, INSERT, UPDATE"),
    ("entry", "SELECT, INSERT"),
    ("author", "SELECT, INSERT, UPDATE"),
    ("bag", "SELECT, INSERT, UPDATE"),
    ("bag_wrap", "SELECT, INSERT, DELETE"),
    ("bag_row", "SELECT, INSERT, DELETE"),
    ("bag_erased", "SELECT, INSERT"),
    ("invite", "SELECT, INSERT"),
    ("enrolment", "SELECT, INSERT, UPDATE"),
    ("request", "SELECT, INSERT"),
    ("folio", "SELECT, INSERT, UPDATE"),
    ("rfc_claim", "SELECT, INSERT, DELETE"),
    ("lead_claim", "SELECT, INSERT"),
    ("lease", "SELECT, INSERT, UPDATE"),
    ("stamp_intent", "SELECT, INSERT, UPDATE"),
    ("stamp_attempt", "SELECT, INSERT, UPDATE"),
    ("idempotency", "SELECT, INSERT, UPDATE, DELETE"),
    ("loss", "SELECT, INSERT, UPDATE"),
    ("offered", "SELECT, INSERT, UPDATE"),
    ("attachment", "SELECT, INSERT, UPDATE, DELETE"),
    ("attachment_piece", "SELECT, INSERT, DELETE"),
    ("attachment_dropped", "SELECT, INSERT"),
    ("manifest", "SELECT, INSERT, DELETE"),
    ("manifest_word", "SELECT, INSERT, UPDATE, DELETE"),
    ("pack", "SELECT, INSERT, DELETE"),
    ("log_begin", "SELECT, INSERT, UPDATE"),
    ("held", "SELECT, INSERT, UPDATE"),
    ("seen", "SELECT, INSERT, UPDATE"),
    ("left_behind", "SELECT, INSERT, UPDATE"),
    // Whether the tables are those that the program was built for.
    ("_sqlx_migrations", "SELECT"),
];

/// Functions that the relay's role may call.
const CALLS: &[&str] = &["companies()", "now_ms()", "clear_bodies(bigint, bigint)", "give_body(bigint, bigint, bytea)"];

/// Makes the tables, or brings them up to date, as their owner; then grants `role` what a relay needs and no more.
///
/// The owner may create a schema in the database. The role exists already: a relay's password is nobody's business
/// here. May be run again, and must be after an upgrade, before the relay is started.
///
/// # Errors
/// [`StoreError::Unavailable`] when the server refuses: no such role, or the owner may not.
pub async fn migrate(owner_url: &str, role: &str) -> Result<(), StoreError> {
    // These statements take no parameters: the name stands in them, quoted.
    let role = format!("\"{}\"", role.replace('"', "\"\""));
    let mut connection = PgConnection::connect_with(&connect_options(owner_url)?).await.map_err(db)?;
    execute(&mut connection, format!("CREATE SCHEMA IF NOT EXISTS {SCHEMA}")).await?;
    MIGRATIONS.run_direct(None, &mut connection, false).await.map_err(unavailable)?;
    let mut granting = connection.begin().await.map_err(db)?;
    execute(&mut granting, format!("REVOKE ALL ON ALL TABLES IN SCHEMA {SCHEMA} FROM {role}")).await?;
    execute(&mut granting, format!("GRANT USAGE ON SCHEMA {SCHEMA} TO {role}")).await?;
    for (table, verbs) in MAY {
        execute(&mut granting, format!("GRANT {verbs} ON {SCHEMA}.{table} TO {role}")).await?;
    }
    for function in CALLS {
        execute(&mut granting, format!("GRANT EXECUTE ON FUNCTION {SCHEMA}.{function} TO {role}")).await?;
    }
    granting.commit().await.map_err(db)?;
    connection.close().await.map_err(db)
}

async fn execute(connection: &mut PgConnection, statement: String) -> Result<(), StoreError> {
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(connection).await.map(|_done| ()).map_err(db)
}

/// Refuses tables that are older than the program; newer ones only have more.
pub(crate) async fn require_current(connection: &mut PgConnection) -> Result<(), StoreError> {
    let newest = MIGRATIONS.iter().map(|migration| migration.version).max();
    let made: bool = sqlx::query_scalar("SELECT to_regclass('_sqlx_migrations') IS NOT NULL")
        .fetch_one(&mut *connection)
        .await
        .map_err(db)?;
    let stands: Option<i64> = if made {
        sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations WHERE success")
            .fetch_one(connection)
            .await
            .map_err(db)?
    } else {
        None
    };
    if stands >= newest {
        return Ok(());
    }
    Err(StoreError::Unavailable("the relay's tables are missing or older than it: `migrate` comes first".into()))
}
