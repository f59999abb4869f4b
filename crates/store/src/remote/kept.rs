//! The sealed bytes of entries, those set aside, and how far each log was read.

use jiff::Timestamp;
use sqlx::SqliteConnection;
use uuid::Uuid;
use zuc_protocol::envelope::{SealedBatch, batch_hash};
use zuc_sync::Advance;

use crate::StoreError;
use crate::alarm::note_place;

/// Keeps a log entry verbatim; one that is our own and comes back before its acknowledgement is acknowledged by that.
pub(crate) async fn keep_entry(
    conn: &mut SqliteConnection,
    scope: i64,
    seq: u64,
    kind: u8,
    bytes: &[u8],
) -> Result<(), StoreError> {
    let seq = i64::try_from(seq).unwrap_or(i64::MAX);
    let header = SealedBatch::parse(bytes).ok();
    let header = header.as_ref().map(SealedBatch::header);
    let author = header.map(|header| header.author.0.to_vec()).unwrap_or_default();
    let number = header.map_or(0, |header| i64::try_from(header.number).unwrap_or(i64::MAX));
    let hash = batch_hash(bytes);
    let hash = hash.0.as_slice();
    sqlx::query!(
        "INSERT INTO entry (scope, seq, kind, author, number, hash, bytes) VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (hash) DO UPDATE SET seq = excluded.seq, bytes = excluded.bytes",
        scope,
        seq,
        kind,
        author,
        number,
        hash,
        bytes,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!("DELETE FROM outbox WHERE batch = ?", hash).execute(conn).await?;
    Ok(())
}

/// The items of the outbox that an own batch carries and whose acknowledgement has not come.
pub(super) async fn sealed_in(conn: &mut SqliteConnection, bytes: &[u8]) -> Result<Vec<i64>, StoreError> {
    let hash = batch_hash(bytes);
    let hash = hash.0.as_slice();
    let rows = sqlx::query_scalar!(r#"SELECT n AS "n!: i64" FROM outbox WHERE batch = ? ORDER BY n"#, hash);
    Ok(rows.fetch_all(conn).await?)
}

/// Whether a batch was read from a log before that is no more.
pub(super) async fn was_read(conn: &mut SqliteConnection, bytes: &[u8]) -> Result<bool, StoreError> {
    let hash = batch_hash(bytes);
    let hash = hash.0.as_slice();
    let read = sqlx::query_scalar!(r#"SELECT 1 AS "read!: i64" FROM entry WHERE hash = ? AND seq < 0"#, hash);
    Ok(read.fetch_optional(conn).await?.is_some())
}

pub(super) async fn set_aside(
    conn: &mut SqliteConnection,
    scope: i64,
    reason: &str,
    bytes: &[u8],
    now: Timestamp,
) -> Result<(), StoreError> {
    let (hash, at) = (batch_hash(bytes), now.as_millisecond());
    let hash = hash.0.as_slice();
    sqlx::query!(
        "INSERT INTO quarantine (scope, hash, reason, bytes, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        scope,
        hash,
        reason,
        bytes,
        at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// An entry that was set aside, and is judged otherwise now that the root has settled a fork, lies apart no more.
pub(super) async fn counts_after_all(conn: &mut SqliteConnection, bytes: &[u8]) -> Result<(), StoreError> {
    let hash = batch_hash(bytes);
    let hash = hash.0.as_slice();
    sqlx::query!("DELETE FROM quarantine WHERE hash = ?", hash).execute(conn).await?;
    Ok(())
}

pub(crate) async fn move_cursors(conn: &mut SqliteConnection, scope: i64, advance: &Advance) -> Result<(), StoreError> {
    let (seq, chain) = (i64::try_from(advance.seq).unwrap_or(i64::MAX), advance.chain.0.as_slice());
    sqlx::query!(
        "INSERT INTO cursor (scope, seq, chain) VALUES (?, ?, ?)
         ON CONFLICT DO UPDATE SET seq = excluded.seq, chain = excluded.chain",
        scope,
        seq,
        chain,
    )
    .execute(&mut *conn)
    .await?;
    note_place(conn, scope, seq, chain).await?;
    let Some((author, at)) = &advance.author else { return Ok(()) };
    let (author, hash) = (author.0.as_slice(), at.hash.0.as_slice());
    let number = i64::try_from(at.number).unwrap_or(i64::MAX);
    let control = i64::try_from(at.control_seq).unwrap_or(i64::MAX);
    sqlx::query!(
        "INSERT INTO author_cursor (scope, author, number, hash, control_seq, blocked, upon_this)
         VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET number = excluded.number, hash = excluded.hash, control_seq = excluded.control_seq,
             blocked = excluded.blocked, upon_this = excluded.upon_this",
        scope,
        author,
        number,
        hash,
        control,
        at.blocked,
        at.upon_this,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(crate) async fn author_acted(
    conn: &mut SqliteConnection,
    scope: i64,
    author: Uuid,
    at: i64,
) -> Result<(), StoreError> {
    let author = author.as_bytes().as_slice();
    sqlx::query!(
        "UPDATE author_cursor SET seen_at = max(seen_at, ?) WHERE scope = ? AND author = ?",
        at,
        scope,
        author,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(crate) async fn put_setting(conn: &mut SqliteConnection, name: &str, value: &str) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
        name,
        value,
    )
    .execute(conn)
    .await?;
    Ok(())
}
