//! Who belongs, from which record on, and until which batch.

use zuc_protocol::{
    Rights, Role, Scope,
    control::{BagChange, ControlAct, Mark, Recipient, RemoveAct, RemoveReason, next_epoch},
    ids::{BatchHash, DeviceId},
    messages::{ClientFrame, RefusalCode, ServerFrame},
    person_key::{BagKeyWraps, BagReplacement, bag_id},
    secret::{BagKey, EpochKey},
};

use crate::stage::{Laptop, Stage, entries, epoch_key};

const SALES: Scope = Scope::Sales(1);

/// New bags of every scope, for those who stay.
fn new_bags(stage: &Stage, luis: &Laptop) -> (Vec<BagChange>, Vec<BagReplacement>) {
    let key = BagKey::from_bytes([88; 32]);
    stage
        .log
        .scopes()
        .map(|scope| {
            let to = [(Recipient::Device(luis.keys.id()), luis.keys.public().receive, [77; 32])];
            let wraps = BagKeyWraps::make(stage.company(), scope, &key, to, &luis.keys).unwrap();
            let replacement = BagReplacement { wraps, rows: vec![] };
            let change = BagChange { scope, bag: bag_id(&key), replacement: replacement.digest().unwrap() };
            (change, replacement)
        })
        .unzip()
}

fn removal(device: DeviceId, number: u64, last: BatchHash, bags: Vec<BagChange>) -> ControlAct {
    ControlAct::Remove(RemoveAct {
        device,
        marks: vec![Mark { device, scope: SALES, number, last }],
        wipe: true,
        reason: RemoveReason::Left,
        bags,
    })
}

async fn append(stage: &Stage, luis: &Laptop, act: ControlAct, replacements: Vec<BagReplacement>) -> ServerFrame {
    let record = stage.log.sign(act, 0, &luis.keys).unwrap();
    let frame = ClientFrame::ControlAppend { record, replacements, wraps: vec![] };
    stage.relay.handle(&luis.session, frame).await.remove(0)
}

#[tokio::test]
async fn a_device_is_stopped_counted_and_removed_and_told_so() {
    let (mut stage, luis) = Stage::found().await;
    let mut ana = stage.join(&luis, Rights::new([Role::Ventas], [1])).await;
    ana.subscribe(&stage, SALES, 0).await;
    let kept = ana.seal(&stage, SALES, "uno");
    ana.push(&stage, SALES, &[&kept]).await;
    stage.relay.log().poll(&ana.session).await;

    stage.act(&luis, ControlAct::Freeze { device: ana.keys.id(), on: true }).await;
    let late = ana.seal(&stage, SALES, "dos");
    assert_eq!(ana.refused(&stage, SALES, &late).await, RefusalCode::Revoked);
    let frames = stage.relay.handle(&luis.session, ClientFrame::Marks { device: ana.keys.id() }).await;
    let [ServerFrame::Marks { marks }] = &frames[..] else { panic!("{frames:?}") };
    let last = kept.hash();
    assert_eq!(marks[..], [Mark { device: ana.keys.id(), scope: SALES, number: 1, last }]);

    let (bags, replacements) = new_bags(&stage, &luis);
    for (number, last) in [(0, BatchHash::NONE), (1, BatchHash([9; 16]))] {
        // One that counts less than what was acknowledged, and one that names another batch in its place.
        let act = removal(ana.keys.id(), number, last, bags.clone());
        let stale = append(&stage, &luis, act, replacements.clone()).await;
        assert!(matches!(&stale, ServerFrame::Error { code, .. } if code == "sync.mark_stale"), "{stale:?}");
    }
    let bare = append(&stage, &luis, removal(ana.keys.id(), 1, last, bags.clone()), vec![]).await;
    assert!(matches!(&bare, ServerFrame::Error { code, .. } if code == "sync.bag_missing"), "{bare:?}");
    let done = append(&stage, &luis, removal(ana.keys.id(), 1, last, bags), replacements).await;
    assert!(matches!(done, ServerFrame::ControlAccepted { .. }), "{done:?}");

    let told = stage.relay.log().poll(&ana.session).await;
    assert!(told.iter().any(|frame| matches!(frame, ServerFrame::ControlRecords { .. })), "{told:?}");
    assert!(matches!(told.last(), Some(ServerFrame::GoAway { code }) if code == "sync.revoked"), "{told:?}");
    assert!(entries(&told).is_empty());
    let pull = ClientFrame::Pull { scope: SALES, from: 0, max: 10 };
    let refused = stage.relay.handle(&ana.session, pull).await;
    assert!(matches!(&refused[..], [ServerFrame::Error { code, .. }] if code == "relay.not_allowed"));
    // Its acknowledged batch is acknowledged still; nothing newer is.
    assert!(matches!(ana.push(&stage, SALES, &[&kept]).await[..], [ServerFrame::Ack { .. }]));
    assert_eq!(ana.refused(&stage, SALES, &late).await, RefusalCode::Revoked);
}

#[tokio::test]
async fn nothing_is_taken_under_a_key_that_a_removed_device_has() {
    let (mut stage, mut luis) = Stage::found().await;
    let ana = stage.join(&luis, Rights::new([Role::Ventas], [1])).await;
    let (bags, replacements) = new_bags(&stage, &luis);
    let record = stage.log.sign(removal(ana.keys.id(), 0, BatchHash::NONE, bags), 0, &luis.keys).unwrap();
    let frame = ClientFrame::ControlAppend { record: record.clone(), replacements, wraps: vec![] };
    stage.relay.handle(&luis.session, frame).await;
    stage.log.append(record).unwrap();
    let batch = luis.seal(&stage, SALES, "uno");
    assert_eq!(luis.refused(&stage, SALES, &batch).await, RefusalCode::EpochStale);
    let batch = luis.seal_as(&stage, Scope::Admin, "dos", 1, BatchHash::NONE);
    let taken = luis.push(&stage, Scope::Admin, &[&batch]).await;
    assert!(matches!(taken[..], [ServerFrame::Ack { .. }]), "which she never had: {taken:?}");
}

#[tokio::test]
async fn a_new_epoch_makes_old_batches_seal_again() {
    let (mut stage, mut luis) = Stage::found().await;
    let old = luis.seal(&stage, SALES, "uno");
    let act =
        next_epoch(&stage.log, SALES, &EpochKey::from_bytes([44; 32]), Some(&epoch_key()), None, &[], &mut || [5; 32]);
    stage.act(&luis, act.unwrap()).await;
    assert_eq!(luis.refused(&stage, SALES, &old).await, RefusalCode::EpochStale);
}

#[tokio::test]
async fn the_second_of_two_concurrent_acts_signs_again() {
    let (mut stage, luis) = Stage::found().await;
    let head = stage.log.head();
    let one = stage.log.sign(ControlAct::SchemaFloor(1), 0, &luis.keys).unwrap();
    let two = stage.log.sign(ControlAct::SchemaFloor(2), 0, &luis.keys).unwrap();
    let send = |record| ClientFrame::ControlAppend { record, replacements: vec![], wraps: vec![] };
    let first = stage.relay.handle(&luis.session, send(one.clone())).await;
    assert!(matches!(first[..], [ServerFrame::ControlAccepted { seq: 1, .. }]), "{first:?}");
    let second = stage.relay.handle(&luis.session, send(two)).await;
    assert!(matches!(second[..], [ServerFrame::ControlConflict { head, len: 2 }] if head == one.hash()), "{second:?}");
    assert_eq!(stage.relay.handle(&luis.session, send(one.clone())).await, first, "a lost answer costs nothing");
    stage.log.append(one).unwrap();
    stage.act(&luis, ControlAct::SchemaFloor(3)).await;
    assert_ne!(stage.log.head(), head);
}

#[tokio::test]
async fn a_batch_may_not_name_an_older_control_record_than_the_last_one_did() {
    let (mut stage, mut luis) = Stage::found().await;
    let before = luis.seal_as(&stage, SALES, "viejo", 2, luis.last);
    stage.act(&luis, ControlAct::SchemaFloor(1)).await;
    let newer = luis.seal(&stage, SALES, "uno");
    luis.push(&stage, SALES, &[&newer]).await;
    let mut header = before.header().clone();
    header.prev = newer.hash();
    let body = before.open(stage.company(), &epoch_key(), &luis.keys.public()).unwrap();
    let older =
        zuc_protocol::envelope::SealedBatch::seal(stage.company(), header, &body, &epoch_key(), &luis.keys, &[4; 24]);
    assert_eq!(luis.refused(&stage, SALES, &older.unwrap()).await, RefusalCode::ControlHead);
}

#[tokio::test]
async fn a_stranger_has_no_session_and_the_recovery_code_reads_control_alone() {
    let (stage, luis) = Stage::found().await;
    let stranger = DeviceId([0xee; 16]);
    assert_eq!(stage.relay.log().session(stage.company(), stranger).await.unwrap_err().code(), "relay.no_session");
    let nobody = zuc_protocol::ids::CompanyId([0xee; 16]);
    assert_eq!(
        stage.relay.log().session(nobody, luis.keys.id()).await.unwrap_err().code(),
        "relay.no_session",
        "an unknown company reads like an unknown device"
    );
    let root = stage.log.root().id();
    let session = stage.relay.log().session(stage.company(), root).await.unwrap();
    let frames = stage.relay.handle(&session, ClientFrame::Control { from: 0 }).await;
    assert!(matches!(&frames[..], [ServerFrame::ControlRecords { records, .. }] if records.len() == 1));
    let pull = ClientFrame::Pull { scope: SALES, from: 0, max: 1 };
    assert!(matches!(stage.relay.handle(&session, pull).await[..], [ServerFrame::Error { .. }]));
}
