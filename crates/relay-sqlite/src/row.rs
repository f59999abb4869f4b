//! Between SQLite's values and the store's.

use sqlx::SqliteConnection;
use zuc_relay_store::{BatchHash, Hash, Scope, StoreError};

/// An error of the database is never the caller's fault.
pub(crate) fn db(error: sqlx::Error) -> StoreError {
    StoreError::Unavailable(Box::new(error))
}

/// Whether a statement failed because a row with the same key stands already.
pub(crate) fn is_duplicate(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation)
}

/// A digest from a column.
pub(crate) fn hash(bytes: &[u8], table: &'static str, column: &'static str) -> Result<Hash, StoreError> {
    bytes.try_into().map_err(|_length| StoreError::Corrupt { table, column })
}

/// A counter from a column.
pub(crate) fn count(value: i64, table: &'static str, column: &'static str) -> Result<u64, StoreError> {
    u64::try_from(value).map_err(|_negative| StoreError::Corrupt { table, column })
}

/// A counter for a column; what does not fit is no counter that was ever given out.
pub(crate) fn int(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// The database's clock, in milliseconds of the Unix epoch.
pub(crate) async fn now_ms(connection: &mut SqliteConnection) -> Result<i64, StoreError> {
    sqlx::query_scalar("SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER)").fetch_one(connection).await.map_err(db)
}

/// A batch's hash from a column.
pub(crate) fn batch_hash(bytes: &[u8], table: &'static str, column: &'static str) -> Result<BatchHash, StoreError> {
    BatchHash::from_slice(bytes).ok_or(StoreError::Corrupt { table, column })
}

/// A scope from a column.
pub(crate) fn scope(number: i64, table: &'static str) -> Result<Scope, StoreError> {
    u32::try_from(number).ok().and_then(Scope::from_number).ok_or(StoreError::Corrupt { table, column: "scope" })
}
