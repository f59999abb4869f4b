//! What the relay believes of a loss, and what it takes back.

use zuc_protocol::{
    Rights, Role, Scope,
    chain::LogKind,
    control::{ControlAct, Mark, RemoveAct, RemoveReason, SignedControl},
    ids::{ChainHash, ControlHash, LogId},
    messages::{ClientFrame, Offered, ScopeHead, ServerFrame},
    suite,
};
use zuc_relay_sqlite::{Options, SqliteStore};
use zuc_relay_store::{Loss, LossStore as _, RelayStore as _};

use crate::stage::{Laptop, Stage, entries, relay};

const SALES: Scope = Scope::Sales(1);

async fn store(stage: &Stage) -> SqliteStore {
    SqliteStore::open(&stage.folder.path().join("companies"), Options::default()).await.unwrap()
}

async fn loss(stage: &Stage) -> Option<Loss> {
    store(stage).await.loss(stage.company()).await.unwrap()
}

async fn hello(stage: &Stage, laptop: &Laptop, log: Option<LogId>, control: ControlHash) -> ServerFrame {
    let frame = ClientFrame::Hello { version: suite::VERSION, token: "t".into(), control, log };
    stage.relay.handle(&laptop.session, frame).await.remove(0)
}

async fn greet(stage: &Stage, laptop: &Laptop, log: Option<LogId>) -> LogId {
    match hello(stage, laptop, log, stage.log.head()).await {
        ServerFrame::Welcome { log, .. } => log,
        other => panic!("{other:?}"),
    }
}

async fn offer(stage: &Stage, laptop: &Laptop, entries: &[&[u8]]) -> ServerFrame {
    let offered = |bytes: &&[u8]| Offered { kind: LogKind::Batch, bytes: bytes.to_vec().into() };
    let frame = ClientFrame::Offer { scope: SALES, entries: entries.iter().map(offered).collect(), last: true };
    stage.relay.handle(&laptop.session, frame).await.remove(0)
}

fn is_refused(frame: &ServerFrame, with: &str) -> bool {
    matches!(frame, ServerFrame::Error { code, .. } if code == with)
}

/// Luis's company with Ana, who wrote three and is out from the second on; her third was never pushed.
async fn without_ana() -> (Stage, Laptop, Laptop, Vec<Vec<u8>>) {
    let (mut stage, luis) = Stage::found().await;
    let mut ana = stage.join(&luis, Rights::new([Role::Ventas], [1])).await;
    let written = [ana.seal(&stage, SALES, "uno"), ana.seal(&stage, SALES, "dos"), ana.seal(&stage, SALES, "tres")];
    ana.push(&stage, SALES, &[&written[0], &written[1]]).await;
    let device = ana.keys.id();
    stage.act(&luis, ControlAct::Freeze { device, on: true }).await;
    let mark = Mark { device, scope: SALES, number: 2, last: written[1].hash() };
    let removal = RemoveAct { device, marks: vec![mark], wipe: false, reason: RemoveReason::Left, bags: vec![] };
    stage.act(&luis, ControlAct::Remove(removal)).await;
    (stage, luis, ana, written.iter().map(|batch| batch.bytes().to_vec()).collect())
}

#[tokio::test]
async fn what_is_given_back_counts_by_its_own_record_and_up_to_its_authors_mark() {
    let (mut stage, luis, ana, written) = without_ana().await;
    assert!(is_refused(&offer(&stage, &luis, &[&written[0]]).await, "relay.not_lost"));
    let before = greet(&stage, &luis, None).await;

    let (folder, records) = (tempfile::tempdir().unwrap(), stage.log.records_from(0).to_vec());
    stage.relay = relay(folder.path()).await;
    stage.folder = folder;
    // Pages come in order; one that leads from elsewhere changes nothing.
    let give = async |from: usize, to: usize| {
        stage.relay.log().restore(records[0].clone(), records[from..to].to_vec()).await.unwrap()
    };
    assert_eq!(give(1, 2).await, (stage.company(), true));
    give(3, records.len()).await;
    for _again in 0..2 {
        assert_eq!(give(1, records.len()).await, (stage.company(), false));
    }
    let luis = Laptop::open(&stage, luis.keys).await;
    assert_ne!(greet(&stage, &luis, Some(before)).await, before);
    assert!(loss(&stage).await.is_some_and(|loss| loss.thawed_ms.is_none()));

    let mut forged = written[1].clone();
    *forged.last_mut().unwrap() ^= 1;
    let all: [&[u8]; 6] = [&written[0], &forged, b"nonsense", &written[1], &written[2], &written[0]];
    assert!(matches!(offer(&stage, &luis, &all).await, ServerFrame::Offered { last: true, .. }));
    let frames = stage.relay.handle(&luis.session, ClientFrame::Pull { scope: SALES, from: 0, max: 9 }).await;
    assert_eq!(entries(&frames), [1, 2]);
    let [ServerFrame::Entries { entries, .. }] = &frames[..] else { panic!("{frames:?}") };
    assert!(entries.iter().zip(&written).all(|(entry, bytes)| entry.bytes.as_slice() == bytes.as_slice()));

    let holds = stage.relay.handle(&luis.session, ClientFrame::Holds { scope: SALES }).await;
    let [ServerFrame::Holds { authors, .. }] = &holds[..] else { panic!("{holds:?}") };
    assert_eq!(authors.iter().map(|tip| (tip.author, tip.number)).collect::<Vec<_>>(), [(ana.keys.id(), 2)]);
    let ana = Laptop::open(&stage, ana.keys).await;
    assert!(is_refused(&offer(&stage, &ana, &[]).await, "relay.not_allowed"), "who is out gives nothing");
}

#[tokio::test]
async fn only_a_member_tells_of_a_loss_and_only_of_one_that_there_was() {
    let (stage, luis, ana, _) = without_ana().await;
    let log = greet(&stage, &luis, None).await;
    assert_eq!(greet(&stage, &ana, Some(LogId([9; 16]))).await, log);
    hello(&stage, &ana, Some(log), ControlHash([9; 32])).await;
    assert_eq!(greet(&stage, &luis, Some(log)).await, log);
    assert_eq!(loss(&stage).await, None);

    assert_eq!(greet(&stage, &luis, Some(LogId([9; 16]))).await, log, "one that was begun anew keeps its name");
    let noted = loss(&stage).await.unwrap();
    greet(&stage, &luis, Some(LogId([8; 16]))).await;
    assert_eq!(loss(&stage).await, Some(noted), "it is noted once");
}

#[tokio::test]
async fn who_greets_after_a_loss_is_told_who_is_waited_for_and_of_each_that_came() {
    let (mut stage, luis) = Stage::found().await;
    let ana = stage.join(&luis, Rights::new([Role::Ventas], [1])).await;
    let waits = |frames: &[ServerFrame]| match frames.last() {
        Some(ServerFrame::Lost { loss: Some(loss) }) => Some(loss.waits.clone()),
        _ => None,
    };
    let hello = async |laptop: &Laptop, log| {
        let (token, control) = ("t".into(), stage.log.head());
        let frame = ClientFrame::Hello { version: suite::VERSION, token, control, log };
        stage.relay.handle(&laptop.session, frame).await
    };
    assert_eq!(waits(&hello(&ana, None).await), None, "nothing was lost");
    let waited = Some(vec![luis.keys.id()]);
    assert_eq!(waits(&hello(&luis, Some(LogId([9; 16]))).await), waited, "he reads what receipts lie in");
    assert_eq!(waits(&hello(&ana, None).await), waited);
    assert_eq!(waits(&stage.relay.log().poll(&ana.session).await), None, "once is enough");

    let frame = ClientFrame::Offer { scope: Scope::Admin, entries: vec![], last: true };
    stage.relay.handle(&luis.session, frame).await;
    assert_eq!(waits(&stage.relay.log().poll(&ana.session).await), Some(vec![]), "nobody is left, and none read them");
    assert_eq!(waits(&stage.relay.log().poll(&ana.session).await), None);
}

#[tokio::test]
async fn a_log_that_went_back_takes_another_name_and_tells_those_who_know_it_under_the_old_one() {
    let (mut stage, mut luis) = Stage::found().await;
    let ana = stage.join(&luis, Rights::new([Role::Ventas], [1])).await;
    let batch = luis.seal(&stage, SALES, "uno");
    let frames = luis.push(&stage, SALES, &[&batch]).await;
    let [ServerFrame::Ack { acks, .. }] = &frames[..] else { panic!("{frames:?}") };
    let log = greet(&stage, &luis, None).await;
    greet(&stage, &ana, None).await;

    let behind = async |log, seq, chain| {
        let frame = ClientFrame::Behind { log, at: ScopeHead { scope: SALES, seq, chain } };
        match stage.relay.handle(&luis.session, frame).await.remove(0) {
            ServerFrame::Welcome { log, .. } => log,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(behind(log, 1, acks[0].chain).await, log, "it is not behind");
    assert_eq!(behind(LogId([9; 16]), 7, acks[0].chain).await, log, "another log's end says nothing of this one's");
    assert_eq!(loss(&stage).await, None);
    let frame = ClientFrame::Behind { log, at: ScopeHead { scope: Scope::Fiscal, seq: 7, chain: acks[0].chain } };
    assert!(is_refused(&stage.relay.handle(&ana.session, frame).await[0], "relay.not_allowed"));

    let second = behind(log, 1, ChainHash([9; 32])).await;
    assert_ne!(second, log, "the same place and another chain");
    assert_ne!(behind(second, 2, acks[0].chain).await, second, "a place that is not there");
    let frames = stage.relay.log().poll(&ana.session).await;
    assert!(matches!(&frames[..], [ServerFrame::GoAway { code }] if code == "relay.log_changed"), "{frames:?}");
    let frames = stage.relay.log().poll(&luis.session).await;
    assert!(!frames.iter().any(|frame| matches!(frame, ServerFrame::GoAway { .. })), "who said so was told the name");
}

#[tokio::test]
async fn a_log_that_goes_back_to_a_name_that_it_had_takes_a_new_one_though_a_loss_stands() {
    let (mut stage, luis) = Stage::found().await;
    let ana = stage.join(&luis, Rights::new([Role::Ventas], [1])).await;
    let log = greet(&stage, &luis, None).await;
    let followed = async |stage: &Stage, log| match stage
        .relay
        .handle(&ana.session, ClientFrame::Followed { log })
        .await
        .remove(0)
    {
        ServerFrame::Welcome { log, .. } => Ok(log),
        ServerFrame::Error { code, .. } => Err(code),
        other => panic!("{other:?}"),
    };
    assert_eq!(followed(&stage, LogId([9; 16])).await, Ok(log), "another log's name says nothing of this one");
    assert_eq!(loss(&stage).await, None);
    let second = followed(&stage, log).await.unwrap();
    assert_ne!(second, log);
    assert!(loss(&stage).await.is_some(), "what was given under the other name may be missing");
    assert_ne!(followed(&stage, second).await.unwrap(), second);
    let stands = store(&stage).await.log_id(stage.company()).await.unwrap();
    let device = ana.keys.id();
    let removal = RemoveAct { device, marks: vec![], wipe: false, reason: RemoveReason::Left, bags: vec![] };
    stage.act(&luis, ControlAct::Remove(removal)).await;
    assert_eq!(followed(&stage, stands).await, Err("relay.not_allowed".to_owned()));
}

#[tokio::test]
async fn records_above_the_relays_show_that_it_went_back() {
    let (mut stage, luis) = Stage::found().await;
    let log = greet(&stage, &luis, None).await;
    let floors: Vec<SignedControl> = (1..=2)
        .map(|floor| {
            let record = stage.log.sign(ControlAct::SchemaFloor(floor), 0, &luis.keys).unwrap();
            stage.log.append(record.clone()).unwrap();
            record
        })
        .collect();
    let renamed = greet(&stage, &luis, Some(log)).await;
    assert_ne!(renamed, log, "a head that is not here");
    let frame = ClientFrame::ControlOffer { records: floors.clone() };
    let answer = stage.relay.handle(&luis.session, frame).await.remove(0);
    assert_eq!(answer, ServerFrame::ControlAccepted { seq: 2, hash: floors[1].hash() });
    assert_eq!(store(&stage).await.log_id(stage.company()).await.unwrap(), renamed, "once");
}
