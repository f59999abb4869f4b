//! What tests of this crate share: devices in memory, and entries passed from one to the other.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use jiff::civil::date;
use uuid::Uuid;
use zuc_domain::lead::{Lead, LeadEvent, NewLead};
use zuc_domain::shared::{Act, CompanyId, DeviceId, LeadId, PersonId, Scope};
use zuc_protocol::chain::LogKind;
use zuc_protocol::control::{ControlLog, Founding, found};
use zuc_protocol::envelope::BatchKind;
use zuc_protocol::identity::DeviceKeys;
use zuc_protocol::ids::{BatchHash, ChainHash, Incarnation};
use zuc_protocol::secret::{BagKey, EpochKey, IndexKey};
use zuc_protocol::{Rights, Role, Scope as WireScope, recovery};
use zuc_sync::{Advance, OutboxItem, Source, Writer};

use crate::keys::{Entropy, Home, Keys};
use crate::{Identity, OpenOptions, Received, Session, Store, StoreError, domain_scope, wire_scope};

/// Bytes that differ at each call and are the same in each run.
#[derive(Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn from(seed: u64) -> Self {
        Self(AtomicU64::new(seed << 32))
    }
}

impl Entropy for Counter {
    fn fill(&self, bytes: &mut [u8]) {
        let turn = self.0.fetch_add(1, Ordering::Relaxed);
        let mut hasher = blake3::Hasher::new();
        hasher.update(&turn.to_le_bytes());
        hasher.finalize_xof().fill(bytes);
    }
}

pub(crate) const SALES: Scope = Scope::Sales(1);
pub(crate) const WIRE: WireScope = WireScope::Sales(1);

/// A store of one laptop of the company, with its bags.
pub(crate) async fn device(number: u8) -> Store {
    let store = Store::in_memory(Arc::new(Counter::from(u64::from(number)))).await.unwrap();
    adopt(&store, number).await;
    store
}

/// A store in a folder.
pub(crate) async fn device_at(folder: &std::path::Path, number: u8) -> Store {
    let entropy = Arc::new(Counter::from(u64::from(number)));
    let keys = Keys::fresh(&Counter::from(900 + u64::from(number)));
    let store = Store::open(Home::open(folder).unwrap(), &keys, entropy, &OpenOptions::default()).await.unwrap();
    adopt(&store, number).await;
    store
}

/// The secret of the founded company's recovery code.
pub(crate) const RECOVERY: [u8; 20] = [0x42; 20];

/// The keys of [`founded_at`]'s home.
pub(crate) fn keys_of(number: u8) -> Keys {
    Keys::fresh(&Counter::from(900 + u64::from(number)))
}

/// A store in a folder, of the laptop that founded the company.
pub(crate) async fn founded_at(folder: &std::path::Path, number: u8) -> Store {
    let store = open_at(folder, number).await.unwrap();
    let device = DeviceKeys::from_seeds(&[number; 32], &[number + 100; 32]);
    let mut turn = 0_u8;
    let mut draw = || {
        turn += 1;
        [turn; 32]
    };
    let scopes: Vec<_> = WireScope::FIRST
        .into_iter()
        .map(|scope| (scope, EpochKey::from_bytes(draw()), BagKey::from_bytes(draw())))
        .collect();
    let genesis = found(
        &Founding {
            salt: [9; 16],
            name: "Escuela Kemper Urgate",
            person: zuc_protocol::ids::PersonId(*at(0).person.0.as_bytes()),
            rights: Rights::new([Role::Gerencia, Role::Administracion], [1]),
            label: "Luis",
            device: &device,
            root: &recovery::root_keys(&RECOVERY),
            index: &IndexKey::from_bytes(draw()),
            scopes: scopes.clone(),
            relay_url: None,
            time_ms: 1,
        },
        &mut draw,
    )
    .unwrap();
    let log = ControlLog::open(genesis.clone()).unwrap();
    store.append_control(0, &log.head(), &genesis.to_bytes().unwrap()).await.unwrap();
    let incarnation = Incarnation([number; 16]);
    let identity = Identity {
        company: CompanyId(log.company().to_uuid()),
        device: DeviceId(device.id().to_uuid()),
        incarnation,
        actor: device.public().actor(incarnation),
    };
    store.adopt(identity).await.unwrap();
    for (scope, _, bag) in scopes {
        store.set_bag(domain_scope(scope), &bag).await.unwrap();
    }
    store
}

/// The store of [`founded_at`], once more.
pub(crate) async fn open_at(folder: &std::path::Path, number: u8) -> Result<Store, StoreError> {
    static OPENED: AtomicU64 = AtomicU64::new(1);
    // no two openings draw the same
    let seed = u64::from(number) + (OPENED.fetch_add(1, Ordering::Relaxed) << 8);
    let entropy = Arc::new(Counter::from(seed));
    Store::open(Home::open(folder)?, &keys_of(number), entropy, &OpenOptions::default()).await
}

async fn adopt(store: &Store, number: u8) {
    let keys = DeviceKeys::from_seeds(&[number; 32], &[number + 100; 32]);
    let incarnation = Incarnation([number; 16]);
    let identity = Identity {
        company: CompanyId(Uuid::from_u128(1)),
        device: DeviceId(keys.id().to_uuid()),
        incarnation,
        actor: keys.public().actor(incarnation),
    };
    store.adopt(identity).await.unwrap();
    for scope in Scope::all(2) {
        store
            .set_bag(scope, &BagKey::from_bytes(*blake3::hash(scope.to_string().as_bytes()).as_bytes()))
            .await
            .unwrap();
    }
}

pub(crate) fn at(second: i64) -> Session {
    Session {
        person: PersonId(Uuid::from_u128(77)),
        at: Timestamp::from_second(1_790_000_000 + second).unwrap(),
        today: date(2026, 9, 21),
        correlation: Uuid::from_u128(5),
        offline: true,
    }
}

/// A captured lead with the event that made it.
pub(crate) fn lead(id: u128, name: &str, company: &str, act: &Act) -> (Lead, LeadEvent) {
    let new = NewLead {
        full_name: Some(name.into()),
        company: Some(company.into()),
        email: Some(format!("{}@ferreteria.mx", name.to_lowercase().replace(' ', ".")).parse().unwrap()),
        phone: Some("4425534598".parse().unwrap()),
        notes: "pidió cotización".into(),
        ..NewLead::new(LeadId(v7(id)), SALES, "expo", date(2026, 9, 21))
    };
    let event = Lead::create(new, act).unwrap();
    (Lead::from_created(&event).unwrap(), event)
}

/// An id in the shape of a `UUIDv7`.
pub(crate) fn v7(number: u128) -> Uuid {
    uuid::Builder::from_unix_timestamp_millis(1_790_000_000_000, &number.to_be_bytes()[6..].try_into().unwrap())
        .into_uuid()
}

/// Everything `from` has not yet sent, applied by `to` as the entries of one log, after the bag rows they name.
pub(crate) async fn pass(from: &Store, to: &Store, seq: &mut u64) -> Received {
    let mut all = Received::default();
    for scope in Scope::all(2).into_iter().map(wire_scope) {
        let items = from.outbox_ready(scope, 10_000).await.unwrap();
        for item in items {
            *seq += 1;
            let received = deliver(from, to, scope, *seq, item).await;
            all.touched.extend(received.touched);
            all.refused = all.refused.or(received.refused);
            all.lost.extend(received.lost);
        }
    }
    all
}

pub(crate) async fn deliver(from: &Store, to: &Store, scope: WireScope, seq: u64, item: OutboxItem) -> Received {
    deliver_all(from, to, scope, seq, vec![item]).await
}

/// Items in one entry of a log, applied by `to` after the bag rows they name.
pub(crate) async fn deliver_all(
    from: &Store,
    to: &Store,
    scope: WireScope,
    seq: u64,
    items: Vec<OutboxItem>,
) -> Received {
    deliver_by(&writer(from, Rights::new(Role::ALL, [1, 2])), to, scope, seq, items).await
}

/// The person of [`at`] at a laptop, with such rights.
pub(crate) fn writer(of: &Store, rights: Rights) -> Writer {
    Writer {
        device: zuc_protocol::ids::DeviceId::from_uuid(of.identity().unwrap().device.0),
        person: zuc_protocol::ids::PersonId(*at(0).person.0.as_bytes()),
        seen: 0,
        rights,
    }
}

/// As [`deliver_all`], by somebody with rights of their own.
pub(crate) async fn deliver_by(
    author: &Writer,
    to: &Store,
    scope: WireScope,
    seq: u64,
    items: Vec<OutboxItem>,
) -> Received {
    let own = to.identity().unwrap().device.0 == author.device.to_uuid();
    let hash = *blake3::hash(&seq.to_le_bytes()).as_bytes();
    for item in &items {
        if let Some(row) = item.bag_rows.first() {
            to.store_bag(scope, row.bag, None, &[], &item.bag_rows).await.unwrap();
        }
    }
    let items: Vec<_> = items.into_iter().map(|item| item.item).collect();
    let advance = Advance { seq, chain: ChainHash(hash), author: None };
    let source = Source::Device {
        writer: author.clone(),
        incarnation: Incarnation([0; 16]),
        kind: BatchKind::Change,
        hash: BatchHash(hash[..16].try_into().unwrap()),
        own,
    };
    let bytes = [author.device.0.as_slice(), &seq.to_le_bytes()].concat();
    to.apply_entry(scope, advance, &source, LogKind::Batch, &bytes, &items, at(0).at).await.unwrap()
}
