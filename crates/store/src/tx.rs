//! The unit of work: one command, one SQLite transaction, one acknowledgement.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use sqlx::{Sqlite, SqliteConnection, Transaction};
use uuid::Uuid;
use zuc_domain::shared::{Act, EventId, Hlc, TransitionId};
use zuc_protocol::ids::{ActorId, Incarnation};
use zuc_protocol::item::{DocKind, Part};

use crate::aggregate::{Aggregate, Repository};
use crate::audit;
use crate::doc::{Content, Document};
use crate::fresh::FreshIds;
use crate::outbox::Sent;
use crate::pending::Pending;
use crate::persons::Ring;
use crate::projections::analytics;
use crate::shape::Shape;
use crate::store::{Identity, Session, uuid_of};
use crate::{Store, StoreError};

/// A command's transaction. Dropped without [`Tx::commit`], it leaves no trace.
pub struct Tx {
    pub(crate) conn: Transaction<'static, Sqlite>,
    pub(crate) store: Store,
    pub(crate) session: Session,
    pub(crate) identity: Identity,
    pub(crate) hlc: Hlc,
    pub(crate) tip: audit::Tip,
    pub(crate) ring: Ring,
    pub(crate) docs: HashMap<(i64, Uuid), Held>,
    pub(crate) dirty: analytics::Dirty,
    pub(crate) wrote: bool,
    pub(crate) pending: Pending,
    /// What waited could not be written whole: this transaction is never committed.
    pub(crate) spoilt: bool,
    /// Scope and heads of the new documents written last.
    pub(crate) last_docs: HashMap<Uuid, (i64, Vec<u8>)>,
    /// Scope of each document in hand.
    pub(crate) places: HashMap<Uuid, i64>,
    /// Records read here of which not everything opens.
    pub(crate) closed: BTreeSet<Uuid>,
    /// Kinds of records read here whose own person's key has not come yet.
    pub(crate) late: BTreeSet<DocKind>,
    pub(crate) last_event: Option<i64>,
    /// The part of a command over several scopes that is being written.
    pub(crate) part: Option<Part>,
    pub(crate) sent: Option<Box<Sent>>,
    ids: Mutex<FreshIds>,
}

/// A document in hand and how many changes it had on disk.
pub(crate) struct Held {
    pub(crate) document: Document,
    pub(crate) version: i64,
}

impl std::fmt::Debug for Tx {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Tx").finish_non_exhaustive()
    }
}

impl Tx {
    pub(crate) async fn begin(store: &Store, session: Session) -> Result<Self, StoreError> {
        let identity = store.identity().ok_or(StoreError::NoIdentity)?;
        let mut conn = store.inner.pools.writer.begin_with("BEGIN IMMEDIATE").await?;
        let row = sqlx::query!("SELECT hlc_millis, hlc_counter, actor, incarnation FROM device_state")
            .fetch_one(&mut *conn)
            .await?;
        // the transaction before this one may have ended an incarnation
        let identity = Identity {
            actor: ActorId(*uuid_of("device_state", &row.actor)?.as_bytes()),
            incarnation: Incarnation(*uuid_of("device_state", &row.incarnation)?.as_bytes()),
            ..identity
        };
        let counter = u16::try_from(row.hlc_counter).unwrap_or(u16::MAX);
        let last = Hlc { millis: row.hlc_millis, counter, device: identity.device };
        let tip = audit::Tip::read(&mut conn).await?;
        Ok(Self {
            conn,
            store: store.clone(),
            session,
            identity,
            hlc: Hlc::tick(Some(last), session.at.as_millisecond(), identity.device),
            tip,
            ring: Ring::new(store, identity.company.0),
            docs: HashMap::new(),
            dirty: analytics::Dirty::default(),
            wrote: false,
            pending: Pending::default(),
            spoilt: false,
            last_docs: HashMap::new(),
            places: HashMap::new(),
            closed: BTreeSet::new(),
            late: BTreeSet::new(),
            last_event: None,
            part: None,
            sent: None,
            ids: Mutex::default(),
        })
    }

    /// Who acts, when, and a fresh id for the transition that this act records; each call is a later clock reading.
    pub fn act(&mut self) -> Act {
        self.hlc = Hlc::tick(Some(self.hlc), self.session.at.as_millisecond(), self.identity.device);
        Act {
            transition: TransitionId(self.unnoted_id()),
            hlc: self.hlc,
            by: self.session.person,
            at: self.session.at,
            today: self.session.today,
        }
    }

    /// A fresh `UUIDv7` of this command's instant, above all that this transaction gave out before.
    pub fn fresh_id(&self) -> Uuid {
        let mut ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        let id = ids.next(self.session.at.as_millisecond(), self.store.inner.entropy.as_ref());
        ids.unwritten.insert(id);
        id
    }

    pub(crate) fn unnoted_id(&self) -> Uuid {
        let mut ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        ids.next(self.session.at.as_millisecond(), self.store.inner.entropy.as_ref())
    }

    /// Whether this transaction gave out the id and nothing was written under it yet.
    pub(crate) fn take_fresh(&mut self, id: Uuid) -> bool {
        self.ids.get_mut().unwrap_or_else(PoisonError::into_inner).unwritten.remove(&id)
    }

    pub(crate) fn event_id(&self) -> EventId {
        EventId(self.unnoted_id())
    }

    /// The session this transaction was begun with.
    pub fn session(&self) -> Session {
        self.session
    }

    /// The aggregates of one kind.
    pub fn repository<A: Aggregate>(&mut self) -> Repository<'_, A> {
        Repository::new(self)
    }

    /// Lets `to` use the person key of `from`: the contact is the person the lead was, so one erasure reaches both.
    /// Call it before `to` is recorded.
    pub async fn follow_person(&mut self, from: impl Into<Uuid>, to: impl Into<Uuid>) -> Result<(), StoreError> {
        self.flush().await?;
        self.ring.follow(&mut self.conn, from.into(), to.into()).await
    }

    /// The connection, for queries that must see what this transaction wrote.
    pub(crate) fn conn(&mut self) -> &mut SqliteConnection {
        &mut self.conn
    }

    /// Makes everything durable: when this returns, it is acknowledged.
    pub async fn commit(mut self) -> Result<(), StoreError> {
        self.flush().await?;
        let dirty = std::mem::take(&mut self.dirty);
        analytics::refresh(&mut self.conn, &dirty).await?;
        let counter = i64::from(self.hlc.counter);
        sqlx::query!("UPDATE device_state SET hlc_millis = ?, hlc_counter = ?", self.hlc.millis, counter)
            .execute(&mut *self.conn)
            .await?;
        self.conn.commit().await?;
        if self.wrote {
            self.store.inner.committed.notify_one();
        }
        Ok(())
    }

    /// Leaves everything as it was; dropping the transaction does the same.
    pub async fn rollback(self) -> Result<(), StoreError> {
        Ok(self.conn.rollback().await?)
    }

    /// Remembers that not everything opens of a record that was read, and whether that is so because keys are late.
    pub(crate) async fn note_closed(&mut self, kind: DocKind, id: Uuid, content: &Content) -> Result<(), StoreError> {
        let missing = |key: &[u8; 16]| !self.ring.holds(key);
        if Shape::person_keys(content).iter().any(missing) {
            self.closed.insert(id);
        }
        let root: Vec<String> =
            content.root.values().filter_map(Shape::key_of).filter(missing).map(hex::encode).collect();
        if root.is_empty() {
            return Ok(());
        }
        let root = serde_json::to_string(&root)?;
        let late = sqlx::query_scalar!(
            r#"SELECT EXISTS (SELECT 1 FROM json_each(?) WHERE unhex(value) NOT IN (SELECT key_id FROM person_erased))
               AS "late!: bool""#,
            root
        )
        .fetch_one(&mut *self.conn)
        .await?;
        if late {
            self.late.insert(kind);
        }
        Ok(())
    }

    /// Opens the keys that sealed values name, as far as they are held.
    pub(crate) async fn hold_keys(&mut self, ids: &BTreeSet<[u8; 16]>) -> Result<(), StoreError> {
        self.ring.load(&mut self.conn, ids).await
    }
}
