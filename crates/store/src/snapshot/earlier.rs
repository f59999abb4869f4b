//! The entries before a snapshot that this laptop began at: read when there is nothing else to do, so that a relay which
//! loses its data is given them back from here too, and so that what two persons signed is looked at by a third.

use zuc_protocol::Scope as WireScope;
use zuc_protocol::chain::{self, LogEntry};
use zuc_protocol::ids::{ChainHash, CompanyId, Digest32};
use zuc_protocol::manifest::{Manifest, manifest_hash};
use zuc_sync::{Begun, Cursor};

use sqlx::SqliteConnection;

use crate::remote::keep_entry;
use crate::store::{domain_scope, scope_number, scope_of, wire_scope};
use crate::{Store, StoreError};

/// Notes that a scope was begun at a snapshot.
pub(super) async fn note(
    conn: &mut SqliteConnection,
    company: CompanyId,
    manifest: &Manifest,
) -> Result<(), StoreError> {
    let scope = i64::from(manifest.scope.number());
    let (seq, at) = (i64::try_from(manifest.cursor).unwrap_or(i64::MAX), manifest.chain.0.as_slice());
    let start = chain::start(company, manifest.scope);
    let start = start.0.as_slice();
    let bytes = manifest.to_bytes().map_err(|_| StoreError::corrupt("snapshot", "manifest", scope))?;
    let hash = manifest_hash(&bytes);
    let hash = hash.0.as_slice();
    sqlx::query!(
        "INSERT INTO snapshot (scope, seq, chain, read_seq, read_chain, manifest) VALUES (?, ?, ?, 0, ?, ?)
         ON CONFLICT DO NOTHING",
        scope,
        seq,
        at,
        start,
        hash,
    )
    .execute(conn)
    .await?;
    Ok(())
}

impl Store {
    /// Scopes that were begun at a snapshot, and how far what lies before it is read.
    pub(crate) async fn begun(&self) -> Result<Vec<Begun>, StoreError> {
        let rows = sqlx::query!("SELECT scope, seq, chain, read_seq, read_chain FROM snapshot ORDER BY scope")
            .fetch_all(self.reader())
            .await?;
        rows.into_iter()
            .map(|row| {
                let corrupt = |column| StoreError::corrupt("snapshot", column, row.scope);
                let chain = ChainHash::from_slice(&row.chain).ok_or_else(|| corrupt("chain"))?;
                let read = ChainHash::from_slice(&row.read_chain).ok_or_else(|| corrupt("read_chain"))?;
                Ok(Begun {
                    scope: wire_scope(scope_of(row.scope)?),
                    at: Cursor { seq: u64::try_from(row.seq).unwrap_or(0), chain },
                    read: Cursor { seq: u64::try_from(row.read_seq).unwrap_or(0), chain: read },
                })
            })
            .collect()
    }

    /// Keeps entries from before a snapshot, whose content is here already.
    pub(crate) async fn keep_earlier(
        &self,
        scope: WireScope,
        entries: &[LogEntry],
        read: Cursor,
    ) -> Result<(), StoreError> {
        let number = scope_number(domain_scope(scope));
        let mut tx = self.begin_plain().await?;
        for entry in entries {
            keep_entry(&mut tx, number, entry.seq, entry.kind.number(), &entry.bytes.0).await?;
        }
        let (seq, chain) = (i64::try_from(read.seq).unwrap_or(i64::MAX), read.chain.0.as_slice());
        sqlx::query!("UPDATE snapshot SET read_seq = ?, read_chain = ? WHERE scope = ?", seq, chain, number)
            .execute(&mut *tx)
            .await?;
        Ok(tx.commit().await?)
    }

    /// The manifest that a scope was begun at and that was not compared yet with the entries before it, once all of them are here.
    pub async fn unproven(&self, scope: WireScope) -> Result<Option<Digest32>, StoreError> {
        let number = i64::from(scope.number());
        let hash = sqlx::query_scalar!("SELECT manifest FROM snapshot WHERE scope = ? AND read_seq = seq", number)
            .fetch_optional(self.reader())
            .await?;
        Ok(hash.and_then(|hash| Digest32::from_slice(&hash)))
    }

    /// A snapshot was compared, or nobody keeps it any more.
    pub async fn proven(&self, scope: WireScope) -> Result<(), StoreError> {
        let number = i64::from(scope.number());
        let mut tx = self.begin_plain().await?;
        sqlx::query!("DELETE FROM snapshot WHERE scope = ?", number).execute(&mut *tx).await?;
        Ok(tx.commit().await?)
    }
}
