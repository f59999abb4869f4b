//! A company in memory for the stories: devices with a tiny store each, and frames fed by hand from a tiny relay.

mod device;
mod relay;

use zuc_protocol::chain;
use zuc_protocol::control::{ControlAct, ControlLog, Founding, SignedControl, found};
use zuc_protocol::envelope::{BatchBody, BatchHeader, BatchKind, SealedBatch, SeenTip};
use zuc_protocol::identity::DeviceKeys;
use zuc_protocol::ids::{BatchHash, ControlHead, EpochId, Incarnation, ItemId, LogId, PersonId};
use zuc_protocol::item::{Fact, Item};
use zuc_protocol::person_key::BagKeyWraps;
use zuc_protocol::scope::{Rights, Role, Scope};
use zuc_protocol::secret::{BagKey, EpochKey, IndexKey};
use zuc_protocol::{recovery, suite};
use zuc_sync::KeyRing;
use zuc_sync::membership::{Joining, approve_join, founding_bags};

pub(crate) use self::device::Device;
pub(crate) use self::relay::Relay;

pub(crate) const SALES: Scope = Scope::Sales(1);

pub(crate) fn keys(seed: u8) -> DeviceKeys {
    DeviceKeys::from_seeds(&[seed; 32], &[seed ^ 0x80; 32])
}

pub(crate) fn root() -> DeviceKeys {
    recovery::root_keys(&[0x42; recovery::SECRET])
}

/// Different bytes at every call.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self) -> [u8; 32] {
        self.0 += 1;
        let mut bytes = [0x5a; 32];
        bytes[..8].copy_from_slice(&self.0.to_le_bytes());
        bytes
    }
}

/// Luis (gerencia, administración) on device 1, Ana (ventas) on device 2, Carla (finanzas) on device 3.
pub(crate) struct Company {
    pub(crate) log: ControlLog,
    pub(crate) bag_wraps: Vec<BagKeyWraps>,
}

pub(crate) fn company() -> Company {
    let mut dice = Dice(0);
    let bags: Vec<_> = Scope::FIRST.map(|scope| (scope, BagKey::from_bytes(dice.roll()))).to_vec();
    let luis = keys(1);
    let genesis = found(
        &Founding {
            salt: [9; 16],
            name: "Escuela Kemper Urgate",
            person: PersonId([1; 16]),
            rights: Rights::new([Role::Gerencia, Role::Administracion], []),
            label: "Luis",
            device: &luis,
            root: &root(),
            index: &IndexKey::from_bytes(dice.roll()),
            scopes: bags.iter().map(|(scope, bag)| (*scope, EpochKey::from_bytes(dice.roll()), bag.clone())).collect(),
            relay_url: None,
            time_ms: 1,
        },
        &mut || dice.roll(),
    )
    .unwrap();
    let mut log = ControlLog::open(genesis).unwrap();
    let mut ring = KeyRing::of_device(luis, &log);
    let mut wraps = founding_bags(&log, &ring, &bags, &mut || dice.roll()).unwrap();
    for wraps in &wraps {
        let _ = ring.learn_bag(&log, wraps);
    }
    for (seed, role) in [(2, Role::Ventas), (3, Role::Finanzas)] {
        ring.learn(&log);
        let joining = Joining {
            person: PersonId([seed; 16]),
            rights: Some(Rights::new([role], [1])),
            device: keys(seed).public(),
            label: "otra",
        };
        for step in approve_join(&log, &ring, &joining, 2, &mut || dice.roll()).unwrap() {
            log.append(step.record).unwrap();
            wraps.extend(step.wraps);
            wraps.extend(step.replacements.into_iter().map(|replacement| replacement.wraps));
        }
    }
    Company { log, bag_wraps: wraps }
}

/// A record signed by Luis on the relay's log.
pub(crate) fn by_luis(relay: &Relay, act: ControlAct) -> SignedControl {
    relay.control.sign(act, 9, &keys(1)).unwrap()
}

pub(crate) fn scene() -> (Company, Relay, Device, Device) {
    let company = company();
    let mut relay = Relay::new(company.log.clone());
    relay.bag_wraps.clone_from(&company.bag_wraps);
    let (luis, ana) = (Device::new(1, &company), Device::new(2, &company));
    (company, relay, luis, ana)
}

/// A batch of one fact, sealed by hand: what an honest device would never send.
pub(crate) fn forged(
    log: &ControlLog,
    seed: u8,
    number: u64,
    prev: BatchHash,
    head: ControlHead,
    epoch: EpochId,
) -> SealedBatch {
    let ring = KeyRing::of_device(keys(1), log);
    let header = BatchHeader {
        version: suite::VERSION,
        suite: suite::SUITE,
        scope: SALES,
        epoch,
        kind: BatchKind::Fact,
        author: keys(seed).id(),
        incarnation: Incarnation([seed; 16]),
        number,
        prev,
        control_head: head,
    };
    let fact = fact(u8::try_from(number).unwrap() + 100, "activity.logged");
    let start = chain::start(log.company(), SALES);
    let body = BatchBody { seen: SeenTip::new(&LogId([1; 16]), 0, &start), items: vec![Item::Fact(fact)] };
    SealedBatch::seal(log.company(), header, &body, ring.epoch(epoch).unwrap(), &keys(seed), &[7; 24]).unwrap()
}

pub(crate) fn fact(id: u8, kind: &str) -> Fact {
    Fact {
        id: ItemId([id; 16]),
        kind: kind.into(),
        subject: ItemId([1; 16]),
        fence: 0,
        body: "{}".into(),
        person_keys: vec![],
        events: vec![],
        part: None,
    }
}
