//! Relays that lost their log, or went back.

use zuc_protocol::control::ControlAct;
use zuc_protocol::ids::LogId;
use zuc_protocol::messages::{ClientFrame, ServerFrame};
use zuc_sync::{Alarm, Effect, Input, SyncStatus, Wrong};

use crate::support::{Relay, SALES, by_luis, scene};

fn pushes(sent: &[ClientFrame]) -> usize {
    sent.iter().filter(|frame| matches!(frame, ClientFrame::Push { .. })).count()
}

#[test]
fn a_log_that_is_lost_is_given_back_by_whoever_holds_it() {
    let (_, mut relay, mut luis, mut ana) = scene();
    ana.online(&mut relay);
    ana.write(SALES, 1, "uno");
    ana.talk(&mut relay);
    luis.online(&mut relay);
    luis.write(SALES, 2, "dos");
    luis.talk(&mut relay);
    let bytes = relay.scopes[&SALES].clone();

    // Ana's laptop is at the bottom of a lake.
    let mut empty = Relay::new(relay.control.clone());
    empty.log_id = LogId([2; 16]);
    luis.input(Input::Disconnected);
    luis.write(SALES, 3, "tres");
    luis.online(&mut empty);
    assert_eq!(empty.scopes[&SALES].len(), 3);
    assert!(bytes.iter().all(|entry| empty.scopes[&SALES].iter().any(|back| back.bytes == entry.bytes)));
    assert_eq!(luis.engine.cursor(SALES).seq, 3);
    assert_eq!(luis.engine.status(), SyncStatus::UpToDate);
    assert!(luis.quarantined.is_empty());
    assert_eq!(luis.effects.iter().filter(|effect| **effect == Effect::OffersDone).count(), 1);
}

#[test]
fn nothing_is_sealed_before_what_is_held_was_given_back_and_a_restart_begins_again() {
    let (_, mut relay, _, mut ana) = scene();
    ana.online(&mut relay);
    ana.write(SALES, 1, "uno");
    ana.talk(&mut relay);
    let mut empty = Relay::new(relay.control.clone());
    empty.log_id = LogId([2; 16]);
    ana.input(Input::Disconnected);
    ana.write(SALES, 2, "dos");
    ana.input(Input::Connected { token: "t".into() });
    // Everything is answered but what asks for the scopes, as if the connection broke there.
    for _ in 0..10 {
        for frame in std::mem::take(&mut ana.sent) {
            assert_eq!(pushes(std::slice::from_ref(&frame)), 0);
            if !matches!(frame, ClientFrame::Holds { .. }) {
                for answer in empty.answer(frame) {
                    ana.frame(answer);
                }
            }
        }
    }
    assert!(matches!(ana.engine.status(), SyncStatus::Syncing(_)));
    assert!(!ana.engine.at_head() && !ana.engine.is_caught_up());
    ana.restart();
    ana.online(&mut empty);
    let back: Vec<_> = empty.scopes[&SALES].iter().map(|entry| entry.bytes.clone()).collect();
    assert_eq!(back.len(), 2);
    assert_eq!(back[0], relay.scopes[&SALES][0].bytes, "its first batch, as it was");
    assert_eq!(ana.engine.status(), SyncStatus::UpToDate);
}

#[test]
fn an_offer_whose_answer_is_lost_is_made_again_after_a_while() {
    let (_, mut relay, _, mut ana) = scene();
    ana.online(&mut relay);
    ana.write(SALES, 1, "uno");
    ana.talk(&mut relay);
    let mut empty = Relay::new(relay.control.clone());
    empty.log_id = LogId([2; 16]);
    ana.input(Input::Disconnected);
    ana.input(Input::Connected { token: "t".into() });
    for _ in 0..10 {
        for frame in std::mem::take(&mut ana.sent) {
            let lost = matches!(frame, ClientFrame::Offer { .. });
            for answer in empty.answer(frame).into_iter().filter(|_| !lost) {
                ana.frame(answer);
            }
        }
    }
    assert!(matches!(ana.engine.status(), SyncStatus::Syncing(_)));
    ana.input(Input::Tick(20_000));
    ana.talk(&mut empty);
    assert_eq!(empty.scopes[&SALES].len(), 1, "once");
    assert_eq!(ana.engine.status(), SyncStatus::UpToDate);
}

#[test]
fn what_builds_upon_a_batch_that_nobody_acknowledged_comes_back_after_it() {
    let (_, mut relay, _, mut ana) = scene();
    ana.online(&mut relay);
    for (id, text) in [(1, "uno"), (2, "dos")] {
        ana.write(SALES, id, text);
        for frame in std::mem::take(&mut ana.sent) {
            let first = id == 1 && matches!(frame, ClientFrame::Push { .. });
            for answer in relay.answer(frame).into_iter().filter(|_| !first) {
                ana.frame(answer);
            }
        }
    }
    assert_eq!(relay.scopes[&SALES].len(), 2, "the answer to the first was lost, not the batch");
    let mut empty = Relay::new(relay.control.clone());
    empty.log_id = LogId([2; 16]);
    ana.input(Input::Disconnected);
    ana.online(&mut empty);
    assert_eq!(empty.scopes[&SALES].len(), 2);
    assert_eq!(ana.engine.status(), SyncStatus::UpToDate);
}

#[test]
fn a_relay_that_went_back_is_told_before_anything_is_read_from_it() {
    let (_, mut relay, _, mut ana) = scene();
    ana.online(&mut relay);
    ana.write(SALES, 1, "uno");
    ana.talk(&mut relay);
    let mut back = Relay::new(relay.control.clone());
    ana.input(Input::Disconnected);
    ana.input(Input::Connected { token: "t".into() });
    for frame in std::mem::take(&mut ana.sent) {
        for answer in back.answer(frame) {
            ana.frame(answer);
        }
    }
    let said = std::mem::take(&mut ana.sent);
    assert!(
        matches!(said[..], [ClientFrame::Behind { log, at }] if log == LogId([1; 16]) && (at.scope, at.seq) == (SALES, 1)),
        "{said:?}"
    );
    // It takes another name, as a relay does that looks.
    back.log_id = LogId([2; 16]);
    for frame in said {
        for answer in back.answer(frame) {
            ana.frame(answer);
        }
    }
    ana.talk(&mut back);
    assert!(ana.effects.contains(&Effect::LogChanged { log: LogId([2; 16]) }));
    assert_eq!(back.scopes[&SALES].len(), 1);
    assert_eq!(ana.engine.status(), SyncStatus::UpToDate);
}

#[test]
fn a_relay_that_goes_back_and_will_not_say_so_is_not_trusted() {
    let (_, mut relay, _, mut ana) = scene();
    ana.online(&mut relay);
    ana.write(SALES, 1, "uno");
    ana.talk(&mut relay);
    let mut back = Relay::new(relay.control.clone());
    ana.input(Input::Disconnected);
    ana.online(&mut back);
    let alarm = Alarm { wrong: Wrong::Forked, seq: 1, author: None };
    assert_eq!(ana.alarms[&SALES], alarm, "under its name it has shown two logs");
    assert_eq!(ana.engine.distrust(), Some("sync.log_forked"));
    ana.write(SALES, 2, "dos");
    ana.restart();
    ana.online(&mut back);
    assert_eq!((ana.engine.distrust(), ana.sealed.len()), (Some("sync.log_forked"), 0), "a restart ends nothing");
    // put right, it says that its log is another
    back.log_id = LogId([2; 16]);
    ana.input(Input::Disconnected);
    ana.online(&mut back);
    assert_eq!((ana.engine.distrust(), ana.engine.status()), (None, SyncStatus::UpToDate));
    assert_eq!(back.scopes[&SALES].len(), 2, "what it lost, and what waited");
}

#[test]
fn records_that_the_relay_lost_go_back_to_it_without_what_travelled_with_them() {
    let (company, mut relay, mut luis, _) = scene();
    luis.online(&mut relay);
    let floor = by_luis(&relay, ControlAct::SchemaFloor(3));
    relay.control.append(floor).unwrap();
    luis.frame(relay.control_from(company.log.len()));
    luis.talk(&mut relay);
    let mut short = Relay::new(company.log.clone());
    short.log_id = LogId([2; 16]);
    luis.input(Input::Disconnected);
    luis.input(Input::Connected { token: "t".into() });
    let mut offered = 0;
    for _ in 0..20 {
        for frame in std::mem::take(&mut luis.sent) {
            assert!(!matches!(frame, ClientFrame::ControlAppend { .. }));
            offered += usize::from(matches!(frame, ClientFrame::ControlOffer { .. }));
            for answer in short.answer(frame) {
                luis.frame(answer);
            }
        }
    }
    assert_eq!((offered, short.control.head()), (1, relay.control.head()));
    assert_eq!(luis.engine.status(), SyncStatus::UpToDate);
    luis.frame(ServerFrame::Offered { scope: SALES, last: true });
    assert_eq!(luis.engine.status(), SyncStatus::UpToDate, "an answer to nothing changes nothing");
}
