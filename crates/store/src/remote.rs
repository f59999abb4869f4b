//! What others wrote, onto the disk: each entry in one transaction with its cursor.

use jiff::Timestamp;
use sqlx::{Connection, Sqlite, SqliteConnection, Transaction};
use uuid::Uuid;
use zuc_domain::shared::{CloudEvent, Hlc, Scope};
use zuc_protocol::Scope as WireScope;
use zuc_protocol::chain::LogKind;
use zuc_protocol::envelope::{SealedBatch, batch_hash};
use zuc_protocol::ids::{ControlHash, ItemId, LogId};
use zuc_protocol::item::{Change, DocKind, Fact, Item};
use zuc_sync::{Advance, Source};

use crate::doc::{self, Document};
use crate::facts::Put;
use crate::persons::Ring;
use crate::projections::analytics::{self, Dirty};
use crate::reread::{Reread, keys_of};
use crate::resume::OFFERS_DUE;
use crate::shape::Shape;
use crate::store::{Identity, domain_scope, scope_number, wire_scope};
use crate::{Store, StoreError, aggregate, events, facts, history, registry};

/// What receiving an entry changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Received {
    /// Documents and facts that are new or other than before: what a screen reloads. A fact has kind 0.
    pub touched: Vec<(DocKind, ItemId)>,
    /// The code of why the entry was set aside whole, by a rule of documents, or why a part of it was passed over, which does
    /// not belong into its scope.
    pub refused: Option<String>,
    /// Facts that lost against another of their id.
    pub lost: Vec<ItemId>,
}

struct Receiver<'c> {
    identity: Identity,
    rows: Reread<'c>,
    out: &'c mut Received,
    /// The Automerge actor of the last change, where the entry's author is noted to have written under it.
    actor: Vec<u8>,
}

impl Store {
    pub(crate) async fn begin_plain(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        Ok(self.inner.pools.writer.begin_with("BEGIN IMMEDIATE").await?)
    }

    /// Applies an entry of a scope's log: merge, projection, events, the sealed bytes and the cursors in one
    /// transaction. An entry that breaks a rule is set aside whole; the cursors pass it like every other device's do.
    #[expect(clippy::too_many_arguments, reason = "the parts of `Effect::Apply`, carried out as they come")]
    pub async fn apply_entry(
        &self,
        scope: WireScope,
        advance: Advance,
        source: &Source,
        kind: LogKind,
        bytes: &[u8],
        items: &[Item],
        now: Timestamp,
    ) -> Result<Received, StoreError> {
        let identity = self.identity().ok_or(StoreError::NoIdentity)?;
        let (scope, number) = (domain_scope(scope), scope_number(domain_scope(scope)));
        let mut tx = self.begin_plain().await?;
        let mut out = Received::default();
        let mut dirty = Dirty::default();
        let mut ring = Ring::new(self, identity.company.0);
        let mut latest: Option<Hlc> = None;
        let mut part = tx.begin().await?;
        let rows = Reread::new(&mut part, &mut ring, &mut dirty);
        let mut receiver = Receiver { identity, rows, out: &mut out, actor: Vec::new() };
        match receiver.entry(scope, source, items, &mut latest).await {
            Ok(()) => {
                part.commit().await?;
                if let Some(code) = &out.refused {
                    set_aside(&mut tx, number, &batch_hash(bytes).0, code, bytes).await?;
                }
            }
            Err(StoreError::ChangeRefused(refusal)) => {
                part.rollback().await?;
                let reason = format!("store.change_refused: {refusal}");
                set_aside(&mut tx, number, &batch_hash(bytes).0, &reason, bytes).await?;
                out = Received { refused: Some("store.change_refused".to_owned()), ..Received::default() };
                (latest, dirty) = (None, Dirty::default());
            }
            Err(other) => return Err(other),
        }
        keep_entry(&mut tx, number, advance.seq, kind.number(), bytes).await?;
        move_cursors(&mut tx, number, &advance).await?;
        if let Some(latest) = latest {
            receive_clock(&mut tx, identity, latest, now).await?;
            if let Source::Device { author, .. } = source {
                // a clock that is ahead has not been where it says
                let at = latest.millis.min(now.as_millisecond());
                author_acted(&mut tx, number, author.to_uuid(), at).await?;
            }
        }
        analytics::refresh(&mut tx, &dirty).await?;
        tx.commit().await?;
        self.inner.committed.notify_one();
        Ok(out)
    }

    /// Keeps apart an entry that does not count, with the code of why, and moves the cursors past it.
    pub async fn set_aside_entry(
        &self,
        scope: WireScope,
        advance: Advance,
        kind: LogKind,
        bytes: &[u8],
        code: &str,
    ) -> Result<(), StoreError> {
        let number = scope_number(domain_scope(scope));
        let mut tx = self.begin_plain().await?;
        set_aside(&mut tx, number, &batch_hash(bytes).0, code, bytes).await?;
        keep_entry(&mut tx, number, advance.seq, kind.number(), bytes).await?;
        move_cursors(&mut tx, number, &advance).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The relay's log is another: everything is read again from its start, to no effect where it is known.
    pub async fn restart_cursors(&self, log: LogId) -> Result<(), StoreError> {
        let mut tx = self.begin_plain().await?;
        sqlx::query!("DELETE FROM cursor").execute(&mut *tx).await?;
        sqlx::query!("DELETE FROM author_cursor").execute(&mut *tx).await?;
        // The places of the old log mean nothing in the next; that it was acknowledged once, and what came before what, still
        // do. Those that had a place come first, for they build upon none of those that the old log had given none yet.
        let lowest = sqlx::query_scalar!(r#"SELECT seq AS "seq!: i64" FROM entry WHERE seq < 0 ORDER BY seq LIMIT 1"#)
            .fetch_optional(&mut *tx)
            .await?;
        let highest =
            sqlx::query_scalar!(r#"SELECT seq AS "seq!: i64" FROM entry WHERE seq > 0 ORDER BY seq DESC LIMIT 1"#)
                .fetch_optional(&mut *tx)
                .await?;
        let below = highest.unwrap_or(0) - lowest.unwrap_or(0);
        sqlx::query!("UPDATE entry SET seq = seq - ? WHERE seq < 0", below).execute(&mut *tx).await?;
        sqlx::query!("UPDATE entry SET seq = -seq WHERE seq > 0").execute(&mut *tx).await?;
        put_setting(&mut tx, "relay_log", &hex::encode(log.0)).await?;
        put_setting(&mut tx, OFFERS_DUE, "1").await?;
        tx.commit().await?;
        Ok(())
    }

    /// Writes down a checked control record at its place. Another one there goes, and all that built upon it: after
    /// each record the disk holds a log that stands.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] for a record whose predecessor is not here.
    pub async fn append_control(&self, seq: u64, hash: &ControlHash, bytes: &[u8]) -> Result<(), StoreError> {
        let (seq, hash) = (i64::try_from(seq).unwrap_or(i64::MAX), hash.0.as_slice());
        let mut tx = self.begin_plain().await?;
        sqlx::query!(
            "DELETE FROM control WHERE seq >= ?1 AND EXISTS (SELECT 1 FROM control WHERE seq = ?1 AND hash <> ?2)",
            seq,
            hash,
        )
        .execute(&mut *tx)
        .await?;
        let written = sqlx::query!(
            "INSERT INTO control (seq, hash, bytes)
             SELECT ?1, ?2, ?3 WHERE ?1 = 0 OR EXISTS (SELECT 1 FROM control WHERE seq = ?1 - 1)
             ON CONFLICT (seq) DO UPDATE SET bytes = excluded.bytes",
            seq,
            hash,
            bytes,
        )
        .execute(&mut *tx)
        .await?;
        if written.rows_affected() == 0 {
            return Err(StoreError::corrupt("control", "seq", seq));
        }
        Ok(tx.commit().await?)
    }
}

impl Receiver<'_> {
    async fn entry(
        &mut self,
        scope: Scope,
        source: &Source,
        items: &[Item],
        latest: &mut Option<Hlc>,
    ) -> Result<(), StoreError> {
        let author = match source {
            Source::Device { author, .. } => author.to_uuid(),
            Source::Relay { .. } => Uuid::nil(),
        };
        let changes = items.iter().filter_map(|item| match item {
            Item::Change(change) => Some(change),
            Item::Fact(_) => None,
        });
        self.rows.ring.load(self.rows.conn, &keys_of(changes)).await?;
        let mut happened = Vec::new();
        for item in items {
            // judged one by one: what else the entry holds may name a kind that only newer versions can judge
            if !item.may_lie_in(wire_scope(scope)) {
                self.out.refused = Some(StoreError::Misplaced.code().to_owned());
                continue;
            }
            let item_events = match item {
                Item::Change(change) => {
                    self.change(scope, author, change).await?;
                    &change.events
                }
                Item::Fact(fact) => {
                    self.fact(scope, author, fact).await?;
                    &fact.events
                }
            };
            for json in item_events {
                // An event we cannot read is some newer version's: the state it speaks of is merged all the same.
                let Ok(event) = serde_json::from_str::<CloudEvent>(json) else { continue };
                if latest.is_none_or(|latest| event.hlc > latest) {
                    *latest = Some(event.hlc);
                }
                happened.push(event);
            }
        }
        self.rows.finish().await?;
        events::insert_all(self.rows.conn, &happened).await
    }

    async fn change(&mut self, scope: Scope, author: Uuid, change: &Change) -> Result<(), StoreError> {
        let Some(shape) = registry::shape(change.kind) else {
            // A kind of a newer version: its entry is kept, and read once we know how.
            return Ok(());
        };
        let (number, id) = (scope_number(scope), change.doc.to_uuid());
        let chunks = doc::split(&change.chunk)?;
        let stored = fetch_in(self.rows.conn, shape, number, id).await?;
        let actor = &self.identity.actor.0;
        let (mut document, version) = match &stored {
            Some(stored) => (Document::load(shape.kind, &stored.snapshot, &stored.tail, actor)?, stored.version),
            None => (aggregate::new_document(shape, scope, id, actor)?, 0),
        };
        let Some(written) = document.apply(&chunks)? else { return Ok(()) };
        if let Some(actor) = document.author().filter(|actor| *actor != self.actor) {
            history::note_actor(self.rows.conn, actor, author.as_bytes()).await?;
            self.actor = actor.to_vec();
        }
        let version = version + i64::try_from(written.changes.len()).unwrap_or(0);
        aggregate::store_written(self.rows.conn, shape, number, id, &written, version).await?;
        self.rows.document(shape, scope, id, &mut document).await?;
        self.out.touched.push((change.kind, change.doc));
        Ok(())
    }

    async fn fact(&mut self, scope: Scope, author: Uuid, fact: &Fact) -> Result<(), StoreError> {
        match facts::put(self.rows.conn, scope_number(scope), fact, author).await? {
            Put::Known => {}
            Put::Lost => self.out.lost.push(fact.id),
            Put::Stands => {
                self.rows.fact(scope, fact).await?;
                self.out.touched.push((DocKind(0), fact.id));
            }
        }
        Ok(())
    }
}

async fn fetch_in(
    conn: &mut SqliteConnection,
    shape: &Shape,
    scope: i64,
    id: Uuid,
) -> Result<Option<aggregate::Stored>, StoreError> {
    let bytes = id.as_bytes().as_slice();
    let row = sqlx::query!("SELECT kind, snapshot, tail, version FROM doc WHERE scope = ? AND id = ?", scope, bytes)
        .fetch_optional(conn)
        .await?;
    let Some(row) = row else { return Ok(None) };
    if row.kind != i64::from(shape.number.0) {
        return Err(doc::Refusal::WrongDocument.into());
    }
    Ok(Some(aggregate::Stored { scope, snapshot: row.snapshot, tail: row.tail, version: row.version }))
}

/// Keeps a log entry verbatim; one that is our own and comes back before its acknowledgement is acknowledged by that.
async fn keep_entry(
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
         ON CONFLICT (hash) DO UPDATE SET seq = excluded.seq",
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
    let Some((author, at)) = &advance.author else { return Ok(()) };
    let (author, hash) = (author.0.as_slice(), at.hash.0.as_slice());
    let number = i64::try_from(at.number).unwrap_or(i64::MAX);
    let control = i64::try_from(at.control_seq).unwrap_or(i64::MAX);
    sqlx::query!(
        "INSERT INTO author_cursor (scope, author, number, hash, control_seq, blocked) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET number = excluded.number, hash = excluded.hash, control_seq = excluded.control_seq,
             blocked = excluded.blocked",
        scope,
        author,
        number,
        hash,
        control,
        at.blocked,
    )
    .execute(conn)
    .await?;
    Ok(())
}

async fn author_acted(conn: &mut SqliteConnection, scope: i64, author: Uuid, at: i64) -> Result<(), StoreError> {
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

async fn set_aside(
    conn: &mut SqliteConnection,
    scope: i64,
    hash: &[u8; 16],
    reason: &str,
    bytes: &[u8],
) -> Result<(), StoreError> {
    let hash = hash.as_slice();
    sqlx::query!(
        "INSERT INTO quarantine (scope, hash, reason, bytes) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        scope,
        hash,
        reason,
        bytes,
    )
    .execute(conn)
    .await?;
    Ok(())
}

async fn receive_clock(
    conn: &mut SqliteConnection,
    identity: Identity,
    remote: Hlc,
    now: Timestamp,
) -> Result<(), StoreError> {
    let row = sqlx::query!("SELECT hlc_millis, hlc_counter FROM device_state").fetch_one(&mut *conn).await?;
    let counter = u16::try_from(row.hlc_counter).unwrap_or(u16::MAX);
    let ours = Hlc { millis: row.hlc_millis, counter, device: identity.device }.receive(remote, now.as_millisecond());
    let counter = i64::from(ours.counter);
    sqlx::query!("UPDATE device_state SET hlc_millis = ?, hlc_counter = ?", ours.millis, counter).execute(conn).await?;
    Ok(())
}
