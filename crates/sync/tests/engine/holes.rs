//! What does not fit is asked for again, and stops the scope in which it came and no other.

use zuc_protocol::chain::LogKind;
use zuc_protocol::ids::{BatchHash, ChainHash};
use zuc_protocol::messages::{ClientFrame, ServerFrame};
use zuc_protocol::scope::Scope;
use zuc_sync::{Input, SyncStatus};

use crate::support::{Device, Relay, SALES, forged, scene};

/// Five batches of Carla's at the relay, none of which Luis, who is connected, has read.
fn five() -> (Relay, Device) {
    let (_, mut relay, mut luis, _) = scene();
    luis.online(&mut relay);
    let log = relay.control.clone();
    let mut prev = BatchHash::NONE;
    for number in 1..=5 {
        let next = forged(&log, 3, number, prev, log.head().head(), log.epoch(SALES).unwrap().id);
        prev = next.hash();
        relay.append(SALES, LogKind::Batch, next.into_bytes());
    }
    luis.sent.clear();
    (relay, luis)
}

/// All that the relay has, as something on the way spoils it.
fn spoiled(relay: &Relay, spoil: fn(&mut ServerFrame)) -> ServerFrame {
    let mut frame = relay.entries(SALES, 0);
    spoil(&mut frame);
    frame
}

fn without_the_second(frame: &mut ServerFrame) {
    let ServerFrame::Entries { entries, .. } = frame else { unreachable!("a page") };
    entries.remove(1);
}

/// Dense, under the chain of what it shows: only the author's numbers tell.
fn as_if_there_were_no_second(frame: &mut ServerFrame) {
    without_the_second(frame);
    let ServerFrame::Entries { entries, chain, head, .. } = frame else { unreachable!("a page") };
    for (seq, entry) in (1..).zip(entries.iter_mut()) {
        entry.seq = seq;
    }
    *head = 4;
    let start = zuc_protocol::chain::start(crate::support::company().log.company(), SALES);
    *chain = zuc_protocol::chain::extend(start, &*entries);
}

fn under_another_chain(frame: &mut ServerFrame) {
    let ServerFrame::Entries { chain, .. } = frame else { unreachable!("a page") };
    *chain = ChainHash([9; 32]);
}

fn pulls(device: &Device) -> usize {
    device.sent.iter().filter(|frame| matches!(frame, ClientFrame::Pull { scope: SALES, .. })).count()
}

#[test]
fn one_page_that_does_not_fit_is_asked_for_at_once_and_nobody_is_told() {
    for spoil in [without_the_second, as_if_there_were_no_second, under_another_chain] {
        let (mut relay, mut luis) = five();
        luis.frame(spoiled(&relay, spoil));
        assert_eq!(pulls(&luis), 1);
        assert!(matches!(luis.engine.status(), SyncStatus::Syncing(_)), "{:?}", luis.engine.status());
        luis.write(SALES, 1, "espera");
        assert!(luis.sealed.is_empty(), "nothing is built upon what does not fit");
        luis.talk(&mut relay);
        assert_eq!((luis.engine.status(), luis.engine.distrust()), (SyncStatus::UpToDate, None));
        assert_eq!((relay.head(SALES).seq, luis.outbox.len()), (6, 0), "what waited is sent");
    }
}

#[test]
fn what_nobody_asked_for_is_not_counted_twice() {
    let (relay, mut luis) = five();
    for _many in 0..20 {
        luis.frame(spoiled(&relay, without_the_second));
    }
    assert!(pulls(&luis) <= 2, "{}", pulls(&luis));
    assert!(matches!(luis.engine.status(), SyncStatus::Syncing(_)));
}

#[test]
fn a_hole_that_stays_is_told_stops_its_own_scope_and_ends_when_it_is_filled() {
    for (spoil, code) in [
        (without_the_second as fn(&mut ServerFrame), "sync.seq_gap"),
        (as_if_there_were_no_second, "sync.author_gap"),
        (under_another_chain, "sync.chain_broken"),
    ] {
        let (mut relay, mut luis) = five();
        luis.insist(10_000, &spoiled(&relay, spoil));
        assert_eq!(luis.engine.status(), SyncStatus::Failed(code));
        luis.write(SALES, 1, "espera");
        luis.write(Scope::Catalog, 2, "sale");
        luis.sent.retain(|frame| !matches!(frame, ClientFrame::Pull { .. }));
        luis.talk(&mut relay);
        assert_eq!(luis.outbox.len(), 1, "{code}: the other scope goes on");
        assert_eq!((relay.head(Scope::Catalog).seq, relay.head(SALES).seq), (1, 5));
        assert_eq!(luis.engine.status(), SyncStatus::Failed(code), "and that is still said");
        // it is asked for again without a restart, and without another connection
        luis.input(Input::Tick(55_000));
        luis.talk(&mut relay);
        assert_eq!((luis.engine.status(), luis.alarms.len()), (SyncStatus::UpToDate, 0), "{code}");
        assert_eq!((relay.head(SALES).seq, luis.outbox.len()), (6, 0));
    }
}

#[test]
fn it_is_asked_for_ever_more_seldom() {
    let (relay, mut luis) = five();
    let page = spoiled(&relay, without_the_second);
    luis.frame(page.clone());
    let mut asked = 0;
    for second in 1..=3_600 {
        luis.input(Input::Tick(second * 1_000));
        luis.frame(ServerFrame::Pong { number: 0, time_ms: 5 });
        if pulls(&luis) > 0 {
            asked += pulls(&luis);
            luis.sent.clear();
            luis.frame(page.clone());
        }
    }
    assert!((14..=20).contains(&asked), "{asked} times in an hour");
}

#[test]
fn a_log_that_ends_where_it_was_read_to_and_has_another_chain_there_is_found_out() {
    let (mut relay, mut luis) = five();
    luis.frame(relay.entries(SALES, 0));
    let mut other = relay.entries(SALES, 5);
    under_another_chain(&mut other);
    luis.frame(other.clone());
    assert!(luis.sent.iter().any(|frame| matches!(frame, ClientFrame::Behind { .. })), "it may have gone back");
    luis.insist(10_000, &other);
    assert_eq!(luis.engine.distrust(), Some("sync.chain_broken"));
    luis.input(Input::Tick(60_000));
    luis.talk(&mut relay);
    assert_eq!((luis.engine.distrust(), luis.engine.status()), (None, SyncStatus::UpToDate));
}
