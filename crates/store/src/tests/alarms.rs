//! What was found out about a relay lies on the disk, and goes from there when it is over.

use jiff::Timestamp;
use zuc_protocol::Scope as WireScope;
use zuc_protocol::chain::LogKind;
use zuc_protocol::control::{ControlAct, ControlLog, SignedControl};
use zuc_protocol::identity::DeviceKeys;
use zuc_protocol::ids::{BatchHash, ChainHash, DeviceId, LogId};
use zuc_protocol::recovery;
use zuc_sync::{Advance, Alarm, AuthorCursor, Cursor, Effect, KeyRing, REMEMBERED, Resume, Wrong};

use crate::testing::{RECOVERY, SALES, WIRE, at, device, founded_at, open_at};
use crate::{Fate, Store};

const LOG: LogId = LogId([1; 16]);

fn keys() -> DeviceKeys {
    DeviceKeys::from_seeds(&[1; 32], &[101; 32])
}

fn now() -> Timestamp {
    at(9).at
}

async fn carry(store: &Store, effect: Effect) {
    let ring = KeyRing::of_device(keys(), &store.control().await.unwrap());
    store.carry(&effect, &ring, now()).await.unwrap();
}

async fn again(store: Store, folder: &std::path::Path) -> Store {
    store.close().await;
    drop(store);
    open_at(folder, 1).await.unwrap()
}

async fn resume(store: &Store) -> Resume {
    store.resume(&store.control().await.unwrap()).await.unwrap()
}

async fn told(store: &Store) -> Vec<(Fate, String)> {
    store.findings().await.unwrap().into_iter().map(|found| (found.fate, found.code)).collect()
}

#[tokio::test]
async fn an_alarm_stands_until_it_is_over_or_the_log_has_another_name() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = founded_at(folder.path(), 1).await;
    let broken = Alarm { wrong: Wrong::Broken, seq: 7, author: None };
    let forked = Alarm { wrong: Wrong::Forked, seq: 9, author: Some(DeviceId([8; 16])) };
    carry(&store, Effect::LogNamed { log: LOG }).await;
    carry(&store, Effect::Alarm { scope: WIRE, alarm: broken }).await;
    carry(&store, Effect::Alarm { scope: WireScope::Fiscal, alarm: broken }).await;
    carry(&store, Effect::Alarm { scope: WIRE, alarm: forked }).await;
    store = again(store, folder.path()).await;
    assert_eq!(resume(&store).await.alarms, [(WireScope::Fiscal, broken), (WIRE, forked)]);
    let found = store.findings().await.unwrap();
    let said: Vec<_> = found.iter().map(|found| (found.code.as_str(), found.scope, found.at)).collect();
    let fiscal = ("sync.chain_broken", zuc_domain::shared::Scope::Fiscal, Some(now()));
    assert_eq!(said, [fiscal, ("sync.log_forked", SALES, Some(now()))]);
    assert_eq!(found[1].device.map(|device| *device.0.as_bytes()), Some([8; 16]));

    carry(&store, Effect::AlarmOver { scope: WireScope::Fiscal }).await;
    carry(&store, Effect::LogChanged { log: LOG }).await;
    store = again(store, folder.path()).await;
    assert_eq!(store.alarms().await.unwrap(), [(WIRE, forked)], "under its name nothing is over");
    carry(&store, Effect::LogChanged { log: LogId([2; 16]) }).await;
    assert_eq!(store.alarms().await.unwrap(), []);
    carry(&store, Effect::Alarm { scope: WIRE, alarm: broken }).await;
    store.purge_scope(SALES, None, now()).await.unwrap();
    assert!(!store.holds_any_of(SALES).await.unwrap(), "of a scope that is left nothing is remembered");
}

#[tokio::test]
async fn the_names_that_a_log_had_are_kept_and_who_sealed_upon_the_one_that_stands_until_it_is_another() {
    let folder = tempfile::tempdir().unwrap();
    let store = founded_at(folder.path(), 1).await;
    carry(&store, Effect::LogNamed { log: LOG }).await;
    let author = AuthorCursor { number: 1, hash: BatchHash([1; 16]), control_seq: 0, blocked: false, upon_this: true };
    let at = Some((DeviceId([1; 16]), author));
    let advance = Advance { seq: 1, chain: ChainHash([1; 32]), author: at };
    store.set_aside_entry(WIRE, advance, LogKind::Batch, &[1], "sync.bad_seal", &keys().public(), now()).await.unwrap();
    let store = again(store, folder.path()).await;
    assert_eq!(resume(&store).await.authors, [(WIRE, DeviceId([1; 16]), author)]);
    assert_eq!(resume(&store).await.earlier_logs, []);
    for log in [LOG, LogId([2; 16]), LogId([2; 16]), LogId([3; 16])] {
        carry(&store, Effect::LogChanged { log }).await;
    }
    let store = again(store, folder.path()).await;
    let resume = resume(&store).await;
    assert_eq!((resume.authors, resume.earlier_logs), (vec![], vec![LOG, LogId([2; 16])]), "each once");
}

#[tokio::test]
async fn the_places_that_were_read_last_are_remembered_until_the_log_is_another() {
    let folder = tempfile::tempdir().unwrap();
    let store = founded_at(folder.path(), 1).await;
    let chain = |seq: u64| ChainHash(*blake3::hash(&seq.to_le_bytes()).as_bytes());
    for seq in 1..=3 {
        let advance = Advance { seq, chain: chain(seq), author: None };
        store
            .set_aside_entry(
                WIRE,
                advance,
                LogKind::Batch,
                &seq.to_le_bytes(),
                "sync.bad_seal",
                &keys().public(),
                now(),
            )
            .await
            .unwrap();
    }
    let store = again(store, folder.path()).await;
    let place = |seq| (WIRE, Cursor { seq, chain: chain(seq) });
    assert_eq!(resume(&store).await.places, [place(1), place(2), place(3)]);
    carry(&store, Effect::LogChanged { log: LOG }).await;
    assert_eq!(resume(&store).await.places, []);

    let remembered = u64::try_from(REMEMBERED).unwrap();
    let mut tx = store.begin_plain().await.unwrap();
    for seq in 1..=remembered + 2 {
        let number = i64::try_from(seq).unwrap();
        crate::alarm::note_place(&mut tx, crate::store::scope_number(SALES), number, &chain(seq).0).await.unwrap();
    }
    tx.commit().await.unwrap();
    let places = resume(&store).await.places;
    assert_eq!(
        (places.len(), places.first(), places.last()),
        (REMEMBERED, Some(&place(3)), Some(&place(remembered + 2)))
    );
}

/// The log with one record more.
fn with(log: &ControlLog, record: &SignedControl) -> ControlLog {
    let mut log = log.clone();
    log.append(record.clone()).unwrap();
    log
}

async fn keep(store: &Store, seq: u64, record: &SignedControl) {
    carry(store, Effect::StoreControl { seq, record: record.clone() }).await;
}

#[tokio::test]
async fn a_fork_stands_whichever_branch_the_disk_holds_until_the_root_has_spoken() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = founded_at(folder.path(), 1).await;
    let genesis = store.control().await.unwrap();
    let [ours, theirs] = [1, 2].map(|floor| genesis.sign(ControlAct::SchemaFloor(floor), 9, &keys()).unwrap());
    keep(&store, 1, &ours).await;
    assert!(store.control().await.unwrap().fork().is_none());
    carry(&store, Effect::Forked { seq: 1, records: vec![ours.clone(), theirs.clone()] }).await;
    store = again(store, folder.path()).await;
    let fork = store.control().await.unwrap().fork().cloned().unwrap();
    assert_eq!((fork.seq, fork.ours, fork.theirs), (1, ours.hash(), theirs.hash()));
    let forked = || (Fate::Forked, "sync.control_forked".to_owned());
    assert_eq!(told(&store).await, [forked(), forked()]);

    // The root has settled it against ours, and the program ends in the middle of what it takes over.
    keep(&store, 1, &theirs).await;
    store = again(store, folder.path()).await;
    let fork = store.control().await.unwrap().fork().cloned().unwrap();
    assert_eq!((fork.ours, fork.theirs), (theirs.hash(), ours.hash()), "it is the other that is missing now");
    let settle = with(&genesis, &theirs)
        .sign_as_root(ControlAct::Settle { loser: ours.hash() }, 9, &recovery::root_keys(&RECOVERY))
        .unwrap();
    keep(&store, 2, &settle).await;
    store = again(store, folder.path()).await;
    assert!(store.control().await.unwrap().fork().is_none());
    let found = store.findings().await.unwrap();
    let [left] = &found[..] else { panic!("{found:?}") };
    assert_eq!((left.fate, left.code.as_str()), (Fate::Left, "sync.branch_left"));
    assert_eq!(left.kind, format!("control/1/{}", hex::encode(ours.hash().0)), "it can be named to the others");
    assert_eq!(left.device.map(|device| device.0), Some(keys().id().to_uuid()));
}

#[tokio::test]
async fn nobody_has_named_a_record_of_a_branch_that_is_left() {
    let store = device(1).await;
    for (turn, control_seq) in [(1_u8, 3), (2, 5), (3, 9)] {
        let hash = BatchHash([turn; 16]);
        let author = AuthorCursor { number: 1, hash, control_seq, blocked: false, upon_this: false };
        let author = Some((DeviceId([turn; 16]), author));
        let advance = Advance { seq: u64::from(turn), chain: ChainHash([turn; 32]), author };
        store
            .set_aside_entry(WIRE, advance, LogKind::Batch, &[turn], "sync.bad_seal", &keys().public(), now())
            .await
            .unwrap();
    }
    assert_eq!(store.leave_branch(5, &[], now()).await.unwrap(), [], "no membership set these aside");
    let sql = "SELECT control_seq FROM author_cursor ORDER BY author";
    let named: Vec<i64> = sqlx::query_scalar(sql).fetch_all(store.reader()).await.unwrap();
    assert_eq!(named, [3, 4, 4]);

    // what the branch itself had set aside is read again, with its scope
    let advance = Advance { seq: 4, chain: ChainHash([4; 32]), author: None };
    store
        .set_aside_entry(WIRE, advance, LogKind::Batch, &[4], "sync.beyond_mark", &keys().public(), now())
        .await
        .unwrap();
    assert_eq!(store.leave_branch(4, &[], now()).await.unwrap(), [WIRE]);
    let sql =
        "SELECT (SELECT count(*) FROM cursor) + (SELECT count(*) FROM author_cursor) + (SELECT count(*) FROM chain)";
    let left: i64 = sqlx::query_scalar(sql).fetch_one(store.reader()).await.unwrap();
    assert_eq!(left, 0);
}
