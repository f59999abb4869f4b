//! What others wrote, onto the disk: each entry in one transaction with its cursor.

use jiff::Timestamp;
use sqlx::{Connection, Sqlite, SqliteConnection, Transaction};
use uuid::Uuid;
use zuc_domain::shared::{CloudEvent, Hlc, Illegal, Scope};
use zuc_protocol::Scope as WireScope;
use zuc_protocol::chain::LogKind;
use zuc_protocol::envelope::{SealedBatch, batch_hash};
use zuc_protocol::ids::{ControlHash, ItemId, LogId};
use zuc_protocol::item::{Change, DocKind, Fact, Item};
use zuc_sync::{Advance, Source, Writer};

use crate::doc;
use crate::facts::Put;
use crate::legality::{self, Ignored};
use crate::persons::Ring;
use crate::projections::analytics::{self, Dirty};
use crate::reread::{Reread, keys_of};
use crate::resume::OFFERS_DUE;
use crate::store::{Identity, domain_scope, scope_number};
use crate::{Store, StoreError, aggregate, events, facts, history, registry};

/// What receiving an entry changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Received {
    /// Documents and facts that are new or other than before: what a screen reloads. A fact has kind 0.
    pub touched: Vec<(DocKind, ItemId)>,
    /// The code of why the entry was set aside whole, by a rule of documents, or why a part of it was passed over, which is
    /// not its author's to write there.
    pub refused: Option<String>,
    /// Facts that lost against another of their id.
    pub lost: Vec<ItemId>,
    /// Codes of why changes were merged and do not count.
    pub ignored: Vec<&'static str>,
}

struct Receiver<'c> {
    identity: Identity,
    rows: Reread<'c>,
    out: &'c mut Received,
    /// The Automerge actor of the last change, where the entry's author is noted to have written under it.
    actor: Vec<u8>,
    scope: Scope,
    /// `None` for the relay.
    writer: Option<&'c Writer>,
    /// It is this device's own and comes from the log: what is here of it was not judged yet.
    unjudged: bool,
    now: Timestamp,
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
        let unjudged = matches!(source, Source::Device { own: true, .. }) && !was_read(&mut part, bytes).await?;
        let writer = writer_of(source);
        let rows = Reread::new(&mut part, &mut ring, &mut dirty);
        let actor = Vec::new();
        let mut receiver = Receiver { identity, rows, out: &mut out, actor, scope, writer, unjudged, now };
        match receiver.entry(items, &mut latest).await {
            Ok(()) => {
                part.commit().await?;
                if let Some(code) = &out.refused {
                    set_aside(&mut tx, number, code, bytes, now).await?;
                }
            }
            Err(StoreError::ChangeRefused(refusal)) => {
                part.rollback().await?;
                let reason = format!("store.change_refused: {refusal}");
                set_aside(&mut tx, number, &reason, bytes, now).await?;
                out = Received { refused: Some("store.change_refused".to_owned()), ..Received::default() };
                (latest, dirty) = (None, Dirty::default());
            }
            Err(other) => return Err(other),
        }
        keep_entry(&mut tx, number, advance.seq, kind.number(), bytes).await?;
        move_cursors(&mut tx, number, &advance).await?;
        if let Some(latest) = latest {
            receive_clock(&mut tx, identity, latest, now).await?;
            if let Some(writer) = writer {
                // a clock that is ahead has not been where it says
                let at = latest.millis.min(now.as_millisecond());
                author_acted(&mut tx, number, writer.device.to_uuid(), at).await?;
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
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let number = scope_number(domain_scope(scope));
        let mut tx = self.begin_plain().await?;
        set_aside(&mut tx, number, code, bytes, now).await?;
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
    async fn entry(&mut self, items: &[Item], latest: &mut Option<Hlc>) -> Result<(), StoreError> {
        let changes = items.iter().filter_map(|item| match item {
            Item::Change(change) => Some(change),
            Item::Fact(_) => None,
        });
        self.rows.ring.load(self.rows.conn, &keys_of(changes)).await?;
        let mut happened = Vec::new();
        for item in items {
            // judged one by one: what else the entry holds may name a kind that only newer versions can judge
            if let Some(code) = legality::misfit(self.scope, item, self.writer) {
                self.out.refused = Some(code.to_owned());
                self.note(item, hash_of(item), kind_of(item), code).await?;
                continue;
            }
            let item_events = match item {
                Item::Change(change) if self.change(change).await? => &change.events,
                // what did not count did not happen
                Item::Change(_) => continue,
                Item::Fact(fact) => {
                    self.fact(fact).await?;
                    &fact.events
                }
            };
            for json in item_events {
                // An event we cannot read is some newer version's: the state it speaks of is merged all the same.
                let Ok(event) = serde_json::from_str::<CloudEvent>(json) else { continue };
                if !legality::is_by(&event, self.writer, self.identity) {
                    let hash = *blake3::hash(json.as_bytes()).as_bytes();
                    self.note(item, hash, "event", Illegal::Forged.code()).await?;
                    continue;
                }
                if latest.is_none_or(|latest| event.hlc > latest) {
                    *latest = Some(event.hlc);
                }
                happened.push(event);
            }
        }
        self.rows.finish().await?;
        events::insert_all(self.rows.conn, &happened).await
    }

    /// Merges a change; `false` where what it records does not count.
    async fn change(&mut self, change: &Change) -> Result<bool, StoreError> {
        let Some(shape) = registry::shape(change.kind) else {
            // A kind of a newer version: its entry is kept, and read once we know how.
            return Ok(true);
        };
        let (scope, id) = (self.scope, change.doc.to_uuid());
        let number = scope_number(scope);
        let chunks = doc::split(&change.chunk)?;
        let stored = aggregate::fetch_in(self.rows.conn, shape, number, id).await?;
        let actor = &self.identity.actor.0;
        let (mut document, version) = match &stored {
            Some(stored) => (stored.document(shape, actor)?, stored.version),
            None => (aggregate::new_document(shape, scope, id, actor)?, 0),
        };
        let mut written = document.apply(&chunks)?;
        if written.is_some() {
            self.note_actor(document.author()).await?;
        }
        let mut recorded = written.as_mut().map(|written| std::mem::take(&mut written.recorded)).unwrap_or_default();
        if self.unjudged {
            recorded = document.recorded_in(&chunks)?;
            mark_judged(self.rows.conn, number, id, &change.chunk).await?;
        }
        let mut ignored = Vec::new();
        if let Some(writer) = self.writer {
            ignored = legality::illegal(shape, scope, &legality::actor(writer, scope), &recorded);
            ignored.retain(|(change, _)| document.ignore(*change));
        }
        if let Some(written) = &written {
            let version = version + i64::try_from(written.changes.len()).unwrap_or(0);
            aggregate::store_written(self.rows.conn, shape, number, id, written, version).await?;
        }
        if !ignored.is_empty() {
            legality::keep(self.rows.conn, number, id, &document.ignored()).await?;
        }
        let hidden = match &stored {
            Some(stored) => stored.hidden,
            None if written.is_some() => {
                aggregate::settle_home(self.rows.conn, shape, scope, id, self.rows.dirty).await?
            }
            None => false,
        };
        if !hidden && (written.is_some() || !ignored.is_empty()) {
            self.rows.document(shape, scope, id, &mut document).await?;
            self.out.touched.push((change.kind, change.doc));
        }
        for (hash, code) in ignored {
            self.out.ignored.push(code);
            let (item, writer, at) = (id, self.writer, self.now);
            let kind = shape.kind.name;
            let ignored = Ignored { scope: number, item, hash, kind, code, writer, merged: true, at };
            legality::note(self.rows.conn, &ignored).await?;
        }
        Ok(document.counts(&chunks))
    }

    /// Notes whose the Automerge actor of a change is, once an entry.
    async fn note_actor(&mut self, actor: Option<&[u8]>) -> Result<(), StoreError> {
        let author = self.writer.map_or(Uuid::nil(), |writer| writer.device.to_uuid());
        if let Some(actor) = actor.filter(|actor| *actor != self.actor) {
            history::note_actor(self.rows.conn, actor, author.as_bytes()).await?;
            self.actor = actor.to_vec();
        }
        Ok(())
    }

    async fn fact(&mut self, fact: &Fact) -> Result<(), StoreError> {
        let author = self.writer.map_or(Uuid::nil(), |writer| writer.device.to_uuid());
        match facts::put(self.rows.conn, scope_number(self.scope), fact, author).await? {
            Put::Known => {}
            Put::Lost => self.out.lost.push(fact.id),
            Put::Stands => {
                self.rows.fact(self.scope, fact).await?;
                self.out.touched.push((DocKind(0), fact.id));
            }
        }
        Ok(())
    }

    /// Notes what is passed over.
    async fn note(&mut self, item: &Item, hash: [u8; 32], kind: &str, code: &str) -> Result<(), StoreError> {
        let (scope, item, at) = (scope_number(self.scope), item.id().to_uuid(), self.now);
        let ignored = Ignored { scope, item, hash, kind, code, writer: self.writer, merged: false, at };
        legality::note(self.rows.conn, &ignored).await
    }
}

/// Names what an item says.
fn hash_of(item: &Item) -> [u8; 32] {
    match item {
        Item::Change(change) => *blake3::hash(&change.chunk).as_bytes(),
        Item::Fact(fact) => fact.digest(),
    }
}

fn kind_of(item: &Item) -> &str {
    match item {
        Item::Change(change) => change.kind.name().unwrap_or("document"),
        Item::Fact(fact) => &fact.kind,
    }
}

/// An own change that waits to be sent, once more, was judged with the batch that came back.
async fn mark_judged(conn: &mut SqliteConnection, scope: i64, id: Uuid, chunk: &[u8]) -> Result<(), StoreError> {
    let id = id.as_bytes().as_slice();
    sqlx::query!(
        "UPDATE outbox SET judged = 1 WHERE kind = 1 AND scope = ?1 AND item = ?2
             AND (SELECT substr(tail, tail_at + 1, tail_len) FROM doc WHERE scope = ?1 AND id = ?2) = ?3",
        scope,
        id,
        chunk,
    )
    .execute(conn)
    .await?;
    Ok(())
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

/// Whether a batch was read from a log before that is no more.
async fn was_read(conn: &mut SqliteConnection, bytes: &[u8]) -> Result<bool, StoreError> {
    let hash = batch_hash(bytes);
    let hash = hash.0.as_slice();
    let read = sqlx::query_scalar!(r#"SELECT 1 AS "read!: i64" FROM entry WHERE hash = ? AND seq < 0"#, hash);
    Ok(read.fetch_optional(conn).await?.is_some())
}

fn writer_of(source: &Source) -> Option<&Writer> {
    match source {
        Source::Device { writer, .. } => Some(writer),
        Source::Relay { .. } => None,
    }
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
