//! The append-only record of who did what: each row's hash covers the one before it. It holds no personal data.

mod head;

use sqlx::SqliteConnection;
use uuid::Uuid;

pub use head::{AuditHead, Heard, Mark};
pub(crate) use head::{contradictions, note_incarnation};

use crate::StoreError;

/// One act.
pub(crate) struct Entry<'a> {
    pub(crate) at: i64,
    pub(crate) actor: Uuid,
    pub(crate) action: &'a str,
    pub(crate) object: Uuid,
    /// Heads of the document before and after, or the hash of a fact.
    pub(crate) before: &'a [u8],
    pub(crate) after: &'a [u8],
}

/// The end of the chain, kept in memory while a transaction appends to it.
#[derive(Clone, Copy)]
pub(crate) struct Tip {
    pub(crate) seq: i64,
    pub(crate) hash: [u8; 32],
}

impl Tip {
    pub(crate) async fn read(conn: &mut SqliteConnection) -> Result<Self, StoreError> {
        let row = sqlx::query!("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1").fetch_optional(conn).await?;
        let Some(row) = row else { return Ok(Self { seq: 0, hash: [0; 32] }) };
        let hash = row.hash.as_slice().try_into().map_err(|_| StoreError::corrupt("audit", "hash", row.seq))?;
        Ok(Self { seq: row.seq, hash })
    }

    /// The place and hash of the next row.
    pub(crate) fn next(self, entry: &Entry<'_>) -> Self {
        let seq = self.seq + 1;
        let mut hasher = blake3::Hasher::new_derive_key("zuclubit 2026 audit");
        hasher.update(&self.hash).update(&seq.to_le_bytes()).update(&entry.at.to_le_bytes());
        for part in [
            entry.actor.as_bytes().as_slice(),
            entry.action.as_bytes(),
            entry.object.as_bytes(),
            entry.before,
            entry.after,
        ] {
            hasher.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes()).update(part);
        }
        Self { seq, hash: *hasher.finalize().as_bytes() }
    }
}

/// Appends one row and moves `tip` to it.
pub(crate) async fn append(conn: &mut SqliteConnection, tip: &mut Tip, entry: &Entry<'_>) -> Result<(), StoreError> {
    let next = tip.next(entry);
    let (prev, hash) = (tip.hash.as_slice(), next.hash.as_slice());
    let (actor, object) = (entry.actor.as_bytes().as_slice(), entry.object.as_bytes().as_slice());
    sqlx::query!(
        "INSERT INTO audit (seq, prev, hash, at, actor, action, object, before, after) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        next.seq,
        prev,
        hash,
        entry.at,
        actor,
        entry.action,
        object,
        entry.before,
        entry.after,
    )
    .execute(conn)
    .await?;
    *tip = next;
    Ok(())
}

/// Recomputes the whole chain; the seq of the first row that does not fit, if any.
pub(crate) async fn first_break(conn: &mut SqliteConnection) -> Result<Option<i64>, StoreError> {
    let mut tip = Tip { seq: 0, hash: [0; 32] };
    loop {
        let rows = sqlx::query!("SELECT * FROM audit WHERE seq > ? ORDER BY seq LIMIT 2000", tip.seq)
            .fetch_all(&mut *conn)
            .await?;
        if rows.is_empty() {
            return Ok(None);
        }
        for row in rows {
            let (Ok(actor), Ok(object)) = (Uuid::from_slice(&row.actor), Uuid::from_slice(&row.object)) else {
                return Ok(Some(row.seq));
            };
            let entry =
                Entry { at: row.at, actor, action: &row.action, object, before: &row.before, after: &row.after };
            let next = tip.next(&entry);
            if row.seq != next.seq || row.prev != tip.hash || row.hash != next.hash {
                return Ok(Some(row.seq));
            }
            tip = next;
        }
    }
}
