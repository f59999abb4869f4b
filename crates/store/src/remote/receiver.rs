//! What one entry holds, into documents, facts and events.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sqlx::SqliteConnection;
use uuid::Uuid;
use zuc_domain::shared::{CloudEvent, Hlc, Illegal, Scope};
use zuc_protocol::ids::ItemId;
use zuc_protocol::item::{Change, DocKind, Fact, Item};
use zuc_sync::Writer;

use super::Received;
use crate::doc::{self, Document, Refusal};
use crate::facts::Put;
use crate::legality::{self, Ignored};
use crate::reread::{Reread, keys_of};
use crate::shape::Shape;
use crate::store::{Identity, scope_number};
use crate::{StoreError, aggregate, events, facts, history, parts, registry};

/// How much of documents is in hand at most, in bytes as they are stored: one entry can name 256 of any size.
const IN_HAND: usize = 4 << 20;

/// A document that an entry changes. It is loaded once and shown once, however many of its changes come together.
pub(super) struct Held {
    shape: &'static Shape,
    document: Document,
    version: i64,
    size: usize,
    hidden: bool,
    is_stored: bool,
    /// It says something else than its rows do.
    is_other: bool,
}

/// Where an entry goes, and whose it is.
pub(super) struct Receiver<'c> {
    pub(super) identity: Identity,
    pub(super) rows: Reread<'c>,
    pub(super) out: &'c mut Received,
    /// The Automerge actor of the last change, where the entry's author is noted to have written under it.
    pub(super) actor: Vec<u8>,
    pub(super) scope: Scope,
    /// `None` for the relay.
    pub(super) writer: Option<&'c Writer>,
    /// It is this device's own and comes from the log: what is here of it was not judged yet.
    pub(super) unjudged: bool,
    pub(super) now: Timestamp,
    pub(super) held: BTreeMap<Uuid, Held>,
    /// How large those are together.
    pub(super) in_hand: usize,
}

impl Receiver<'_> {
    /// Merges what the entry holds; what breaks a rule of documents takes nothing along.
    pub(super) async fn entry(&mut self, items: &[Item], latest: &mut Option<Hlc>) -> Result<(), StoreError> {
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
            parts::came(self.rows.conn, item.part(), self.scope, self.now).await?;
            let item_events = match item {
                Item::Change(change) if Box::pin(self.change(change)).await? => &change.events,
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
        self.show().await?;
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
        let mut held = self.take(shape, id).await?;
        let mut written = held.document.apply(&chunks)?;
        if written.is_some() {
            self.note_actor(held.document.author()).await?;
        }
        let mut recorded = written.as_mut().map(|written| std::mem::take(&mut written.recorded)).unwrap_or_default();
        if self.unjudged {
            recorded = held.document.recorded_in(&chunks)?;
            mark_judged(self.rows.conn, number, id, &change.chunk).await?;
        }
        let mut ignored = Vec::new();
        if let Some(writer) = self.writer {
            ignored = legality::illegal(shape, scope, &legality::actor(writer), &recorded);
            ignored.retain(|(change, _)| held.document.ignore(*change));
        }
        if let Some(written) = &written {
            held.version += i64::try_from(written.changes.len()).unwrap_or(0);
            held.size += change.chunk.len();
            aggregate::store_written(self.rows.conn, shape, number, id, written, held.version).await?;
        }
        if !ignored.is_empty() {
            legality::keep(self.rows.conn, number, id, &held.document.ignored()).await?;
        }
        if written.is_some() && !held.is_stored {
            held.hidden = aggregate::settle_home(self.rows.conn, shape, scope, id, self.rows.dirty).await?;
            held.is_stored = true;
        }
        held.is_other |= written.is_some() || !ignored.is_empty();
        for (hash, code) in ignored {
            self.out.ignored.push(code);
            let (item, writer, at) = (id, self.writer, self.now);
            let kind = shape.kind.name;
            let ignored = Ignored { scope: number, item, hash, kind, code, writer, merged: true, at };
            legality::note(self.rows.conn, &ignored).await?;
        }
        let counts = held.document.counts(&chunks);
        Box::pin(self.put_back(id, held)).await?;
        Ok(counts)
    }

    /// A document, from hand or from the disk.
    async fn take(&mut self, shape: &'static Shape, id: Uuid) -> Result<Held, StoreError> {
        if let Some(held) = self.held.remove(&id) {
            self.in_hand -= held.size;
            return if held.shape.number == shape.number { Ok(held) } else { Err(Refusal::WrongDocument.into()) };
        }
        let actor = &self.identity.actor.0;
        let stored = aggregate::fetch_in(self.rows.conn, shape, scope_number(self.scope), id).await?;
        let document = match &stored {
            Some(stored) => stored.document(shape, actor)?,
            None => aggregate::new_document(shape, self.scope, id, actor)?,
        };
        Ok(Held {
            shape,
            document,
            version: stored.as_ref().map_or(0, |stored| stored.version),
            size: stored.as_ref().map_or(0, |stored| stored.snapshot.len() + stored.tail.len()),
            hidden: stored.as_ref().is_some_and(|stored| stored.hidden),
            is_stored: stored.is_some(),
            is_other: false,
        })
    }

    /// Keeps a document in hand, for whoever writes two documents by turns; when these are too many, all go into their rows.
    async fn put_back(&mut self, id: Uuid, held: Held) -> Result<(), StoreError> {
        self.in_hand += held.size;
        self.held.insert(id, held);
        if self.in_hand > IN_HAND { self.show().await } else { Ok(()) }
    }

    /// Takes what is in hand into its read rows.
    async fn show(&mut self) -> Result<(), StoreError> {
        self.in_hand = 0;
        for (id, mut held) in std::mem::take(&mut self.held) {
            if held.is_other && !held.hidden {
                self.rows.document(held.shape, self.scope, id, &mut held.document).await?;
                self.out.touched.push((held.shape.number, ItemId::from_uuid(id)));
            }
        }
        Ok(())
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
        self.show().await?;
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
