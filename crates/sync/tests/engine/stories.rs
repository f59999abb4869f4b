//! Stories of the engine, with frames fed by hand.

use crate::support::{Company, Device, Dice, Relay, SALES, by_luis, company, keys, root};
use zuc_protocol::chain::LogKind;
use zuc_protocol::control::{ControlAct, ControlLog, Mark, Recipient, RemoveReason, next_epoch};
use zuc_protocol::envelope::{BatchBody, BatchHeader, BatchKind, SealedBatch, SeenTip};
use zuc_protocol::ids::{BatchHash, ControlHead, DeviceId, EpochId, Incarnation, ItemId, LogId, PersonId};
use zuc_protocol::item::{Fact, Item};
use zuc_protocol::messages::{ClientFrame, Refusal, RefusalCode, ServerFrame};
use zuc_protocol::person_key::{Bag, BagRow, bag_id};
use zuc_protocol::relay_fact::{RelayFactHeader, SealedRelayFact};
use zuc_protocol::scope::{Rights, Role, Scope};
use zuc_protocol::secret::{EpochKey, PersonKey};
use zuc_protocol::suite;
use zuc_sync::membership::{Changing, Joining, Removing, approve_join, change_rights, erase, recover, remove_device};
use zuc_sync::{Effect, Input, KeyRing, SyncStatus};

fn scene() -> (Company, Relay, Device, Device) {
    let company = company();
    let mut relay = Relay::new(company.log.clone());
    relay.bag_wraps.clone_from(&company.bag_wraps);
    let (luis, ana) = (Device::new(1, &company), Device::new(2, &company));
    (company, relay, luis, ana)
}

/// A batch of one fact, sealed by hand: what an honest device would never send.
fn forged(log: &ControlLog, seed: u8, number: u64, prev: BatchHash, head: ControlHead, epoch: EpochId) -> SealedBatch {
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
    let start = zuc_protocol::chain::start(log.company(), SALES);
    let body = BatchBody { seen: SeenTip::new(0, &start), items: vec![Item::Fact(fact)] };
    SealedBatch::seal(log.company(), header, &body, ring.epoch(epoch).unwrap(), &keys(seed), &[7; 24]).unwrap()
}

fn fact(id: u8, kind: &str) -> Fact {
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

fn genesis_head(log: &ControlLog) -> ControlHead {
    log.records_from(0)[0].hash().head()
}

#[test]
fn what_one_writes_offline_the_other_has_once_both_were_online() {
    let (_, mut relay, mut luis, mut ana) = scene();
    ana.write(SALES, 1, "llamada");
    ana.write(SALES, 2, "visita");
    assert!(ana.sealed.is_empty(), "nothing is sealed offline");
    ana.input(Input::Waiting(2));
    assert_eq!(ana.engine.status(), SyncStatus::Offline(2));
    ana.online(&mut relay);
    ana.input(Input::Waiting(0));
    luis.online(&mut relay);
    assert_eq!(luis.facts, ana.facts);
    assert_eq!(luis.engine.status(), SyncStatus::UpToDate);
    assert_eq!(ana.engine.status(), SyncStatus::UpToDate);
    assert!(ana.outbox.is_empty() && luis.engine.at_head());
}

#[test]
fn who_has_just_joined_is_not_up_to_date_before_the_keys_to_write_have_come() {
    let (company, mut relay, _, _) = scene();
    let joined = Company { bag_wraps: vec![], ..company };
    let mut ana = Device::new(2, &joined);
    ana.input(Input::Connected { token: "t".into() });
    let asks_bag = |frame: &ClientFrame| matches!(frame, ClientFrame::Bag { .. });
    while !ana.sent.is_empty() {
        let (bags, others): (Vec<_>, Vec<_>) = std::mem::take(&mut ana.sent).into_iter().partition(asks_bag);
        others.into_iter().flat_map(|frame| relay.answer(frame)).for_each(|answer| ana.frame(answer));
        if !bags.is_empty() && ana.sent.is_empty() {
            // every entry is here, and still nothing could be written
            assert!(ana.engine.at_head());
            assert_eq!(ana.engine.status(), SyncStatus::Syncing(bags.len() as u64));
            bags.into_iter().flat_map(|frame| relay.answer(frame)).for_each(|answer| ana.frame(answer));
        } else {
            ana.sent.extend(bags);
        }
    }
    assert_eq!(ana.engine.status(), SyncStatus::UpToDate);
}

#[test]
fn who_was_let_in_by_somebody_without_a_scopes_key_waits_for_the_record_that_begins_it_anew() {
    let (company, ..) = scene();
    let mut log = company.log;
    let mut ring = KeyRing::of_device(keys(1), &log);
    for wraps in &company.bag_wraps {
        let _ = ring.learn_bag(&log, wraps);
    }
    let (mut dice, device) = (Dice(12_000), keys(4).public());
    let joining =
        Joining { person: PersonId([4; 16]), rights: Some(Rights::new([Role::Finanzas], [1])), device, label: "nueva" };
    let steps = approve_join(&log, &ring, &joining, 2, &mut || dice.roll()).unwrap();
    assert!(steps.len() > 1, "Luis does not read what finance reads");
    for step in steps {
        assert!(KeyRing::of_device(keys(4), &log).prove(&log).is_err());
        log.append(step.record).unwrap();
        let complete = KeyRing::of_device(keys(4), &log);
        assert_eq!(complete.lacks(&log, device.id()), complete.prove(&log).is_err());
    }
    assert!(!KeyRing::of_device(keys(4), &log).lacks(&log, device.id()));
}

#[test]
fn a_bag_whose_key_nobody_has_sealed_for_this_device_is_waited_for() {
    let (company, mut relay, _, _) = scene();
    let late = std::mem::take(&mut relay.bag_wraps);
    let mut ana = Device::new(2, &Company { bag_wraps: vec![], ..company });
    ana.online(&mut relay);
    assert!(matches!(ana.engine.status(), SyncStatus::Syncing(_)));
    for wraps in late {
        ana.frame(ServerFrame::Bag { scope: wraps.scope, wraps: vec![wraps], rows: vec![], more: false });
    }
    assert_eq!(ana.engine.status(), SyncStatus::UpToDate);
}

#[test]
fn bytes_leave_only_after_they_are_on_disk() {
    let (_, mut relay, _, mut ana) = scene();
    ana.online(&mut relay);
    let item = {
        let mut other = Device::new(2, &company());
        other.write(SALES, 1, "llamada");
        other.outbox[0].1.clone()
    };
    let mut dice = Dice(99);
    let ready = Input::OutboxReady { scope: SALES, items: vec![item] };
    let effects = ana.engine.handle(ready.clone(), &mut || dice.roll());
    let Some(Effect::StoreSealed(batch)) = effects.first() else { panic!("it is stored first: {effects:?}") };
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Send(ClientFrame::Push { .. }))));
    let number = batch.number;
    let again = ana.engine.handle(ready, &mut || dice.roll());
    assert!(again.is_empty(), "a row that is being sealed is not sealed again: {again:?}");
    let effects = ana.engine.handle(Input::SealedStored { scope: SALES, number }, &mut || dice.roll());
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Send(ClientFrame::Push { .. }))));
}

#[test]
fn a_lost_ack_sends_the_same_bytes_again_and_nothing_happens_twice() {
    let (_, mut relay, mut luis, mut ana) = scene();
    ana.online(&mut relay);
    ana.write(SALES, 1, "llamada");
    let first = ana.take_pushes();
    // The relay has it; its answer is lost with the connection, and the app dies.
    let _ = relay.answer(ClientFrame::Push { scope: SALES, batches: first[0].clone(), bag_rows: vec![] });
    ana.restart();
    ana.input(Input::Connected { token: "t".into() });
    for frame in relay.answer(ClientFrame::Hello { token: String::new(), control: relay.control.head(), log: None }) {
        ana.frame(frame);
    }
    assert_eq!(ana.take_pushes(), first, "the stored bytes and no others");
    ana.talk(&mut relay);
    assert_eq!(relay.head(SALES).seq, 1);
    assert!(ana.outbox.is_empty() && ana.sealed.is_empty());
    luis.online(&mut relay);
    assert_eq!(luis.applied, 1);
}

#[test]
fn a_silent_relay_is_sent_the_batch_again_after_a_while() {
    let (_, mut relay, _, mut ana) = scene();
    ana.online(&mut relay);
    ana.write(SALES, 1, "llamada");
    let first = ana.take_pushes();
    ana.input(Input::Tick(1_000));
    assert!(ana.take_pushes().is_empty(), "not at once");
    ana.input(Input::Tick(20_000));
    assert_eq!(ana.take_pushes(), first);
    ana.input(Input::Tick(100_000));
    assert!(ana.effects.contains(&Effect::Reconnect), "a relay that says nothing is left");
}

#[test]
fn duplicates_and_reordered_frames_are_applied_once_and_a_gap_is_pulled() {
    let (_, mut relay, mut luis, mut ana) = scene();
    luis.online(&mut relay);
    ana.online(&mut relay);
    for id in 1..=3 {
        ana.write(SALES, id, "llamada");
        ana.talk(&mut relay);
    }
    let page = |from: u64, to: usize| {
        let entries = relay.scopes[&SALES][usize::try_from(from).unwrap()..to].to_vec();
        ServerFrame::Entries { scope: SALES, from, entries, head: 3, chain: relay.chain(SALES, to as u64) }
    };
    // The third comes first: it is not applied, the gap is asked for.
    luis.frame(page(2, 3));
    assert_eq!(luis.applied, 0);
    assert!(luis.sent.contains(&ClientFrame::Pull { scope: SALES, from: 0, max: 1_000 }));
    luis.frame(page(0, 1));
    luis.frame(page(0, 1));
    luis.frame(page(0, 2));
    luis.frame(page(1, 3));
    luis.frame(page(0, 3));
    assert_eq!(luis.applied, 3);
    assert_eq!(luis.facts, ana.facts);
    assert_eq!(luis.engine.cursor(SALES).chain, relay.head(SALES).chain);
}

#[test]
fn a_frame_whose_chain_does_not_fit_is_refused_whole() {
    let (_, mut relay, mut luis, mut ana) = scene();
    luis.online(&mut relay);
    ana.online(&mut relay);
    ana.write(SALES, 1, "a");
    ana.talk(&mut relay);
    ana.write(SALES, 2, "b");
    ana.talk(&mut relay);
    relay.scopes.get_mut(&SALES).unwrap().swap(0, 1);
    for (index, entry) in relay.scopes.get_mut(&SALES).unwrap().iter_mut().enumerate() {
        entry.seq = index as u64 + 1;
    }
    let ServerFrame::Entries { scope, from, entries, head, .. } = relay.entries(SALES, 0) else { unreachable!() };
    let chain = ana.engine.cursor(SALES).chain;
    luis.frame(ServerFrame::Entries { scope, from, entries, head, chain });
    assert_eq!(luis.applied, 0);
    assert_eq!(luis.engine.status(), SyncStatus::Failed("sync.chain_broken"));
    // Ana, who has the other order, finds out at the next greeting.
    ana.input(Input::Disconnected);
    ana.online(&mut relay);
    assert!(ana.effects.iter().any(|effect| matches!(effect, Effect::LogChanged { .. })));
}

#[test]
fn a_stale_epoch_is_sealed_again_under_the_new_key() {
    let (_, mut relay, mut luis, mut ana) = scene();
    ana.online(&mut relay);
    ana.write(SALES, 1, "llamada");
    let pushed = ana.take_pushes();
    let mut dice = Dice(7_000);
    let ring = KeyRing::of_device(keys(1), &relay.control);
    let previous = ring.current(&relay.control, SALES).cloned();
    let new = EpochKey::from_bytes(dice.roll());
    let act = next_epoch(&relay.control, SALES, &new, previous.as_ref(), None, &[], &mut || dice.roll()).unwrap();
    let record = by_luis(&relay, act);
    relay.control.append(record).unwrap();
    let answer = relay.answer(ClientFrame::Push { scope: SALES, batches: pushed[0].clone(), bag_rows: vec![] });
    assert!(matches!(&answer[1], ServerFrame::Refused { refusal, .. } if refusal.code == RefusalCode::EpochStale));
    for frame in answer {
        ana.frame(frame);
    }
    ana.talk(&mut relay);
    assert_eq!(relay.head(SALES).seq, 1);
    let logged = SealedBatch::parse(&relay.scopes[&SALES][0].bytes.0).unwrap();
    assert_eq!(logged.header().epoch, relay.control.epoch(SALES).unwrap().id);
    assert_eq!(logged.header().number, 1, "above the last accepted, without a hole");
    assert!(ana.outbox.is_empty());
    luis.online(&mut relay);
    assert_eq!(luis.facts, ana.facts);
}

#[test]
fn a_lost_ack_before_a_new_epoch_does_not_send_the_rows_twice() {
    let (_, mut relay, _, mut ana) = scene();
    ana.online(&mut relay);
    ana.write(SALES, 1, "llamada");
    let pushed = ana.take_pushes();
    let _ = relay.answer(ClientFrame::Push { scope: SALES, batches: pushed[0].clone(), bag_rows: vec![] });
    // Sent again, the relay looks at the epoch before it looks at the number.
    let hash = zuc_protocol::envelope::batch_hash(&pushed[0][0].0);
    let refusal = Refusal { hash, code: RefusalCode::EpochStale, stored: None, last_accepted: 1 };
    ana.frame(ServerFrame::Refused { scope: SALES, refusal });
    ana.talk(&mut relay);
    assert!(ana.outbox.is_empty() && ana.sealed.is_empty());
    assert_eq!(relay.head(SALES).seq, 1);
}

#[test]
fn an_unknown_control_head_holds_the_scope_until_the_record_is_here() {
    let (_, mut relay, mut luis, mut ana) = scene();
    luis.online(&mut relay);
    let record = by_luis(&relay, ControlAct::SchemaFloor(1));
    relay.control.append(record).unwrap();
    ana.online(&mut relay);
    ana.write(SALES, 1, "llamada");
    ana.talk(&mut relay);
    luis.frame(relay.entries(SALES, 0));
    assert_eq!((luis.applied, luis.quarantined.len()), (0, 0));
    assert!(luis.sent.contains(&ClientFrame::Control { from: luis.engine.log().len() }));
    // The relay withholds it: said, not guessed.
    let len = luis.engine.log().len();
    luis.sent.clear();
    luis.frame(ServerFrame::ControlRecords { from: len, records: vec![], len });
    assert_eq!(luis.engine.status(), SyncStatus::Failed("sync.control_withheld"));
    // It comes after all.
    luis.frame(relay.control_from(len));
    luis.talk(&mut relay);
    assert_eq!(luis.applied, 1);
    assert_eq!(luis.engine.status(), SyncStatus::UpToDate);
}

#[test]
fn an_old_control_head_is_refused() {
    let (_, mut relay, mut luis, _) = scene();
    luis.online(&mut relay);
    let log = relay.control.clone();
    let epoch = log.epoch(SALES).unwrap().id;
    let new = forged(&log, 2, 1, BatchHash::NONE, log.head().head(), epoch);
    // Ana was a member at that head too, but had named a newer one already.
    let joined = log.records_from(0)[1].hash().head();
    let old = forged(&log, 2, 2, new.hash(), joined, epoch);
    relay.append(SALES, LogKind::Batch, new.into_bytes());
    relay.append(SALES, LogKind::Batch, old.into_bytes());
    luis.frame(relay.entries(SALES, 0));
    assert_eq!(luis.applied, 1);
    assert_eq!(luis.quarantined, ["sync.old_control_head"]);
    // At a head at which she was no member at all.
    let before = forged(&log, 3, 1, BatchHash::NONE, genesis_head(&log), epoch);
    relay.append(SALES, LogKind::Batch, before.into_bytes());
    luis.frame(relay.entries(SALES, 2));
    assert_eq!(luis.quarantined.last(), Some(&"sync.not_member"));
}

#[test]
fn a_batch_without_the_right_or_by_another_key_counts_for_nobody() {
    let (_, mut relay, mut luis, _) = scene();
    luis.online(&mut relay);
    let log = relay.control.clone();
    let ring = KeyRing::of_device(keys(1), &log);
    let epoch = log.epoch(Scope::Catalog).unwrap().id;
    // Ana reads the catalog and does not write it.
    let header = BatchHeader {
        version: suite::VERSION,
        suite: suite::SUITE,
        scope: Scope::Catalog,
        epoch,
        kind: BatchKind::Fact,
        author: keys(2).id(),
        incarnation: Incarnation([2; 16]),
        number: 1,
        prev: BatchHash::NONE,
        control_head: log.head().head(),
    };
    let start = zuc_protocol::chain::start(log.company(), Scope::Catalog);
    let body = BatchBody { seen: SeenTip::new(0, &start), items: vec![Item::Fact(fact(1, "product.added"))] };
    let key = ring.epoch(epoch).unwrap();
    let batch = SealedBatch::seal(log.company(), header, &body, key, &keys(2), &[7; 24]).unwrap();
    relay.append(Scope::Catalog, LogKind::Batch, batch.bytes().to_vec());
    // The same with a flipped signature bit, and a batch moved to another scope's log.
    let mut flipped = batch.bytes().to_vec();
    let last = flipped.len() - 1;
    flipped[last] ^= 1;
    relay.append(Scope::Catalog, LogKind::Batch, flipped);
    relay.append(SALES, LogKind::Batch, batch.into_bytes());
    luis.frame(relay.entries(Scope::Catalog, 0));
    luis.frame(relay.entries(SALES, 0));
    assert_eq!(luis.applied, 0);
    assert_eq!(luis.quarantined, ["sync.not_allowed", "sync.bad_signature", "sync.other_scope"]);
}

#[test]
fn what_lies_beyond_a_removed_devices_mark_is_quarantined_and_what_lies_before_counts() {
    let (company, mut relay, mut luis, mut ana) = scene();
    luis.online(&mut relay);
    ana.online(&mut relay);
    ana.write(SALES, 1, "antes");
    ana.talk(&mut relay);
    let log = relay.control.clone();
    let late = {
        let prev = ana.own[0].hash;
        forged(&log, 2, 2, prev, log.head().head(), log.epoch(SALES).unwrap().id)
    };
    let ring = KeyRing::of_device(keys(1), &log);
    let removing = Removing {
        device: ana.id(),
        marks: vec![Mark { device: ana.id(), scope: SALES, number: 1 }],
        wipe: true,
        reason: RemoveReason::Left,
    };
    let mut dice = Dice(8_000);
    let steps = remove_device(&log, &ring, &[], &removing, 9, &mut || dice.roll()).unwrap();
    for step in steps {
        luis.input(Input::ControlAuthored(step));
    }
    luis.talk(&mut relay);
    assert!(relay.control.device(ana.id()).unwrap().removed.is_some());
    assert_eq!(relay.control.epochs(SALES).len(), 2, "a removal brings new keys");
    assert!(luis.engine.ring().current(&relay.control, SALES).is_some());
    // Her late batch names a head at which she was a member; the relay lets it through all the same.
    relay.append(SALES, LogKind::Batch, late.into_bytes());
    luis.frame(relay.entries(SALES, 0));
    assert_eq!(luis.quarantined, ["sync.beyond_mark"]);
    assert_eq!(luis.facts.len(), 1);
    // She learns of it and is told to wipe; none of the new keys is hers.
    ana.input(Input::Disconnected);
    ana.online(&mut relay);
    assert!(ana.effects.contains(&Effect::Removed { wipe: true }));
    assert!(ana.engine.ring().current(&relay.control, SALES).is_none());
    let mut carla = Device::new(3, &company);
    carla.online(&mut relay);
    assert_eq!(carla.facts.len(), 1);
    assert_eq!(carla.quarantined, ["sync.beyond_mark"]);
}

#[test]
fn two_batches_under_one_number_stop_their_author_everywhere() {
    let (_, mut relay, mut luis, _) = scene();
    luis.online(&mut relay);
    let log = relay.control.clone();
    let (epoch, head) = (log.epoch(SALES).unwrap().id, log.head().head());
    let one = forged(&log, 2, 1, BatchHash::NONE, head, epoch);
    let two = forged(&log, 2, 2, one.hash(), head, epoch);
    let other_two = forged(&log, 2, 2, BatchHash([9; 16]), head, epoch);
    let three = forged(&log, 2, 3, two.hash(), head, epoch);
    for batch in [&one, &two, &two, &one, &other_two, &three] {
        relay.append(SALES, LogKind::Batch, batch.bytes().to_vec());
    }
    luis.frame(relay.entries(SALES, 0));
    assert_eq!(luis.applied, 2);
    assert_eq!(
        luis.quarantined,
        ["sync.replayed", "sync.replayed", "sync.author_split", "sync.author_split"],
        "replays change nothing, a second batch under one number stops its author"
    );
}

#[test]
fn a_batch_that_the_relay_withholds_is_noticed_at_the_next_one() {
    let (_, mut relay, mut luis, _) = scene();
    luis.online(&mut relay);
    let log = relay.control.clone();
    let (epoch, head) = (log.epoch(SALES).unwrap().id, log.head().head());
    let one = forged(&log, 2, 1, BatchHash::NONE, head, epoch);
    let two = forged(&log, 2, 2, one.hash(), head, epoch);
    relay.append(SALES, LogKind::Batch, two.into_bytes());
    luis.frame(relay.entries(SALES, 0));
    assert_eq!(luis.applied, 0);
    assert_eq!(luis.engine.status(), SyncStatus::Failed("sync.author_gap"));
}

#[test]
fn an_author_who_saw_another_log_raises_the_alarm() {
    let (_, mut relay, mut luis, mut ana) = scene();
    luis.online(&mut relay);
    // The relay shows Ana another first entry than Luis.
    let mut fork = Relay::new(relay.control.clone());
    let log = relay.control.clone();
    let (epoch, head) = (log.epoch(SALES).unwrap().id, log.head().head());
    let carla = |prev: u8| forged(&log, 3, 1, BatchHash([prev; 16]), head, epoch).into_bytes();
    relay.append(SALES, LogKind::Batch, carla(0));
    fork.append(SALES, LogKind::Batch, carla(1));
    ana.online(&mut fork);
    ana.write(SALES, 1, "llamada");
    let batch = ana.take_pushes().remove(0).remove(0);
    relay.append(SALES, LogKind::Batch, batch.0);
    luis.frame(relay.entries(SALES, 0));
    assert_eq!(luis.engine.status(), SyncStatus::Failed("sync.log_forked"));
    luis.write(SALES, 9, "nada sale");
    assert!(luis.sealed.is_empty(), "nothing is sealed until a person has looked");
}

#[test]
fn a_restored_database_gets_its_own_entries_back_and_goes_on_above_them() {
    let (company, mut relay, mut luis, mut ana) = scene();
    ana.online(&mut relay);
    for id in 1..=3 {
        ana.write(SALES, id, "antes");
        ana.talk(&mut relay);
    }
    // An empty backup of the same device, under a new incarnation.
    let mut restored = Device::new(2, &company);
    restored.incarnation = Incarnation([0xee; 16]);
    restored.write(SALES, 4, "después");
    restored.online(&mut relay);
    assert_eq!(restored.facts.len(), 4);
    assert!(restored.outbox.is_empty());
    assert_eq!(relay.head(SALES).seq, 4);
    assert_eq!(SealedBatch::parse(&relay.scopes[&SALES][3].bytes.0).unwrap().header().number, 4);
    luis.online(&mut relay);
    assert_eq!(luis.facts, restored.facts);
    assert!(luis.quarantined.is_empty());
}

#[test]
fn a_relay_that_lost_its_log_is_given_again_what_its_devices_wrote() {
    let (_, mut relay, _, mut ana) = scene();
    ana.online(&mut relay);
    ana.write(SALES, 1, "uno");
    ana.talk(&mut relay);
    let entry = relay.scopes[&SALES][0].bytes.0.clone();
    let kept = zuc_sync::StoredBatch {
        scope: SALES,
        number: 1,
        hash: ana.own[0].hash,
        bytes: entry.clone(),
        outbox: vec![],
        bag_rows: vec![],
    };
    let mut empty = Relay::new(relay.control.clone());
    empty.log_id = LogId([2; 16]);
    ana.input(Input::Disconnected);
    ana.online(&mut empty);
    assert!(ana.effects.contains(&Effect::NeedReoffer { scope: SALES, above: 0 }));
    ana.input(Input::Reoffer { scope: SALES, batches: vec![kept] });
    ana.talk(&mut empty);
    assert_eq!(empty.scopes[&SALES][0].bytes.0, entry);
    assert_eq!(ana.engine.cursor(SALES).seq, 1);
    assert_eq!(ana.engine.status(), SyncStatus::UpToDate);
}

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
    let joining = Joining {
        person: PersonId([7; 16]),
        rights: Some(Rights::new([Role::Gerencia, Role::Administracion], [])),
        device: new.public(),
        label: "equipo nuevo",
    };
    let mut dice = Dice(9_000);
    for step in recover(&log, &ring, &joining, 9, &mut || dice.roll()).unwrap() {
        relay.control.append(step.record).unwrap();
    }
    let mut late = Device::new(7, &Company { log: relay.control.clone(), bag_wraps: company.bag_wraps });
    assert_eq!(late.engine.ring().prove(&relay.control).unwrap(), "equipo nuevo");
    late.online(&mut relay);
    assert_eq!(late.facts, luis.facts);
    assert!(relay.control.sign(ControlAct::SchemaFloor(1), 9, &new).is_ok());
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
    assert_eq!(ana.engine.ring().readable(&relay.control), [Scope::Catalog]);
    assert!(ana.engine.ring().current(&relay.control, SALES).is_none(), "the new key is not hers");
    let purged = |scope| ana.effects.contains(&Effect::PurgeScope { scope });
    assert!(purged(SALES) && purged(Scope::Finance) && !purged(Scope::Catalog));
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
    luis.frame(ServerFrame::Bag { scope: SALES, wraps: vec![], rows: vec![row.clone()], more: false });
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
    luis.frame(ServerFrame::Bag { scope: SALES, wraps: vec![], rows: vec![row], more: false });
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
        seen: SeenTip::new(0, &zuc_protocol::chain::start(log.company(), SALES)),
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
    luis.frame(ServerFrame::Bag { scope: SALES, wraps: vec![], rows: some.unwrap(), more: false });
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
fn a_fork_of_the_control_log_stops_sealing_until_the_root_settles_it() {
    let (_, mut relay, _, mut ana) = scene();
    ana.online(&mut relay);
    let mut other = relay.control.clone();
    let theirs = other.sign(ControlAct::SchemaFloor(2), 9, &keys(1)).unwrap();
    other.append(theirs.clone()).unwrap();
    let ours = by_luis(&relay, ControlAct::SchemaFloor(1));
    relay.control.append(ours).unwrap();
    ana.frame(relay.control_from(relay.control.last_seq()));
    ana.talk(&mut relay);
    let from = other.last_seq();
    ana.frame(ServerFrame::ControlRecords { from, records: vec![theirs.clone()], len: other.len() });
    assert_eq!(ana.engine.status(), SyncStatus::Failed("sync.control_forked"));
    ana.sent.clear();
    ana.write(SALES, 1, "espera");
    assert!(ana.sealed.is_empty());
    assert_eq!(ana.outbox.len(), 1, "the outbox stays");
    let settle = relay.control.sign_as_root(ControlAct::Settle { loser: theirs.hash() }, 9, &root()).unwrap();
    relay.control.append(settle).unwrap();
    ana.frame(relay.control_from(relay.control.last_seq()));
    ana.talk(&mut relay);
    assert!(ana.outbox.is_empty());
    assert_eq!(ana.engine.status(), SyncStatus::UpToDate);
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
