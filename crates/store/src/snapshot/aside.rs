//! The entries of a scope folded once more, by the same engine and the same receiver, in a store of their own.

use std::collections::VecDeque;
use std::path::PathBuf;

use jiff::Timestamp;
use tokio::sync::MutexGuard;
use zuc_protocol::chain::{self, LogEntry, LogKind};
use zuc_protocol::control::ControlLog;
use zuc_protocol::envelope::batch_hash;
use zuc_protocol::ids::ChainHash;
use zuc_protocol::manifest::{Manifest, Unfit};
use zuc_protocol::messages::ServerFrame;
use zuc_protocol::{Blob, Scope as WireScope};
use zuc_sync::{Config, Cursor, Engine, Input, KeyRing, Resume};

use super::Snapshot;
use crate::backup::{ASIDE, remove};
use crate::open::OpenOptions;
use crate::store::{domain_scope, scope_number};
use crate::{Store, StoreError};

/// Entries folded in one go.
const PAGE: i64 = 64;

/// What the entries up to a place make.
pub(super) struct Folded<'s> {
    pub(super) store: Store,
    pub(super) cursor: Cursor,
    /// Where it lies, unless in memory.
    path: Option<PathBuf>,
    /// One at a time: it takes a file, and a moment.
    _one: MutexGuard<'s, ()>,
}

impl Folded<'_> {
    /// Throws it away.
    pub(super) async fn end(self) {
        self.store.close().await;
        if let Some(path) = self.path {
            remove(&path);
        }
    }
}

impl Store {
    /// Folds the entries of a scope up to a place, all of which must be here; `None` where they are not, or where the log
    /// cannot be read so far. With a snapshot that this device has found right, or made, only those after it.
    pub(super) async fn fold_aside(
        &self,
        control: &ControlLog,
        ring: &KeyRing,
        scope: WireScope,
        base: Option<&Snapshot>,
        to: u64,
        now: Timestamp,
    ) -> Result<Option<Folded<'_>>, StoreError> {
        let mut folded = self.aside().await?;
        let aside = &folded.store;
        let mut resume = Resume { relay_log: self.relay_log().await?, ..Resume::default() };
        let folding = async {
            if let Some(base) = base.filter(|base| base.manifest.cursor <= to) {
                let Ok(begun) = aside.begin_at(&base.manifest, &base.packs, ring, true, now).await? else {
                    return Ok(None);
                };
                resume.cursors = aside.cursors().await?;
                resume.authors = begun.authors.into_iter().map(|(device, read)| (scope, device, read)).collect();
            }
            let mut engine = Engine::new(Config::default(), ring.keys().clone(), control.clone(), resume);
            while engine.cursor(scope).seq < to {
                let before = engine.cursor(scope);
                let Some(frame) = self.entries_after(scope, before, to).await? else { return Ok(None) };
                aside.hear(&mut engine, Input::Frame(frame), now).await?;
                if engine.cursor(scope).seq == before.seq {
                    return Ok(None);
                }
            }
            Ok::<_, StoreError>(Some(engine.cursor(scope)))
        };
        match folding.await {
            Ok(Some(cursor)) => {
                folded.cursor = cursor;
                Ok(Some(folded))
            }
            Ok(None) => {
                folded.end().await;
                Ok(None)
            }
            Err(error) => {
                folded.end().await;
                Err(error)
            }
        }
    }

    /// What a snapshot holds, in a store of its own; or why nothing can be begun at it.
    pub(super) async fn begin_aside(
        &self,
        manifest: &Manifest,
        packs: &[Blob],
        ring: &KeyRing,
        now: Timestamp,
    ) -> Result<Result<Folded<'_>, Unfit>, StoreError> {
        let folded = self.aside().await?;
        match Box::pin(folded.store.begin_at(manifest, packs, ring, true, now)).await {
            Ok(Ok(_)) => {
                let cursor = Cursor { seq: manifest.cursor, chain: manifest.chain };
                Ok(Ok(Folded { cursor, ..folded }))
            }
            Ok(Err(why)) => {
                folded.end().await;
                Ok(Err(why))
            }
            Err(error) => {
                folded.end().await;
                Err(error)
            }
        }
    }

    /// An empty store of this device's, beside this one.
    async fn aside(&self) -> Result<Folded<'_>, StoreError> {
        let one = self.inner.backing.lock().await;
        let identity = self.identity().ok_or(StoreError::NoIdentity)?;
        let path = self.home().map(|home| home.backups().join(ASIDE));
        let store = match &path {
            Some(path) => {
                remove(path);
                let options = OpenOptions { durable: false, ..OpenOptions::default() };
                Self::over(path, &self.inner.keys, self.inner.entropy.clone(), &options).await?
            }
            None => Self::in_memory(self.inner.entropy.clone()).await?,
        };
        store.adopt(identity).await?;
        // whose actors are whose is to be what the entries say
        sqlx::query!("DELETE FROM doc_actor").execute(&store.inner.pools.writer).await?;
        let nowhere = Cursor { seq: 0, chain: ChainHash([0; 32]) };
        Ok(Folded { store, cursor: nowhere, path, _one: one })
    }

    /// Carries out what an engine says of the log's entries; what it says to a relay is said to nobody.
    async fn hear(&self, engine: &mut Engine, input: Input, now: Timestamp) -> Result<(), StoreError> {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            // nothing is sealed here: no chance is asked for
            for effect in engine.handle(input, &mut || [0; 32]) {
                inputs.extend(Box::pin(self.carry(&effect, engine.ring(), now)).await?.inputs);
            }
        }
        Ok(())
    }

    /// The next entries of a scope, as the relay would give them; `None` where one of them is not here.
    async fn entries_after(&self, scope: WireScope, at: Cursor, to: u64) -> Result<Option<ServerFrame>, StoreError> {
        let number = scope_number(domain_scope(scope));
        let (after, last) = (i64::try_from(at.seq).unwrap_or(i64::MAX), i64::try_from(to).unwrap_or(i64::MAX));
        let rows = sqlx::query!(
            r#"SELECT seq AS "seq!: i64", kind, hash, bytes FROM entry
             WHERE scope = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?"#,
            number,
            after,
            last,
            PAGE,
        )
        .fetch_all(self.reader())
        .await?;
        let mut entries = Vec::with_capacity(rows.len());
        for (row, seq) in rows.into_iter().zip(at.seq + 1..) {
            let kind = u8::try_from(row.kind).ok().and_then(LogKind::from_number);
            let kind = kind.ok_or_else(|| StoreError::corrupt("entry", "kind", row.kind))?;
            if u64::try_from(row.seq) != Ok(seq) {
                break;
            }
            if batch_hash(&row.bytes).0.as_slice() != row.hash {
                self.suspect_entries(domain_scope(scope)).await?;
                return Ok(None);
            }
            entries.push(LogEntry { seq, kind, bytes: row.bytes.into() });
        }
        if entries.is_empty() {
            return Ok(None);
        }
        let chain = chain::extend(at.chain, &entries);
        Ok(Some(ServerFrame::Entries { scope, from: at.seq, entries, head: to, chain }))
    }
}
