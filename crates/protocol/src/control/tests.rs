//! Membership stories, with two admins, a salesperson and a forger.

use super::*;
use crate::envelope::{BatchHeader, BatchKind};
use crate::error::ProtocolError;
use crate::identity::DeviceKeys;
use crate::ids::{BagId, BatchHash, ControlHash, DeviceId, Digest32, Incarnation, KeyId, PersonId, VerifyKey};
use crate::messages::RefusalCode;
use crate::recovery;
use crate::scope::{Rights, Role, Scope};
use crate::secret::{BagKey, EpochKey, IndexKey};
use crate::suite;

const INDEX: IndexKey = IndexKey::from_bytes([0x11; 32]);
const LUIS: PersonId = PersonId([1; 16]);
const ANA: PersonId = PersonId([2; 16]);

fn keys(seed: u8) -> DeviceKeys {
    DeviceKeys::from_seeds(&[seed; 32], &[seed ^ 0x80; 32])
}

fn root() -> DeviceKeys {
    recovery::root_keys(&[0x42; recovery::SECRET])
}

/// Different bytes at every call.
fn fresh() -> impl FnMut() -> [u8; 32] {
    let mut count = 0_u8;
    move || {
        count += 1;
        [count; 32]
    }
}

fn epoch_key(scope: Scope) -> EpochKey {
    EpochKey::from_bytes([u8::try_from(scope.number()).unwrap(); 32])
}

fn genesis_by(device: &DeviceKeys, root: &DeviceKeys) -> Result<SignedControl, ControlError> {
    let scopes = Scope::FIRST.map(|scope| (scope, epoch_key(scope), BagKey::from_bytes([7; 32]))).to_vec();
    found(
        &Founding {
            salt: [9; 16],
            name: "Escuela Kemper Urgate",
            person: LUIS,
            rights: Rights::new([Role::Gerencia, Role::Administracion], []),
            label: "laptop de Luis",
            device,
            root,
            index: &INDEX,
            scopes,
            relay_url: None,
            time_ms: 1,
        },
        &mut fresh(),
    )
}

fn log() -> ControlLog {
    ControlLog::open(genesis_by(&keys(1), &root()).unwrap()).unwrap()
}

fn add(
    log: &ControlLog,
    device: &DeviceKeys,
    person: PersonId,
    rights: Option<Rights>,
    scopes: &[Scope],
) -> ControlAct {
    let public = device.public();
    let to = Recipient::Device(public.id());
    let _ = log;
    ControlAct::AddDevice(AddDevice {
        person,
        rights,
        device: public,
        label: seal_label(&INDEX, public.id(), "otra laptop", &[3; 24]),
        index: wrap_index_key(&INDEX, to, &public.receive, &[4; 32]).unwrap(),
        keys: scopes
            .iter()
            .map(|scope| (*scope, wrap_epoch_key(*scope, &epoch_key(*scope), to, &public.receive, &[5; 32]).unwrap()))
            .collect(),
    })
}

fn ana_added(log: &mut ControlLog) -> DeviceId {
    let act = add(log, &keys(2), ANA, Some(Rights::new([Role::Ventas], [1])), &[Scope::Sales(1), Scope::Catalog]);
    log.append(log.sign(act, 2, &keys(1)).unwrap()).unwrap();
    keys(2).id()
}

fn header(log: &ControlLog, author: DeviceId, scope: Scope) -> BatchHeader {
    BatchHeader {
        version: suite::VERSION,
        suite: suite::SUITE,
        scope,
        epoch: log.epoch(scope).unwrap().id,
        kind: BatchKind::Change,
        author,
        incarnation: Incarnation([1; 16]),
        number: 1,
        prev: BatchHash::NONE,
        control_head: log.head().head(),
    }
}

#[test]
fn a_founder_gets_the_keys_of_the_scopes_that_the_role_reads_and_the_root_gets_all() {
    let log = log();
    let me = Recipient::Device(keys(1).id());
    for scope in Scope::FIRST {
        let epoch = log.epoch(scope).unwrap();
        let wrap = |to| epoch.wraps.iter().find(|wrap| wrap.to == to);
        let by_root = open_epoch_key(scope, &epoch.public, &wrap(Recipient::Root).unwrap().wrap, &root()).unwrap();
        assert!(by_root == epoch_key(scope));
        assert_eq!(wrap(me).is_some(), scope != Scope::Fiscal, "{scope}");
    }
    assert!(open_index_key(&log, me, &keys(1)).unwrap() == INDEX);
    let label = &log.device(keys(1).id()).unwrap().label;
    assert_eq!(open_label(&INDEX, &keys(1).public(), label).unwrap(), "laptop de Luis");
    assert_eq!(log.company().to_uuid().get_version_num(), 8);
}

#[test]
fn a_genesis_must_be_signed_by_its_device_and_by_its_root() {
    let right = genesis_by(&keys(1), &root()).unwrap();
    let mut without = right.clone();
    without.root_signature = None;
    let mut swapped = right.clone();
    swapped.root_signature = Some(right.signature);
    let mut flipped = right.clone();
    *flipped.record.0.last_mut().unwrap() ^= 1;
    for wrong in [without, swapped, flipped] {
        assert!(matches!(ControlLog::open(wrong), Err(ControlError::Protocol(_))));
    }
    assert!(ControlLog::replay(crate::ids::CompanyId([0; 16]), [right]).is_err());
}

#[test]
fn a_device_joins_once_and_only_by_an_admin() {
    let mut log = log();
    let ana = ana_added(&mut log);
    assert!(log.rights(ana).unwrap().may_write(Scope::Sales(1)));
    assert!(log.may_read(ana, Scope::Catalog) && !log.may_read(ana, Scope::Finance));
    let again = add(&log, &keys(2), ANA, None, &[]);
    let again = log.sign(again, 3, &keys(1)).unwrap();
    assert!(matches!(log.append(again), Err(ControlError::Contradiction(_))));
    // Ana lets in a device of her own: refused when it is signed and, forged, when it is read.
    let act = add(&log, &keys(3), ANA, None, &[]);
    assert_eq!(log.sign(act.clone(), 3, &keys(2)), Err(ControlError::NotAllowed));
    let forged = ControlRecord {
        version: suite::VERSION,
        suite: suite::SUITE,
        seq: log.len(),
        prev: log.head(),
        author: ControlAuthor::Device(keys(1).id()),
        time_ms: 3,
        act,
    };
    let forged = SignedControl::sign(log.company(), &forged, &keys(2)).unwrap();
    assert_eq!(log.append(forged), Err(ControlError::Protocol(ProtocolError::BadSignature)));
}

#[test]
fn a_key_is_never_wrapped_to_a_device_that_may_not_read_the_scope() {
    let mut log = log();
    let act = add(&log, &keys(2), ANA, Some(Rights::new([Role::Ventas], [1])), &[Scope::Finance]);
    let signed = log.sign(act, 2, &keys(1)).unwrap();
    assert!(matches!(log.append(signed), Err(ControlError::Contradiction(_))));
    assert_eq!(log.len(), 1);
}

#[test]
fn of_two_concurrent_acts_the_second_is_refused_and_signs_again() {
    let mut log = log();
    let other = log.sign(ControlAct::SchemaFloor(1), 2, &keys(1)).unwrap();
    ana_added(&mut log);
    assert_eq!(log.append(other.clone()), Err(ControlError::Conflict { head: log.head() }));
    let again = log.sign(ControlAct::SchemaFloor(1), 3, &keys(1)).unwrap();
    log.append(again).unwrap();
    assert_eq!(log.schema_floor(), 1);
}

#[test]
fn two_successors_of_one_head_stop_everything_until_the_root_settles() {
    let mut here = log();
    let mut there = here.clone();
    ana_added(&mut here);
    let theirs = there.sign(ControlAct::SchemaFloor(1), 2, &keys(1)).unwrap();
    there.append(theirs.clone()).unwrap();

    assert!(matches!(here.offer(theirs.clone()).unwrap(), Offer::Forked(_)));
    assert!(here.fork().is_some());
    assert_eq!(here.sign(ControlAct::SchemaFloor(2), 3, &keys(1)), Err(ControlError::Forked));
    assert_eq!(there.adopt(here.records_from(0).to_vec()), Err(ControlError::Forked));

    let settle = here.sign_as_root(ControlAct::Settle { loser: theirs.hash() }, 4, &root()).unwrap();
    here.append(settle).unwrap();
    assert!(here.fork().is_none());
    there.adopt(here.records_from(0).to_vec()).unwrap();
    assert_eq!(there.head(), here.head());
    assert_eq!(here.offer(theirs).unwrap(), Offer::Known);
}

#[test]
fn each_of_several_forks_waits_for_the_root() {
    let mut log = log();
    let before = log.clone();
    ana_added(&mut log);
    let others = [1, 2].map(|floor| before.sign(ControlAct::SchemaFloor(floor), 2, &keys(1)).unwrap());
    for other in [&others[0], &others[1], &others[0]] {
        assert!(matches!(log.offer(other.clone()), Ok(Offer::Forked(fork)) if fork.theirs == other.hash()));
    }
    assert_eq!(log.forks().len(), 2, "the same again is no other");
    for (other, left) in others.iter().zip([1, 0]) {
        let settle = log.sign_as_root(ControlAct::Settle { loser: other.hash() }, 4, &root()).unwrap();
        log.append(settle).unwrap();
        assert_eq!(log.forks().len(), left);
    }
}

#[test]
fn a_record_that_nobody_had_the_right_to_sign_forks_nothing() {
    let mut log = log();
    ana_added(&mut log);
    let noise = ControlRecord {
        version: suite::VERSION,
        suite: suite::SUITE,
        seq: 1,
        prev: genesis_by(&keys(1), &root()).unwrap().hash(),
        author: ControlAuthor::Device(keys(2).id()),
        time_ms: 3,
        act: ControlAct::SchemaFloor(1),
    };
    let noise = SignedControl::sign(log.company(), &noise, &keys(2)).unwrap();
    assert_eq!(log.offer(noise), Err(ControlError::NotAllowed));
    assert!(log.fork().is_none());
}

#[test]
fn the_recovery_code_enrols_an_admin_when_none_is_left_and_is_replaced() {
    let mut log = log();
    // The only admin's laptop is gone; the code is typed back on a new machine.
    let secret = recovery::from_code(&recovery::to_code(&[0x42; recovery::SECRET])).unwrap();
    let code = recovery::root_keys(&secret);
    let index = open_index_key(&log, Recipient::Root, &code).unwrap();
    let new = keys(5);
    let act = add(&log, &new, PersonId([5; 16]), Some(Rights::new([Role::Administracion], [])), &[Scope::Admin]);
    log.append(log.sign_as_root(act, 2, &code).unwrap()).unwrap();
    assert!(log.rights(new.id()).unwrap().has(Role::Administracion));
    // The new admin can act …
    log.append(log.sign(ControlAct::Freeze { device: keys(1).id(), on: true }, 3, &new).unwrap()).unwrap();
    // … and the used code is replaced, after which it signs nothing.
    let next = recovery::root_keys(&[0x43; recovery::SECRET]);
    let replaced = ControlAct::RootReplaced {
        root: next.public(),
        index: wrap_index_key(&index, Recipient::Root, &next.public().receive, &[8; 32]).unwrap(),
        keys: vec![],
    };
    log.append(log.sign_as_root(replaced, 4, &code).unwrap()).unwrap();
    assert_eq!(
        log.sign_as_root(ControlAct::SchemaFloor(1), 5, &code),
        Err(ControlError::Protocol(ProtocolError::BadKey))
    );
    assert!(open_index_key(&log, Recipient::Root, &code).is_err());
    assert!(open_index_key(&log, Recipient::Root, &next).unwrap() == INDEX);
    // A wrong code is no root.
    let wrong = recovery::root_keys(&[0x44; recovery::SECRET]);
    assert!(log.sign_as_root(ControlAct::SchemaFloor(1), 5, &wrong).is_err());
}

#[test]
fn a_removed_device_has_rights_up_to_its_removal_and_marks_for_what_names_older_heads() {
    let mut log = log();
    let ana = ana_added(&mut log);
    let seen = log.last_seq();
    assert_eq!(log.mark(ana, Scope::Sales(1), seen), None);
    log.append(log.sign(ControlAct::Freeze { device: ana, on: true }, 3, &keys(1)).unwrap()).unwrap();
    assert!(log.rights(ana).is_none());
    let remove = ControlAct::Remove(RemoveAct {
        device: ana,
        marks: vec![Mark { device: ana, scope: Scope::Sales(1), number: 4, last: BatchHash([4; 16]) }],
        wipe: true,
        reason: RemoveReason::Left,
        bags: vec![BagChange { scope: Scope::Sales(1), bag: BagId([8; 16]), replacement: Digest32([9; 32]) }],
    });
    assert_eq!(log.effective_marks(&remove).len(), 6);
    log.append(log.sign(remove, 4, &keys(1)).unwrap()).unwrap();
    assert!(log.rights_at(ana, seen).is_some());
    let mark = |scope| log.mark(ana, scope, seen).map(|mark| (mark.number, mark.last));
    assert_eq!(mark(Scope::Sales(1)), Some((4, BatchHash([4; 16]))));
    assert_eq!(mark(Scope::Catalog), Some((0, BatchHash::NONE)));
    assert!(log.device(ana).unwrap().removed.unwrap().wipe);
    assert_eq!(log.bag(Scope::Sales(1)), Some(BagId([8; 16])));
    assert_eq!(log.readers(Scope::Sales(1)).count(), 1);
}

#[test]
fn a_role_that_is_taken_leaves_marks_only_in_the_scopes_it_wrote() {
    let mut log = log();
    let ana = ana_added(&mut log);
    let seen = log.last_seq();
    let act = ControlAct::Rights(RightsAct {
        person: ANA,
        rights: Rights::new([Role::Ventas], [2]),
        marks: vec![Mark { device: ana, scope: Scope::Sales(1), number: 7, last: BatchHash([7; 16]) }],
        bags: vec![],
    });
    log.append(log.sign(act, 3, &keys(1)).unwrap()).unwrap();
    assert_eq!(log.mark(ana, Scope::Sales(1), seen).map(|mark| mark.number), Some(7));
    assert_eq!(log.mark(ana, Scope::Catalog, seen), None);
    assert!(log.rights_at(ana, seen).unwrap().may_write(Scope::Sales(1)));
    assert!(!log.rights(ana).unwrap().may_write(Scope::Sales(1)));
}

#[test]
fn a_new_epoch_goes_to_whoever_remains_and_seals_the_key_before_it() {
    let mut log = log();
    let ana = ana_added(&mut log);
    let new = EpochKey::from_bytes([0x77; 32]);
    let scope = Scope::Sales(1);
    let act = next_epoch(&log, scope, &new, Some(&epoch_key(scope)), None, &[ana], &mut fresh()).unwrap();
    log.append(log.sign(act, 3, &keys(1)).unwrap()).unwrap();
    let epoch = log.epoch(scope).unwrap();
    assert_eq!(log.epochs(scope).len(), 2);
    assert_eq!(log.epoch_by_id(epoch.id).unwrap().at, 2);
    assert!(!epoch.wraps.iter().any(|wrap| wrap.to == Recipient::Device(ana)));
    assert!(open_previous(epoch, &new).unwrap().unwrap() == epoch_key(scope));
    assert!(open_previous(epoch, &epoch_key(scope)).is_err());
}

#[test]
fn the_relays_gate_knows_rights_epochs_and_heads() {
    let mut log = log();
    let ana = ana_added(&mut log);
    let right = header(&log, ana, Scope::Sales(1));
    assert_eq!(log.gate(&right), Ok(()));
    assert_eq!(log.gate(&header(&log, ana, Scope::Catalog)), Err(RefusalCode::NotAllowed));
    let mut unknown = right.clone();
    unknown.control_head = ControlHash([0xee; 32]).head();
    assert_eq!(log.gate(&unknown), Err(RefusalCode::ControlHead));
    let mut early = right.clone();
    early.control_head = genesis_by(&keys(1), &root()).unwrap().hash().head();
    assert_eq!(log.gate(&early), Err(RefusalCode::Revoked), "she was no member yet at the head she names");
    let act = next_epoch(&log, Scope::Sales(1), &EpochKey::from_bytes([1; 32]), None, None, &[], &mut fresh()).unwrap();
    log.append(log.sign(act, 3, &keys(1)).unwrap()).unwrap();
    assert_eq!(log.gate(&right), Err(RefusalCode::EpochStale));
    log.append(log.sign(ControlAct::Freeze { device: ana, on: true }, 4, &keys(1)).unwrap()).unwrap();
    assert_eq!(log.gate(&right), Err(RefusalCode::Revoked));
    log.append(log.sign(ControlAct::Freeze { device: ana, on: false }, 5, &keys(1)).unwrap()).unwrap();
    assert_eq!(log.gate(&header(&log, ana, Scope::Sales(1))), Ok(()));
}

#[test]
fn an_erasure_and_the_relays_key_are_remembered() {
    let mut log = log();
    let key = KeyId([6; 16]);
    let erase = ControlAct::Erase(EraseAct {
        keys: vec![key],
        bags: vec![BagChange { scope: Scope::Sales(1), bag: BagId([8; 16]), replacement: Digest32([9; 32]) }],
    });
    log.append(log.sign(erase, 2, &keys(1)).unwrap()).unwrap();
    assert!(log.is_erased(key));
    assert_eq!(log.bag(Scope::Sales(1)), Some(BagId([8; 16])));
    let relay = ControlAct::RelayKey { key: VerifyKey([3; 32]), url: "https://relevo.example".into() };
    log.append(log.sign(relay, 3, &keys(1)).unwrap()).unwrap();
    assert_eq!(log.relay_key(), Some(&VerifyKey([3; 32])));
    assert_eq!(log.relay_url(), Some("https://relevo.example"));
}

#[test]
fn a_replayed_log_is_the_same_log() {
    let mut log = log();
    ana_added(&mut log);
    let bytes: Vec<_> = log.records_from(0).iter().map(|record| record.to_bytes().unwrap()).collect();
    let records = bytes.iter().map(|bytes| SignedControl::from_bytes(bytes).unwrap());
    let again = ControlLog::replay(log.company(), records).unwrap();
    assert_eq!(again.head(), log.head());
    assert_eq!(again.devices().count(), 2);
}
