//! Who is far behind reads segments beside the connection, and what comes as it comes once they are near.

use zuc_protocol::messages::{ClientFrame, ServerFrame};
use zuc_protocol::scope::Scope;
use zuc_sync::{Effect, Input, SyncStatus};

use crate::support::{Device, Relay, SALES, scene};

/// Ten entries of Ana's at the relay; Luis, who takes three for far, has greeted it.
fn far_behind() -> (Relay, Device) {
    let (_, mut relay, mut luis, mut ana) = scene();
    ana.online(&mut relay);
    for id in 1..=10 {
        ana.write(SALES, id, "llamada");
        ana.talk(&mut relay);
    }
    luis.config.far = 3;
    luis.restart();
    luis.online(&mut relay);
    (relay, luis)
}

/// Entries of the relay's log as a segment brings them.
fn page(relay: &Relay, from: usize, to: usize) -> ServerFrame {
    let entries = relay.scopes[&SALES][from..to].to_vec();
    ServerFrame::Entries { scope: SALES, from: from as u64, entries, head: 10, chain: relay.chain(SALES, to as u64) }
}

fn segments(device: &mut Device) -> Vec<u64> {
    let effects = std::mem::take(&mut device.effects);
    let from = |effect| if let Effect::NeedSegment { scope: SALES, from } = effect { Some(from) } else { None };
    effects.into_iter().filter_map(from).collect()
}

#[test]
fn a_log_that_is_far_ahead_is_read_in_segments_from_where_each_ended() {
    let (mut relay, mut luis) = far_behind();
    assert_eq!(segments(&mut luis), [0]);
    assert_eq!((luis.applied, luis.engine.status()), (0, SyncStatus::Syncing(10)), "nothing came over the connection");
    for (from, to) in [(0, 2), (2, 4)] {
        luis.frame(page(&relay, from, to));
    }
    assert!(segments(&mut luis).is_empty() && luis.sent.is_empty(), "one at a time, and the rest is on its way");
    luis.input(Input::Tick(30_000));
    luis.talk(&mut relay);
    assert!(segments(&mut luis).is_empty(), "however long it takes");
    luis.input(Input::SegmentRead { scope: SALES });
    assert_eq!(segments(&mut luis), [4], "it was cut off, or at its end");
    luis.frame(page(&relay, 4, 8));
    luis.input(Input::SegmentRead { scope: SALES });
    assert!(segments(&mut luis).is_empty(), "two are not far");
    luis.talk(&mut relay);
    assert_eq!((luis.applied, luis.engine.status()), (10, SyncStatus::UpToDate));
}

#[test]
fn where_segments_bring_nothing_the_connection_does() {
    let (mut relay, mut luis) = far_behind();
    luis.frame(page(&relay, 3, 6));
    luis.input(Input::SegmentRead { scope: SALES });
    assert_eq!(segments(&mut luis), [0], "once");
    let subscribed = |frame: &ClientFrame| match frame {
        ClientFrame::Subscribe { cursors } => cursors.iter().any(|cursor| (cursor.scope, cursor.seq) == (SALES, 0)),
        _ => false,
    };
    assert!(luis.sent.iter().any(subscribed));
    luis.talk(&mut relay);
    assert_eq!((luis.applied, luis.engine.status()), (10, SyncStatus::UpToDate));
}

#[test]
fn the_other_scopes_go_on_meanwhile_and_a_connection_that_breaks_begins_again_where_it_was() {
    let (mut relay, mut luis) = far_behind();
    luis.write(Scope::Catalog, 99, "precios");
    luis.talk(&mut relay);
    assert_eq!((relay.head(Scope::Catalog).seq, luis.outbox.len()), (1, 0));
    luis.frame(page(&relay, 0, 4));
    segments(&mut luis);
    luis.input(Input::Disconnected);
    luis.online(&mut relay);
    assert_eq!(segments(&mut luis), [4]);
    // what was read for the connection before says nothing of this one
    luis.frame(page(&relay, 4, 10));
    luis.input(Input::SegmentRead { scope: SALES });
    luis.talk(&mut relay);
    assert_eq!((luis.applied, luis.engine.status()), (10, SyncStatus::UpToDate));
}
