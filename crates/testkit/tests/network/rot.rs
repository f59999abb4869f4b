//! Entries of the log that rot on a laptop's disk: they are pulled again, and no relay makes anything of it.

use zuc_protocol::messages::{ClientFrame, ServerFrame};
use zuc_protocol::{Rights, Role, Scope};
use zuc_store::wire_scope;
use zuc_testkit::network::{Network, On};

use crate::work::{self, SALES};

const LUIS: usize = 0;
const ANA: usize = 1;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
const LEADS: usize = 60;

/// Luis founded it, Ana sells; both have worked, and both disks were looked at.
async fn company(seed: u64) -> Network {
    let seller = Rights::new([Role::Ventas], [1]);
    let mut network = Network::found_on(On::Folder, seed, &[("Ana", seller)]).await;
    for turn in 0..LEADS {
        Box::pin(work::capture(&mut network.laptops[turn % 2], &format!("peña{turn}"))).await.unwrap();
        Box::pin(network.settle()).await;
    }
    minutes(&mut network, 2).await;
    network
}

async fn minutes(network: &mut Network, minutes: usize) {
    for _ in 0..minutes * 12 {
        network.round_trip(5_000).await;
    }
}

fn scope() -> Scope {
    wire_scope(SALES)
}

/// What rots on Ana's disk: bytes, the name under which an entry is kept, both, whole rows, and rows of a list.
async fn rot(network: &Network) -> u64 {
    let ana = &network.laptops[ANA];
    let mut spoiled = 0;
    for statement in [
        "UPDATE entry SET bytes = x'00' || substr(bytes, 2) WHERE seq IN (3, 30, 31) AND scope = (SELECT max(scope) FROM entry)",
        "UPDATE entry SET hash = randomblob(16) WHERE seq = 7 AND scope = (SELECT max(scope) FROM entry)",
        "UPDATE entry SET bytes = randomblob(300), hash = randomblob(16) WHERE seq = 40 AND scope = (SELECT max(scope) FROM entry)",
        "DELETE FROM entry WHERE seq IN (1, 2, 55) AND scope = (SELECT max(scope) FROM entry)",
    ] {
        spoiled += ana.sql(statement).await;
    }
    assert!(ana.sql("DELETE FROM lead_row WHERE id IN (SELECT id FROM lead_row LIMIT 5)").await > 0);
    spoiled
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_that_rot_are_pulled_again_within_the_week_and_the_lists_are_made_anew() {
    let mut network = company(71).await;
    let before = network.laptops[ANA].entries(scope()).await;
    assert_eq!(before, network.laptops[LUIS].entries(scope()).await);
    assert_eq!(rot(&network).await, 8);
    assert_ne!(network.laptops[ANA].entries(scope()).await, before);
    minutes(&mut network, 3).await;
    assert_ne!(network.laptops[ANA].entries(scope()).await, before, "nobody looks every minute");
    network.time.pass(7 * DAY_MS);
    minutes(&mut network, 10).await;
    assert_eq!(network.laptops[ANA].entries(scope()).await, before);
    assert_eq!(network.laptops[ANA].store.verify().await.unwrap(), [], "the lists too");
    assert_eq!(network.laptops[ANA].store.digests().await.unwrap(), {
        let read = network.laptops[ANA].store.digests().await.unwrap();
        let luis = network.laptops[LUIS].store.digests().await.unwrap();
        luis.into_iter().filter(|digest| read.iter().any(|one| one.scope == digest.scope)).collect::<Vec<_>>()
    });
    // and it goes on
    work::capture(&mut network.laptops[ANA], "después").await.unwrap();
    network.settle().await;
    assert_eq!(network.laptops[LUIS].store.verify().await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_somebody_verifies_it_is_not_waited_for_the_week() {
    let mut network = company(72).await;
    let before = network.laptops[ANA].entries(scope()).await;
    rot(&network).await;
    let found = network.laptops[ANA].store.verify().await.unwrap();
    assert!(found.iter().any(|problem| problem.code == "verify.log_chain"), "{found:?}");
    minutes(&mut network, 3).await;
    assert_eq!(network.laptops[ANA].entries(scope()).await, before);
    assert_eq!(network.laptops[ANA].store.verify().await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_gives_other_bytes_changes_nothing_and_the_next_honest_answer_mends() {
    let mut network = company(73).await;
    let before = network.laptops[ANA].entries(scope()).await;
    rot(&network).await;
    let spoiled = network.laptops[ANA].entries(scope()).await;
    network.laptops[ANA].store.verify().await.unwrap();
    // every page of the past is another
    network.meddle = Some(Box::new(|frame| {
        if let ServerFrame::Entries { entries, .. } = frame {
            for entry in entries.iter_mut() {
                entry.bytes.0[60] ^= 1;
            }
        }
    }));
    let cursor = network.laptops[ANA].engine.cursor(scope());
    minutes(&mut network, 3).await;
    assert_eq!(network.laptops[ANA].entries(scope()).await, spoiled, "nothing is taken, and nothing dropped");
    assert_eq!(network.laptops[ANA].engine.cursor(scope()), cursor);
    assert!(network.laptops[ANA].store.quarantined().await.unwrap().is_empty());
    network.meddle = None;
    network.time.pass(DAY_MS);
    minutes(&mut network, 10).await;
    assert_eq!(network.laptops[ANA].entries(scope()).await, before);
    assert_eq!(network.laptops[ANA].store.verify().await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_sound_disk_the_relay_is_asked_nothing_whatever_it_would_say() {
    let mut network = company(74).await;
    network.time.pass(8 * DAY_MS);
    for _ in 0..60 {
        network.time.pass(5_000);
        let now = network.time.passed_ms();
        network.connect(ANA).await;
        network.laptops[ANA].hear(zuc_sync::Input::Tick(now)).await;
        let asks = network.laptops[ANA].up.iter().any(|frame| matches!(frame, ClientFrame::Fingerprint { .. }));
        assert!(!asks);
        while network.carry_up(ANA, false).await {}
        network.poll(ANA).await;
        while network.laptops[ANA].receive(0, 1).await {}
    }
}
