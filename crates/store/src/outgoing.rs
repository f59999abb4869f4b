//! Own batches on disk: sealed, acknowledged, refused, or taken back to be sealed again.

use jiff::Timestamp;
use sqlx::SqliteConnection;
use zuc_protocol::Scope as WireScope;
use zuc_protocol::ids::{BatchHash, ItemId, KeyId};
use zuc_protocol::item::DocKind;
use zuc_sync::{Advance, StoredBatch, Writer};

use crate::persons::Ring;
use crate::remote::{move_cursors, put_setting};
use crate::store::{domain_scope, scope_number};
use crate::{Store, StoreError, erase, legality};

impl Store {
    /// Puts a sealed batch on disk before its first byte leaves, and marks the items it carries.
    pub async fn keep_sealed(&self, batch: &StoredBatch) -> Result<(), StoreError> {
        let (scope, number) =
            (scope_number(domain_scope(batch.scope)), i64::try_from(batch.number).unwrap_or(i64::MAX));
        if let Some(home) = self.home() {
            home.note_sealed(scope, number)?;
        }
        let hash = batch.hash.0.as_slice();
        let author = self.identity().ok_or(StoreError::NoIdentity)?.device;
        let author = author.0.as_bytes().as_slice();
        let mut tx = self.begin_plain().await?;
        sqlx::query!(
            "INSERT INTO entry (scope, seq, kind, author, number, hash, bytes) VALUES (?, NULL, 1, ?, ?, ?, ?)
             ON CONFLICT (hash) DO NOTHING",
            scope,
            author,
            number,
            hash,
            batch.bytes,
        )
        .execute(&mut *tx)
        .await?;
        let rows = serde_json::to_string(&batch.outbox)?;
        sqlx::query!("UPDATE outbox SET batch = ? WHERE n IN (SELECT value FROM json_each(?))", hash, rows)
            .execute(&mut *tx)
            .await?;
        if !batch.bag_rows.is_empty() {
            let keys = serde_json::to_string(&batch.bag_rows.iter().map(|row| row.key).collect::<Vec<_>>())?;
            put_setting(&mut tx, &bag_rows_of(&batch.hash), &keys).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// The relay has a batch on disk at `seq`: only now its items leave the outbox. One that is not read from the log any more
    /// is judged now; the documents that say something else for it are returned.
    #[expect(clippy::too_many_arguments, reason = "the parts of `Effect::MarkAcked`, carried out as they come")]
    pub async fn acked(
        &self,
        scope: WireScope,
        number: u64,
        hash: BatchHash,
        seq: u64,
        outbox: &[i64],
        advance: Option<Advance>,
        judged: Option<(&Writer, Timestamp)>,
    ) -> Result<Vec<(DocKind, ItemId)>, StoreError> {
        let (scope, seq) = (scope_number(domain_scope(scope)), i64::try_from(seq).unwrap_or(i64::MAX));
        let number = i64::try_from(number).unwrap_or(i64::MAX);
        let mut tx = self.begin_plain().await?;
        let bytes = hash.0.as_slice();
        sqlx::query!("UPDATE entry SET seq = ? WHERE hash = ? AND scope = ? AND number = ?", seq, bytes, scope, number)
            .execute(&mut *tx)
            .await?;
        let mut touched = Vec::new();
        if let Some((writer, now)) = judged {
            let identity = self.identity().ok_or(StoreError::NoIdentity)?;
            let other = legality::judge_own(&mut tx, identity, writer, bytes, now).await?;
            if !other.is_empty() {
                let ring = Ring::new(self, identity.company.0);
                touched = erase::reproject(ring, &mut tx, &identity.actor.0, &other).await?;
            }
        }
        let rows = serde_json::to_string(outbox)?;
        sqlx::query!("DELETE FROM outbox WHERE n IN (SELECT value FROM json_each(?))", rows).execute(&mut *tx).await?;
        sqlx::query!("DELETE FROM outbox WHERE batch = ?", bytes).execute(&mut *tx).await?;
        let name = bag_rows_of(&hash);
        let keys = sqlx::query_scalar!("DELETE FROM setting WHERE name = ? RETURNING value", name)
            .fetch_optional(&mut *tx)
            .await?;
        let keys: Vec<KeyId> = keys.map(|keys| serde_json::from_str(&keys)).transpose()?.unwrap_or_default();
        keys_sent(&mut tx, scope, &keys).await?;
        if let Some(advance) = &advance {
            move_cursors(&mut tx, scope, advance).await?;
        }
        tx.commit().await?;
        Ok(touched)
    }

    /// Deletes sealed batches that will be sealed again under other numbers or another key.
    pub async fn unseal(&self, scope: WireScope, numbers: &[u64], outbox: &[i64]) -> Result<(), StoreError> {
        let mut tx = self.begin_plain().await?;
        for n in outbox {
            sqlx::query!("UPDATE outbox SET batch = NULL WHERE n = ?", n).execute(&mut *tx).await?;
        }
        for number in numbers {
            delete_unsent(&mut tx, scope_number(domain_scope(scope)), *number).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}

pub(crate) fn bag_rows_of(hash: &BatchHash) -> String {
    format!("bag_rows/{}", hex::encode(hash.0))
}

/// Notes that the relay has rows of a scope's bag.
pub(crate) async fn keys_sent(conn: &mut SqliteConnection, scope: i64, keys: &[KeyId]) -> Result<(), StoreError> {
    if keys.is_empty() {
        return Ok(());
    }
    let keys = serde_json::to_string(&keys.iter().map(|key| hex::encode(key.0)).collect::<Vec<_>>())?;
    sqlx::query!(
        "UPDATE person_key SET sent = 1 WHERE scope = ? AND key_id IN (SELECT unhex(value) FROM json_each(?))",
        scope,
        keys,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Deletes an own batch that was not taken; what it carried waits once more, where it is still there.
pub(crate) async fn delete_unsent(conn: &mut SqliteConnection, scope: i64, number: u64) -> Result<(), StoreError> {
    let number = i64::try_from(number).unwrap_or(i64::MAX);
    sqlx::query!(
        "UPDATE outbox SET batch = NULL WHERE batch IN (SELECT hash FROM entry
             WHERE scope = ? AND seq IS NULL AND number = ? AND author = (SELECT device FROM device_state))",
        scope,
        number,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "DELETE FROM entry
         WHERE scope = ? AND seq IS NULL AND number = ? AND author = (SELECT device FROM device_state)",
        scope,
        number,
    )
    .execute(conn)
    .await?;
    Ok(())
}
