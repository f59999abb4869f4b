//! An aggregate's way to disk and back: document tail, outbox, events, audit and read rows in one transaction.

use std::collections::BTreeSet;
use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use sqlx::SqliteConnection;
use uuid::Uuid;
use zuc_domain::shared::{Actor, DomainEvent, Illegal, Object, Scope, TransitionId};
use zuc_protocol::home::home_of_document;

use crate::audit;
use crate::conflicts;
use crate::doc::{Content, Document, Written};
use crate::events;
use crate::outbox;
use crate::pending;
use crate::projections::analytics;
use crate::registry;
use crate::shape::{Seals, Shape};
use crate::store::{at_home, scope_number, scope_of};
use crate::tx::{Held, Tx};
use crate::{Store, StoreError};

/// The version of what shapes write; additive changes do not raise it.
pub(crate) const SCHEMA: i64 = 1;

/// What a projector is told besides the aggregate.
#[derive(Debug)]
pub struct Projector<'c> {
    /// Where rows are written.
    pub(crate) conn: &'c mut SqliteConnection,
    /// The document's scope.
    pub(crate) scope: Scope,
    /// Marks of summaries that must be computed again before the commit.
    pub(crate) dirty: &'c mut analytics::Dirty,
}

/// An aggregate that lies in a document of its own.
pub trait Aggregate: Serialize + DeserializeOwned + Send + Sync + Sized {
    /// Its typed id.
    type Id: Into<Uuid> + Copy + Send + Sync;
    /// How it lies there.
    const SHAPE: &'static Shape;

    /// Its id.
    fn uuid(&self) -> Uuid;

    /// Where a new one is created.
    fn scope(&self) -> Scope;

    /// The lead this is: many new ones of a transaction are written together.
    #[doc(hidden)]
    fn as_lead(&self) -> Option<&zuc_domain::lead::Lead> {
        None
    }

    /// Writes its read rows over the old ones.
    fn project(&self, into: &mut Projector<'_>) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Whether a transition counts that `author` recorded under `key`, of `object` as they saw it. A kind without a state has none.
    fn judge(author: &Actor, key: TransitionId, record: &str, object: &Object) -> Result<(), Illegal>;

    /// Takes its read rows away: it was deleted.
    fn unproject(id: Uuid, from: &mut Projector<'_>) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// The aggregates of one kind, inside a transaction.
#[derive(Debug)]
pub struct Repository<'t, A> {
    pub(crate) tx: &'t mut Tx,
    kind: PhantomData<A>,
}

impl<'t, A: Aggregate> Repository<'t, A> {
    pub(crate) fn new(tx: &'t mut Tx) -> Self {
        Self { tx, kind: PhantomData }
    }

    /// The aggregate from its document; `None` when no document has this id.
    pub async fn load(&mut self, id: A::Id) -> Result<Option<A>, StoreError> {
        let id: Uuid = id.into();
        let Some((scope, content)) = self.tx.hold(A::SHAPE, id).await? else { return Ok(None) };
        self.tx.hold_keys(&Shape::person_keys(&content)).await?;
        self.tx.note_closed(A::SHAPE.number, id, &content).await?;
        read::<A>(scope, id, &content, &self.tx.ring).map(Some)
    }

    /// Whether all of a record that was loaded is read: not so where the key of a person was erased or has not come.
    pub fn opens(&self, id: A::Id) -> bool {
        !self.tx.closed.contains(&id.into())
    }

    /// Writes what `event` changed: document, outbox, event, audit, read rows.
    pub async fn record(&mut self, aggregate: &A, event: &dyn DomainEvent) -> Result<(), StoreError> {
        self.record_all(aggregate, &[event]).await
    }

    /// Writes an edit that no event speaks of: the document's history tells it.
    pub async fn save(&mut self, aggregate: &A) -> Result<(), StoreError> {
        self.record_all(aggregate, &[]).await
    }

    /// As [`Self::record`], for an act of several events.
    pub async fn record_all(&mut self, aggregate: &A, events: &[&dyn DomainEvent]) -> Result<(), StoreError> {
        self.tx.record_aggregate(aggregate, events).await
    }

    /// Marks an aggregate as deleted and takes its read rows away; an edit after or beside it, by whoever, brings it
    /// back. `false` when no document has this id.
    pub async fn delete(&mut self, id: A::Id) -> Result<bool, StoreError> {
        self.tx.delete_aggregate::<A>(id.into()).await
    }

    /// Writes what a person chose where `fields` were changed apart: nobody asks about them any more, here or elsewhere.
    pub async fn settle(&mut self, aggregate: &A, fields: &[&str]) -> Result<(), StoreError> {
        self.tx.settle(A::SHAPE, aggregate.uuid(), fields).await?;
        self.save(aggregate).await
    }
}

impl Tx {
    /// Loads a document into hand; its scope and content.
    pub(crate) async fn hold(&mut self, shape: &Shape, id: Uuid) -> Result<Option<(Scope, Content)>, StoreError> {
        if self.pending.holds(id) {
            self.flush().await?;
        }
        if let Some(held) = self.places.get(&id).and_then(|scope| Some((*scope, self.docs.get(&(*scope, id))?))) {
            return Ok(Some((scope_of(held.0)?, held.1.document.content()?)));
        }
        let Some(stored) = fetch(&mut self.conn, shape, id).await? else { return Ok(None) };
        let document = stored.document(shape, &self.identity.actor.0)?;
        let content = document.content()?;
        self.places.insert(id, stored.scope);
        self.docs.insert((stored.scope, id), Held { document, version: stored.version });
        Ok(Some((scope_of(stored.scope)?, content)))
    }

    async fn delete_aggregate<A: Aggregate>(&mut self, id: Uuid) -> Result<bool, StoreError> {
        let Some((scope, _)) = self.hold(A::SHAPE, id).await? else { return Ok(false) };
        let number = scope_number(scope);
        let Some(mut held) = self.docs.remove(&(number, id)) else { return Ok(false) };
        let before = held.document.heads();
        if let Some(written) = held.document.delete(self.session.moment())? {
            held.version += i64::try_from(written.changes.len()).unwrap_or(0);
            let tail = store_written(&mut self.conn, A::SHAPE, number, id, &written, held.version).await?;
            let part = self.note_part(number).await?;
            let item = outbox::Plain {
                scope: number,
                kind: outbox::CHANGE,
                item: id,
                doc_kind: A::SHAPE.number.0,
                tail,
                body: Vec::new(),
                extras: outbox::Extras::new(BTreeSet::new(), Vec::new(), part),
                incarnation: self.identity.incarnation.0,
            };
            self.send(item).await?;
        }
        let after = held.document.heads();
        self.docs.insert((number, id), held);
        self.audit("deleted", id, &before, &after).await?;
        conflicts::forget(&mut self.conn, number, id).await?;
        let mut projector = Projector { conn: &mut self.conn, scope, dirty: &mut self.dirty };
        A::unproject(id, &mut projector).await?;
        self.wrote = true;
        Ok(true)
    }

    async fn record_aggregate<A: Aggregate>(
        &mut self,
        aggregate: &A,
        events: &[&dyn DomainEvent],
    ) -> Result<(), StoreError> {
        let id = aggregate.uuid();
        at_home(home_of_document(A::SHAPE.number), aggregate.scope())?;
        if let Some(lead) = aggregate.as_lead()
            && self.part.is_none()
            && !is_derived(id)
            && pending::fits_one_change(lead)
            && self.take_fresh(id)
        {
            return self.record_new_lead(lead, events).await;
        }
        self.flush().await?;
        let (scope, held) = match self.hold(A::SHAPE, id).await? {
            Some((scope, content)) => (scope, content),
            None => (aggregate.scope(), Content::default()),
        };
        let number = scope_number(scope);
        let value = to_map(aggregate)?;
        self.hold_keys(&Shape::person_keys(&held)).await?;
        let said = as_read::<A>(scope, id, &held, &self.ring);
        let subjects = A::SHAPE.subjects(id, &value, &said, &held, &self.ring);
        self.ring.ensure(&mut self.conn, scope, &subjects).await?;
        let content = A::SHAPE.content(id, value, &said, &held, &self.ring)?;

        let moment = self.session.moment();
        let slot = self.docs.remove(&(number, id));
        let created = slot.is_none();
        if created && self.late.iter().any(|kind| *kind != A::SHAPE.number) {
            // made of what could not be read, it would lack for ever what is only late: a customer without a name
            return Err(StoreError::PersonKeyMissing);
        }
        let mut held_doc = match slot {
            Some(held) => held,
            None => Held { document: new_document(A::SHAPE, scope, id, &self.identity.actor.0)?, version: 0 },
        };
        let before = if created { Vec::new() } else { held_doc.document.heads() };
        let written = held_doc.document.write(&content, moment)?;
        let mut tail = (0, 0);
        if let Some(written) = &written {
            held_doc.version += i64::try_from(written.changes.len()).unwrap_or(0);
            tail = store_written(&mut self.conn, A::SHAPE, number, id, written, held_doc.version).await?;
        }
        let version = held_doc.version;
        let heads = held_doc.document.heads();
        // what changes nothing is no edit, and brings nothing back
        let deleted = written.is_none() && held_doc.document.is_deleted()?;
        self.places.insert(id, number);
        self.docs.insert((number, id), held_doc);

        // what nobody would be told of did not happen
        let told = written.is_some() || self.sends_in(number);
        let mut emitted = Vec::with_capacity(events.len());
        for event in events.iter().filter(|_| told) {
            emitted.push(self.emit(scope, *event, version, &heads).await?);
        }
        if let Some(written) = &written {
            let mut person_keys = Shape::person_keys(&content);
            let known = Shape::person_keys(&held);
            person_keys.retain(|key| !known.contains(key));
            let part = self.note_part(number).await?;
            let mut at = tail.0;
            for (nth, change) in written.changes.iter().enumerate() {
                // keys come with the first change that names them, and what happened has happened with the last
                let keys = if nth == 0 { std::mem::take(&mut person_keys) } else { BTreeSet::new() };
                let is_last = nth + 1 == written.changes.len();
                let happened = if is_last { std::mem::take(&mut emitted) } else { Vec::new() };
                let length = i64::try_from(change.len()).unwrap_or(i64::MAX);
                let item = outbox::Plain {
                    scope: number,
                    kind: outbox::CHANGE,
                    item: id,
                    doc_kind: A::SHAPE.number.0,
                    tail: (at, length),
                    body: Vec::new(),
                    extras: outbox::Extras::new(keys, happened, part),
                    incarnation: self.identity.incarnation.0,
                };
                self.send(item).await?;
                at += length;
            }
        } else {
            self.tell_with_sent(number, emitted).await?;
        }
        self.audit(events.first().map_or("edited", |event| event.event_type()), id, &before, &heads).await?;
        if !created && !deleted {
            self.look_at_conflicts(A::SHAPE, scope, id).await?;
        }
        if !deleted {
            let mut projector = Projector { conn: &mut self.conn, scope, dirty: &mut self.dirty };
            aggregate.project(&mut projector).await?;
        }
        self.wrote = true;
        Ok(())
    }

    /// Puts an event into its envelope and the outbox of events.
    pub(crate) async fn emit(
        &mut self,
        scope: Scope,
        event: &dyn DomainEvent,
        version: i64,
        heads: &[u8],
    ) -> Result<i64, StoreError> {
        let context = events::context(self, version, heads);
        let envelope = events::seal(self, scope, event, &context).await?;
        let n = self.next_event().await?;
        events::insert(&mut self.conn, n, &envelope).await?;
        Ok(n)
    }

    pub(crate) async fn audit(
        &mut self,
        action: &str,
        object: Uuid,
        before: &[u8],
        after: &[u8],
    ) -> Result<(), StoreError> {
        let entry = audit::Entry {
            at: self.session.at.as_millisecond(),
            actor: self.session.person.0,
            action,
            object,
            before,
            after,
        };
        audit::append(&mut self.conn, &mut self.tip, &entry).await
    }
}

impl Store {
    /// An aggregate read from its document outside any transaction: for a page that shows one record whole.
    pub async fn read<A: Aggregate>(&self, id: A::Id) -> Result<Option<A>, StoreError> {
        Ok(self.read_and_ask(id).await?.map(|(read, _)| read))
    }

    /// As [`Store::read`], and whether all of it is read, as [`Repository::opens`] says it.
    pub async fn read_and_ask<A: Aggregate>(&self, id: A::Id) -> Result<Option<(A, bool)>, StoreError> {
        let identity = self.identity().ok_or(StoreError::NoIdentity)?;
        let mut conn = self.reader().acquire().await?;
        let id: Uuid = id.into();
        let Some(stored) = fetch(&mut conn, A::SHAPE, id).await? else { return Ok(None) };
        let document = stored.document(A::SHAPE, &identity.actor.0)?;
        let content = document.content()?;
        let mut ring = crate::persons::Ring::new(self, identity.company.0);
        let keys = Shape::person_keys(&content);
        ring.load(&mut conn, &keys).await?;
        let opens = keys.iter().all(|key| ring.holds(key));
        Ok(Some((read::<A>(scope_of(stored.scope)?, id, &content, &ring)?, opens)))
    }
}

pub(crate) struct Stored {
    pub(crate) scope: i64,
    pub(crate) snapshot: Vec<u8>,
    pub(crate) tail: Vec<u8>,
    pub(crate) version: i64,
    pub(crate) ignored: Vec<u8>,
    /// Another of its id is shown.
    pub(crate) hidden: bool,
}

impl Stored {
    pub(crate) fn document(&self, shape: &Shape, actor: &[u8]) -> Result<Document, StoreError> {
        Ok(Document::load(shape.kind, &self.snapshot, &self.tail, actor)?.ignoring(&self.ignored))
    }
}

pub(crate) async fn fetch(conn: &mut SqliteConnection, shape: &Shape, id: Uuid) -> Result<Option<Stored>, StoreError> {
    let (bytes, kind) = (id.as_bytes().as_slice(), i64::from(shape.number.0));
    let stored = sqlx::query_as!(
        Stored,
        // left to choose, the planner walks every document of the kind for the sake of the order
        r#"SELECT scope, snapshot, tail, version, ignored, hidden AS "hidden!: bool" FROM doc INDEXED BY doc_id
         WHERE id = ? AND kind = ? ORDER BY scope LIMIT 1"#,
        bytes,
        kind,
    )
    .fetch_optional(conn)
    .await?;
    Ok(stored)
}

/// A document of one scope.
pub(crate) async fn fetch_in(
    conn: &mut SqliteConnection,
    shape: &Shape,
    scope: i64,
    id: Uuid,
) -> Result<Option<Stored>, StoreError> {
    let bytes = id.as_bytes().as_slice();
    let row = sqlx::query!(
        r#"SELECT kind, snapshot, tail, version, ignored, hidden AS "hidden!: bool" FROM doc WHERE scope = ? AND id = ?"#,
        scope,
        bytes,
    )
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    if row.kind != i64::from(shape.number.0) {
        return Err(crate::doc::Refusal::WrongDocument.into());
    }
    let (snapshot, tail, version) = (row.snapshot, row.tail, row.version);
    Ok(Some(Stored { scope, snapshot, tail, version, ignored: row.ignored, hidden: row.hidden }))
}

/// Of several documents with one id the one of the first scope is loaded and shown, whichever came first. Called for a
/// new one: `true` where it is hidden; where it hides others, their read rows go.
pub(crate) async fn settle_home(
    conn: &mut SqliteConnection,
    shape: &Shape,
    scope: Scope,
    id: Uuid,
    dirty: &mut analytics::Dirty,
) -> Result<bool, StoreError> {
    let (number, bytes, kind) = (scope_number(scope), id.as_bytes().as_slice(), i64::from(shape.number.0));
    let others = sqlx::query_scalar!(
        "SELECT scope FROM doc INDEXED BY doc_id WHERE id = ? AND kind = ? AND scope <> ?",
        bytes,
        kind,
        number
    )
    .fetch_all(&mut *conn)
    .await?;
    if others.is_empty() {
        return Ok(false);
    }
    let hidden = others.iter().any(|other| *other < number);
    sqlx::query!(
        "UPDATE doc SET hidden = scope > (SELECT min(scope) FROM doc WHERE id = ?1 AND kind = ?2) WHERE id = ?1 AND kind = ?2",
        bytes,
        kind,
    )
    .execute(&mut *conn)
    .await?;
    // what is not shown asks nobody
    sqlx::query!(
        "DELETE FROM conflict WHERE id = ?1 AND kind = ?2
             AND scope > (SELECT min(scope) FROM doc WHERE id = ?1 AND kind = ?2)",
        bytes,
        kind,
    )
    .execute(&mut *conn)
    .await?;
    if !hidden {
        registry::unproject(shape.number, scope, id, conn, dirty).await?;
    }
    Ok(hidden)
}

/// A document that is not here yet. Those of derived ids (`UUIDv5`) begin with the genesis change, whoever writes first
/// and whatever comes in: a verdict on a change must not depend on what is here already. The others have one author.
pub(crate) fn new_document(shape: &Shape, scope: Scope, id: Uuid, actor: &[u8]) -> Result<Document, StoreError> {
    if is_derived(id) {
        Document::create_derived(shape.kind, &scope.to_string(), id.as_bytes(), actor)
    } else {
        Ok(Document::create(shape.kind, actor))
    }
}

pub(crate) fn is_derived(id: Uuid) -> bool {
    id.get_version_num() == 5
}

pub(crate) fn to_map<A: Serialize>(aggregate: &A) -> Result<Map<String, Value>, StoreError> {
    match serde_json::to_value(aggregate)? {
        Value::Object(map) => Ok(map),
        _ => Err(StoreError::corrupt("doc", "root", "not an object")),
    }
}

/// What a document says as a command read it: what says the same afterwards is not written. Nothing for a new one.
fn as_read<A: Aggregate>(scope: Scope, id: Uuid, held: &Content, seals: &dyn Seals) -> Map<String, Value> {
    if *held == Content::default() {
        return Map::new();
    }
    read::<A>(scope, id, held, seals).and_then(|read| to_map(&read)).unwrap_or_default()
}

pub(crate) fn read<A: Aggregate>(
    scope: Scope,
    id: Uuid,
    content: &Content,
    seals: &dyn Seals,
) -> Result<A, StoreError> {
    let value = A::SHAPE.value(scope, id, content, seals)?;
    serde_json::from_value(value).map_err(|error| {
        tracing::warn!(doc.kind = A::SHAPE.kind.name, doc.id = %id, reason = %error, "document does not read");
        StoreError::corrupt("doc", A::SHAPE.kind.name, id)
    })
}

/// Appends to the document's tail, or makes its row; where in the tail the changes lie, and how long they are.
pub(crate) async fn store_written(
    conn: &mut SqliteConnection,
    shape: &Shape,
    scope: i64,
    id: Uuid,
    written: &Written,
    version: i64,
) -> Result<(i64, i64), StoreError> {
    let (bytes, kind, tail) = (id.as_bytes().as_slice(), i64::from(shape.number.0), written.tail());
    let size = i64::try_from(tail.len()).unwrap_or(i64::MAX);
    let end = sqlx::query_scalar!(
        r#"INSERT INTO doc (scope, id, kind, tail, heads, schema, size, version) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
           ON CONFLICT DO UPDATE SET tail = CAST(tail || excluded.tail AS BLOB), heads = excluded.heads,
               size = size + excluded.size, version = excluded.version
           RETURNING length(tail) AS "end!: i64""#,
        scope,
        bytes,
        kind,
        tail,
        written.heads,
        SCHEMA,
        size,
        version,
    )
    .fetch_one(conn)
    .await?;
    let length = written.changes.iter().map(Vec::len).sum::<usize>();
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    Ok((end - length, length))
}
