//! The copy that a backup is made of: the whole database as one moment had it, emptied of what is made again.

use std::path::{Path, PathBuf};

use sqlx::{AssertSqlSafe, Connection, SqliteConnection};
use uuid::Uuid;
use zuc_protocol::control::{ControlLog, SignedControl};
use zuc_protocol::identity::DevicePublic;
use zuc_protocol::ids::{CompanyId, DeviceId};

use super::people::People;
use super::tables::left_out;
use crate::keys::Keys;
use crate::{StoreError, open, remote, store, verify};

/// Setting of a copy: what each scope held, as the database had it.
pub(super) const DIGESTS: &str = "backup_digests";
/// Files beside each other while a backup is made.
const WHOLE: &str = "copy-whole.db";
const EMPTIED: &str = "copy.db";
/// A database that is made of a backup only to look at it.
pub(super) const TRIAL: &str = "trial.db";
/// A database that the entries of a scope are folded in once more.
pub(crate) const ASIDE: &str = "aside.db";

/// A copy, and what the backup's header says of it.
pub(super) struct Copied {
    pub(super) path: PathBuf,
    pub(super) company: CompanyId,
    pub(super) device: DeviceId,
    pub(super) root: DevicePublic,
    pub(super) schema: i64,
    pub(super) people: People,
}

/// Copies the database behind `from`, which is closed then; `None` where no company is in it yet. `VACUUM INTO` reads one
/// moment, whatever is written meanwhile, and keeps nobody from writing.
pub(super) async fn make(
    mut from: SqliteConnection,
    keys: &Keys,
    scratch: &Path,
) -> Result<Option<Copied>, StoreError> {
    sweep_copies(scratch);
    let whole = scratch.join(WHOLE);
    sqlx::query("PRAGMA query_only = 0").execute(&mut from).await?;
    vacuum_into(&mut from, &whole).await?;
    from.close().await?;
    let mut conn = open::lone(&whole, &keys.database).await?;
    let copied = empty(&mut conn, keys, scratch).await;
    conn.close().await?;
    remove(&whole);
    copied
}

/// Deletes what a backup, a trial or a restoration that was cut short left: it holds what may have been forgotten since.
pub(crate) fn sweep(scratch: &Path, restoring: &Path) {
    sweep_copies(scratch);
    remove(&scratch.join(TRIAL));
    remove(&scratch.join(ASIDE));
    remove(restoring);
}

fn sweep_copies(scratch: &Path) {
    remove(&scratch.join(WHOLE));
    remove(&scratch.join(EMPTIED));
}

/// Deletes a database that nobody has open.
pub(crate) fn remove(path: &Path) {
    for ending in ["", "-wal", "-shm", "-journal"] {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        // what is not there, or stays there, is written over by the next one
        let _ = std::fs::remove_file(PathBuf::from(name));
    }
}

async fn vacuum_into(conn: &mut SqliteConnection, to: &Path) -> Result<(), StoreError> {
    let to = to.to_string_lossy().into_owned();
    sqlx::query("VACUUM INTO ?").bind(to).execute(conn).await?;
    Ok(())
}

async fn empty(conn: &mut SqliteConnection, keys: &Keys, scratch: &Path) -> Result<Option<Copied>, StoreError> {
    let Some(row) = sqlx::query!("SELECT company, device FROM device_state").fetch_optional(&mut *conn).await? else {
        return Ok(None);
    };
    let company = CompanyId::from_uuid(store::uuid_of("device_state", &row.company)?);
    let device: Uuid = store::uuid_of("device_state", &row.device)?;
    let records = sqlx::query_scalar!("SELECT bytes FROM control ORDER BY seq").fetch_all(&mut *conn).await?;
    let corrupt = |code: &str| StoreError::corrupt("control", "bytes", code);
    let records = records.iter().map(|bytes| SignedControl::from_bytes(bytes)).collect::<Result<Vec<_>, _>>();
    let control = ControlLog::replay(company, records.map_err(|error| corrupt(error.code()))?);
    let root = control.map_err(|error| corrupt(error.code()))?.root();
    let schema = open::schema(conn).await?;
    if schema == open::newest() {
        let digests = serde_json::to_string(&verify::digests_of(conn).await?)?;
        remote::put_setting(conn, DIGESTS, &digests).await?;
    }
    let people = People::of(conn, keys).await?;
    leave_out(conn).await?;
    let path = scratch.join(EMPTIED);
    // a second time: what was deleted leaves no byte, and no page
    vacuum_into(conn, &path).await?;
    Ok(Some(Copied { path, company, device: DeviceId::from_uuid(device), root, schema, people }))
}

/// Drops what is made again and makes it anew, empty: the copy has the schema of the database it was made of.
async fn leave_out(conn: &mut SqliteConnection) -> Result<(), StoreError> {
    for pragma in ["PRAGMA foreign_keys = 0", "PRAGMA secure_delete = 0", "PRAGMA synchronous = 0"] {
        sqlx::query(pragma).execute(&mut *conn).await?;
    }
    let mut anew: Vec<String> = Vec::new();
    let mut after: Vec<String> = Vec::new();
    let mut tx = conn.begin().await?;
    for table in left_out() {
        let parts: Vec<(String, String)> =
            sqlx::query_as("SELECT type, sql FROM sqlite_schema WHERE tbl_name = ? AND sql IS NOT NULL")
                .bind(table)
                .fetch_all(&mut *tx)
                .await?;
        for (kind, sql) in parts {
            if kind == "table" { anew.push(sql) } else { after.push(sql) }
        }
        // the names are this program's own
        sqlx::query(AssertSqlSafe(format!("DROP TABLE IF EXISTS {table}"))).execute(&mut *tx).await?;
    }
    for sql in anew.into_iter().chain(after) {
        sqlx::query(AssertSqlSafe(sql)).execute(&mut *tx).await?;
    }
    tx.commit().await?;
    Ok(())
}
