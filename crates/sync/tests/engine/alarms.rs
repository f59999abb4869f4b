//! What is found out about a scope's log: it is remembered, and ends where it should.

use zuc_protocol::chain::LogKind;
use zuc_protocol::control::ControlAct;
use zuc_protocol::envelope::SealedBatch;
use zuc_protocol::ids::{BatchHash, ChainHash, LogId};
use zuc_protocol::messages::{ClientFrame, ServerFrame};
use zuc_sync::{Alarm, Effect, Input, SyncStatus, Wrong};

use crate::support::{Device, Relay, SALES, by_luis, forged, keys, scene};

const BROKEN: SyncStatus = SyncStatus::Failed("sync.chain_broken");
const FORKED: SyncStatus = SyncStatus::Failed("sync.log_forked");

/// Entries of a log up to a place, after another, under the chain there or one of nonsense.
fn page(relay: &Relay, from: usize, to: usize, sound: bool) -> ServerFrame {
    let entries = relay.scopes[&SALES][from..to].to_vec();
    let chain = if sound { relay.chain(SALES, to as u64) } else { ChainHash([9; 32]) };
    ServerFrame::Entries { scope: SALES, from: from as u64, entries, head: to as u64, chain }
}

/// The first entries of a relay's log, under its name.
fn shorter(relay: &Relay, len: usize) -> Relay {
    let mut shorter = Relay::new(relay.control.clone());
    shorter.scopes.insert(SALES, relay.scopes[&SALES][..len].to_vec());
    shorter.bag_wraps.clone_from(&relay.bag_wraps);
    shorter
}

/// Carla's batch of a number after another of hers, forged for what a relay may show.
fn by_carla(relay: &Relay, number: u64, prev: BatchHash) -> SealedBatch {
    let log = &relay.control;
    forged(log, 3, number, prev, log.head().head(), log.epoch(SALES).unwrap().id)
}

/// Ana's three entries at the relay; Luis has read the first, and the others under a chain that is none, again and again.
fn told_nonsense() -> (Relay, Device) {
    let (_, mut relay, mut luis, mut ana) = scene();
    luis.online(&mut relay);
    ana.online(&mut relay);
    for id in 1..=3 {
        ana.write(SALES, id, "llamada");
        ana.talk(&mut relay);
    }
    luis.frame(page(&relay, 0, 1, true));
    luis.frame(page(&relay, 1, 3, false));
    assert!(luis.alarms.is_empty(), "the relay may have gone back: it is asked");
    luis.insist(10_000, &page(&relay, 1, 3, false));
    assert_eq!(luis.engine.status(), BROKEN);
    assert_eq!(luis.alarms[&SALES], Alarm { wrong: Wrong::Broken, seq: 3, author: None });
    (relay, luis)
}

#[test]
fn a_chain_that_does_not_fit_is_remembered_until_the_log_continues_past_it() {
    let (mut relay, mut luis) = told_nonsense();
    luis.restart();
    assert_eq!(luis.engine.status(), BROKEN, "whether there is a connection or not");
    luis.write(SALES, 9, "espera");
    for len in [1, 2] {
        luis.online(&mut shorter(&relay, len));
        assert_eq!(luis.engine.cursor(SALES).seq, len as u64, "what fits is read");
        assert_eq!(luis.engine.status(), BROKEN);
        assert_eq!((luis.engine.distrust(), luis.sealed.len()), (Some("sync.chain_broken"), 0));
        luis.restart();
    }
    luis.online(&mut relay);
    assert_eq!((luis.alarms.len(), luis.engine.distrust()), (0, None));
    assert_eq!(luis.engine.status(), SyncStatus::UpToDate);
    assert_eq!((relay.head(SALES).seq, luis.outbox.len()), (4, 0), "what waited is sent");
    luis.restart();
    assert_eq!(luis.engine.distrust(), None);
}

#[test]
fn the_next_connection_reads_on_where_a_chain_did_not_fit() {
    let (mut relay, mut luis) = told_nonsense();
    luis.write(SALES, 9, "espera");
    luis.input(Input::Disconnected);
    assert_eq!(luis.engine.status(), BROKEN);
    luis.online(&mut shorter(&relay, 1));
    assert_eq!((luis.engine.status(), luis.sealed.len()), (BROKEN, 0));
    luis.input(Input::Disconnected);
    luis.online(&mut relay);
    assert_eq!(
        (luis.engine.status(), relay.head(SALES).seq),
        (SyncStatus::UpToDate, 4),
        "nobody has to start it again"
    );
}

#[test]
fn of_two_places_that_did_not_fit_the_later_has_to_be_passed() {
    let (mut relay, mut luis) = told_nonsense();
    let mut prev = BatchHash::NONE;
    for number in 1..=3 {
        let next = by_carla(&relay, number, prev);
        prev = next.hash();
        relay.append(SALES, LogKind::Batch, next.into_bytes());
    }
    luis.input(Input::Disconnected);
    luis.online(&mut shorter(&relay, 1));
    for _twice in 0..2 {
        luis.frame(page(&relay, 1, 6, false));
    }
    assert_eq!(luis.alarms[&SALES].seq, 6);
    luis.input(Input::Disconnected);
    luis.online(&mut shorter(&relay, 4));
    assert_eq!(luis.engine.status(), BROKEN, "the first place is passed, the second is not");
    luis.input(Input::Disconnected);
    luis.online(&mut relay);
    assert_eq!(luis.engine.status(), SyncStatus::UpToDate);
}

#[test]
fn a_log_that_begins_anew_under_its_name_is_not_trusted_again() {
    let (relay, mut luis) = told_nonsense();
    luis.restart();
    let mut liar = Relay::new(relay.control.clone());
    liar.append(SALES, LogKind::Batch, by_carla(&relay, 1, BatchHash::NONE).into_bytes());
    luis.online(&mut liar);
    assert!(luis.effects.contains(&Effect::LogChanged { log: LogId([1; 16]) }));
    assert_eq!(luis.alarms[&SALES].wrong, Wrong::Forked, "it has shown two logs under one name");
    luis.restart();
    luis.online(&mut liar);
    assert_eq!(luis.engine.status(), FORKED);
}

/// A relay in which Ana wrote upon another first entry than the one it holds; Luis has read that one, and `more` after it.
fn two_logs(more: u64) -> (Relay, Device, Vec<u8>) {
    let (_, mut relay, mut luis, mut ana) = scene();
    luis.online(&mut relay);
    let mut fork = Relay::new(relay.control.clone());
    let first = by_carla(&relay, 1, BatchHash::NONE);
    let mut prev = first.hash();
    relay.append(SALES, LogKind::Batch, first.into_bytes());
    fork.append(SALES, LogKind::Batch, by_carla(&relay, 1, BatchHash([1; 16])).into_bytes());
    for number in 2..2 + more {
        let next = by_carla(&relay, number, prev);
        prev = next.hash();
        relay.append(SALES, LogKind::Batch, next.into_bytes());
    }
    luis.frame(relay.entries(SALES, 0));
    ana.online(&mut fork);
    ana.write(SALES, 1, "llamada");
    let batch = ana.take_pushes().remove(0).remove(0);
    (relay, luis, batch.0)
}

#[test]
fn an_author_who_saw_another_log_raises_an_alarm_that_ends_with_the_logs_name() {
    let (mut relay, mut luis, hers) = two_logs(0);
    relay.append(SALES, LogKind::Batch, hers);
    luis.frame(relay.entries(SALES, 1));
    assert_eq!(luis.engine.status(), FORKED);
    let alarm = Alarm { wrong: Wrong::Forked, seq: 2, author: Some(keys(2).id()) };
    let place = |of: &dyn Fn(&Effect) -> bool| luis.effects.iter().position(of).unwrap();
    let raised = place(&|effect| *effect == Effect::Alarm { scope: SALES, alarm });
    let read = place(&|effect| matches!(effect, Effect::Apply { advance, .. } if advance.seq == 2));
    assert!(raised < read, "it is on disk before the cursor passes what showed it");

    luis.restart();
    luis.write(SALES, 9, "nada sale");
    luis.online(&mut relay);
    assert_eq!(luis.engine.status(), FORKED);
    let next = by_carla(&relay, 2, SealedBatch::parse(&relay.scopes[&SALES][0].bytes.0).unwrap().hash());
    relay.append(SALES, LogKind::Batch, next.into_bytes());
    luis.frame(relay.entries(SALES, 2));
    assert_eq!(luis.engine.cursor(SALES).seq, 3, "it is read on");
    assert_eq!((luis.engine.status(), luis.sealed.len()), (FORKED, 0), "a log that goes on proves nothing");

    // The company goes to another relay.
    let mut other = Relay::new(relay.control.clone());
    other.log_id = LogId([2; 16]);
    luis.restart();
    luis.online(&mut other);
    assert_eq!((luis.alarms.len(), luis.engine.status()), (0, SyncStatus::UpToDate));
    assert_eq!((other.head(SALES).seq, luis.outbox.len()), (4, 0), "all that was read, and what waited");
    luis.restart();
    assert_eq!(luis.engine.distrust(), None);
}

#[test]
fn a_place_that_was_read_before_a_restart_is_compared_too() {
    for remembers in [true, false] {
        let (mut relay, mut luis, hers) = two_logs(3);
        if !remembers {
            luis.forget_places();
        }
        luis.restart();
        relay.append(SALES, LogKind::Batch, hers);
        luis.online(&mut relay);
        assert_eq!(luis.engine.cursor(SALES).seq, 5);
        assert_eq!(luis.engine.status(), if remembers { FORKED } else { SyncStatus::UpToDate });
    }
}

/// Ana sealed upon the relay's log, then upon one of another name, which she was greeted with; Luis has read the first batch.
fn two_names() -> (Relay, Relay, Device, Vec<u8>) {
    let (_, mut relay, mut luis, mut ana) = scene();
    ana.online(&mut relay);
    ana.write(SALES, 1, "llamada");
    ana.talk(&mut relay);
    luis.online(&mut relay);
    let mut other = Relay::new(relay.control.clone());
    other.log_id = LogId([2; 16]);
    ana.input(Input::Disconnected);
    ana.online(&mut other);
    ana.write(SALES, 2, "cita");
    let batch = ana.take_pushes().remove(0).remove(0);
    (relay, other, luis, batch.0)
}

#[test]
fn who_sealed_upon_this_log_and_then_upon_another_name_shows_that_both_stand() {
    let (mut relay, mut other, mut luis, hers) = two_names();
    luis.restart();
    luis.online(&mut relay);
    relay.append(SALES, LogKind::Batch, hers);
    luis.frame(relay.entries(SALES, 1));
    let alarm = Alarm { wrong: Wrong::Renamed, seq: 2, author: Some(keys(2).id()) };
    assert_eq!((luis.alarms[&SALES], luis.engine.status()), (alarm, SyncStatus::Failed("sync.two_logs")));
    assert_eq!(luis.applied, 2, "what she wrote is true all the same");
    luis.effects.clear();
    luis.input(Input::Tick(1));
    assert!(luis.effects.contains(&Effect::Reconnect), "an honest relay would say its new name now");

    luis.write(SALES, 9, "nada sale");
    for _ in 0..2 {
        luis.online(&mut relay);
        assert_eq!((luis.engine.distrust(), luis.sealed.len()), (Some("sync.two_logs"), 0));
        luis.restart();
    }
    luis.online(&mut other);
    assert_eq!((luis.alarms.len(), luis.engine.status()), (0, SyncStatus::UpToDate), "that one has the other name");
    assert!(luis.outbox.is_empty());
}

#[test]
fn what_was_sealed_upon_a_log_that_was_lost_contradicts_nothing_however_late_it_comes() {
    let (_, mut relay, mut luis, mut ana) = scene();
    ana.online(&mut relay);
    ana.write(SALES, 1, "llamada");
    ana.talk(&mut relay);
    ana.write(SALES, 2, "no sale");
    luis.online(&mut relay);
    let mut next = Relay::new(relay.control.clone());
    next.log_id = LogId([2; 16]);
    luis.input(Input::Disconnected);
    luis.online(&mut next);
    luis.write(SALES, 3, "después");
    luis.talk(&mut next);
    ana.input(Input::Disconnected);
    ana.online(&mut next);
    ana.write(SALES, 4, "al día");
    ana.talk(&mut next);
    luis.frame(next.entries(SALES, 2));
    assert_eq!(luis.engine.cursor(SALES).seq, 4);
    for laptop in [&luis, &ana] {
        assert_eq!((laptop.engine.distrust(), laptop.engine.status()), (None, SyncStatus::UpToDate));
    }
}

#[test]
fn a_relay_that_goes_back_to_a_name_that_it_had_is_told_and_not_trusted_where_it_keeps_it() {
    let (mut relay, mut other, mut luis, _) = two_names();
    luis.input(Input::Disconnected);
    luis.online(&mut other);
    assert_eq!(luis.engine.distrust(), None, "a log that follows is no lie");
    luis.restart();
    luis.effects.clear();
    luis.online(&mut relay);
    let told = Effect::Send(ClientFrame::Followed { log: relay.log_id });
    assert_eq!(luis.effects.iter().filter(|effect| **effect == told).count(), 3);
    assert_eq!(luis.engine.status(), SyncStatus::Failed("sync.two_logs"));
    luis.restart();
    assert_eq!(luis.engine.distrust(), Some("sync.two_logs"));

    // as an honest one does where it was told
    relay.log_id = LogId([3; 16]);
    luis.online(&mut relay);
    assert_eq!((luis.alarms.len(), luis.engine.status()), (0, SyncStatus::UpToDate));
}

#[test]
fn who_names_the_act_that_says_which_log_stands_and_another_log_shows_that_both_do() {
    let (_, mut relay, mut luis, mut ana) = scene();
    let mut other = Relay::new(relay.control.clone());
    other.log_id = LogId([2; 16]);
    luis.online(&mut other);
    ana.online(&mut relay);
    ana.write(SALES, 1, "antes");
    let [early] = &ana.take_pushes()[..] else { panic!("one push") };
    other.append(SALES, LogKind::Batch, early[0].0.clone());
    luis.frame(other.entries(SALES, 0));
    assert_eq!((luis.applied, luis.engine.distrust()), (1, None), "what was lost with its log comes back");

    let thaw = by_luis(&relay, ControlAct::Thaw { log: other.log_id });
    for relay in [&mut relay, &mut other] {
        relay.control.append(thaw.clone()).unwrap();
    }
    let place = relay.control.last_seq();
    ana.frame(relay.control_from(place));
    ana.write(SALES, 2, "después");
    let [late] = &ana.take_pushes()[..] else { panic!("one push") };
    other.append(SALES, LogKind::Batch, late.last().unwrap().0.clone());
    luis.frame(other.control_from(place));
    luis.frame(other.entries(SALES, 1));
    let alarm = Alarm { wrong: Wrong::Renamed, seq: 2, author: Some(keys(2).id()) };
    assert_eq!(luis.alarms.get(&SALES), Some(&alarm));
}
