//! Commands that write several scopes: a part in each, the one that others refer to sent first; and which parts are here.

use jiff::Timestamp;
use sqlx::SqliteConnection;
use uuid::Uuid;
use zuc_domain::shared::Scope;
use zuc_protocol::ids::{BatchHash, RequestId};
use zuc_protocol::item::Part;

use crate::store::{scope_number, scope_of, uuid_of};
use crate::tx::Tx;
use crate::{Store, StoreError};

/// A command of which not all parts are here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incomplete {
    /// The command.
    pub command: Uuid,
    /// How many of its parts are here.
    pub here: u8,
    /// How many there are.
    pub of: u8,
    /// Where those lie that are here.
    pub scopes: Vec<Scope>,
    /// When the first of them came.
    pub since: Timestamp,
}

impl Tx {
    /// What is recorded from here on are the parts of one command, `of` in all, beginning with the first. What later parts
    /// refer to belongs to earlier ones.
    pub fn parts(&mut self, of: u8) {
        let command = RequestId(*self.unnoted_id().as_bytes());
        self.part = Some(Part { command, part: 1, of });
    }

    /// The next part begins.
    pub fn next_part(&mut self) {
        if let Some(part) = &mut self.part {
            part.part = part.part.saturating_add(1).min(part.of);
        }
    }

    /// Notes that the part lies here in whose course something was written.
    pub(crate) async fn note_part(&mut self, scope: i64) -> Result<Option<Part>, StoreError> {
        if let Some(part) = self.part {
            note(&mut self.conn, part, scope, self.session.at).await?;
        }
        Ok(self.part)
    }
}

/// Notes that a part of a command lies here.
pub(crate) async fn note(
    conn: &mut SqliteConnection,
    part: Part,
    scope: i64,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (command, at) = (part.command.0.as_slice(), now.as_millisecond());
    sqlx::query!(
        "INSERT INTO part (command, part, parts, scope, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        command,
        part.part,
        part.of,
        scope,
        at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A command, as the outbox says it of an item.
fn said(part: Part) -> Result<String, StoreError> {
    Ok(format!(r#""command":{}"#, serde_json::to_string(&part.command)?))
}

/// Whether a part waits for one before it that the relay does not have yet.
pub(crate) async fn waits(conn: &mut SqliteConnection, part: Part) -> Result<bool, StoreError> {
    if part.part <= 1 {
        return Ok(false);
    }
    let command = said(part)?;
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT 1 FROM outbox WHERE extras IS NOT NULL AND instr(extras, ?) > 0
               AND json_extract(extras, '$.part.part') < ?) AS "waits!: bool""#,
        command,
        part.part,
    )
    .fetch_one(conn)
    .await?)
}

/// The items of the outbox `rows`, and those of later parts of their commands: without what they refer to they are nothing.
pub(crate) async fn with_later_parts(conn: &mut SqliteConnection, rows: &[i64]) -> Result<Vec<i64>, StoreError> {
    let mut all = rows.to_vec();
    let these = serde_json::to_string(rows)?;
    let extras = sqlx::query_scalar!(
        r#"SELECT extras AS "extras!: String" FROM outbox
           WHERE n IN (SELECT value FROM json_each(?)) AND extras IS NOT NULL AND instr(extras, '"part":{') > 0"#,
        these,
    )
    .fetch_all(&mut *conn)
    .await?;
    for extras in extras {
        let extras: crate::outbox::Extras = serde_json::from_str(&extras)?;
        let Some(part) = extras.part else { continue };
        let command = said(part)?;
        let later = sqlx::query_scalar!(
            r#"SELECT n AS "n!: i64" FROM outbox WHERE extras IS NOT NULL AND instr(extras, ?) > 0
               AND json_extract(extras, '$.part.part') > ?"#,
            command,
            part.part,
        )
        .fetch_all(&mut *conn)
        .await?;
        all.extend(later);
    }
    all.sort_unstable();
    all.dedup();
    Ok(all)
}

impl Store {
    /// Whether a batch carries parts for which later ones may wait.
    pub(crate) async fn carries_parts(&self, batch: BatchHash) -> Result<bool, StoreError> {
        let batch = batch.0.as_slice();
        Ok(sqlx::query_scalar!(
            r#"SELECT EXISTS (SELECT 1 FROM outbox WHERE batch = ? AND extras IS NOT NULL AND instr(extras, '"part":{') > 0)
               AS "any!: bool""#,
            batch,
        )
        .fetch_one(self.reader())
        .await?)
    }

    /// Commands of which not all parts are here, the oldest first. A part may lie in a scope that this device does not read:
    /// only who reads every scope of their kind knows that it is to come.
    pub async fn incomplete(&self) -> Result<Vec<Incomplete>, StoreError> {
        let rows = sqlx::query!(
            r#"SELECT command AS "command!: Vec<u8>", count(*) AS "here!: i64", max(parts) AS "of!: i64",
                   group_concat(DISTINCT scope) AS "scopes!: String", min(at) AS "since!: i64"
               FROM part GROUP BY command HAVING count(*) < max(parts) ORDER BY min(at), command"#
        )
        .fetch_all(self.reader())
        .await?;
        rows.into_iter()
            .map(|row| {
                let scopes = row.scopes.split(',').filter_map(|scope| scope.parse().ok()).map(scope_of);
                Ok(Incomplete {
                    command: uuid_of("part", &row.command)?,
                    here: u8::try_from(row.here).unwrap_or(u8::MAX),
                    of: u8::try_from(row.of).unwrap_or(u8::MAX),
                    scopes: scopes.collect::<Result<_, _>>()?,
                    since: Timestamp::from_millisecond(row.since)
                        .map_err(|_| StoreError::corrupt("part", "at", row.since))?,
                })
            })
            .collect()
    }
}

/// What is noted of an item that came.
pub(crate) async fn came(
    conn: &mut SqliteConnection,
    part: Option<Part>,
    scope: Scope,
    now: Timestamp,
) -> Result<(), StoreError> {
    match part {
        // one that says nonsense of itself is noted by nobody: it would be missed for ever
        Some(part) if (1..=part.of).contains(&part.part) && part.of > 1 => {
            note(conn, part, scope_number(scope), now).await
        }
        _ => Ok(()),
    }
}
