//! The entries before a snapshot that this laptop began at: read when there is nothing else to do, so that a relay which
//! loses its data is given them back from here too, and so that what two persons signed is looked at by a third.

use zuc_protocol::Scope as WireScope;
use zuc_protocol::chain::{self, LogEntry};
use zuc_protocol::control::ControlLog;
use zuc_protocol::ids::{ChainHash, CompanyId, Digest32};
use zuc_protocol::manifest::{Manifest, manifest_hash};
use zuc_protocol::pack::Digester;
use zuc_sync::{Begun, Cursor, KeyRing};

use jiff::Timestamp;
use sqlx::SqliteConnection;

use super::items;
use crate::remote::keep_entry;
use crate::store::{domain_scope, scope_number, scope_of, wire_scope};
use crate::{Fate, Finding, Store, StoreError};

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
    let (hash, digest) = (hash.0.as_slice(), manifest.digest.0.as_slice());
    sqlx::query!(
        "INSERT INTO snapshot (scope, seq, chain, read_seq, read_chain, manifest, digest) VALUES (?, ?, ?, 0, ?, ?, ?)
         ON CONFLICT DO NOTHING",
        scope,
        seq,
        at,
        start,
        hash,
        digest,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What a scope was begun at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unproven {
    /// Names its manifest.
    pub manifest: Digest32,
    /// The place that it is of.
    pub seq: u64,
    /// What it held, where that is known.
    pub digest: Option<Digest32>,
}

impl Store {
    /// Scopes that were begun at a snapshot, and how far what lies before it is read.
    pub(crate) async fn begun(&self) -> Result<Vec<Begun>, StoreError> {
        let rows = sqlx::query!("SELECT scope, seq, chain, read_seq, read_chain, begins FROM snapshot ORDER BY scope")
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
                    begins: u64::try_from(row.begins).unwrap_or(0),
                })
            })
            .collect()
    }

    /// Keeps entries from before a snapshot, whose content is here already. They lie behind the place `begins`, up to which the
    /// relay has dropped the log; 0 where it has not.
    pub(crate) async fn keep_earlier(
        &self,
        scope: WireScope,
        entries: &[LogEntry],
        read: Cursor,
        begins: u64,
    ) -> Result<(), StoreError> {
        let number = scope_number(domain_scope(scope));
        let mut tx = self.begin_plain().await?;
        for entry in entries {
            keep_entry(&mut tx, number, entry.seq, entry.kind.number(), &entry.bytes.0).await?;
        }
        let (seq, chain) = (i64::try_from(read.seq).unwrap_or(i64::MAX), read.chain.0.as_slice());
        let begins = i64::try_from(begins).unwrap_or(i64::MAX);
        // the chain at the begin is that of the first page, before anything was read
        sqlx::query!(
            "UPDATE snapshot SET begins = ?1, begins_chain = iif(begins = ?1, begins_chain, ?3), read_seq = ?2, read_chain = ?3
             WHERE scope = ?4",
            begins,
            seq,
            chain,
            number,
        )
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    /// The snapshot that a scope was begun at and that was not compared yet with the entries before it, once all of them are
    /// here. One of which the relay had dropped some is compared once they have come back.
    pub async fn unproven(&self, scope: WireScope) -> Result<Option<Unproven>, StoreError> {
        let number = i64::from(scope.number());
        let row = sqlx::query!(
            "SELECT seq, manifest, digest FROM snapshot WHERE scope = ? AND read_seq = seq AND begins = 0",
            number
        )
        .fetch_optional(self.reader())
        .await?;
        let Some(row) = row else { return Ok(None) };
        let manifest =
            Digest32::from_slice(&row.manifest).ok_or_else(|| StoreError::corrupt("snapshot", "manifest", number))?;
        let seq = u64::try_from(row.seq).unwrap_or(0);
        Ok(Some(Unproven { manifest, seq, digest: Digest32::from_slice(&row.digest) }))
    }

    /// Scopes of which nobody here can say whether they were begun at what the log makes, for its beginning is not here.
    pub(crate) async fn unproven_findings(&self) -> Result<Vec<Finding>, StoreError> {
        let rows = sqlx::query!("SELECT scope, begins FROM snapshot WHERE begins > 0 ORDER BY scope")
            .fetch_all(self.reader())
            .await?;
        let finding = |scope: i64, begins: i64| {
            Ok(Finding {
                fate: Fate::Unproven,
                code: "snapshot.unproven".to_owned(),
                scope: scope_of(scope)?,
                record: None,
                kind: format!("snapshot/{begins}"),
                device: None,
                person: None,
                at: None,
            })
        };
        rows.into_iter().map(|row| finding(row.scope, row.begins)).collect()
    }

    /// A snapshot was compared and is right.
    pub async fn proven(&self, scope: WireScope) -> Result<(), StoreError> {
        let mut tx = self.begin_plain().await?;
        forget(&mut tx, i64::from(scope.number())).await?;
        Ok(tx.commit().await?)
    }

    /// Whether what a scope was begun at is what the entries before it make; `None` where they are not all here. One of which it
    /// is not known what it held is none that is right.
    ///
    /// # Errors
    /// As [`Store::snapshot`].
    pub async fn prove(
        &self,
        control: &ControlLog,
        ring: &KeyRing,
        scope: WireScope,
        now: Timestamp,
    ) -> Result<Option<bool>, StoreError> {
        let Some(unproven) = self.unproven(scope).await? else { return Ok(None) };
        let folding = self.fold_aside(control, ring, scope, None, unproven.seq, now);
        let Some(folded) = Box::pin(folding).await? else { return Ok(None) };
        let mut digester = Digester::new();
        let written = items::write(&folded.store, scope, &mut |item: Vec<u8>| digester.add(&item)).await;
        folded.end().await;
        written?;
        Ok(Some(unproven.digest == Some(digester.finish())))
    }
}

/// Nothing of a snapshot is to be compared any more.
pub(super) async fn forget(conn: &mut SqliteConnection, scope: i64) -> Result<(), StoreError> {
    sqlx::query!("DELETE FROM snapshot WHERE scope = ?", scope).execute(conn).await?;
    Ok(())
}
