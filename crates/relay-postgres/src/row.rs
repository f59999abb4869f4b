//! Between PostgreSQL's values and the store's.

use std::borrow::Cow;

use sqlx::PgConnection;
use zuc_relay_store::{BatchHash, Hash, Scope, StoreError};

/// A text that holds a NUL, which PostgreSQL keeps in no text.
const NUL_IN_TEXT: &str = "22021";
/// A key that is longer than an index takes.
const KEY_TOO_LONG: &str = "54000";

/// An error of the database is not the caller's fault, but for two: keys that no index can hold.
///
/// What the server says beside (its detail) may quote a row, so it is not kept.
pub(crate) fn db(error: sqlx::Error) -> StoreError {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    match code.as_deref() {
        Some(NUL_IN_TEXT) => StoreError::Refused("relay.malformed"),
        Some(KEY_TOO_LONG) => StoreError::Refused("relay.too_large"),
        _ => unavailable(error),
    }
}

pub(crate) fn unavailable(error: impl std::error::Error + Send + Sync + 'static) -> StoreError {
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

/// A batch's hash from a column.
pub(crate) fn batch_hash(bytes: &[u8], table: &'static str, column: &'static str) -> Result<BatchHash, StoreError> {
    BatchHash::from_slice(bytes).ok_or(StoreError::Corrupt { table, column })
}

/// A scope for a column.
pub(crate) fn scope_number(scope: Scope) -> i64 {
    i64::from(scope.number())
}

/// A scope from a column.
pub(crate) fn scope(number: i64, table: &'static str) -> Result<Scope, StoreError> {
    u32::try_from(number).ok().and_then(Scope::from_number).ok_or(StoreError::Corrupt { table, column: "scope" })
}

/// A text of others that is no key (a PAC's answer): a NUL in it must not keep the answer out of the ledger.
pub(crate) fn text(words: &str) -> Cow<'_, str> {
    if words.contains('\0') { Cow::Owned(words.replace('\0', "\u{fffd}")) } else { Cow::Borrowed(words) }
}

/// The server's clock, in milliseconds of the Unix epoch.
pub(crate) async fn now_ms(connection: &mut PgConnection) -> Result<i64, StoreError> {
    sqlx::query_scalar("SELECT now_ms()").fetch_one(connection).await.map_err(db)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_others_is_kept_but_for_its_nuls() {
        assert_eq!(text("301 - sello"), "301 - sello");
        assert_eq!(text("a\0b"), "a\u{fffd}b");
    }
}
