//! The opened store: where transactions begin and queries run.

use std::collections::HashMap;
use std::future::Future as _;
use std::path::Path;
use std::pin::pin;
use std::sync::{Arc, PoisonError, RwLock};
use std::task::{Context, Waker};

use jiff::Timestamp;
use jiff::civil::Date;
use sqlx::{SqliteConnection, SqlitePool};
use uuid::Uuid;
use zuc_domain::shared::{CompanyId, DeviceId, PersonId, Scope};
use zuc_protocol::home::Home as Place;
use zuc_protocol::ids::{ActorId, Incarnation};
use zuc_protocol::secret::BagKey;

use crate::doc::Moment;
use crate::floor::{Entry, Newer};
use crate::keys::{Entropy, Home, Keys};
use crate::open::{self, Left, OpenOptions, Pools};
use crate::tx::Tx;
use crate::{StoreError, backup, history};

/// Who this database belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// The company.
    pub company: CompanyId,
    /// The laptop.
    pub device: DeviceId,
    /// Drawn anew whenever the database may have gone back in time.
    pub incarnation: Incarnation,
    /// The Automerge actor of the laptop in this incarnation.
    pub actor: ActorId,
}

/// The command a transaction carries out: who, when, for which click.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    /// The person who acts.
    pub person: PersonId,
    /// The instant, UTC.
    pub at: Timestamp,
    /// The company's calendar day.
    pub today: Date,
    /// The click or call that all of this belongs to.
    pub correlation: Uuid,
    /// Whether there is no network.
    pub offline: bool,
}

impl Session {
    /// What the changes of documents say of when it was.
    pub(crate) fn moment(&self) -> Moment {
        Moment { seconds: self.at.as_second(), offline: self.offline }
    }
}

pub(crate) struct Inner {
    pub(crate) pools: Pools,
    pub(crate) keys: Keys,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) identity: RwLock<Option<Identity>>,
    pub(crate) bags: RwLock<HashMap<Scope, BagKey>>,
    pub(crate) home: Option<Home>,
    /// Why it is only read, where it is.
    pub(crate) newer: Option<Newer>,
    pub(crate) committed: tokio::sync::Notify,
    /// Held while a backup is made.
    pub(crate) backing: tokio::sync::Mutex<()>,
    /// Held while a file is attached, and while files that are nobody's are swept.
    pub(crate) attaching: tokio::sync::Mutex<()>,
    /// Held while the keys of persons beside backups are written.
    pub(crate) people: tokio::sync::Mutex<()>,
}

/// One home's store. Cloning it gives another handle to the same.
#[derive(Clone)]
pub struct Store {
    pub(crate) inner: Arc<Inner>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Store").finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the database of `home`, or creates it where there is none. One of an earlier version is backed up before it is
    /// brought to the newest schema; one of a later version is opened as far as that version lets this one in
    /// ([`Store::newer`]).
    ///
    /// # Errors
    /// [`StoreError::WrongKey`], [`StoreError::TooNew`], or what the disk says.
    pub async fn open(
        home: Home,
        keys: &Keys,
        entropy: Arc<dyn Entropy>,
        options: &OpenOptions,
    ) -> Result<Self, StoreError> {
        let path = home.database();
        let left = if path.exists() { open::left_by(&path, &keys.database, options).await? } else { Left::Same };
        let mut newer = None;
        let pools = match left {
            Left::Later(entry) => {
                if let Entry::Reading(why) = entry {
                    newer = Some(why);
                }
                open::as_let_in(&path, &keys.database, options, entry).await?
            }
            Left::Earlier(conn) => {
                backup::before_migration(conn, &home, keys, entropy.as_ref(), &options.now).await?;
                open::open(&path, &keys.database, options).await?
            }
            Left::Same => open::open(&path, &keys.database, options).await?,
        };
        Self::with(pools, keys, entropy, Some(home), newer).await
    }

    /// A store over a file that is in no home.
    pub(crate) async fn over(
        path: &Path,
        keys: &Keys,
        entropy: Arc<dyn Entropy>,
        options: &OpenOptions,
    ) -> Result<Self, StoreError> {
        let pools = open::open(path, &keys.database, options).await?;
        Self::with(pools, keys, entropy, None, None).await
    }

    /// A store that lives in memory and dies with its last handle: for tests, which run many. It has one connection,
    /// so a query waits for an open transaction.
    pub async fn in_memory(entropy: Arc<dyn Entropy>) -> Result<Self, StoreError> {
        let keys = Keys::fresh(entropy.as_ref());
        Self::with(open::in_memory().await?, &keys, entropy, None, None).await
    }

    async fn with(
        pools: Pools,
        keys: &Keys,
        entropy: Arc<dyn Entropy>,
        home: Option<Home>,
        newer: Option<Newer>,
    ) -> Result<Self, StoreError> {
        let inner = Inner {
            pools,
            keys: keys.clone(),
            entropy,
            identity: RwLock::new(None),
            bags: RwLock::new(HashMap::new()),
            home,
            newer,
            committed: tokio::sync::Notify::new(),
            backing: tokio::sync::Mutex::default(),
            attaching: tokio::sync::Mutex::default(),
            people: tokio::sync::Mutex::default(),
        };
        let store = Self { inner: Arc::new(inner) };
        store.remember().await?;
        Ok(store)
    }

    /// Reads identity and bag keys of an opened database into memory.
    async fn remember(&self) -> Result<(), StoreError> {
        let row = sqlx::query!("SELECT company, device, actor, incarnation FROM device_state")
            .fetch_optional(self.reader())
            .await?;
        let Some(row) = row else { return Ok(()) };
        let identity = Identity {
            company: CompanyId(uuid_of("device_state", &row.company)?),
            device: DeviceId(uuid_of("device_state", &row.device)?),
            incarnation: Incarnation(*uuid_of("device_state", &row.incarnation)?.as_bytes()),
            actor: ActorId(*uuid_of("device_state", &row.actor)?.as_bytes()),
        };
        *self.inner.identity.write().unwrap_or_else(PoisonError::into_inner) = Some(identity);
        self.load_bags().await
    }

    /// Whose database this is; `None` before a company was created or joined.
    pub fn identity(&self) -> Option<Identity> {
        *self.inner.identity.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes this the database of `identity`; again with a new incarnation and actor after a restore.
    pub async fn adopt(&self, identity: Identity) -> Result<(), StoreError> {
        let mut tx = self.begin_plain().await?;
        put_identity(&mut tx, &identity).await?;
        tx.commit().await?;
        self.go_on_as(Some(identity));
        Ok(())
    }

    /// What was written of it is on disk: commands that begin from here on are of this identity, where there is another.
    pub(crate) fn go_on_as(&self, next: Option<Identity>) {
        if next.is_some() {
            *self.inner.identity.write().unwrap_or_else(PoisonError::into_inner) = next;
        }
    }

    /// Begins the transaction of one command (`BEGIN IMMEDIATE`): it waits for the writer before it.
    ///
    /// # Errors
    /// [`StoreError::NoIdentity`] before [`Store::adopt`].
    pub async fn begin(&self, session: Session) -> Result<Tx, StoreError> {
        Tx::begin(self, session).await
    }

    /// Resolves after a commit that wrote something, even one since the last call: for the one task that pushes.
    pub async fn committed(&self) {
        self.inner.committed.notified().await;
    }

    /// Whether [`Store::committed`] would resolve at once; it will not again for the same commit.
    pub fn has_committed(&self) -> bool {
        let committed = pin!(self.inner.committed.notified());
        committed.poll(&mut Context::from_waker(Waker::noop())).is_ready()
    }

    /// The folder, when the store has one.
    pub fn home(&self) -> Option<&Home> {
        self.inner.home.as_ref()
    }

    /// Where queries run.
    pub(crate) fn reader(&self) -> &SqlitePool {
        &self.inner.pools.readers
    }

    /// Ends the connections; the last one folds the WAL into the file.
    pub async fn close(&self) {
        self.inner.pools.readers.close().await;
        self.inner.pools.writer.close().await;
    }
}

/// Writes down who this device is, and that it writes under such an actor.
pub(crate) async fn put_identity(conn: &mut SqliteConnection, identity: &Identity) -> Result<(), StoreError> {
    let (company, device) = (identity.company.0.as_bytes().as_slice(), identity.device.0.as_bytes().as_slice());
    let (actor, incarnation) = (identity.actor.0.as_slice(), identity.incarnation.0.as_slice());
    sqlx::query!(
        "INSERT INTO device_state (only, company, device, actor, incarnation) VALUES (1, ?, ?, ?, ?)
             ON CONFLICT DO UPDATE SET company = excluded.company, device = excluded.device, actor = excluded.actor,
                 incarnation = excluded.incarnation",
        company,
        device,
        actor,
        incarnation,
    )
    .execute(&mut *conn)
    .await?;
    history::note_actor(conn, actor, device).await
}

pub(crate) fn uuid_of(table: &'static str, bytes: &[u8]) -> Result<Uuid, StoreError> {
    Uuid::from_slice(bytes).map_err(|_| StoreError::corrupt(table, "id", hex::encode(bytes)))
}

/// Refuses to write where nobody would read it, which is also how a kind without a home is noticed.
pub(crate) fn at_home(home: Option<Place>, scope: Scope) -> Result<(), StoreError> {
    match home {
        Some(home) if home.holds(wire_scope(scope)) => Ok(()),
        _ => Err(StoreError::Misplaced),
    }
}

/// The protocol's scope of the domain's: the same names on both sides.
pub fn wire_scope(scope: Scope) -> zuc_protocol::Scope {
    match scope {
        Scope::Sales(team) => zuc_protocol::Scope::Sales(team),
        Scope::Catalog => zuc_protocol::Scope::Catalog,
        Scope::Finance => zuc_protocol::Scope::Finance,
        Scope::Fiscal => zuc_protocol::Scope::Fiscal,
        Scope::Analytics => zuc_protocol::Scope::Analytics,
        Scope::Admin => zuc_protocol::Scope::Admin,
    }
}

/// The domain's scope of the protocol's.
pub fn domain_scope(scope: zuc_protocol::Scope) -> Scope {
    match scope {
        zuc_protocol::Scope::Sales(team) => Scope::Sales(team),
        zuc_protocol::Scope::Catalog => Scope::Catalog,
        zuc_protocol::Scope::Finance => Scope::Finance,
        zuc_protocol::Scope::Fiscal => Scope::Fiscal,
        zuc_protocol::Scope::Analytics => Scope::Analytics,
        zuc_protocol::Scope::Admin => Scope::Admin,
    }
}

/// As rows hold it.
pub(crate) fn scope_number(scope: Scope) -> i64 {
    i64::from(wire_scope(scope).number())
}

pub(crate) fn scope_of(number: i64) -> Result<Scope, StoreError> {
    u32::try_from(number)
        .ok()
        .and_then(zuc_protocol::Scope::from_number)
        .map(domain_scope)
        .ok_or_else(|| StoreError::corrupt("doc", "scope", number))
}
