//! Acknowledgements that cannot be true: what waits goes on waiting, and is answered with its true place.

use zuc_protocol::chain::LogKind;
use zuc_protocol::envelope::SealedBatch;
use zuc_protocol::ids::{BatchHash, ChainHash};
use zuc_protocol::messages::{Acked, ClientFrame, ServerFrame};
use zuc_sync::{Effect, Input, SyncStatus};

use crate::support::{Device, Relay, SALES, forged, scene};

/// Luis has read a batch of Carla's and sent one of his own, of which the relay has said nothing.
fn one_under_way() -> (Relay, Device, SealedBatch) {
    let (_, mut relay, mut luis, _) = scene();
    luis.online(&mut relay);
    by_carla(&mut relay, 1, BatchHash::NONE);
    luis.frame(relay.entries(SALES, 0));
    luis.write(SALES, 1, "llamada");
    let mut pushes = luis.take_pushes();
    let batch = SealedBatch::parse(&pushes.remove(0).remove(0).0).unwrap();
    luis.talk(&mut relay);
    (relay, luis, batch)
}

fn by_carla(relay: &mut Relay, number: u64, prev: BatchHash) -> BatchHash {
    let log = relay.control.clone();
    let batch = forged(&log, 3, number, prev, log.head().head(), log.epoch(SALES).unwrap().id);
    let hash = batch.hash();
    relay.append(SALES, LogKind::Batch, batch.into_bytes());
    hash
}

fn ack(luis: &mut Device, batch: &SealedBatch, seq: u64, chain: ChainHash) {
    luis.frame(ServerFrame::Ack { scope: SALES, acks: vec![Acked { hash: batch.hash(), seq, chain }] });
}

/// Where the store was told that its batches lie.
fn told(luis: &Device) -> Vec<u64> {
    let seq = |effect: &Effect| match effect {
        Effect::MarkAcked { seq, .. } => Some(*seq),
        _ => None,
    };
    luis.effects.iter().filter_map(seq).collect()
}

#[test]
fn an_acknowledgement_under_a_chain_that_does_not_fit_ends_no_row() {
    let (mut relay, mut luis, batch) = one_under_way();
    ack(&mut luis, &batch, 2, ChainHash([9; 32]));
    assert_eq!((luis.outbox.len(), luis.sealed.len(), told(&luis)), (1, 1, vec![]));
    luis.talk(&mut relay);
    assert_eq!(luis.outbox.len(), 1, "the relay has it not, whatever it said");
    assert!(!luis.sent.iter().any(|frame| matches!(frame, ClientFrame::Push { .. })), "it is not sent on and on");
    luis.input(Input::Tick(10_000));
    luis.talk(&mut relay);
    assert_eq!((relay.head(SALES).seq, luis.outbox.len(), told(&luis)), (2, 0, vec![2]));
    assert_eq!((luis.engine.status(), luis.engine.distrust()), (SyncStatus::UpToDate, None));
}

#[test]
fn nor_does_one_at_a_place_where_another_batch_was_read() {
    let (mut relay, mut luis, batch) = one_under_way();
    ack(&mut luis, &batch, 1, ChainHash([9; 32]));
    assert_eq!((luis.outbox.len(), told(&luis)), (1, vec![]));
    luis.talk(&mut relay);
    luis.input(Input::Tick(10_000));
    luis.talk(&mut relay);
    assert_eq!((luis.outbox.len(), told(&luis)), (0, vec![2]));
}

#[test]
fn what_the_relay_holds_elsewhere_than_it_said_is_read_there() {
    let (mut relay, mut luis, batch) = one_under_way();
    let first = SealedBatch::parse(&relay.scopes[&SALES][0].bytes.0).unwrap().hash();
    by_carla(&mut relay, 2, first);
    relay.append(SALES, LogKind::Batch, batch.bytes().to_vec());
    let chain = relay.chain(SALES, 3);
    ack(&mut luis, &batch, 2, chain);
    assert_eq!(told(&luis), []);
    luis.talk(&mut relay);
    assert_eq!((luis.outbox.len(), told(&luis)), (0, vec![3]), "its true place");
    assert_eq!(luis.engine.cursor(SALES).seq, 3);
    assert_eq!((luis.engine.status(), luis.engine.distrust()), (SyncStatus::UpToDate, None));
}
