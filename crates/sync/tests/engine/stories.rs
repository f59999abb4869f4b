//! Stories of the engine, with frames fed by hand.

use crate::support::{Company, Device, Dice, SALES, by_luis, company, fact, forged, keys, scene};
use zuc_protocol::chain::LogKind;
use zuc_protocol::control::{ControlAct, ControlLog, Mark, RemoveReason, next_epoch};
use zuc_protocol::envelope::{BatchBody, BatchHeader, BatchKind, SealedBatch, SeenTip};
use zuc_protocol::ids::{BatchHash, ControlHead, Incarnation, LogId};
use zuc_protocol::item::Item;
use zuc_protocol::messages::{ClientFrame, Refusal, RefusalCode, ServerFrame};
use zuc_protocol::scope::Scope;
use zuc_protocol::secret::EpochKey;
use zuc_protocol::suite;
use zuc_sync::membership::{Removing, remove_device};
use zuc_sync::{Effect, Input, KeyRing, SyncStatus};

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
fn a_bag_whose_key_nobody_has_sealed_for_this_device_is_waited_for() {
    let (company, mut relay, _, _) = scene();
    let late = std::mem::take(&mut relay.bag_wraps);
    let mut ana = Device::new(2, &Company { bag_wraps: vec![], ..company });
    ana.online(&mut relay);
    assert!(matches!(ana.engine.status(), SyncStatus::Syncing(_)));
    for wraps in late {
        ana.frame(ServerFrame::Bag {
            scope: wraps.scope,
            wraps: vec![wraps],
            rows: vec![],
            more: false,
            listing: false,
        });
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
    for frame in relay.answer(ClientFrame::Hello {
        version: suite::VERSION,
        token: String::new(),
        control: relay.control.head(),
        log: None,
    }) {
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
    luis.insist(10_000, &ServerFrame::Entries { scope, from, entries, head, chain });
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
    let body =
        BatchBody { seen: SeenTip::new(&LogId([1; 16]), 0, &start), items: vec![Item::Fact(fact(1, "product.added"))] };
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
        marks: vec![Mark { device: ana.id(), scope: SALES, number: 1, last: ana.own[0].hash }],
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
    luis.insist(10_000, &relay.entries(SALES, 0));
    assert_eq!(luis.applied, 0);
    assert_eq!(luis.engine.status(), SyncStatus::Failed("sync.author_gap"));
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
