//! One laptop: the product's store, the product's engine, and what is on its way to and from the relay.

use std::{
    collections::{BTreeMap, VecDeque},
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::{Timestamp, civil::date, tz::TimeZone};
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng as _, SeedableRng as _},
};
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};
use tempfile::TempDir;
use uuid::Uuid;
use zuc_domain::shared::{CompanyId, DeviceId};
use zuc_protocol::{
    control::{ControlLog, SignedControl},
    identity::DeviceKeys,
    ids::{BatchHash, Incarnation, ItemId, PersonId},
    manifest::Unfit,
    messages::{ClientFrame, ServerFrame},
    person_key::Bag,
    receipt::Seen,
    scope::Scope,
};
use zuc_relay::log::Session;
use zuc_store::{
    Backup, BackupOrder, Identity, Lease, OpenOptions, Reason, Session as Command, Store, StoreError, Tx,
    keys::{Home, Keys},
};
use zuc_sync::{Config, Effect, Engine, Input, KeyRing};

use super::{
    blank,
    ground::Ground,
    host::{BEGINNING_MS, Time},
};

/// Whether the disk has no room for what an effect asks of it.
pub type Full = Box<dyn FnMut(&Effect) -> bool + Send + Sync>;

/// Where a laptop's data lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    /// In memory, which never fails.
    Memory,
    /// In a folder of the system's, which can be backed up and restored.
    Folder,
    /// On a disk that may.
    Disk,
    /// On such a disk, by a program that never has anything synced: it must lose.
    UnsyncedDisk,
}

/// A disk, and how it is used.
struct Footing {
    place: Place,
    keys: Keys,
    durable: bool,
}

enum Place {
    Folder(TempDir),
    Ground(Ground),
}

impl Place {
    /// Where nothing was written yet.
    async fn blank(on: On) -> Self {
        let database = blank::database().await;
        if on == On::Folder {
            let folder = tempfile::tempdir().expect("a temporary folder");
            std::fs::write(folder.path().join(blank::NAME), database).expect("room for a file");
            Self::Folder(folder)
        } else {
            Self::Ground(Ground::holding(&[(blank::NAME, database)]))
        }
    }

    fn folder(&self) -> PathBuf {
        match self {
            Self::Folder(folder) => folder.path().to_owned(),
            Self::Ground(ground) => ground.folder(),
        }
    }

    fn ground(&self) -> Option<&Ground> {
        match self {
            Self::Folder(_) => None,
            Self::Ground(ground) => Some(ground),
        }
    }
}

/// A laptop.
pub struct Laptop {
    /// Whose it is.
    pub name: &'static str,
    /// Its data.
    pub store: Store,
    /// What it says to the relay and makes of the answers.
    pub engine: Engine,
    /// Codes of the entries that it set aside.
    pub set_aside: Vec<String>,
    /// Codes of what the relay refused it.
    pub refused: Vec<String>,
    /// Scopes that it began at a snapshot, and where.
    pub begun: Vec<(Scope, u64)>,
    /// Why it began at none.
    pub not_begun: Vec<Unfit>,
    /// Where others looked, as it heard.
    pub glances: Vec<(PersonId, Option<ItemId>)>,
    /// At which effect its disk is full, once.
    pub full_at: Option<Full>,
    /// It is where there is no network.
    pub away: bool,
    /// Frames on their way to the relay.
    pub up: VecDeque<ClientFrame>,
    /// Frames on their way back.
    pub down: VecDeque<ServerFrame>,
    /// By how much its clock is wrong, in seconds.
    pub skew: i64,
    /// Its disk refused something: it does nothing until it is woken.
    pub stumbled: bool,
    /// The last of its batches in each scope that it was told is durable.
    pub acked: BTreeMap<Scope, (u64, BatchHash)>,
    pub(super) session: Option<Session>,
    footing: Option<Box<Footing>>,
    time: Time,
    seeds: [u8; 64],
    person: PersonId,
    chance: Arc<Mutex<ChaCha8Rng>>,
    second: i64,
    begin_at: u64,
}

/// Who sits at a laptop, and what it stands on.
pub(super) struct Owner<'a> {
    pub(super) name: &'static str,
    pub(super) number: u8,
    pub(super) person: PersonId,
    pub(super) keys: &'a DeviceKeys,
    pub(super) seed: u64,
    pub(super) on: On,
    pub(super) time: Time,
    /// From how many entries on it begins a log at a snapshot.
    pub(super) begin_at: u64,
}

impl Laptop {
    pub(super) async fn new(owner: Owner<'_>, records: &[SignedControl]) -> Self {
        let Owner { name, number, person, keys, seed, on, time, begin_at } = owner;
        let chance = Arc::new(Mutex::new(ChaCha8Rng::seed_from_u64(seed << 8 | u64::from(number))));
        let footing = match on {
            On::Memory => None,
            _ => Some(Box::new(Footing {
                place: Place::blank(on).await,
                keys: blank::keyed(Keys::fresh(&entropy(&chance))),
                durable: on != On::UnsyncedDisk,
            })),
        };
        let store = Box::pin(open(footing.as_deref(), &chance)).await.expect("a disk that works");
        for (seq, record) in (0_u64..).zip(records) {
            let bytes = record.to_bytes().expect("a record that was read");
            store.append_control(seq, &record.hash(), &bytes).await.expect("an open store");
        }
        let control = control_of(records);
        let incarnation = Incarnation([number + 1; 16]);
        let identity = Identity {
            company: CompanyId(control.company().to_uuid()),
            device: DeviceId(keys.id().to_uuid()),
            incarnation,
            actor: keys.public().actor(incarnation),
        };
        store.adopt(identity).await.expect("an open store");
        let seeds = *keys.to_seeds();
        let resume = store.resume(&control).await.expect("an open store");
        let config = Config { begin_at, ..Config::default() };
        let engine = Engine::new(config, DeviceKeys::from_both(&seeds), control, resume);
        Self {
            name,
            store,
            engine,
            set_aside: Vec::new(),
            refused: Vec::new(),
            full_at: None,
            away: false,
            up: VecDeque::new(),
            down: VecDeque::new(),
            skew: 0,
            stumbled: false,
            acked: BTreeMap::new(),
            session: None,
            footing,
            time,
            seeds,
            person,
            chance,
            second: 0,
            begin_at,
            begun: Vec::new(),
            not_begun: Vec::new(),
            glances: Vec::new(),
        }
    }

    /// Makes a backup in the laptop's own folder.
    ///
    /// # Panics
    /// When it has no folder.
    pub async fn back_up(&self) -> Backup {
        let footing = self.footing.as_deref().expect("a laptop with a folder");
        let at = self.now().to_zoned_datetime(TimeZone::UTC);
        let order = BackupOrder { folder: footing.place.folder().join("respaldos"), at, reason: Reason::Daily };
        self.store.back_up(&order, Arc::new(|_| {})).await.expect("room for a backup")
    }

    /// The program ends; the data become those of a backup, and the program starts again.
    ///
    /// # Panics
    /// When it has no folder, or the backup is not its own.
    pub async fn restore(&mut self, backup: &Backup) {
        self.hang_up();
        let bytes = Arc::new(entropy(&self.chance));
        let aside = Store::in_memory(bytes.clone()).await.expect("a store in memory");
        let before = std::mem::replace(&mut self.store, aside);
        before.close().await;
        drop(before);
        let footing = self.footing.as_deref().expect("a laptop with a folder");
        let home = Home::open(footing.place.folder()).expect("nobody else's folder");
        let told = Arc::new(|_| {});
        drop(backup.restore_into(&home, &footing.keys, false, bytes, told).await.expect("a good backup"));
        home.swap_in(&[7; 16]).expect("a disk that is there");
        drop(home);
        self.store = open(Some(footing), &self.chance).await.expect("a store in a folder");
        self.restart().await;
    }

    /// Where its data lie, and the key of the database.
    ///
    /// # Panics
    /// When it has no folder.
    pub fn lies_in(&self) -> (PathBuf, [u8; 32]) {
        let footing = self.footing.as_deref().expect("a laptop with a folder");
        (footing.place.folder(), *footing.keys.database)
    }

    /// Has its database do something that the program never would, as a disk that rots does; how many rows.
    ///
    /// # Panics
    /// When it has no folder, or the statement is none.
    pub async fn sql(&self, statement: &'static str) -> u64 {
        let mut conn = self.beside().await;
        let done = sqlx::query(statement).execute(&mut conn).await.expect("a statement");
        conn.close().await.expect("an open connection");
        done.rows_affected()
    }

    /// The bytes of the entries of a scope that lie here, by place.
    ///
    /// # Panics
    /// When it has no folder.
    pub async fn entries(&self, scope: Scope) -> Vec<(i64, Vec<u8>)> {
        let mut conn = self.beside().await;
        sqlx::query_as("SELECT seq, bytes FROM entry WHERE scope = ? AND seq > 0 ORDER BY seq")
            .bind(i64::from(scope.number()))
            .fetch_all(&mut conn)
            .await
            .expect("a table of entries")
    }

    /// A connection to its database beside the program's.
    async fn beside(&self) -> SqliteConnection {
        let footing = self.footing.as_deref().expect("a laptop with a folder");
        let key = hex::encode(footing.keys.database.as_slice());
        let options = SqliteConnectOptions::new()
            .filename(footing.place.folder().join("zuclubit.db"))
            .pragma("key", format!("\"x'{key}'\""));
        options.connect().await.expect("a database of this key")
    }

    /// Its keys.
    pub fn keys(&self) -> DeviceKeys {
        DeviceKeys::from_both(&self.seeds)
    }

    /// Who sits at it.
    pub fn person(&self) -> zuc_domain::shared::PersonId {
        zuc_domain::shared::PersonId(self.person.to_uuid())
    }

    /// Whether it has a connection.
    pub fn is_online(&self) -> bool {
        self.session.is_some()
    }

    /// Its disk and power, where it has a disk.
    pub fn ground(&self) -> Option<&Ground> {
        self.footing.as_ref().and_then(|footing| footing.place.ground())
    }

    /// How far it has read, and the latest lease that it saw a process moved under.
    pub(super) async fn seen(&self, process: Uuid) -> Result<Seen, StoreError> {
        let log = self.engine.log();
        let (read, me) = (self.store.cursors().await?, self.keys().id());
        let upto = |scope| read.iter().find(|(of, _)| *of == scope).map_or(0, |(_, cursor)| cursor.seq);
        let scopes = log.scopes().filter(|scope| log.may_read(me, *scope)).map(|scope| (scope, upto(scope))).collect();
        Ok(Seen { control: log.head(), scopes, fence: self.store.process_fence(process).await? })
    }

    pub(super) fn draw(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        self.chance.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut bytes);
        bytes
    }

    /// The keys it holds, with those of its bags.
    pub(super) fn ring(&self) -> KeyRing {
        let mut ring = KeyRing::of_device(self.keys(), self.engine.log());
        for scope in self.engine.log().scopes() {
            let key = self.store.bag(zuc_store::domain_scope(scope));
            if let (Some(key), Some(bag)) = (key, self.engine.log().bag(scope)) {
                ring.put_bag(scope, bag, key);
            }
        }
        ring
    }

    /// The bags of every scope, as far as their rows lie here.
    pub(super) async fn bags(&self) -> Vec<Bag> {
        let log = self.engine.log();
        let mut bags = Vec::new();
        for scope in log.scopes() {
            let rows = self.store.bag_rows(zuc_store::domain_scope(scope)).await.expect("an open store");
            let mut bag = Bag::new(scope, log.bag(scope).expect("a bag of its scope"));
            bag.merge(rows);
            bags.push(bag);
        }
        bags
    }

    /// Begins the transaction of a command, a second after the one before.
    ///
    /// # Errors
    /// What a failing disk says.
    pub async fn begin(&mut self) -> Result<Tx, StoreError> {
        self.second += 1;
        let command = Command {
            person: self.person(),
            at: self.now(),
            today: date(2026, 9, 21),
            correlation: Uuid::from_u128(5),
            offline: !self.is_online(),
        };
        self.store.begin(command).await
    }

    /// The laptop's clock: the time, as far as it goes right, and a second for each of its commands.
    pub fn now(&self) -> Timestamp {
        let seconds = (BEGINNING_MS + self.time.passed_ms()) / 1_000 + self.second + self.skew;
        Timestamp::from_second(seconds).expect("this century")
    }

    /// Commits a command and offers it to the engine, as the product does.
    ///
    /// # Errors
    /// What a failing disk says; the command is then not acknowledged.
    pub async fn commit(&mut self, tx: Tx) -> Result<(), StoreError> {
        tx.commit().await?;
        self.offer().await;
        Ok(())
    }

    /// As [`Self::commit`], of what was done under a lease.
    ///
    /// # Errors
    /// [`StoreError::LeaseOver`]; what a failing disk says.
    pub async fn commit_under(&mut self, tx: Tx, lease: &Lease) -> Result<(), StoreError> {
        tx.commit_under(lease, self.now()).await?;
        self.offer().await;
        Ok(())
    }

    async fn offer(&mut self) {
        match self.store.offers().await {
            Ok(inputs) => {
                for input in inputs {
                    self.hear(input).await;
                }
            }
            Err(error) => self.stumble(&error),
        }
    }

    /// Gives the engine an input and carries out all that follows.
    pub async fn hear(&mut self, input: Input) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            if self.stumbled {
                return;
            }
            let chance = self.chance.clone();
            let mut draw = || {
                let mut bytes = [0; 32];
                chance.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut bytes);
                bytes
            };
            for effect in self.engine.handle(input, &mut draw) {
                if self.is_full(&effect) {
                    // as the product does: nothing that the engine took for done behind it is built upon
                    self.restart().await;
                    return;
                }
                let carried = match Box::pin(self.store.carry(&effect, self.engine.ring(), self.now())).await {
                    Ok(carried) => carried,
                    Err(error) => {
                        self.stumble(&error);
                        return;
                    }
                };
                inputs.extend(carried.inputs);
                self.set_aside.extend(carried.refused);
                match effect {
                    Effect::Send(frame) => self.up.push_back(frame),
                    Effect::Reconnect | Effect::Stopped | Effect::Removed { .. } => {
                        self.hang_up();
                        inputs.push_back(Input::Disconnected);
                    }
                    Effect::Refused { code, .. } => self.refused.push(code),
                    // there is nothing beside the connection here: it is asked for over that
                    Effect::NeedSegment { scope, .. } => inputs.push_back(Input::SegmentRead { scope }),
                    Effect::Begin { manifest, .. } => self.begun.push((manifest.scope, manifest.cursor)),
                    Effect::SnapshotRefused { why, .. } => self.not_begun.push(why),
                    Effect::Glance { person, glance, .. } => self.glances.push((person, glance.record)),
                    Effect::MarkAcked { scope, number, hash, .. } => {
                        let last = self.acked.entry(scope).or_insert((number, hash));
                        *last = (*last).max((number, hash));
                    }
                    _ => {}
                }
            }
        }
    }

    /// The disk refused something: as the product does, nothing is built upon what the engine took for done.
    ///
    /// # Panics
    /// Where nobody has made the disk fail.
    fn stumble(&mut self, error: &StoreError) {
        let failing = self.ground().is_some_and(|ground| !ground.disk().powered() || ground.disk().failed() > 0);
        assert!(failing, "{}: {error}", self.name);
        self.hang_up();
        self.stumbled = true;
    }

    /// The frame at `which` of those on their way here arrives `times` times; `false` when none is on its way.
    pub async fn receive(&mut self, which: usize, times: usize) -> bool {
        if self.down.is_empty() {
            return false;
        }
        let Some(frame) = self.down.remove(which % self.down.len()) else { return false };
        for _ in 0..times {
            if self.is_online() {
                self.hear(Input::Frame(frame.clone())).await;
            }
        }
        true
    }

    pub(super) async fn connected(&mut self, session: Session) {
        self.session = Some(session);
        self.hear(Input::Connected { token: "story".into() }).await;
        match self.store.unsent().await {
            Ok(waiting) => self.hear(Input::Waiting(waiting)).await,
            Err(error) => self.stumble(&error),
        }
    }

    /// The connection breaks, and what was on its way is lost.
    pub async fn disconnect(&mut self) {
        self.hang_up();
        self.hear(Input::Disconnected).await;
    }

    fn hang_up(&mut self) {
        self.session = None;
        self.up.clear();
        self.down.clear();
    }

    fn is_full(&mut self, effect: &Effect) -> bool {
        let full = self.full_at.as_mut().is_some_and(|full_at| full_at(effect));
        self.full_at.take_if(|_| full).is_some()
    }

    /// The exchange begins anew from what the store holds.
    ///
    /// # Panics
    /// When the disk does not work.
    pub async fn restart(&mut self) {
        self.hang_up();
        self.try_wake().await.expect("a disk that works");
    }

    /// After the disk refused something: the exchange begins anew, if it can.
    pub async fn wake(&mut self) {
        if self.stumbled && self.ground().is_some_and(|ground| ground.disk().powered()) {
            self.stumbled = self.try_wake().await.is_err();
        }
    }

    /// Makes a scope once more of its entries, as the product does, and goes on from there.
    ///
    /// # Panics
    /// When they are not all here.
    pub async fn mend(&mut self, scope: Scope) {
        let (log, ring) = (self.engine.log(), self.engine.ring());
        let mended = self.store.mend(log, ring, scope, &self.keys().public(), self.now()).await;
        mended.expect("an open store").expect("all of it is read");
        self.restart().await;
    }

    async fn try_wake(&mut self) -> Result<(), StoreError> {
        let control = self.store.control().await?;
        let ring = KeyRing::of_device(self.keys(), &control);
        self.store.end_what_was_left(&control, &ring, self.now()).await?;
        let resume = self.store.resume(&control).await?;
        let config = Config { begin_at: self.begin_at, ..Config::default() };
        self.engine = Engine::new(config, self.keys(), control, resume);
        Ok(())
    }

    /// The power goes, and the program is started over what it left.
    ///
    /// # Panics
    /// When what it left cannot be opened.
    pub async fn power_cut(&mut self, seed: u64) {
        self.reboot(|ground| ground.power_cut(seed)).await;
    }

    /// The program is killed and started again.
    ///
    /// # Panics
    /// When what it left cannot be opened.
    pub async fn kill(&mut self) {
        self.reboot(Ground::kill).await;
    }

    async fn reboot(&mut self, end: impl FnOnce(&mut Ground)) {
        match self.footing.as_deref_mut() {
            Some(Footing { place: Place::Ground(ground), .. }) => end(ground),
            _ => panic!("{} has no disk", self.name),
        }
        self.store = open(self.footing.as_deref(), &self.chance).await.expect("whatever the power left is a database");
        self.hang_up();
        self.try_wake().await.expect("whatever the power left is whole");
        self.stumbled = false;
    }
}

fn entropy(chance: &Arc<Mutex<ChaCha8Rng>>) -> impl Fn(&mut [u8]) + Send + Sync + 'static {
    let chance = chance.clone();
    move |out: &mut [u8]| chance.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(out)
}

async fn open(footing: Option<&Footing>, chance: &Arc<Mutex<ChaCha8Rng>>) -> Result<Store, StoreError> {
    let bytes = Arc::new(entropy(chance));
    let Some(Footing { place, keys, durable }) = footing else { return Store::in_memory(bytes).await };
    let vfs = place.ground().map(|ground| ground.disk().name().to_owned());
    Store::open(
        Home::open(place.folder())?,
        keys,
        bytes,
        &OpenOptions { vfs, durable: *durable, ..OpenOptions::default() },
    )
    .await
}

fn control_of(records: &[SignedControl]) -> ControlLog {
    let mut records = records.iter().cloned();
    let mut control = ControlLog::open(records.next().expect("a genesis record")).expect("a genesis record");
    for record in records {
        control.append(record).expect("records that stood");
    }
    control
}
