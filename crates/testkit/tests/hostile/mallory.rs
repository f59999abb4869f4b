//! A member with a member's keys and a program of her own, in league with whoever carries the log.

use std::collections::BTreeMap;

use zuc_protocol::chain::{self, LogEntry, LogKind};
use zuc_protocol::control::ControlLog;
use zuc_protocol::envelope::{BatchBody, BatchHeader, BatchKind, SealedBatch, SeenTip};
use zuc_protocol::identity::DeviceKeys;
use zuc_protocol::ids::{ActorId, BatchHash, ChainHash, CompanyId, ControlHead, EpochId, Incarnation, LogId};
use zuc_protocol::item::Item;
use zuc_protocol::messages::ServerFrame;
use zuc_protocol::secret::EpochKey;
use zuc_protocol::{Blob, Scope, suite};
use zuc_sync::{Input, KeyRing};
use zuc_testkit::network::{Laptop, Network};

/// The scope that she writes.
pub(crate) const WIRE: Scope = Scope::Sales(1);

/// Mallory, and the log of a scope as she would have it.
pub(crate) struct Mallory {
    pub(crate) keys: DeviceKeys,
    pub(crate) incarnation: Incarnation,
    pub(crate) person: zuc_protocol::ids::PersonId,
    company: CompanyId,
    epoch: (EpochId, EpochKey),
    /// The newest control record, the one before it, and the genesis.
    pub(crate) heads: [ControlHead; 2],
    log: LogId,
    tip: (u64, ChainHash),
    last: BTreeMap<[u8; 16], (u64, BatchHash)>,
    waiting: Vec<LogEntry>,
    nonces: u64,
}

impl Mallory {
    /// With the keys of the laptop at `at`, which says nothing itself any more.
    pub(crate) async fn of(network: &Network, at: usize) -> Self {
        let laptop = &network.laptops[at];
        let control: &ControlLog = laptop.engine.log();
        let ring = KeyRing::of_device(laptop.keys(), control);
        let epoch = (control.epoch(WIRE).unwrap().id, ring.current(control, WIRE).unwrap().clone());
        let head = network.host.head(network.company, WIRE).await.unwrap();
        let last = network.host.last_of(network.company, laptop.keys().id()).await.unwrap();
        let (_, number, hash) =
            last.into_iter().find(|(scope, ..)| *scope == WIRE).unwrap_or((WIRE, 0, BatchHash::NONE));
        let keys = laptop.keys();
        let id = keys.id();
        Self {
            person: control.device(id).unwrap().person,
            incarnation: Incarnation([0xa5; 16]),
            company: network.company,
            epoch,
            heads: [control.head().head(), control.records_from(0)[0].hash().head()],
            log: network.host.log_id(network.company).await.unwrap(),
            tip: (head.seq, head.chain),
            last: BTreeMap::from([(id.0, (number, hash))]),
            waiting: Vec::new(),
            nonces: 0,
            keys,
        }
    }

    /// Under which her changes are written.
    pub(crate) fn actor(&self) -> ActorId {
        self.keys.public().actor(self.incarnation)
    }

    /// The header of her next batch.
    pub(crate) fn header(&self, kind: BatchKind) -> BatchHeader {
        let author = self.keys.id();
        let (number, prev) = self.last.get(&author.0).copied().unwrap_or((0, BatchHash::NONE));
        BatchHeader {
            version: suite::VERSION,
            suite: suite::SUITE,
            scope: WIRE,
            epoch: self.epoch.0,
            kind,
            author,
            incarnation: self.incarnation,
            number: number + 1,
            prev,
            control_head: self.heads[0],
        }
    }

    /// Puts a batch of hers into the log: sealed and signed as it should be, whatever it holds.
    pub(crate) fn send(&mut self, header: &BatchHeader, items: Vec<Item>) {
        self.nonces += 1;
        let mut nonce = [0; 24];
        nonce[..8].copy_from_slice(&self.nonces.to_le_bytes());
        // where she says that she had read to, so that nobody takes the relay for a liar
        let seen = SeenTip::new(&self.log, self.tip.0, &self.tip.1);
        let body = BatchBody { seen, items };
        let sealed = SealedBatch::seal(self.company, header.clone(), &body, &self.epoch.1, &self.keys, &nonce).unwrap();
        // her numbers go on in this scope whatever becomes of a batch that names another
        if header.scope == WIRE {
            self.last.insert(header.author.0, (header.number, sealed.hash()));
        }
        self.put(sealed.into_bytes());
    }

    /// Puts any bytes into the log.
    pub(crate) fn put(&mut self, bytes: Vec<u8>) {
        let seq = self.tip.0 + 1;
        self.tip = (seq, chain::next(self.tip.1, LogKind::Batch, &bytes));
        self.waiting.push(LogEntry { seq, kind: LogKind::Batch, bytes: Blob(bytes) });
    }

    /// What was put into the log since the last time.
    pub(crate) fn page(&mut self) -> ServerFrame {
        let entries = std::mem::take(&mut self.waiting);
        let from = entries.first().map_or(self.tip.0, |entry| entry.seq - 1);
        ServerFrame::Entries { scope: WIRE, from, entries, head: self.tip.0, chain: self.tip.1 }
    }
}

/// A laptop hears a frame as if the relay had sent it.
pub(crate) async fn hear(laptop: &mut Laptop, frame: &ServerFrame) {
    laptop.hear(Input::Frame(frame.clone())).await;
}
