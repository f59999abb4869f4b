//! The first laptop of a company, founded as the product founds one.

use zuc_protocol::{
    Rights, Role, Scope,
    control::{ControlLog, Founding, SignedControl, found},
    identity::DeviceKeys,
    ids::PersonId,
    manifest::SPAN,
    recovery,
    secret::{BagKey, EpochKey, IndexKey},
};
use zuc_store::domain_scope;
use zuc_sync::{KeyRing, membership::founding_bags};

use super::{Laptop, On, Owner, Time};

/// Keys of the laptop of this number.
pub(super) fn device_keys(number: u8) -> DeviceKeys {
    DeviceKeys::from_seeds(&[number + 1; 32], &[number ^ 0x80; 32])
}

/// Who sits at it.
pub(super) fn person(number: u8) -> PersonId {
    PersonId([number + 1; 16])
}

/// Keys of the printed recovery code.
pub(super) fn root() -> DeviceKeys {
    recovery::root_keys(&[0x42; recovery::SECRET])
}

/// Luis's laptop, which manages and administers, and the genesis record of the company.
pub(super) async fn found_company(seed: u64, on: On, time: Time) -> (Laptop, SignedControl) {
    let device = device_keys(0);
    let mut turn = 0_u8;
    let mut draw = || {
        turn += 1;
        [turn; 32]
    };
    let scopes: Vec<_> = Scope::FIRST
        .map(|scope| (scope, EpochKey::from_bytes(draw()), BagKey::from_bytes(draw())))
        .into_iter()
        .collect();
    let rights = Rights::new([Role::Gerencia, Role::Administracion], [1]);
    let founding = Founding {
        salt: [9; 16],
        name: "Escuela Kemper Urgate",
        person: person(0),
        rights: rights.clone(),
        label: "Luis",
        device: &device,
        root: &root(),
        index: &IndexKey::from_bytes(draw()),
        scopes: scopes.clone(),
        relay_url: None,
        time_ms: 1,
    };
    let genesis = found(&founding, &mut draw).expect("a founding of good keys");
    let owner = Owner { name: "Luis", number: 0, person: person(0), keys: &device, seed, on, time, begin_at: SPAN };
    let mut laptop = Laptop::new(owner, std::slice::from_ref(&genesis)).await;
    let log = ControlLog::open(genesis.clone()).expect("just made");
    let bags: Vec<_> = scopes.iter().map(|(scope, _, bag)| (*scope, bag.clone())).collect();
    for (scope, bag) in &bags {
        if rights.may_read(*scope) {
            laptop.store.set_bag(domain_scope(*scope), bag).await.expect("an open store");
        }
    }
    let ring = KeyRing::of_device(device, &log);
    for wraps in founding_bags(&log, &ring, &bags, &mut draw).expect("good keys") {
        let key = laptop.store.bag(domain_scope(wraps.scope));
        let one = std::slice::from_ref(&wraps);
        laptop.store.store_bag(wraps.scope, wraps.bag, key.as_ref(), one, &[]).await.expect("an open store");
    }
    laptop.restart().await;
    (laptop, genesis)
}
