//! Who is let in, put out and forgotten, and what the control log and the bags make of it.

use crate::support::{Company, Device, Dice, Relay, SALES, by_luis, company, fact, keys, root, scene};
use zuc_protocol::chain::LogKind;
use zuc_protocol::control::{ControlAct, ControlError, Recipient, next_epoch};
use zuc_protocol::envelope::{BatchBody, BatchHeader, BatchKind, SealedBatch, SeenTip};
use zuc_protocol::error::ProtocolError;
use zuc_protocol::ids::{BatchHash, DeviceId, Incarnation, ItemId, LogId, PersonId};
use zuc_protocol::item::{Fact, Item};
use zuc_protocol::messages::{ClientFrame, ServerFrame};
use zuc_protocol::person_key::{Bag, BagRow, bag_id};
use zuc_protocol::relay_fact::{RelayFactHeader, SealedRelayFact};
use zuc_protocol::scope::{Rights, Role, Scope};
use zuc_protocol::secret::{EpochKey, IndexKey, PersonKey};
use zuc_protocol::suite;
use zuc_sync::membership::{Changing, Recovering, change_rights, erase, lost_scopes, owed_keys, recover, replace_root};
use zuc_sync::{Effect, Input, KeyRing};

#[test]
fn the_recovery_code_enrols_an_admin_who_reads_what_there_was() {
    let (company, mut relay, mut luis, _) = scene();
    luis.online(&mut relay);
    luis.write(SALES, 1, "antes");
    luis.talk(&mut relay);
    let log = relay.control.clone();
    let mut ring = KeyRing::of_root(root(), &log);
    assert_eq!(ring.readable(&log).len(), 6, "the code opens every scope");
    for wraps in &company.bag_wraps {
        let _ = ring.learn_bag(&log, wraps);
    }
    let new = keys(7);
    let recovering = Recovering { person: PersonId([7; 16]), device: &new, label: "equipo nuevo" };
    let mut dice = Dice(9_000);
    let mut bag_wraps = company.bag_wraps.clone();
    for step in recover(&log, &ring, &recovering, 9, &mut || dice.roll()).unwrap() {
        relay.control.append(step.record).unwrap();
        bag_wraps.extend(step.wraps);
    }
    assert!(
        bag_wraps.iter().all(|wraps| relay.control.device(wraps.author).is_some()),
        "of the code nobody takes them"
    );
    let mut late = Device::new(7, &Company { log: relay.control.clone(), bag_wraps });
    assert_eq!(late.engine.ring().prove(&relay.control).unwrap(), "equipo nuevo");
    late.online(&mut relay);
    assert_eq!(late.facts, luis.facts);
    assert!(relay.control.sign(ControlAct::SchemaFloor(1), 9, &new).is_ok());
    assert_eq!(late.engine.ring().readable(&relay.control).len(), 6, "there may be nobody else who reads them");
    assert!(Scope::FIRST.iter().all(|scope| late.engine.ring().bag(*scope).is_some()), "names too");
    let again = recover(&relay.control, &ring, &recovering, 9, &mut || dice.roll()).unwrap();
    assert!(again.is_empty(), "nothing is left to give");
}

#[test]
fn a_code_that_was_replaced_signs_nothing_and_the_next_one_opens_all_that_it_opened() {
    let (company, relay, _, _) = scene();
    let mut dice = Dice(9_500);
    let mut log = relay.control.clone();
    // A key that does not seal the one before: whoever began it did not hold that.
    let key = EpochKey::from_bytes(dice.roll());
    let broken = next_epoch(&log, Scope::Fiscal, &key, None, None, &[], &mut || dice.roll()).unwrap();
    log.append(log.sign(broken, 8, &keys(1)).unwrap()).unwrap();
    let mut ring = KeyRing::of_device(keys(1), &log);
    for wraps in &company.bag_wraps {
        let _ = ring.learn_bag(&log, wraps);
    }
    let (before, next) = (log.clone(), keys(9));
    let steps = replace_root(&log, &ring, &root(), &next, 9, &mut || dice.roll()).unwrap();
    assert_eq!(steps.len(), 3, "the code, and the two keys that nothing leads to");
    let mut bags = KeyRing::of_root(next.clone(), &log);
    let mut wraps = vec![];
    for step in steps {
        log.append(step.record).unwrap();
        wraps.extend(step.wraps);
    }
    let opened = KeyRing::of_root(next.clone(), &log);
    for epoch in log.scopes().flat_map(|scope| log.epochs(scope)) {
        assert!(opened.epoch(epoch.id).is_some(), "{:?} of {}", epoch.id, epoch.scope);
    }
    for wraps in wraps.iter().filter(|wraps| ring.bag(wraps.scope).is_some()) {
        bags.learn_bag(&log, wraps).unwrap();
    }
    assert_eq!(opened.index().map(IndexKey::expose), ring.index().map(IndexKey::expose));
    let floor = || ControlAct::SchemaFloor(1);
    assert!(log.sign_as_root(floor(), 9, &next).is_ok());
    assert_eq!(log.sign_as_root(floor(), 9, &root()), Err(ProtocolError::BadKey.into()));
    // One that the old code signed upon the record before would be a fork, and no more than that.
    let late = before.sign_as_root(floor(), 9, &root()).unwrap();
    assert!(matches!(log.append(late), Err(ControlError::Conflict { .. })));
}

#[test]
fn a_newcomer_reads_the_scopes_of_the_role_and_no_other() {
    let (company, mut relay, mut luis, _) = scene();
    luis.online(&mut relay);
    luis.write(SALES, 1, "venta");
    luis.write(Scope::Admin, 2, "interno");
    luis.talk(&mut relay);
    let mut carla = Device::new(3, &company);
    carla.online(&mut relay);
    assert_eq!(carla.facts.len(), 1);
    let readable = carla.engine.ring().readable(&relay.control);
    assert_eq!(readable, [SALES, Scope::Catalog, Scope::Finance, Scope::Fiscal, Scope::Analytics]);
    // Luis founded the company, and still cannot read what is fiscal.
    assert!(luis.engine.ring().current(&relay.control, Scope::Fiscal).is_none());
    assert!(carla.engine.ring().bag(Scope::Fiscal).is_some());
    // A frame of a scope that is not hers is left alone.
    carla.frame(relay.entries(Scope::Admin, 0));
    assert_eq!(carla.facts.len(), 1);
}

#[test]
fn a_person_who_changes_roles_gains_and_loses_keys() {
    let (company, mut relay, mut luis, mut ana) = scene();
    luis.online(&mut relay);
    luis.write(SALES, 1, "venta");
    luis.write(Scope::Analytics, 2, "cifras");
    luis.talk(&mut relay);
    ana.online(&mut relay);
    assert_eq!(ana.facts.len(), 1);
    let log = relay.control.clone();
    let mut ring = KeyRing::of_device(keys(1), &log);
    for wraps in &company.bag_wraps {
        let _ = ring.learn_bag(&log, wraps);
    }
    // Ana goes from ventas to finanzas: finance, analytics and fiscal come, nothing goes; then back to ventas of team 2.
    let mut dice = Dice(12_000);
    let to = |rights| Changing { person: PersonId([2; 16]), rights, marks: vec![] };
    for step in change_rights(&log, &ring, &[], &to(Rights::new([Role::Finanzas], [])), 9, &mut || dice.roll()).unwrap()
    {
        relay.control.append(step.record).unwrap();
    }
    // What is fiscal Luis cannot give: Carla does.
    let mut carlas = KeyRing::of_device(keys(3), &relay.control);
    for wraps in &company.bag_wraps {
        let _ = carlas.learn_bag(&relay.control, wraps);
    }
    for step in owed_keys(&relay.control, &carlas, 9, &mut || dice.roll()).unwrap() {
        relay.control.append(step.record).unwrap();
    }
    ana.input(Input::Disconnected);
    ana.online(&mut relay);
    let readable = ana.engine.ring().readable(&relay.control);
    assert_eq!(readable, [SALES, Scope::Catalog, Scope::Finance, Scope::Fiscal, Scope::Analytics]);
    assert_eq!(ana.facts.len(), 2, "what was written before she could read it is hers too");
    let log = relay.control.clone();
    ring.learn(&log);
    for step in change_rights(&log, &ring, &[], &to(Rights::new([Role::Ventas], [2])), 9, &mut || dice.roll()).unwrap()
    {
        relay.control.append(step.record).unwrap();
    }
    ana.input(Input::Disconnected);
    ana.online(&mut relay);
    let team = Scope::Sales(2);
    assert_eq!(ana.engine.ring().readable(&relay.control), [team, Scope::Catalog], "a team begins with her");
    assert!(ana.engine.ring().current(&relay.control, SALES).is_none(), "the new key is not hers");
    let purged = |scope| ana.effects.contains(&Effect::PurgeScope { scope });
    assert!(purged(SALES) && purged(Scope::Finance) && !purged(Scope::Catalog));
    let lost = lost_scopes(&relay.control, ana.id(), relay.control.scopes());
    assert_eq!(lost, [SALES, Scope::Finance, Scope::Fiscal, Scope::Analytics], "what a later start looks for");
    luis.input(Input::Disconnected);
    luis.online(&mut relay);
    luis.write(SALES, 3, "después");
    luis.talk(&mut relay);
    assert!(luis.outbox.is_empty());
    assert!(!ana.facts.contains_key(&ItemId([3; 16])));
}

#[test]
fn an_erased_person_is_gone_from_the_bag_and_refused_ever_after() {
    let (company, mut relay, mut luis, _) = scene();
    luis.online(&mut relay);
    let log = relay.control.clone();
    let mut ring = KeyRing::of_device(keys(1), &log);
    for wraps in &company.bag_wraps {
        let _ = ring.learn_bag(&log, wraps);
    }
    let bag_key = ring.bag(SALES).unwrap().clone();
    let key = zuc_protocol::ids::KeyId([0x33; 16]);
    let row = BagRow::wrap(log.company(), SALES, &bag_key, key, &PersonKey::from_bytes([5; 32]), &[6; 24]);
    let mut bag = Bag::new(SALES, bag_id(&bag_key));
    bag.merge([row.clone()]);
    luis.frame(ServerFrame::Bag { scope: SALES, wraps: vec![], rows: vec![row.clone()], more: false, listing: false });
    assert!(luis.effects.iter().any(|effect| matches!(effect, Effect::StoreBag { rows, .. } if rows.len() == 1)));

    let mut dice = Dice(10_000);
    let step = erase(&log, &ring, &[bag], &[key], 9, &mut || dice.roll()).unwrap();
    luis.input(Input::ControlAuthored(step));
    luis.talk(&mut relay);
    assert!(luis.effects.contains(&Effect::Erase { keys: vec![key] }));
    assert!(luis.effects.iter().any(|effect| matches!(effect, Effect::ReplaceBag { scope: SALES, .. })));
    assert!(luis.engine.ring().bag(SALES).is_some_and(|new| *new != bag_key), "the new key came with it");
    // Neither the old row nor a batch that still names the key comes back.
    luis.effects.clear();
    luis.frame(ServerFrame::Bag { scope: SALES, wraps: vec![], rows: vec![row], more: false, listing: false });
    assert!(!luis.effects.iter().any(|effect| matches!(effect, Effect::StoreBag { .. })));
    let log = relay.control.clone();
    let header = BatchHeader {
        version: suite::VERSION,
        suite: suite::SUITE,
        scope: SALES,
        epoch: log.epoch(SALES).unwrap().id,
        kind: BatchKind::Fact,
        author: keys(2).id(),
        incarnation: Incarnation([2; 16]),
        number: 1,
        prev: BatchHash::NONE,
        control_head: log.head().head(),
    };
    let named = Fact { person_keys: vec![key], ..fact(1, "activity.logged") };
    let body = BatchBody {
        seen: SeenTip::new(&LogId([1; 16]), 0, &zuc_protocol::chain::start(log.company(), SALES)),
        items: vec![Item::Fact(named)],
    };
    let epoch_key = ring.current(&log, SALES).unwrap();
    let batch = SealedBatch::seal(log.company(), header, &body, epoch_key, &keys(2), &[7; 24]).unwrap();
    relay.append(SALES, LogKind::Batch, batch.into_bytes());
    luis.frame(relay.entries(SALES, 0));
    assert_eq!(luis.quarantined, ["sync.erased_key"]);
}

#[test]
fn the_relay_is_given_the_bag_rows_that_it_lacks_and_a_large_bag_goes_in_parts() {
    let (company, mut relay, mut luis, _) = scene();
    let log = relay.control.clone();
    let mut ring = KeyRing::of_device(keys(1), &log);
    for wraps in &company.bag_wraps {
        let _ = ring.learn_bag(&log, wraps);
    }
    let bag_key = ring.bag(SALES).unwrap().clone();
    let mut dice = Dice(11_000);
    let mut bag = Bag::new(SALES, bag_id(&bag_key));
    for number in 0..4_100_u32 {
        let mut key = [0; 16];
        key[..4].copy_from_slice(&number.to_be_bytes());
        let secret = PersonKey::from_bytes([5; 32]);
        bag.merge([BagRow::wrap(log.company(), SALES, &bag_key, zuc_protocol::ids::KeyId(key), &secret, &[6; 24])]);
    }
    luis.online(&mut relay);
    let erased = zuc_protocol::ids::KeyId([0; 16]);
    let step = erase(&log, &ring, &[bag], &[erased], 9, &mut || dice.roll()).unwrap();
    luis.input(Input::ControlAuthored(step));
    let append = luis.sent.iter().find(|frame| matches!(frame, ClientFrame::ControlAppend { .. })).unwrap();
    assert!(append.to_bytes().is_ok(), "it fits a frame");
    let answers: Vec<_> = std::mem::take(&mut luis.sent).into_iter().flat_map(|frame| relay.answer(frame)).collect();
    for answer in answers {
        luis.frame(answer);
    }
    let rest: usize = luis
        .sent
        .iter()
        .map(|frame| match frame {
            ClientFrame::BagOffer { rows, .. } => rows.len(),
            _ => 0,
        })
        .sum();
    assert_eq!(rest, 99, "4,100 less the erased one, less the 4,000 that went with the record");
    // The connection broke before the rest arrived: the listing shows what is missing.
    let some = luis.effects.iter().find_map(|effect| match effect {
        Effect::StoreBag { rows, .. } if rows.len() == 4_099 => Some(rows[..4_000].to_vec()),
        _ => None,
    });
    luis.frame(ServerFrame::Bag { scope: SALES, wraps: vec![], rows: some.unwrap(), more: false, listing: true });
    let missing = luis.effects.iter().find_map(|effect| match effect {
        Effect::NeedBagRows { keys, .. } => Some(keys.len()),
        _ => None,
    });
    assert_eq!(missing, Some(99));
}

#[test]
fn a_record_that_the_relay_refuses_is_said_and_blocks_nothing() {
    let (_, mut relay, mut luis, _) = scene();
    luis.online(&mut relay);
    let sign = |luis: &Device| zuc_sync::ControlStep {
        record: luis.engine.log().sign(ControlAct::SchemaFloor(1), 9, &keys(1)).unwrap(),
        replacements: vec![],
        wraps: vec![],
    };
    let step = sign(&luis);
    luis.input(Input::ControlAuthored(step));
    luis.sent.clear();
    luis.frame(ServerFrame::Error { request: None, code: "sync.mark_stale".into() });
    assert!(luis.effects.contains(&Effect::ControlRefused { code: "sync.mark_stale".into() }));
    let step = sign(&luis);
    luis.input(Input::ControlAuthored(step));
    luis.talk(&mut relay);
    assert_eq!(relay.control.schema_floor(), 1);
}

#[test]
fn the_relay_writes_its_role_and_nothing_else() {
    let (_, mut relay, mut luis, _) = scene();
    let relay_keys = keys(0x60);
    let record = by_luis(&relay, ControlAct::RelayKey { key: relay_keys.public().verify, url: "https://r".into() });
    relay.control.append(record).unwrap();
    luis.online(&mut relay);
    let log = relay.control.clone();
    let epoch = log.epoch(SALES).unwrap().clone();
    let write = |relay: &mut Relay, id: u8, kind: &str, signer: u8| {
        let header = RelayFactHeader {
            version: suite::VERSION,
            suite: suite::SUITE,
            scope: SALES,
            epoch: epoch.id,
            id: ItemId([id; 16]),
            receipt: None,
        };
        let sealed =
            SealedRelayFact::seal(log.company(), header, &fact(id, kind), &epoch.public, &keys(signer), &[id; 32])
                .unwrap();
        relay.append(SALES, LogKind::RelayFact, sealed.to_bytes().unwrap());
    };
    write(&mut relay, 1, "lead.captured", 0x60);
    write(&mut relay, 2, "approval.granted", 0x60);
    write(&mut relay, 3, "lead.captured", 0x61);
    luis.frame(relay.entries(SALES, 0));
    assert_eq!(luis.applied, 1);
    assert_eq!(luis.quarantined, ["sync.not_the_relays_role", "sync.not_the_relay"]);
}

#[test]
fn an_act_signed_on_an_old_head_is_refused_and_said() {
    let (_, mut relay, mut luis, _) = scene();
    luis.online(&mut relay);
    let record = luis.engine.log().sign(ControlAct::SchemaFloor(1), 9, &keys(1)).unwrap();
    let other = by_luis(&relay, ControlAct::Freeze { device: keys(2).id(), on: true });
    relay.control.append(other).unwrap();
    luis.input(Input::ControlAuthored(zuc_sync::ControlStep { record, replacements: vec![], wraps: vec![] }));
    luis.talk(&mut relay);
    assert!(luis.effects.contains(&Effect::ControlRefused { code: "sync.control_conflict".into() }));
    assert_eq!(luis.engine.log().head(), relay.control.head());
}

#[test]
fn a_frozen_device_sends_nothing_and_goes_on_when_it_is_let_go() {
    let (_, mut relay, _, mut ana) = scene();
    ana.online(&mut relay);
    let freeze = by_luis(&relay, ControlAct::Freeze { device: ana.id(), on: true });
    relay.control.append(freeze).unwrap();
    ana.write(SALES, 1, "llamada");
    ana.talk(&mut relay);
    assert_eq!(relay.head(SALES).seq, 0);
    assert!(!ana.effects.iter().any(|effect| matches!(effect, Effect::PurgeScope { .. })));
    assert_eq!(lost_scopes(&relay.control, ana.id(), relay.control.scopes()), [], "nor later");
    let thaw = by_luis(&relay, ControlAct::Freeze { device: ana.id(), on: false });
    relay.control.append(thaw).unwrap();
    ana.input(Input::Disconnected);
    ana.online(&mut relay);
    assert_eq!(relay.head(SALES).seq, 1);
    assert!(ana.outbox.is_empty());
}

#[test]
fn recipients_and_ids_are_those_of_the_devices() {
    let device: DeviceId = keys(2).id();
    let log = company().log;
    let epoch = log.epoch(SALES).unwrap();
    assert!(epoch.wraps.iter().any(|wrap| wrap.to == Recipient::Device(device)));
    assert!(!log.epoch(Scope::Finance).unwrap().wraps.iter().any(|wrap| wrap.to == Recipient::Device(device)));
}
