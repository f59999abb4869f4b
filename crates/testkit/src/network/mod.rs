//! A company in one process: laptops with the product's store and engine, the product's relay, and frames carried by
//! hand. There is no socket, no sleep and no clock; one seed decides every draw.

mod founding;
mod laptop;

use std::sync::Arc;

use tempfile::TempDir;
use zuc_protocol::{ids::CompanyId, messages::ClientFrame, scope::Rights};
use zuc_relay::{Clock, Relay, RelayKeys};
use zuc_relay_sqlite::{Options, SqliteStore};
use zuc_sync::{
    ControlStep, SyncStatus,
    membership::{Joining, approve_join},
};

pub use laptop::{Full, Laptop};

/// How many times everybody is asked before it is said that they never come to rest.
const PATIENCE: usize = 400;

/// Laptops and their relay.
pub struct Network {
    /// The laptops, the founder's first.
    pub laptops: Vec<Laptop>,
    relay: Arc<Relay>,
    company: CompanyId,
    _folder: TempDir,
}

struct Still;

impl Clock for Still {
    fn now_ms(&self) -> i64 {
        1_790_000_000_000
    }
}

impl Network {
    /// A company whose founder manages and administers it, and one laptop more for each of `others`, all connected and
    /// with nothing left to say.
    pub async fn found(seed: u64, others: &[(&'static str, Rights)]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let options = Options { gather: std::time::Duration::ZERO, synchronous_full: false, ..Options::default() };
        let store = SqliteStore::open(folder.path(), options).await.expect("a folder of its own");
        let keys = RelayKeys::from_bytes(&[7; 64]);
        let relay = Arc::new(Relay::open(Arc::new(store), Arc::new(keys), Arc::new(Still), None));
        let (founder, genesis) = founding::found_company(seed).await;
        let (company, _) = relay.log().create(genesis).await.expect("the first record of its company");
        let mut network = Self { laptops: vec![founder], relay, company, _folder: folder };
        network.settle().await;
        for (number, (name, rights)) in (1_u8..).zip(others) {
            network.join(number, name, rights.clone(), seed).await;
        }
        network.settle().await;
        network
    }

    /// One more laptop, let in by the founder's.
    async fn join(&mut self, number: u8, name: &'static str, rights: Rights, seed: u64) {
        let keys = founding::device_keys(number);
        let person = founding::person(number);
        let joining = Joining { person, rights: Some(rights), device: keys.public(), label: name };
        let founder = &mut self.laptops[0];
        let mut ring = zuc_sync::KeyRing::of_device(founder.keys(), founder.engine.log());
        for scope in founder.engine.log().scopes() {
            let key = founder.store.bag(zuc_store::domain_scope(scope));
            if let (Some(key), Some(bag)) = (key, founder.engine.log().bag(scope)) {
                ring.put_bag(scope, bag, key);
            }
        }
        let log = founder.engine.log().clone();
        let steps = approve_join(&log, &ring, &joining, 2, &mut || founder.draw()).expect("the founder may");
        for step in steps {
            self.author(step).await;
        }
        let records = self.laptops[0].engine.log().records_from(0).to_vec();
        self.laptops.push(Laptop::new(name, number, person, &keys, &records, seed).await);
    }

    /// Takes an act of the founder's to the relay.
    async fn author(&mut self, step: ControlStep) {
        let before = self.laptops[0].engine.log().len();
        self.laptops[0].hear(zuc_sync::Input::ControlAuthored(step)).await;
        self.settle().await;
        assert_eq!(self.laptops[0].engine.log().len(), before + 1, "the relay took the act");
    }

    /// Opens a laptop's connection, when it has none.
    pub async fn connect(&mut self, laptop: usize) {
        let laptop = &mut self.laptops[laptop];
        if !laptop.is_online() {
            let session = self.relay.log().session(self.company, laptop.keys().id()).await;
            laptop.connected(session.expect("a member's laptop")).await;
        }
    }

    /// The oldest waiting frame of a laptop reaches the relay, or is lost on the way; `false` when none waits.
    pub async fn carry_up(&mut self, laptop: usize, lost: bool) -> bool {
        let laptop = &mut self.laptops[laptop];
        let Some(frame) = laptop.up.pop_front() else { return false };
        // a connection begins with a greeting or is none
        let lost = lost && !matches!(frame, ClientFrame::Hello { .. });
        if let (false, Some(session)) = (lost, &laptop.session) {
            laptop.down.extend(self.relay.handle(session, frame).await);
        }
        true
    }

    /// What the relay has for a laptop that has subscribed is put on its way.
    pub async fn poll(&mut self, laptop: usize) {
        let laptop = &mut self.laptops[laptop];
        if let Some(session) = &laptop.session {
            laptop.down.extend(self.relay.log().poll(session).await);
        }
    }

    /// Carries everything, in order and once, until nobody has anything to say.
    ///
    /// # Panics
    /// When that never comes.
    pub async fn settle(&mut self) {
        for _ in 0..PATIENCE {
            let mut moved = false;
            for at in 0..self.laptops.len() {
                self.connect(at).await;
                while self.carry_up(at, false).await {
                    moved = true;
                }
                self.poll(at).await;
                while self.laptops[at].receive(0, 1).await {
                    moved = true;
                }
            }
            if !moved && self.laptops.iter().all(|laptop| laptop.engine.status() == SyncStatus::UpToDate) {
                return;
            }
        }
        let states: Vec<_> = self.laptops.iter().map(|laptop| (laptop.name, laptop.engine.status())).collect();
        panic!("they never come to rest: {states:?}");
    }
}
