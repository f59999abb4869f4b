//! What the relay checks of a word on what a device holds, and what it answers once it has dropped that.

use zuc_protocol::{
    Scope, chain,
    fingerprint::Stretch,
    holding::{HeldWord, Holding},
    ids::{ChainHash, LogId},
    manifest::Says,
    messages::{ClientFrame, Offered, ServerFrame},
};
use zuc_relay::compact::{Compacted, Compactor, Hindrance};
use zuc_relay_sqlite::{Options, SqliteStore};
use zuc_relay_store::LogKind;

use crate::{
    snapshots::{SALES, company, give, log_id, offer, say, snapshot},
    stage::{Laptop, Stage},
};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

async fn store(stage: &Stage) -> SqliteStore {
    SqliteStore::open(&stage.folder.path().join("companies"), Options::default()).await.unwrap()
}

/// What `zuclubit-relay compact` does so many days from now, beside the relay that serves.
async fn compact(stage: &Stage, days: i64, dry_run: bool) -> Compacted {
    let store = store(stage).await;
    let now_ms = zuc_relay::Clock::now_ms(&zuc_relay::SystemClock) + days * DAY_MS;
    let compactor = Compactor { store: &store, now_ms, wait_days: 30, dry_run };
    compactor.company(stage.company()).await.unwrap().into_iter().find(|done| done.scope == SALES.to_string()).unwrap()
}

async fn says(stage: &Stage, by: &Laptop, held: Holding) -> Result<ServerFrame, String> {
    let word = HeldWord::sign(stage.company(), held, &by.keys);
    tells(stage, by, word).await
}

async fn tells(stage: &Stage, by: &Laptop, word: HeldWord) -> Result<ServerFrame, String> {
    match stage.relay.handle(&by.session, ClientFrame::Held { word }).await.remove(0) {
        ServerFrame::Error { code, .. } => Err(code),
        other => Ok(other),
    }
}

/// The team's entries, and the chain after each.
async fn entries(stage: &Stage, by: &Laptop) -> Vec<(Offered, ChainHash)> {
    let pull = ClientFrame::Pull { scope: SALES, from: 0, max: 99 };
    let ServerFrame::Entries { entries, .. } = stage.relay.handle(&by.session, pull).await.remove(0) else {
        panic!("no entries");
    };
    let mut at = chain::start(stage.company(), SALES);
    let after = |entry: chain::LogEntry| {
        at = chain::next(at, entry.kind, &entry.bytes.0);
        (Offered { kind: entry.kind, bytes: entry.bytes }, at)
    };
    entries.into_iter().map(after).collect()
}

#[tokio::test]
async fn a_word_is_its_speakers_own_on_the_log_that_stands() {
    let (stage, luis, ana, carla) = company().await;
    let all = entries(&stage, &luis).await;
    let log = log_id(&stage, &luis).await;
    let held = Holding { scope: SALES, log, after: 0, up_to: 2, chain: all[1].1 };
    for (by, said, code) in [
        (&carla, held, "relay.not_allowed"),
        (&ana, Holding { log: LogId([3; 16]), ..held }, "snapshot.other_log"),
        (&ana, Holding { up_to: 3, ..held }, "snapshot.other_chain"),
        (&ana, Holding { up_to: 99, ..held }, "snapshot.other_chain"),
        (&ana, Holding { after: 3, ..held }, "snapshot.forged_word"),
        (&luis, Holding { scope: Scope::Fiscal, ..held }, "relay.not_allowed"),
    ] {
        assert_eq!(says(&stage, by, said).await.unwrap_err(), code);
    }
    let of_luis = HeldWord::sign(stage.company(), held, &luis.keys);
    assert_eq!(tells(&stage, &ana, of_luis).await.unwrap_err(), "snapshot.forged_word");
    let word = HeldWord::sign(stage.company(), held, &ana.keys);
    let told = tells(&stage, &ana, word).await.unwrap();
    assert_eq!(told, ServerFrame::HeldBy { scope: SALES, begins: 0, wants: false, words: vec![word] });
    assert_eq!(stage.relay.handle(&luis.session, ClientFrame::HeldBy { scope: SALES }).await, [told]);
    let asked = stage.relay.handle(&carla.session, ClientFrame::HeldBy { scope: SALES }).await.remove(0);
    assert!(matches!(asked, ServerFrame::Error { code, .. } if code == "relay.not_allowed"));
    // it takes that back
    let start = chain::start(stage.company(), SALES);
    says(&stage, &ana, Holding { up_to: 0, chain: start, ..held }).await.unwrap();
}

#[tokio::test]
async fn whoever_asks_for_what_was_dropped_is_told_where_the_log_begins() {
    let (stage, mut luis, ana, _) = company().await;
    let all = entries(&stage, &luis).await;
    let log = log_id(&stage, &luis).await;
    let (manifest, pack) = snapshot(&stage, &luis, SALES, 2).await;
    offer(&stage, &luis, &manifest).await.unwrap();
    give(&stage, &luis, &manifest, pack.bytes()).await.unwrap();
    say(&stage, &ana, &manifest, Says::Right).await.unwrap();
    let held = Holding { scope: SALES, log, after: 0, up_to: 3, chain: all[2].1 };
    says(&stage, &luis, held).await.unwrap();
    let waits = compact(&stage, 0, true).await;
    assert_eq!(waits.waits_for, 2);
    compact(&stage, 0, false).await;
    let hinders = compact(&stage, 31, false).await.hindrances;
    let anas = ana.keys.id();
    assert!(
        matches!(hinders[..], [Hindrance::Device { device, up_to: 0, .. }, Hindrance::Keepers { persons: 1 }] if device == anas),
        "{hinders:?}"
    );
    says(&stage, &ana, held).await.unwrap();
    let would = compact(&stage, 31, true).await;
    assert_eq!((would.dropped, would.begins, would.hindrances), (2, 0, vec![]));
    let done = compact(&stage, 31, false).await;
    assert_eq!((done.dropped, done.begins), (2, 2));

    let begins = ServerFrame::Begins { scope: SALES, at: 2, chain: all[1].1, head: 3 };
    for frame in [
        ClientFrame::Pull { scope: SALES, from: 1, max: 9 },
        ClientFrame::Fingerprint { scope: SALES, stretch: Stretch { after: 0, up_to: 3 } },
    ] {
        assert_eq!(stage.relay.handle(&ana.session, frame).await.pop(), Some(begins.clone()));
    }
    assert_eq!(ana.subscribe(&stage, SALES, 0).await.pop(), Some(begins));
    assert!(stage.relay.log().poll(&ana.session).await.is_empty(), "it is said once");
    // what stands already is acknowledged, and what comes next is taken
    let next = luis.seal(&stage, SALES, "cuatro");
    let frames = luis.push(&stage, SALES, &[&next]).await;
    assert!(matches!(&frames[..], [ServerFrame::Ack { acks, .. }] if acks[0].seq == 4), "{frames:?}");
    // a manifest of a place whose entry is gone is checked by its chain
    let mut other = manifest.clone();
    other.chain = all[2].1;
    assert_eq!(offer(&stage, &luis, &other).await, Err("snapshot.other_chain".to_owned()));

    // while enough hold it nobody is asked for it; once they do not, it comes back as it was, and nothing else does
    let start = chain::start(stage.company(), SALES);
    let told = says(&stage, &ana, Holding { up_to: 0, chain: start, ..held }).await.unwrap();
    assert!(matches!(told, ServerFrame::HeldBy { begins: 2, wants: true, .. }));
    let forged = Offered { kind: LogKind::Batch, bytes: next.bytes().to_vec().into() };
    let given: Vec<Offered> = std::iter::once(forged).chain(all.iter().map(|(entry, _)| entry.clone())).collect();
    let frames =
        stage.relay.handle(&luis.session, ClientFrame::Offer { scope: SALES, entries: given, last: true }).await;
    assert_eq!(frames, [ServerFrame::Offered { scope: SALES, last: true }]);
    let now: Vec<Offered> = entries(&stage, &luis).await.into_iter().map(|(entry, _)| entry).collect();
    assert_eq!(now[..3], all.iter().map(|(entry, _)| entry.clone()).collect::<Vec<_>>());
    assert_eq!(now.len(), 4);
    let lost = ClientFrame::Offer { scope: SALES, entries: vec![], last: true };
    let frames = stage.relay.handle(&luis.session, lost).await;
    assert!(matches!(&frames[..], [ServerFrame::Error { code, .. }] if code == "relay.not_lost"), "{frames:?}");
}
