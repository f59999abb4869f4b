//! Random transactions over an encrypted SQLite file, and what they were told.

use std::collections::BTreeMap;
use std::path::Path;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, SqliteConnection};

use crate::figures::{Draw, Outcome};

const FILE: &str = "a.db";
const KEYS: u64 = 60;

/// The rows of the table, `None` while there is none.
pub(crate) type Rows = Option<BTreeMap<i64, Vec<u8>>>;

pub(crate) fn options(folder: &Path, vfs: Option<&str>, synchronous: SqliteSynchronous) -> SqliteConnectOptions {
    let options = SqliteConnectOptions::new()
        .filename(folder.join(FILE))
        .create_if_missing(true)
        .pragma("key", format!("\"x'{}'\"", "ab".repeat(32)))
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(synchronous)
        .pragma("cipher_log_level", "NONE")
        // Small, so that a short story has many checkpoints and spills.
        .pragma("wal_autocheckpoint", "25")
        .pragma("cache_size", "20");
    match vfs {
        Some(vfs) => options.vfs(vfs.to_owned()),
        None => options,
    }
}

pub(crate) async fn rows(conn: &mut SqliteConnection) -> Result<Rows, sqlx::Error> {
    let tables: i64 =
        sqlx::query_scalar("SELECT count(*) FROM sqlite_schema WHERE name = 'kept'").fetch_one(&mut *conn).await?;
    if tables == 0 {
        return Ok(None);
    }
    let rows: Vec<(i64, Vec<u8>)> = sqlx::query_as("SELECT id, value FROM kept").fetch_all(conn).await?;
    Ok(Some(rows.into_iter().collect()))
}

pub(crate) async fn create(conn: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    sqlx::query("CREATE TABLE kept (id INTEGER PRIMARY KEY, value BLOB NOT NULL) STRICT").execute(conn).await?;
    Ok(())
}

/// One transaction's work.
#[derive(Debug, Clone)]
pub(crate) struct Work {
    changes: Vec<(i64, Option<Vec<u8>>)>,
}

impl Work {
    pub(crate) fn draw(draw: &mut Draw) -> Self {
        let changes = (0..=draw.below(5))
            .map(|_| {
                let id = i64::try_from(draw.below(KEYS)).unwrap();
                let len = [40, 900, 9000][usize::try_from(draw.below(3)).unwrap()];
                (id, (draw.below(5) > 0).then(|| draw.bytes(len)))
            })
            .collect();
        Self { changes }
    }

    pub(crate) fn after(&self, before: &Rows) -> BTreeMap<i64, Vec<u8>> {
        let mut rows = before.clone().unwrap_or_default();
        for (id, value) in &self.changes {
            match value {
                Some(value) => rows.insert(*id, value.clone()),
                None => rows.remove(id),
            };
        }
        rows
    }

    /// Everything but the end of the transaction.
    pub(crate) async fn carry_out(&self, conn: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        sqlx::query("BEGIN IMMEDIATE").execute(&mut *conn).await?;
        for (id, value) in &self.changes {
            match value {
                Some(value) => {
                    sqlx::query("INSERT OR REPLACE INTO kept VALUES (?, ?)")
                        .bind(id)
                        .bind(value)
                        .execute(&mut *conn)
                        .await?;
                }
                None => {
                    sqlx::query("DELETE FROM kept WHERE id = ?").bind(id).execute(&mut *conn).await?;
                }
            }
        }
        Ok(())
    }
}

/// What the application was told before the end.
#[derive(Debug)]
pub(crate) struct Story {
    /// The states between acknowledgements, the newest last.
    history: Vec<[u8; 32]>,
    newest: Rows,
    /// What a commit that got no answer would have led to.
    in_flight: Option<[u8; 32]>,
}

fn digest(rows: &Rows) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&[u8::from(rows.is_some())]);
    for (id, value) in rows.iter().flatten() {
        hasher.update(&id.to_le_bytes()).update(&value.len().to_le_bytes()).update(value);
    }
    *hasher.finalize().as_bytes()
}

impl Story {
    /// Writes until the power goes.
    pub(crate) async fn until_the_end(folder: &Path, vfs: &str, synchronous: SqliteSynchronous, seed: u64) -> Self {
        let mut story = Self { history: vec![digest(&None)], newest: None, in_flight: None };
        let options = options(folder, Some(vfs), synchronous);
        // The error that ends it is the power's.
        let _ = story.tell(&options, &mut Draw::new(seed)).await;
        story
    }

    async fn tell(&mut self, options: &SqliteConnectOptions, draw: &mut Draw) -> Result<(), sqlx::Error> {
        let mut conn = options.connect().await?;
        let ended = self.transactions(options, &mut conn, draw).await;
        let _ = conn.close().await;
        ended
    }

    async fn transactions(
        &mut self,
        options: &SqliteConnectOptions,
        conn: &mut SqliteConnection,
        draw: &mut Draw,
    ) -> Result<(), sqlx::Error> {
        let empty = Some(BTreeMap::new());
        self.in_flight = Some(digest(&empty));
        create(conn).await?;
        self.acknowledge(empty);
        loop {
            let work = Work::draw(draw);
            work.carry_out(conn).await?;
            if draw.below(8) == 0 {
                sqlx::query("ROLLBACK").execute(&mut *conn).await?;
            } else {
                let next = Some(work.after(&self.newest));
                self.in_flight = Some(digest(&next));
                sqlx::query("COMMIT").execute(&mut *conn).await?;
                self.acknowledge(next);
            }
            match draw.below(20) {
                0 => checkpoint(conn, "TRUNCATE").await?,
                1 => checkpoint(conn, "RESTART").await?,
                2 => checkpoint(conn, "PASSIVE").await?,
                // The last connection folds the WAL into the file and deletes it.
                3 => {
                    let fresh = options.clone();
                    let old = std::mem::replace(conn, SqliteConnection::connect(":memory:").await?);
                    old.close().await?;
                    *conn = fresh.connect().await?;
                }
                _ => {}
            }
        }
    }

    fn acknowledge(&mut self, rows: Rows) {
        self.history.push(digest(&rows));
        self.newest = rows;
        self.in_flight = None;
    }

    /// How many transactions were acknowledged.
    pub(crate) fn acknowledged(&self) -> usize {
        self.history.len() - 1
    }

    /// Opens what the crash left in `folder` as the application would, and compares.
    pub(crate) async fn compare(&self, folder: &Path) -> Outcome {
        let (checks, rows) = match look(folder).await {
            Ok(found) => found,
            Err(error) => return Outcome::Damaged(error.to_string()),
        };
        if let Some(broken) = checks {
            return Outcome::Damaged(broken);
        }
        let found = digest(&rows);
        if self.history.last() == Some(&found) || self.in_flight == Some(found) {
            return Outcome::Whole;
        }
        match self.history.iter().rposition(|state| *state == found) {
            Some(place) => Outcome::Lost(self.history.len() - 1 - place),
            None => Outcome::Mixed(format!("{:?} rows", rows.map(|rows| rows.len()))),
        }
    }
}

async fn checkpoint(conn: &mut SqliteConnection, mode: &str) -> Result<(), sqlx::Error> {
    sqlx::query(AssertSqlSafe(format!("PRAGMA wal_checkpoint({mode})"))).fetch_all(conn).await?;
    Ok(())
}

/// The first complaint of the checks, and the rows.
pub(crate) async fn look(folder: &Path) -> Result<(Option<String>, Rows), sqlx::Error> {
    let mut conn = options(folder, None, SqliteSynchronous::Full).connect().await?;
    let found = async {
        let rows = rows(&mut conn).await?;
        Ok((complaint(&mut conn).await?, rows))
    }
    .await;
    let _ = conn.close().await;
    found
}

/// What SQLite or the cipher finds wrong with the file.
pub(crate) async fn complaint(conn: &mut SqliteConnection) -> Result<Option<String>, sqlx::Error> {
    let integrity: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut *conn).await?;
    // The cipher's check reads the file past the WAL, which may rightly hold the whole form of a torn page.
    checkpoint(conn, "TRUNCATE").await?;
    let pages: Vec<String> = sqlx::query_scalar("PRAGMA cipher_integrity_check").fetch_all(conn).await?;
    Ok((integrity != "ok").then_some(integrity).or(pages.into_iter().next()))
}
