//! What comes of another version, of another log, of another branch, or of too much at once.

use zuc_protocol::chain::LogKind;
use zuc_protocol::control::{Mark, RemoveReason, SignedControl};
use zuc_protocol::envelope::{BatchBody, BatchHeader, BatchKind, SealedBatch, SeenTip};
use zuc_protocol::ids::{BatchHash, ChainHash, Incarnation, LogId};
use zuc_protocol::item::Item;
use zuc_protocol::messages::{ClientFrame, ServerFrame};
use zuc_protocol::scope::Scope;
use zuc_protocol::{ProtocolError, suite};
use zuc_sync::membership::{Removing, remove_device};
use zuc_sync::{Input, KeyRing, SyncStatus};

use crate::support::{Dice, SALES, fact, forged, keys, scene};

#[test]
fn what_a_newer_version_wrote_is_neither_taken_nor_set_aside() {
    let (_, mut relay, mut luis, mut ana) = scene();
    ana.online(&mut relay);
    ana.write(SALES, 1, "antes");
    ana.talk(&mut relay);
    let mut newer = relay.scopes[&SALES][0].bytes.0.clone();
    newer[0] = suite::VERSION + 1;
    relay.append(SALES, LogKind::Batch, newer);
    luis.online(&mut relay);
    assert_eq!(luis.facts.len(), 1, "what stands before it counts");
    assert!(luis.quarantined.is_empty());
    assert_eq!(luis.engine.cursor(SALES).seq, 1, "the next program reads on from there");
    assert_eq!(luis.engine.status(), SyncStatus::Failed("sync.too_new"));
    luis.restart();
    luis.online(&mut relay);
    assert_eq!(luis.engine.status(), SyncStatus::Failed("sync.too_new"), "the same program reads no more of it");
}

#[test]
fn what_a_newer_version_or_suite_wrote_holds_its_scope_alone_and_is_read_once_the_program_knows_it() {
    // where the version stands in a batch, and where the suite
    for at in 0..2 {
        let (_, mut relay, mut luis, mut ana) = scene();
        ana.online(&mut relay);
        for (scope, id, body) in [(SALES, 1, "antes"), (SALES, 2, "de mañana"), (SALES, 3, "después")] {
            ana.write(scope, id, body);
            ana.talk(&mut relay);
        }
        let known = relay.scopes[&SALES][1].bytes.clone();
        relay.scopes.get_mut(&SALES).unwrap()[1].bytes.0[at] += 1;

        luis.online(&mut relay);
        assert_eq!(luis.engine.status(), SyncStatus::Failed("sync.too_new"));
        luis.write(Scope::Catalog, 4, "otra cosa");
        luis.write(SALES, 5, "mía");
        luis.talk(&mut relay);
        assert_eq!(luis.engine.cursor(SALES).seq, 1);
        assert_eq!(relay.scopes[&SALES].len(), 3, "nothing is sealed upon what was not read");
        assert_eq!(relay.scopes[&Scope::Catalog].len(), 1, "another scope goes on");
        assert!(luis.quarantined.is_empty());

        relay.scopes.get_mut(&SALES).unwrap()[1].bytes = known;
        luis.restart();
        luis.online(&mut relay);
        assert_eq!(luis.engine.status(), SyncStatus::UpToDate);
        let told: Vec<&str> = luis.facts.values().map(String::as_str).collect();
        assert_eq!(told, ["antes", "de mañana", "después", "otra cosa", "mía"]);
        assert_eq!(relay.scopes[&SALES].len(), 4, "what waited is sent");
    }
}

#[test]
fn a_record_of_membership_of_a_newer_version_stops_the_exchange_and_keeps_the_outbox() {
    let (_, mut relay, mut luis, _) = scene();
    luis.online(&mut relay);
    let mut newer = relay.control.records_from(0)[0].to_bytes().unwrap();
    // after the two bytes that say how long the record is
    newer[2] = suite::VERSION + 1;
    let newer = SignedControl::from_bytes(&newer).unwrap();
    assert!(matches!(newer.decode(), Err(ProtocolError::TooNew { .. })));
    let (from, len) = (relay.control.len(), relay.control.len() + 1);
    luis.frame(ServerFrame::ControlRecords { from, records: vec![newer], len });
    assert_eq!(luis.engine.status(), SyncStatus::Failed("sync.too_new"));
    luis.write(SALES, 1, "se queda");
    luis.talk(&mut relay);
    assert!(luis.sealed.is_empty() && relay.scopes.is_empty());
    luis.restart();
    luis.online(&mut relay);
    assert_eq!(relay.scopes[&SALES].len(), 1, "once the record is known it goes");
}

#[test]
fn a_relay_of_an_older_version_is_given_nothing() {
    let (_, mut relay, _, mut ana) = scene();
    relay.version = suite::VERSION - 1;
    ana.write(SALES, 1, "se queda");
    ana.online(&mut relay);
    assert_eq!(ana.engine.status(), SyncStatus::Failed("sync.relay_too_old"));
    assert!(ana.sealed.is_empty() && relay.scopes.is_empty());
    relay.version = suite::VERSION;
    ana.online(&mut relay);
    assert_eq!(relay.scopes[&SALES].len(), 1, "once it is renewed all goes on");
}

/// A batch whose author had seen place 7 of a log.
fn sealed_upon(log: &zuc_protocol::control::ControlLog, seen: LogId, items: Vec<Item>, number: u64) -> SealedBatch {
    let ring = KeyRing::of_device(keys(1), log);
    let epoch = log.epoch(SALES).unwrap().id;
    let header = BatchHeader {
        version: suite::VERSION,
        suite: suite::SUITE,
        scope: SALES,
        epoch,
        kind: BatchKind::Fact,
        author: keys(2).id(),
        incarnation: Incarnation([2; 16]),
        number,
        prev: BatchHash::NONE,
        control_head: log.head().head(),
    };
    let body = BatchBody { seen: SeenTip::new(&seen, 7, &ChainHash([9; 32])), items };
    SealedBatch::seal(log.company(), header, &body, ring.epoch(epoch).unwrap(), &keys(2), &[7; 24]).unwrap()
}

#[test]
fn a_place_in_a_log_that_is_no_more_says_nothing_of_this_one() {
    for (seen, status) in
        [(LogId([9; 16]), SyncStatus::UpToDate), (LogId([1; 16]), SyncStatus::Failed("sync.log_forked"))]
    {
        let (_, mut relay, mut luis, _) = scene();
        luis.online(&mut relay);
        let batch = sealed_upon(&relay.control, seen, vec![Item::Fact(fact(1, "activity.logged"))], 1);
        relay.append(SALES, LogKind::Batch, batch.into_bytes());
        luis.frame(relay.entries(SALES, 0));
        assert_eq!(luis.engine.status(), status);
        assert_eq!(luis.applied, 1);
    }
}

#[test]
fn a_mark_names_the_batch_that_stays_of_two_under_its_number() {
    let (_, mut relay, mut luis, ana) = scene();
    luis.online(&mut relay);
    let log = relay.control.clone();
    let (epoch, head) = (log.epoch(SALES).unwrap().id, log.head().head());
    let removed = |last: BatchHash| {
        let mark = Mark { device: ana.id(), scope: SALES, number: 1, last };
        let removing =
            Removing { device: ana.id(), marks: vec![mark], wipe: false, reason: RemoveReason::LostOrStolen };
        let mut dice = Dice(8_000);
        let ring = KeyRing::of_device(keys(1), &log);
        remove_device(&log, &ring, &[], &removing, 9, &mut || dice.roll()).unwrap()
    };
    let one = forged(&log, 2, 1, BatchHash::NONE, head, epoch);
    for step in removed(BatchHash([5; 16])) {
        luis.input(Input::ControlAuthored(step));
        luis.talk(&mut relay);
    }
    relay.append(SALES, LogKind::Batch, one.bytes().to_vec());
    luis.frame(relay.entries(SALES, 0));
    assert_eq!((luis.applied, &luis.quarantined[..]), (0, &["sync.author_split"][..]));

    let (_, mut relay, mut luis, _) = scene();
    luis.online(&mut relay);
    for step in removed(one.hash()) {
        luis.input(Input::ControlAuthored(step));
        luis.talk(&mut relay);
    }
    relay.append(SALES, LogKind::Batch, one.into_bytes());
    luis.frame(relay.entries(SALES, 0));
    assert_eq!((luis.applied, luis.quarantined.len()), (1, 0));
}

#[test]
fn a_page_that_opens_to_much_more_than_its_size_is_taken_in_parts() {
    let (_, mut relay, mut luis, mut ana) = scene();
    ana.online(&mut relay);
    for id in 1..=30 {
        // A quarter of a MiB that compresses to next to nothing.
        let body = "x".repeat(240 << 10);
        ana.write(SALES, id, &body);
        ana.talk(&mut relay);
    }
    luis.input(Input::Connected { token: "t".into() });
    let page = relay.entries(SALES, 0);
    assert!(page.to_bytes().unwrap().len() < 64 << 10);
    luis.frame(relay.answer(luis.sent[0].clone()).remove(0));
    luis.sent.clear();
    luis.frame(page);
    let opened: usize = luis.facts.values().map(String::len).sum();
    assert!(opened < 5 << 20, "{opened}");
    let rest = luis.sent.iter().filter(|frame| matches!(frame, ClientFrame::Pull { .. })).count();
    assert_eq!(rest, 1, "and the rest is asked for");
    luis.talk(&mut relay);
    assert_eq!(luis.facts.len(), 30);
}
