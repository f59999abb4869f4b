//! Pushing and hearing.

use std::time::Duration;

use zuc_protocol::{
    Rights, Role, Scope, chain,
    ids::{BatchHash, ControlHash, RequestId},
    messages::{ClientFrame, RefusalCode, ServerFrame},
    receipt::{Claim, ClaimRequest, PROPOSAL_TO_CASH, Seen},
};

use crate::stage::{Laptop, Stage, entries, relay};

const SALES: Scope = Scope::Sales(1);

#[tokio::test]
async fn what_is_acknowledged_is_in_the_log_and_reaches_who_listens() {
    let (mut stage, mut luis) = Stage::found().await;
    let ana = stage.join(&luis, Rights::new([Role::Ventas], [1])).await;
    assert!(entries(&ana.subscribe(&stage, SALES, 0).await).is_empty());

    let (first, second) = (luis.seal(&stage, SALES, "uno"), luis.seal(&stage, SALES, "dos"));
    let frames = luis.push(&stage, SALES, &[&first, &second]).await;
    let [ServerFrame::Ack { acks, .. }] = &frames[..] else { panic!("{frames:?}") };
    assert_eq!(acks.iter().map(|ack| (ack.hash, ack.seq)).collect::<Vec<_>>(), [(first.hash(), 1), (second.hash(), 2)]);

    tokio::time::timeout(Duration::from_secs(5), ana.session.woken()).await.unwrap();
    let heard = stage.relay.log().poll(&ana.session).await;
    assert_eq!(entries(&heard), [1, 2]);
    let Some(ServerFrame::Entries { entries: heard, chain: told, .. }) =
        heard.iter().find(|frame| matches!(frame, ServerFrame::Entries { .. }))
    else {
        panic!("{heard:?}")
    };
    assert_eq!(*told, chain::extend(chain::start(stage.company(), SALES), heard));
    assert_eq!(acks[1].chain, *told);
    assert_eq!(heard[0].bytes.as_slice(), first.bytes());
    assert!(entries(&stage.relay.log().poll(&ana.session).await).is_empty(), "each entry once");
}

#[tokio::test]
async fn a_push_whose_answer_was_lost_is_acknowledged_again_even_by_another_relay_process() {
    let (mut stage, mut luis) = Stage::found().await;
    let batch = luis.seal(&stage, SALES, "uno");
    let first = luis.push(&stage, SALES, &[&batch]).await;
    assert_eq!(luis.push(&stage, SALES, &[&batch]).await, first);
    stage.relay = relay(stage.folder.path()).await;
    let again = Laptop::open(&stage, luis.keys.clone()).await;
    assert_eq!(again.push(&stage, SALES, &[&batch]).await, first);
    let pull = ClientFrame::Pull { scope: SALES, from: 0, max: 10 };
    assert_eq!(entries(&stage.relay.handle(&again.session, pull).await), [1]);
}

#[tokio::test]
async fn numbers_are_dense_and_one_batch_stands_under_each() {
    let (stage, mut luis) = Stage::found().await;
    let first = luis.seal(&stage, SALES, "uno");
    let gap = luis.seal_as(&stage, SALES, "tres", 3, first.hash());
    assert_eq!(luis.refused(&stage, SALES, &gap).await, RefusalCode::NumberGap);
    luis.push(&stage, SALES, &[&first]).await;
    let stray = luis.seal_as(&stage, SALES, "dos", 2, BatchHash([9; 16]));
    assert_eq!(luis.refused(&stage, SALES, &stray).await, RefusalCode::NumberGap);
    let other = luis.seal_as(&stage, SALES, "otro", 1, BatchHash::NONE);
    let frames = luis.push(&stage, SALES, &[&other]).await;
    let [ServerFrame::Refused { refusal, .. }] = frames[..] else { panic!("{frames:?}") };
    assert_eq!(refusal.code, RefusalCode::NumberTaken);
    assert_eq!((refusal.stored.unwrap().hash, refusal.last_accepted), (first.hash(), 1));
    // After a refusal nothing more of the same push is taken.
    let (second, third) = (luis.seal(&stage, SALES, "dos"), luis.seal(&stage, SALES, "tres"));
    let frames = luis.push(&stage, SALES, &[&second, &stray, &third]).await;
    assert!(matches!(&frames[..], [ServerFrame::Ack { acks, .. }, ServerFrame::Refused { .. }] if acks.len() == 1));
}

#[tokio::test]
async fn a_forged_or_misplaced_batch_is_refused() {
    let (mut stage, mut luis) = Stage::found().await;
    let mut ana = stage.join(&luis, Rights::new([Role::Ventas], [1])).await;
    let batch = luis.seal(&stage, SALES, "uno");
    assert_eq!(ana.refused(&stage, SALES, &batch).await, RefusalCode::NotAllowed, "another's batch");
    assert_eq!(luis.refused(&stage, Scope::Catalog, &batch).await, RefusalCode::NotAllowed, "another scope's");
    let finance = ana.seal(&stage, Scope::Finance, "no");
    assert_eq!(ana.refused(&stage, Scope::Finance, &finance).await, RefusalCode::NotAllowed);
    // Every single byte counts.
    let bytes = batch.bytes();
    for at in (0..bytes.len()).step_by(7) {
        let mut flipped = bytes.to_vec();
        flipped[at] ^= 0x10;
        let push = ClientFrame::Push { scope: SALES, batches: vec![flipped.into()], bag_rows: vec![] };
        let frames = stage.relay.handle(&luis.session, push).await;
        assert!(matches!(frames[..], [ServerFrame::Refused { .. }]), "byte {at}: {frames:?}");
    }
    assert!(matches!(luis.push(&stage, SALES, &[&batch]).await[..], [ServerFrame::Ack { .. }]));
}

#[tokio::test]
async fn a_reader_hears_only_the_scopes_of_its_roles() {
    let (mut stage, luis) = Stage::found().await;
    let ana = stage.join(&luis, Rights::new([Role::Ventas], [1])).await;
    for scope in [Scope::Finance, Scope::Fiscal, Scope::Admin] {
        let frames = stage.relay.handle(&ana.session, ClientFrame::Pull { scope, from: 0, max: 10 }).await;
        assert!(matches!(&frames[..], [ServerFrame::Error { code, .. }] if code == "relay.not_allowed"));
        let frames = ana.subscribe(&stage, scope, 0).await;
        assert!(matches!(&frames[..], [ServerFrame::Error { code, .. }] if code == "relay.not_allowed"));
    }
    let frames = stage.relay.handle(&ana.session, ClientFrame::Heads).await;
    let [ServerFrame::Heads { heads }] = &frames[..] else { panic!("{frames:?}") };
    let mut scopes: Vec<_> = heads.iter().map(|head| head.scope).collect();
    scopes.sort();
    assert_eq!(scopes, [SALES, Scope::Catalog]);
}

/// Asks for the lease of a job, as one who knows the membership and has read so far.
async fn lease(stage: &Stage, who: &Laptop, id: u8, job: &str, scopes: &[(Scope, u64)]) -> Vec<ServerFrame> {
    let seen = Seen { control: stage.log.head(), scopes: scopes.to_vec(), fence: 0 };
    let claim = Claim::Lease { job: job.into(), period: "2026-06".into(), for_ms: 1_000, seen };
    stage.relay.handle(&who.session, ClientFrame::Claim(ClaimRequest { id: RequestId([id; 16]), claim })).await
}

#[tokio::test]
async fn a_lease_is_for_who_has_read_all_that_their_roles_read() {
    let (mut stage, luis) = Stage::found().await;
    let mut ana = stage.join(&luis, Rights::new([Role::Ventas], [1])).await;
    let key = stage.relay.relay_keys().verify_key();
    stage.act(&luis, zuc_protocol::control::ControlAct::RelayKey { key, url: "http://relevo".into() }).await;
    let batch = ana.seal(&stage, SALES, "uno");
    ana.push(&stage, SALES, &[&batch]).await;
    let all = [(SALES, 1), (Scope::Catalog, 0)];
    let less: [&[(Scope, u64)]; 5] = [
        &[],
        &[(SALES, 1)],
        &[(SALES, 0), (Scope::Catalog, 0)],
        &[(SALES, 1), (Scope::Catalog, 0), (Scope::Finance, 0)],
        &[(SALES, 0), (SALES, 1), (Scope::Catalog, 0)],
    ];
    for (id, scopes) in (10..).zip(less) {
        let frames = lease(&stage, &ana, id, "dunning", scopes).await;
        assert!(matches!(&frames[..], [ServerFrame::Error { code, .. }] if code == "lease.behind"), "{frames:?}");
    }
    assert!(matches!(lease(&stage, &ana, 20, "dunning", &all).await[..], [ServerFrame::Receipt(_)]));
    // who does not know of the newest record of membership has not read everything
    let seen = Seen { control: ControlHash([1; 32]), scopes: all.to_vec(), fence: 0 };
    let claim = Claim::Lease { job: "dunning".into(), period: "2026-06".into(), for_ms: 1_000, seen };
    let asked = ClientFrame::Claim(ClaimRequest { id: RequestId([21; 16]), claim });
    let frames = stage.relay.handle(&ana.session, asked).await;
    assert!(matches!(&frames[..], [ServerFrame::Error { code, .. }] if code == "lease.behind"), "{frames:?}");
}

#[tokio::test]
async fn a_claim_needs_its_role_and_a_relay_whose_key_was_entered() {
    let (mut stage, luis) = Stage::found().await;
    let ana = stage.join(&luis, Rights::new([Role::Ventas], [1])).await;
    let hers = [(SALES, 0), (Scope::Catalog, 0)];
    let frames = lease(&stage, &ana, 1, "dunning", &hers).await;
    assert!(matches!(&frames[..], [ServerFrame::Error { code, .. }] if code == "relay.key_not_entered"), "{frames:?}");

    let key = stage.relay.relay_keys().verify_key();
    let entered = zuc_protocol::control::ControlAct::RelayKey { key, url: "http://relevo".into() };
    stage.act(&luis, entered).await;
    let frames = lease(&stage, &ana, 2, "dunning", &hers).await;
    assert!(matches!(frames[..], [ServerFrame::Receipt(_)]), "{frames:?}");
    let frames = lease(&stage, &ana, 4, PROPOSAL_TO_CASH, &hers).await;
    assert!(matches!(&frames[..], [ServerFrame::Error { code, .. }] if code == "relay.not_allowed"), "{frames:?}");
    let folio = Claim::Folio { serie: "A".into(), invoice: zuc_protocol::ids::ItemId([1; 16]) };
    let asked = ClientFrame::Claim(ClaimRequest { id: RequestId([3; 16]), claim: folio });
    let frames = stage.relay.handle(&ana.session, asked).await;
    assert!(matches!(&frames[..], [ServerFrame::Error { code, .. }] if code == "relay.not_allowed"), "{frames:?}");
}
