//! Files that nothing opens any more: those of persons who were forgotten, and those that lay in the bin for their time. They go
//! from this disk and from beside its backups, and the relay is told.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::Duration;

use jiff::Timestamp;
use sqlx::SqliteConnection;
use uuid::Uuid;
use zuc_domain::attachment::{AttachmentRemoval, FileHash};
use zuc_domain::shared::Scope;

use super::files::hash_of;
use crate::store::{scope_number, scope_of, uuid_of};
use crate::{Store, StoreError};

/// How long a file that was taken away can be brought back.
pub const IN_THE_BIN: Duration = Duration::from_hours(30 * 24);

/// A file by the scope of its record and its name.
pub type FileKey = (Scope, FileHash);

impl Store {
    /// Notes which files lie in the bin at `now`, and lets those go whose time there is over: their bytes leave this disk and
    /// the folders of its backups. How many were let go.
    ///
    /// The time is counted from when this laptop saw the file away, so that nobody who writes an early date destroys one.
    pub async fn let_files_go(&self, now: Timestamp) -> Result<u64, StoreError> {
        let mut tx = self.begin_plain().await?;
        let away = away(&mut tx).await?;
        let at = now.as_millisecond();
        let over = at.saturating_sub(i64::try_from(IN_THE_BIN.as_millis()).unwrap_or(i64::MAX));
        let rows = sqlx::query!("SELECT scope, hash, away_at FROM attachment").fetch_all(&mut *tx).await?;
        let mut let_go = 0;
        for row in rows {
            let is_away = away.contains(&(row.scope, hash_of(&row.hash)?));
            if is_away != row.away_at.is_some() {
                let since = is_away.then_some(at);
                sqlx::query!(
                    "UPDATE attachment SET away_at = ? WHERE scope = ? AND hash = ?",
                    since,
                    row.scope,
                    row.hash
                )
                .execute(&mut *tx)
                .await?;
            }
        }
        let gone = sqlx::query!("UPDATE attachment SET let_go = 1 WHERE let_go = 0 AND away_at <= ?", over);
        let_go += gone.execute(&mut *tx).await?.rows_affected();
        tx.commit().await?;
        if let_go > 0 {
            self.sweep_files().await?;
            self.renew_people().await?;
        }
        Ok(let_go)
    }

    /// Files that nothing opens any more and of which the relay has not said that it dropped them.
    pub async fn files_to_drop(&self) -> Result<Vec<FileKey>, StoreError> {
        let rows = sqlx::query!(
            "SELECT scope, hash FROM attachment WHERE dropped = 0
                 AND (let_go = 1 AND away_at IS NOT NULL OR key_id IN (SELECT key_id FROM person_erased))
             ORDER BY scope, hash"
        )
        .fetch_all(self.reader())
        .await?;
        rows.into_iter().map(|row| Ok((scope_of(row.scope)?, hash_of(&row.hash)?))).collect()
    }

    /// Notes that the relay dropped a file for good.
    pub async fn file_dropped(&self, (scope, hash): FileKey) -> Result<(), StoreError> {
        let (scope, hash) = (scope_number(scope), hash.0.as_slice());
        sqlx::query!("UPDATE attachment SET dropped = 1 WHERE scope = ? AND hash = ?", scope, hash)
            .execute(&self.inner.pools.writer)
            .await?;
        Ok(())
    }

    /// Of the files under these keys of persons, how many the relay has said that it dropped, and how many not.
    pub async fn dropped_under(&self, keys: &BTreeSet<zuc_protocol::ids::KeyId>) -> Result<(u64, u64), StoreError> {
        let names = serde_json::to_string(&keys.iter().map(|key| hex::encode(key.0)).collect::<Vec<_>>())?;
        let row = sqlx::query!(
            r#"SELECT COALESCE(SUM(dropped), 0) AS "dropped!: i64", COUNT(*) AS "all!: i64" FROM attachment
               WHERE key_id IN (SELECT unhex(value) FROM json_each(?))"#,
            names,
        )
        .fetch_one(self.reader())
        .await?;
        let (dropped, all) = (u64::try_from(row.dropped).unwrap_or(0), u64::try_from(row.all).unwrap_or(0));
        Ok((dropped, all.saturating_sub(dropped)))
    }
}

/// Files of which every fact that names them was taken away. An act counts for a fact of its own scope only, and a file that two
/// facts name stays while one of them does: nobody destroys another's by naming it again.
async fn away(conn: &mut SqliteConnection) -> Result<HashSet<(i64, FileHash)>, StoreError> {
    let acts = sqlx::query!("SELECT scope, body FROM fact WHERE kind = 'attachment.removed' AND lost = 0")
        .fetch_all(&mut *conn)
        .await?;
    let mut by_file: HashMap<(i64, Uuid), Vec<AttachmentRemoval>> = HashMap::new();
    for act in acts {
        // one that does not read is another version's, and counts here as little as in a list
        if let Ok(removal) = serde_json::from_str::<AttachmentRemoval>(&act.body) {
            by_file.entry((act.scope, removal.file.0)).or_default().push(removal);
        }
    }
    if by_file.is_empty() {
        return Ok(HashSet::new());
    }
    let facts = sqlx::query!(
        r#"SELECT scope, id, json_extract(body, '$.hash') AS "hash: String" FROM fact
           WHERE kind = 'attachment.added' AND lost = 0"#
    )
    .fetch_all(conn)
    .await?;
    let (mut away, mut stands) = (HashSet::new(), HashSet::new());
    for fact in facts {
        let Some(hash) = fact.hash.as_deref().and_then(|hash| hash.parse::<FileHash>().ok()) else { continue };
        let id = uuid_of("fact", &fact.id)?;
        let acts = by_file.get(&(fact.scope, id)).map(Vec::as_slice).unwrap_or_default();
        let is_away = AttachmentRemoval::is_away(zuc_domain::shared::AttachmentId(id), acts);
        if is_away { &mut away } else { &mut stands }.insert((fact.scope, hash));
    }
    away.retain(|file| !stands.contains(file));
    Ok(away)
}
