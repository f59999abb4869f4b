//! The relay's machine: the product's relay over a disk that may fail, a clock and a chance that are given.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use tempfile::TempDir;
use zuc_protocol::ids::{BatchHash, ChainHash, CompanyId, DeviceId, Digest32, KeyId, LogId};
use zuc_protocol::scope::Scope;
use zuc_relay::compact::{Compacted, Compactor, WAIT_DAYS};
use zuc_relay::{Clock, Relay, RelayKeys};
use zuc_relay_sqlite::{GivenClock, Options, SqliteStore};
use zuc_relay_store::{
    CompactStore as _, ControlStore as _, KeyStore as _, LogHead, LogStore as _, Loss, LossStore as _, Page,
    RelayStore as _, Waits,
};

use super::ground::{Ground, copy_files};

/// Milliseconds since the story began, the same for everybody.
#[derive(Clone, Default)]
pub struct Time(Arc<AtomicI64>);

/// When every story begins, in milliseconds since 1970.
pub(super) const BEGINNING_MS: i64 = 1_790_000_000_000;

impl Time {
    /// How much of it has passed.
    pub fn passed_ms(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }

    /// It goes on.
    pub fn pass(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::Relaxed);
    }
}

impl Clock for Time {
    fn now_ms(&self) -> i64 {
        BEGINNING_MS + self.passed_ms()
    }
}

/// The relay's machine.
pub struct Host {
    ground: Ground,
    time: Time,
    relay: Arc<Relay>,
    store: Arc<SqliteStore>,
}

impl Host {
    pub(super) async fn new(time: Time) -> Self {
        let ground = Ground::new();
        let (relay, store) = start(&ground, &time).await;
        Self { ground, time, relay, store }
    }

    pub(super) fn relay(&self) -> &Relay {
        &self.relay
    }

    /// Its disk and power.
    pub fn ground(&self) -> &Ground {
        &self.ground
    }

    /// Where it keeps its companies, for whoever looks for what must not be there.
    pub fn folder(&self) -> std::path::PathBuf {
        self.ground.folder()
    }

    /// The power goes and the program is started again.
    pub(super) async fn power_cut(&mut self, seed: u64) {
        self.ground.power_cut(seed);
        (self.relay, self.store) = start(&self.ground, &self.time).await;
    }

    /// The program is killed and started again.
    pub(super) async fn kill(&mut self) {
        self.ground.kill();
        (self.relay, self.store) = start(&self.ground, &self.time).await;
    }

    /// Its data are gone, and the program is started again.
    pub(super) async fn wipe(&mut self) {
        self.ground.replace(None);
        (self.relay, self.store) = start(&self.ground, &self.time).await;
    }

    /// What it keeps; the program is started again, so that no file is open while it is copied.
    pub(super) async fn copy(&mut self) -> TempDir {
        self.kill().await;
        let copy = tempfile::tempdir().expect("a temporary folder");
        copy_files(&self.ground.folder(), copy.path());
        copy
    }

    /// Its data become those of a copy, and the program is started again.
    pub(super) async fn put_back(&mut self, copy: &Path) {
        self.ground.replace(Some(copy));
        (self.relay, self.store) = start(&self.ground, &self.time).await;
    }

    /// The loss before the log that stands, if one was noted; `None` while the disk fails, too.
    pub async fn loss(&self, company: CompanyId) -> Option<Loss> {
        self.store.loss(company).await.ok().flatten()
    }

    /// The name of the log; `None` while the disk fails.
    pub async fn log_id(&self, company: CompanyId) -> Option<LogId> {
        self.store.log_id(company).await.ok()
    }

    /// What stands in a scope after a place; `None` while the disk fails.
    pub async fn read(&self, company: CompanyId, scope: Scope, after: u64) -> Option<Page> {
        self.store.read(company, scope, after, 1_000, 16 << 20).await.ok()
    }

    /// The chain at a place of a scope's log; `None` beyond its end, and while the disk fails.
    pub async fn chain_at(&self, company: CompanyId, scope: Scope, seq: u64) -> Option<ChainHash> {
        self.store.chain_at(company, scope, seq).await.ok().flatten()
    }

    /// Where a scope's log ends; `None` while the disk fails.
    pub async fn head(&self, company: CompanyId, scope: Scope) -> Option<LogHead> {
        self.store.head(company, scope).await.ok()
    }

    /// It drops what it may of a company's logs, as it does once a day; what came of it in a scope.
    ///
    /// # Panics
    /// When the disk fails, or the scope has no log.
    pub async fn compact(&self, company: CompanyId, scope: Scope) -> Compacted {
        let compactor =
            Compactor { store: &*self.store, now_ms: self.time.now_ms(), wait_days: WAIT_DAYS, dry_run: false };
        let all = compactor.company(company).await.expect("a disk that works");
        all.into_iter().find(|done| done.scope == scope.to_string()).expect("a log")
    }

    /// It drops the bytes of a scope's entries up to a snapshot's place, whether it may or not.
    ///
    /// # Panics
    /// When the disk fails, or the snapshot is not here.
    pub async fn cut(&self, company: CompanyId, scope: Scope, manifest: Digest32) {
        let head = self.store.control_head(company).await.expect("a disk that works").hash;
        let waits = Some(Waits { manifest: manifest.0, since_ms: 0 });
        self.store.wait_for(company, scope, waits).await.expect("a snapshot");
        self.store.begin_at(company, head, scope, manifest.0).await.expect("a disk that works");
        while self.store.clear_bodies(company, scope, 1_000).await.expect("a disk that works") > 0 {}
    }

    /// The person keys of which it keeps a row for a scope.
    ///
    /// # Panics
    /// When the disk fails.
    pub async fn bag(&self, company: CompanyId, scope: Scope) -> Vec<KeyId> {
        let bag = self.store.bag(company, scope).await.expect("a disk that works");
        bag.into_iter().flat_map(|bag| bag.rows).map(|row| row.key).collect()
    }

    /// The last batches of a device; `None` while the disk fails.
    pub async fn last_of(&self, company: CompanyId, device: DeviceId) -> Option<Vec<(Scope, u64, BatchHash)>> {
        let heads = self.store.author_heads(company, device).await.ok()?;
        Some(heads.into_iter().map(|head| (head.scope, head.number, head.hash)).collect())
    }
}

async fn start(ground: &Ground, time: &Time) -> (Arc<Relay>, Arc<SqliteStore>) {
    let given = time.clone();
    let options = Options {
        gather: std::time::Duration::ZERO,
        vfs: Some(ground.disk().name().to_owned()),
        clock: Some(GivenClock::new(move || given.now_ms())),
        ..Options::default()
    };
    let store = Arc::new(SqliteStore::open(&ground.folder(), options).await.expect("a folder of its own"));
    let keys = Arc::new(RelayKeys::from_bytes(&[7; 64]));
    let relay = Arc::new(Relay::open(store.clone(), keys, Arc::new(time.clone()), None));
    (relay, store)
}
