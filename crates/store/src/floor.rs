//! Which programs a database lets in that are older than the one that wrote it last.
//!
//! Each migration says of itself, in `schema_floor`, from which program on a database that has had it can be read, and from
//! which it can be written. An older program obeys what all migrations say that it does not know: it works as always, or
//! shows the data and changes nothing, or does not open them.

use sqlx::SqliteConnection;

use crate::{Store, StoreError};

/// What an older program does with a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entry {
    /// Everything.
    Whole,
    /// It reads.
    Reading(Newer),
}

/// Why a database is only read: a newer program wrote it, and this one may not write what that one understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Newer {
    /// The newest migration that the database has had.
    pub schema: i64,
    /// The newest that this program knows.
    pub known: i64,
}

/// What a migration says that this program does not know: its number, and from which on a database that has had it is read and
/// written; `None` where it says nothing.
type Said = (i64, Option<i64>, Option<i64>);

/// What a program whose newest migration is `known` may do, by what the migrations after it say.
///
/// # Errors
/// [`StoreError::TooNew`] where one of them lets it in not even to read.
fn judge(known: i64, said: &[Said]) -> Result<Entry, StoreError> {
    let mut entry = Entry::Whole;
    let schema = said.iter().map(|(schema, ..)| *schema).max().unwrap_or(known);
    for (_, reads, writes) in said {
        if reads.is_none_or(|reads| known < reads) {
            return Err(StoreError::TooNew);
        }
        if writes.is_none_or(|writes| known < writes) {
            entry = Entry::Reading(Newer { schema, known });
        }
    }
    Ok(entry)
}

/// What a program that knows the migrations `known`, in their order, may do with the database behind `conn`.
///
/// # Errors
/// [`StoreError::TooNew`] where it may not even read it.
pub(crate) async fn entry(conn: &mut SqliteConnection, known: &[i64]) -> Result<Entry, StoreError> {
    let newest = known.last().copied().unwrap_or(0);
    let had: Vec<i64> =
        sqlx::query_scalar("SELECT version FROM _sqlx_migrations WHERE success").fetch_all(&mut *conn).await?;
    if had.iter().all(|version| *version <= newest) {
        return Ok(Entry::Whole);
    }
    let told: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'schema_floor')")
        .fetch_one(&mut *conn)
        .await?;
    // one that lacks what this program knows is of another line: nothing is said of it
    if !told || known.iter().any(|version| !had.contains(version)) {
        return Err(StoreError::TooNew);
    }
    let said: Vec<Said> = sqlx::query_as(
        "SELECT had.version, floor.reads, floor.writes FROM _sqlx_migrations had
         LEFT JOIN schema_floor floor ON floor.schema = had.version WHERE had.version > ?",
    )
    .bind(newest)
    .fetch_all(conn)
    .await?;
    judge(newest, &said)
}

impl Store {
    /// Why the data are only read here; `None` where this program writes them.
    pub fn newer(&self) -> Option<Newer> {
        self.inner.newer
    }

    /// Refuses where the data are only read, for what would begin with something beside the database.
    ///
    /// # Errors
    /// [`StoreError::ReadOnly`].
    pub fn writable(&self) -> Result<(), StoreError> {
        if self.inner.newer.is_some() { Err(StoreError::ReadOnly) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(said: &[Said]) -> Result<Entry, &'static str> {
        judge(31, said).map_err(|error| error.code())
    }

    #[test]
    fn a_program_obeys_the_strictest_of_the_migrations_that_it_does_not_know() {
        assert_eq!(of(&[]), Ok(Entry::Whole));
        assert_eq!(of(&[(32, Some(30), Some(31))]), Ok(Entry::Whole));
        let reading = Ok(Entry::Reading(Newer { schema: 33, known: 31 }));
        assert_eq!(of(&[(32, Some(31), Some(32)), (33, Some(31), Some(31))]), reading);
        assert_eq!(of(&[(32, Some(31), Some(31)), (33, Some(32), Some(33))]), Err("store.too_new"));
    }

    #[test]
    fn a_migration_that_says_nothing_lets_no_older_program_in() {
        assert_eq!(of(&[(32, Some(31), Some(31)), (33, None, None)]), Err("store.too_new"));
    }
}
