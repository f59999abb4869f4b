//! A log whose beginning the relay has dropped: what everybody holds, who begins at what stands for it, and how it comes back.

use zuc_domain::lead::LeadField;
use zuc_domain::shared::LeadId;
use zuc_protocol::manifest::manifest_hash;
use zuc_protocol::messages::ServerFrame;
use zuc_relay::compact::{Compacted, Hindrance};
use zuc_store::{Fate, Snapshot};
use zuc_sync::SyncStatus;
use zuc_testkit::network::Network;

use crate::snapshots::{ANA, BETO, LUIS, SALES, begins, company, history, idle, reads, same, snapshot};
use crate::work;

const OLGA: usize = 3;
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// Everybody who is there says what they hold, and the relay drops what it may.
async fn compact(network: &mut Network) -> Compacted {
    network.settle().await;
    for at in 0..network.laptops.len() {
        if network.laptops[at].is_online() {
            network.hold(at, SALES).await.unwrap();
        }
    }
    network.host.compact(network.company, SALES).await
}

/// So many days pass, and everybody who is there looks in.
async fn days(network: &mut Network, days: i64) {
    network.time.pass(days * DAY_MS);
    network.disconnect_all().await;
    network.settle().await;
}

/// A company with a history, a snapshot of it for which the relay has dropped the entries, and what came since. Olga has read all of it.
async fn compacted(seed: u64) -> (Network, Vec<LeadId>, Snapshot) {
    let mut network = company(seed).await;
    let mut leads = history(&mut network, "peñón").await;
    assert_eq!(reads(&mut network, "Olga").await, OLGA);
    let made = snapshot(&mut network).await;
    compact(&mut network).await;
    days(&mut network, 31).await;
    let done = compact(&mut network).await;
    assert_eq!((done.begins, done.hindrances), (made.manifest.cursor, vec![]));
    leads.extend(history(&mut network, "laguna").await);
    (network, leads, made)
}

fn is_young(hindrance: &Hindrance) -> bool {
    matches!(hindrance, Hindrance::TooYoung { .. })
}

#[tokio::test]
async fn what_everybody_holds_is_dropped_a_month_after_two_persons_vouched_and_not_before() {
    let mut network = company(41).await;
    history(&mut network, "peñón").await;
    let nothing = compact(&mut network).await;
    assert_eq!(nothing.hindrances, [Hindrance::NoSnapshot]);
    let made = network.snapshot(LUIS, SALES).await;
    network.offer_snapshot(LUIS, &made).await.unwrap();
    assert_eq!(compact(&mut network).await.hindrances, [Hindrance::NoSnapshot], "one person has signed");
    assert!(network.look_into(ANA, &made).await);
    let waits = compact(&mut network).await;
    assert!(matches!(waits.hindrances[..], [ref young] if is_young(young)), "{waits:?}");
    assert_eq!((waits.begins, waits.waits_for), (0, made.manifest.cursor));
    days(&mut network, 29).await;
    assert!(compact(&mut network).await.hindrances.iter().all(is_young));
    // one who has come meanwhile and has not read it all
    let nora = begins(&mut network, "Nora").await;
    days(&mut network, 2).await;
    let hinders = compact(&mut network).await.hindrances;
    let noras = network.laptops[nora].keys().id();
    assert!(matches!(hinders[..], [Hindrance::Device { device, .. }] if device == noras), "{hinders:?}");
    idle(&mut network, nora).await;
    assert!(network.proves(nora, &made).await);
    let done = compact(&mut network).await;
    assert_eq!((done.begins, done.dropped), (made.manifest.cursor, made.manifest.cursor));
    assert!(network.host.read(network.company, SALES, 0).await.unwrap().entries.is_empty());
    assert_eq!(compact(&mut network).await.dropped, 0);
}

#[tokio::test]
async fn what_is_disputed_while_it_is_waited_for_drops_nothing() {
    let mut network = company(42).await;
    history(&mut network, "peñón").await;
    let made = snapshot(&mut network).await;
    compact(&mut network).await;
    days(&mut network, 31).await;
    network.say(BETO, &made, zuc_protocol::manifest::Says::Wrong).await;
    let done = compact(&mut network).await;
    assert_eq!((done.begins, done.hindrances), (0, vec![Hindrance::NoSnapshot]));
}

#[tokio::test]
async fn who_joins_a_log_that_begins_later_holds_what_the_others_hold_and_says_that_it_lacks_the_rest() {
    let (mut network, leads, made) = Box::pin(compacted(43)).await;
    let nora = begins(&mut network, "Nora").await;
    assert_eq!(network.laptops[nora].begun, [(SALES, made.manifest.cursor)]);
    same(&network, nora, OLGA, &leads).await;
    for _ in 0..20 {
        network.round_trip(1_000).await;
    }
    assert!(network.laptops[nora].store.unproven(SALES).await.unwrap().is_none(), "nothing is there to prove it with");
    let held = network.hold(nora, SALES).await.unwrap();
    assert_eq!(held.after, made.manifest.cursor);
    assert!(!held.is_whole_to(held.up_to));
    let told = network.laptops[nora].store.findings().await.unwrap();
    assert_eq!(told.iter().filter(|found| found.fate == Fate::Unproven).count(), 1);
    // whoever would read it all begins there too
    let paco = reads(&mut network, "Paco").await;
    assert_eq!(network.laptops[paco].begun, [(SALES, made.manifest.cursor)]);
    same(&network, paco, OLGA, &leads).await;
    // and they write and restart as everybody does
    network.laptops[nora].restart().await;
    assert!(work::call(&mut network.laptops[nora], leads[0], "buenos días").await.unwrap());
    network.settle().await;
    same(&network, nora, OLGA, &leads).await;
    all_alike(&network, paco).await;
}

#[tokio::test]
async fn who_comes_back_after_sixty_days_begins_anew_and_sends_what_they_wrote() {
    let mut network = company(44).await;
    let mut leads = history(&mut network, "peñón").await;
    assert_eq!(reads(&mut network, "Olga").await, OLGA);
    network.laptops[BETO].disconnect().await;
    network.laptops[BETO].away = true;
    let mine = work::capture(&mut network.laptops[BETO], "vereda").await.unwrap();
    assert!(work::call(&mut network.laptops[BETO], leads[0], "desde la sierra").await.unwrap());
    assert!(work::edit(&mut network.laptops[BETO], mine, LeadField::City(Some("Silao".into()))).await.unwrap());
    leads.extend(history_without_beto(&mut network).await);
    let made = snapshot(&mut network).await;
    compact(&mut network).await;
    days(&mut network, 31).await;
    let hinders = compact(&mut network).await.hindrances;
    assert!(matches!(hinders[..], [Hindrance::Device { .. }]), "he is waited for: {hinders:?}");
    days(&mut network, 30).await;
    let done = compact(&mut network).await;
    assert_eq!((done.begins, done.hindrances), (made.manifest.cursor, vec![]));
    // a person was forgotten meanwhile
    network.forget(leads[0].0).await;
    network.settle().await;

    network.laptops[BETO].away = false;
    network.settle().await;
    assert_eq!(network.laptops[BETO].begun, [(SALES, made.manifest.cursor)]);
    assert_eq!(network.laptops[BETO].store.unsent().await.unwrap(), 0, "nothing of his is lost");
    leads.push(mine);
    same(&network, BETO, OLGA, &leads).await;
    network.laptops[BETO].restart().await;
    assert!(work::call(&mut network.laptops[BETO], mine, "otra vez aquí").await.unwrap());
    network.settle().await;
    same(&network, BETO, OLGA, &leads).await;
}

/// What Luis and Ana do while Beto is away.
async fn history_without_beto(network: &mut Network) -> Vec<LeadId> {
    let mut leads = Vec::new();
    for at in [LUIS, ANA, LUIS] {
        let lead = work::capture(&mut network.laptops[at], "laguna").await.unwrap();
        network.settle().await;
        assert!(work::call(&mut network.laptops[at], lead, "le interesa").await.unwrap());
        network.settle().await;
        leads.push(lead);
    }
    leads
}

#[tokio::test]
async fn a_lost_log_whose_beginning_was_dropped_comes_back_whole() {
    let (mut network, leads, _) = Box::pin(compacted(45)).await;
    let nora = begins(&mut network, "Nora").await;
    let head = network.host.head(network.company, SALES).await.unwrap().seq;
    network.wipe_the_relay().await;
    network.settle().await;
    let page = network.host.read(network.company, SALES, 0).await.unwrap();
    assert_eq!((page.entries.len() as u64, page.begins), (head, 0), "from those who held all of it");
    assert_eq!(leads.len(), 8);
    all_alike(&network, nora).await;
}

/// Every laptop up to one holds the same documents, facts and rows.
async fn all_alike(network: &Network, last: usize) {
    let digests = network.laptops[LUIS].store.digests().await.unwrap();
    for laptop in &network.laptops[..=last] {
        assert_eq!(laptop.store.digests().await.unwrap(), digests, "{}", laptop.name);
        assert_eq!(laptop.store.verify().await.unwrap(), [], "{}", laptop.name);
    }
}

#[tokio::test]
async fn a_relay_that_was_put_back_gets_what_it_had_dropped_from_those_who_hold_it() {
    let (mut network, ..) = Box::pin(compacted(46)).await;
    let copy = network.copy_the_relay().await;
    network.settle().await;
    history(&mut network, "vereda").await;
    network.put_the_relay_back(&copy).await;
    network.settle().await;
    let page = network.host.read(network.company, SALES, 0).await.unwrap();
    assert_eq!(page.begins, 0);
    let paco = reads(&mut network, "Paco").await;
    all_alike(&network, paco).await;
}

#[tokio::test]
async fn where_too_few_hold_what_was_dropped_it_comes_back_and_who_began_later_can_prove_it() {
    let (mut network, leads, made) = Box::pin(compacted(47)).await;
    let nora = begins(&mut network, "Nora").await;
    for at in [BETO, ANA, OLGA] {
        network.remove(at).await;
    }
    network.settle().await;
    network.hold(nora, SALES).await.unwrap();
    network.hold(LUIS, SALES).await.unwrap();
    let page = network.host.read(network.company, SALES, 0).await.unwrap();
    assert_eq!(page.begins, 0, "Luis alone held it");
    // the relay does not drop it again
    assert_eq!(network.host.compact(network.company, SALES).await.begins, 0);
    network.laptops[nora].disconnect().await;
    network.settle().await;
    idle(&mut network, nora).await;
    assert!(network.proves(nora, &made).await);
    assert_eq!(network.hold(nora, SALES).await.unwrap().after, 0);
    assert_eq!(leads.len(), 8);
    let digests = network.laptops[LUIS].store.digests().await.unwrap();
    assert_eq!(network.laptops[nora].store.digests().await.unwrap(), digests);
}

#[tokio::test]
async fn a_relay_that_drops_what_nobody_vouched_for_is_found_out_and_nothing_is_built_upon_it() {
    let mut network = company(48).await;
    let leads = history(&mut network, "peñón").await;
    assert_eq!(reads(&mut network, "Olga").await, OLGA);
    network.laptops[BETO].disconnect().await;
    network.laptops[BETO].away = true;
    assert!(work::call(&mut network.laptops[BETO], leads[0], "sin red").await.unwrap());
    history_without_beto(&mut network).await;
    // one person alone has signed, and the relay does not wait
    let made = network.snapshot(LUIS, SALES).await;
    network.offer_snapshot(LUIS, &made).await.unwrap();
    let named = manifest_hash(&made.manifest.to_bytes().unwrap());
    network.host.cut(network.company, SALES, named).await;
    network.laptops[BETO].away = false;
    let told = |network: &Network| network.laptops[BETO].engine.status();
    for _ in 0..60 {
        network.round_trip(1_000).await;
    }
    assert_eq!(told(&network), SyncStatus::Failed("sync.log_begins"));
    // what it shows of snapshots does not reach so far
    network.meddle = Some(Box::new(|frame| {
        if let ServerFrame::Manifests { kept, .. } = frame {
            kept.clear();
        }
    }));
    for _ in 0..600 {
        network.round_trip(1_000).await;
    }
    assert_eq!(told(&network), SyncStatus::Failed("sync.log_cut"));
    assert!(network.laptops[BETO].begun.is_empty());
    assert!(work::call(&mut network.laptops[BETO], leads[0], "ya con red").await.unwrap());
    network.round_trip(1_000).await;
    assert_eq!(network.laptops[BETO].store.unsent().await.unwrap(), 1, "what he writes now waits");
    // a second person finds it right: it goes on by itself
    network.meddle = None;
    assert!(network.look_into(ANA, &made).await);
    for _ in 0..600 {
        network.round_trip(1_000).await;
    }
    assert_eq!(network.laptops[BETO].store.unsent().await.unwrap(), 0);
    same(&network, BETO, OLGA, &leads).await;
}
