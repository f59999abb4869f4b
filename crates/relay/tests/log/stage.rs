//! A company of two laptops and a relay in a folder.

use std::{path::Path, sync::Arc};

use zuc_protocol::{
    Rights, Role, Scope,
    control::{
        AddDevice, ControlAct, ControlLog, Founding, Recipient, found, open_index_key, seal_label, wrap_epoch_key,
        wrap_index_key,
    },
    envelope::{BatchBody, BatchHeader, BatchKind, SealedBatch, SeenTip},
    identity::DeviceKeys,
    ids::{BatchHash, ChainHash, CompanyId, Incarnation, ItemId, LogId, PersonId},
    item::{Fact, Item},
    messages::{ClientFrame, MAX_CREDIT, RefusalCode, ScopeCursor, ServerFrame},
    secret::{BagKey, EpochKey, IndexKey},
    suite,
};
use zuc_relay::{Relay, RelayKeys, SystemClock, log::Session, stamping::StampingSettings};
use zuc_relay_sqlite::{Options, SqliteStore};

pub(crate) async fn relay(folder: &Path) -> Arc<Relay> {
    let keys = RelayKeys::load_or_make(&folder.join("relay.key")).unwrap();
    let store = SqliteStore::open(&folder.join("companies"), Options::default()).await.unwrap();
    Arc::new(Relay::open(Arc::new(store), Arc::new(keys), Arc::new(SystemClock), None))
}

/// The same, with room for so many bytes of a company's files.
pub(crate) async fn relay_with_room(folder: &Path, quota: u64) -> Arc<Relay> {
    let keys = RelayKeys::load_or_make(&folder.join("relay.key")).unwrap();
    let store = SqliteStore::open(&folder.join("companies"), Options::default()).await.unwrap();
    let (store, keys, clock) = (Arc::new(store), Arc::new(keys), Arc::new(SystemClock));
    Arc::new(Relay::open_with(store, keys, clock, None, StampingSettings::default(), quota))
}

pub(crate) fn epoch_key() -> EpochKey {
    EpochKey::from_bytes([9; 32])
}

/// A laptop, with what it must remember to push.
pub(crate) struct Laptop {
    pub(crate) keys: DeviceKeys,
    pub(crate) session: Session,
    pub(crate) number: u64,
    pub(crate) last: BatchHash,
}

impl Laptop {
    pub(crate) async fn open(stage: &Stage, keys: DeviceKeys) -> Self {
        let session = stage.relay.log().session(stage.company(), keys.id()).await.unwrap();
        Self { keys, session, number: 0, last: BatchHash::NONE }
    }

    /// Seals the next batch of a scope, by the control log as `stage` knows it now.
    pub(crate) fn seal(&mut self, stage: &Stage, scope: Scope, text: &str) -> SealedBatch {
        let batch = self.seal_as(stage, scope, text, self.number + 1, self.last);
        self.number += 1;
        self.last = batch.hash();
        batch
    }

    pub(crate) fn seal_as(&self, stage: &Stage, scope: Scope, text: &str, number: u64, prev: BatchHash) -> SealedBatch {
        let header = BatchHeader {
            version: suite::VERSION,
            suite: suite::SUITE,
            scope,
            epoch: stage.log.epoch(scope).unwrap().id,
            kind: BatchKind::Fact,
            author: self.keys.id(),
            incarnation: Incarnation([1; 16]),
            number,
            prev,
            control_head: stage.log.head().head(),
        };
        let fact = Fact {
            id: ItemId([7; 16]),
            kind: "activity.logged".into(),
            subject: ItemId([8; 16]),
            fence: 0,
            body: format!("{{\"text\":\"{text}\"}}"),
            person_keys: vec![],
            events: vec![],
            part: None,
        };
        let body =
            BatchBody { seen: SeenTip::new(&LogId([1; 16]), 0, &ChainHash([0; 32])), items: vec![Item::Fact(fact)] };
        SealedBatch::seal(stage.company(), header, &body, &epoch_key(), &self.keys, &[3; 24]).unwrap()
    }

    pub(crate) async fn push(&self, stage: &Stage, scope: Scope, batches: &[&SealedBatch]) -> Vec<ServerFrame> {
        let batches = batches.iter().map(|batch| batch.bytes().to_vec().into()).collect();
        stage.relay.handle(&self.session, ClientFrame::Push { scope, batches, bag_rows: vec![] }).await
    }

    /// Pushes one batch that must be refused, and gives the code.
    pub(crate) async fn refused(&self, stage: &Stage, scope: Scope, batch: &SealedBatch) -> RefusalCode {
        let frames = self.push(stage, scope, &[batch]).await;
        let [ServerFrame::Refused { refusal, .. }] = frames[..] else { panic!("{frames:?}") };
        refusal.code
    }

    pub(crate) async fn subscribe(&self, stage: &Stage, scope: Scope, seq: u64) -> Vec<ServerFrame> {
        let cursors = vec![ScopeCursor { scope, seq }];
        let granted = stage.relay.handle(&self.session, ClientFrame::Credit { frames: MAX_CREDIT }).await;
        assert!(granted.is_empty());
        stage.relay.handle(&self.session, ClientFrame::Subscribe { cursors }).await
    }
}

pub(crate) struct Stage {
    pub(crate) relay: Arc<Relay>,
    pub(crate) log: ControlLog,
    pub(crate) folder: tempfile::TempDir,
    count: u8,
}

impl Stage {
    /// Founds a company; gives its first laptop, whose person holds gerencia and administración.
    pub(crate) async fn found() -> (Self, Laptop) {
        let folder = tempfile::tempdir().unwrap();
        let relay = relay(folder.path()).await;
        let keys = DeviceKeys::from_seeds(&[1; 32], &[2; 32]);
        let root = DeviceKeys::from_seeds(&[3; 32], &[4; 32]);
        let scopes = Scope::FIRST.map(|scope| (scope, epoch_key(), BagKey::from_bytes([8; 32])));
        let founding = Founding {
            salt: [5; 16],
            name: "Escuela",
            person: PersonId([6; 16]),
            rights: Rights::new([Role::Gerencia, Role::Administracion], []),
            label: "Luis",
            device: &keys,
            root: &root,
            index: &IndexKey::from_bytes([7; 32]),
            scopes: scopes.into(),
            relay_url: None,
            time_ms: 0,
        };
        let genesis = found(&founding, &mut || [11; 32]).unwrap();
        let log = ControlLog::open(genesis.clone()).unwrap();
        let (company, _new) = relay.log().create(genesis.clone()).await.unwrap();
        assert_eq!(company, log.company());
        // A lost answer costs nothing.
        assert_eq!(relay.log().create(genesis).await.unwrap().0, company);
        let stage = Self { relay, log, folder, count: 20 };
        let laptop = Laptop::open(&stage, keys).await;
        (stage, laptop)
    }

    pub(crate) fn company(&self) -> CompanyId {
        self.log.company()
    }

    pub(crate) async fn act(&mut self, admin: &Laptop, act: ControlAct) {
        let record = self.log.sign(act, 0, &admin.keys).unwrap();
        let frame = ClientFrame::ControlAppend { record: record.clone(), replacements: vec![], wraps: vec![] };
        let frames = self.relay.handle(&admin.session, frame).await;
        assert!(matches!(frames[..], [ServerFrame::ControlAccepted { .. }]), "{frames:?}");
        self.log.append(record).unwrap();
    }

    /// Another person joins with a laptop of their own.
    pub(crate) async fn join(&mut self, admin: &Laptop, rights: Rights) -> Laptop {
        self.count += 2;
        let keys = DeviceKeys::from_seeds(&[self.count; 32], &[self.count + 1; 32]);
        let public = keys.public();
        let to = Recipient::Device(public.id());
        let index = open_index_key(&self.log, Recipient::Device(admin.keys.id()), &admin.keys).unwrap();
        let readable = self.log.scopes().filter(|scope| rights.may_read(*scope)).collect::<Vec<_>>();
        let wrap = |scope| wrap_epoch_key(scope, &epoch_key(), to, &public.receive, &[self.count; 32]).unwrap();
        let add = AddDevice {
            person: PersonId([self.count; 16]),
            rights: Some(rights.clone()),
            device: public,
            label: seal_label(&index, public.id(), "portátil", &[1; 24]),
            index: wrap_index_key(&index, to, &public.receive, &[self.count; 32]).unwrap(),
            keys: readable.into_iter().map(|scope| (scope, wrap(scope))).collect(),
        };
        self.act(admin, ControlAct::AddDevice(add)).await;
        Laptop::open(self, keys).await
    }
}

/// The texts of the entries in frames, which also must be dense and chained.
pub(crate) fn entries(frames: &[ServerFrame]) -> Vec<u64> {
    let mut seqs = Vec::new();
    for frame in frames {
        if let ServerFrame::Entries { from, entries, .. } = frame {
            for (next, entry) in (from + 1..).zip(entries) {
                assert_eq!(entry.seq, next);
                seqs.push(entry.seq);
            }
        }
    }
    seqs
}
