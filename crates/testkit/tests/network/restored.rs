//! A laptop that is restored while the others go on.

use std::collections::BTreeMap;

use zuc_domain::lead::{Lead, LeadField};
use zuc_domain::shared::LeadId;
use zuc_protocol::{Rights, Role};
use zuc_store::wire_scope;
use zuc_sync::SyncStatus;
use zuc_testkit::network::{Laptop, Network, On};

use crate::work::{self, SALES};

const LUIS: usize = 0;
const ANA: usize = 1;
const BETO: usize = 2;

async fn company(seed: u64) -> Network {
    let seller = || Rights::new([Role::Ventas], [1]);
    Network::found_on(On::Folder, seed, &[("Ana", seller()), ("Beto", seller())]).await
}

async fn city(laptop: &mut Laptop, lead: LeadId, city: &str) {
    assert!(work::edit(laptop, lead, LeadField::City(Some(city.into()))).await.unwrap());
}

async fn field(network: &Network, at: usize, lead: LeadId) -> (Option<String>, Option<String>) {
    let lead = network.laptops[at].store.read::<Lead>(lead).await.unwrap().unwrap();
    (lead.city.clone(), lead.industry.clone())
}

/// Everybody holds the same, nothing is set aside, and everybody's numbers are dense.
async fn at_peace(network: &Network) {
    let mut held = BTreeMap::new();
    for laptop in &network.laptops {
        assert!(laptop.store.quarantined().await.unwrap().is_empty(), "{}", laptop.name);
        assert!(laptop.set_aside.is_empty(), "{}: {:?}", laptop.name, laptop.set_aside);
        assert_eq!(laptop.store.verify().await.unwrap(), [], "{}", laptop.name);
        assert_eq!(laptop.store.unsent().await.unwrap(), 0, "{}", laptop.name);
        let numbers = laptop.store.own_batches_above(wire_scope(SALES), 0).await.unwrap();
        let numbers: Vec<u64> = numbers.iter().map(|batch| batch.number).collect();
        assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>(), "{}", laptop.name);
        let digests = laptop.store.digests().await.unwrap();
        held.insert(laptop.name, digests.into_iter().find(|digest| digest.scope == SALES));
    }
    let one = held.values().next().unwrap();
    assert!(held.values().all(|other| other == one), "{held:?}");
}

/// Yesterday's backup is made in this state of what Ana has written and not sent.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Yesterday {
    /// All was sent.
    Sent,
    /// It waits in the outbox.
    Waiting,
    /// It is sealed, and nobody said that it came.
    Sealed,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_laptop_restored_from_yesterday_loses_nothing_it_had_sent_and_resets_nobody() {
    for (seed, yesterday) in [(11, Yesterday::Sent), (12, Yesterday::Waiting), (13, Yesterday::Sealed)] {
        let mut network = company(seed).await;
        let first = work::capture(&mut network.laptops[ANA], "primero").await.unwrap();
        network.settle().await;
        if yesterday == Yesterday::Waiting {
            network.laptops[ANA].disconnect().await;
        }
        let mut made = Vec::new();
        if yesterday != Yesterday::Sent {
            // sealed at once where there is a connection; what is on its way is lost with it
            made.push(work::capture(&mut network.laptops[ANA], "ayer").await.unwrap());
            city(&mut network.laptops[ANA], first, "León").await;
            network.laptops[ANA].disconnect().await;
        }
        let backup = network.laptops[ANA].back_up().await;
        let incarnation = network.laptops[ANA].store.identity().unwrap().incarnation;

        // today: Ana sends, Beto and Luis work, with and without a connection
        network.settle().await;
        city(&mut network.laptops[ANA], first, "Mérida").await;
        for nth in 0..5 {
            made.push(work::capture(&mut network.laptops[ANA], &format!("hoy{nth}")).await.unwrap());
            work::call(&mut network.laptops[ANA], *made.last().unwrap(), "le interesa").await.unwrap();
            network.settle().await;
        }
        network.laptops[BETO].disconnect().await;
        let of_beto = work::capture(&mut network.laptops[BETO], "beto").await.unwrap();
        assert!(
            work::edit(&mut network.laptops[BETO], first, LeadField::Industry(Some("Herrajes".into()))).await.unwrap()
        );
        let before = network.laptops[LUIS].store.cursor(SALES).await.unwrap().unwrap().0;

        // what was never sent is lost with the disk, and nothing else
        network.laptops[ANA].disconnect().await;
        let lost = work::capture(&mut network.laptops[ANA], "perdido").await.unwrap();
        network.laptops[ANA].restore(&backup).await;
        assert_ne!(network.laptops[ANA].store.identity().unwrap().incarnation, incarnation);
        let held = network.laptops[ANA].store.read::<Lead>(made.last().copied().unwrap()).await.unwrap();
        assert!(held.is_none(), "yesterday's");
        // the first writes of the new incarnation come before anything was read
        city(&mut network.laptops[ANA], first, "Tepic").await;
        let anew = work::capture(&mut network.laptops[ANA], "nuevo").await.unwrap();
        city(&mut network.laptops[LUIS], first, "Colima").await;

        network.settle().await;
        at_peace(&network).await;
        assert!(network.laptops[LUIS].store.cursor(SALES).await.unwrap().unwrap().0 > before, "nobody began anew");
        for at in [LUIS, ANA, BETO] {
            let store = &network.laptops[at].store;
            for lead in made.iter().chain([&first, &anew, &of_beto]) {
                assert!(store.read::<Lead>(*lead).await.unwrap().is_some(), "{yesterday:?}: laptop {at}");
            }
            assert!(store.read::<Lead>(lost).await.unwrap().is_none());
            assert_eq!(field(&network, at, first).await.1.as_deref(), Some("Herrajes"));
        }

        // and the next days are like any other
        for at in [ANA, BETO, LUIS] {
            work::capture(&mut network.laptops[at], &format!("luego{at}")).await.unwrap();
            city(&mut network.laptops[at], anew, &format!("Puebla {at}")).await;
        }
        network.settle().await;
        at_peace(&network).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_laptop_can_be_restored_from_the_same_backup_again_and_again() {
    let mut network = company(21).await;
    let first = work::capture(&mut network.laptops[ANA], "primero").await.unwrap();
    network.laptops[ANA].disconnect().await;
    city(&mut network.laptops[ANA], first, "León").await;
    let backup = network.laptops[ANA].back_up().await;
    network.settle().await;
    let mut all = vec![first];
    for turn in 0..3 {
        network.laptops[ANA].disconnect().await;
        network.laptops[ANA].restore(&backup).await;
        all.push(work::capture(&mut network.laptops[ANA], &format!("vuelta{turn}")).await.unwrap());
        city(&mut network.laptops[ANA], first, &format!("Tepic {turn}")).await;
        city(&mut network.laptops[BETO], first, &format!("Toluca {turn}")).await;
        network.settle().await;
        at_peace(&network).await;
    }
    for lead in all {
        assert!(network.laptops[BETO].store.read::<Lead>(lead).await.unwrap().is_some());
    }
}

/// Whoever took somebody out made the keys of the bags anew. Restored from before that, and with the relay's data gone too, they get
/// back from the others what they had made themselves.
#[tokio::test(flavor = "multi_thread")]
async fn who_made_the_keys_of_a_bag_gets_them_back_from_the_others() {
    let mut network = company(31).await;
    let lead = work::capture(&mut network.laptops[ANA], "primero").await.unwrap();
    network.settle().await;
    let backup = network.laptops[LUIS].back_up().await;
    network.remove(BETO).await;
    network.settle().await;
    network.laptops.truncate(BETO);
    city(&mut network.laptops[ANA], lead, "León").await;
    network.settle().await;

    network.laptops[LUIS].restore(&backup).await;
    network.wipe_the_relay().await;
    network.settle().await;
    at_peace(&network).await;
    for laptop in &network.laptops {
        assert_eq!(laptop.engine.status(), SyncStatus::UpToDate, "{}", laptop.name);
    }
    assert_eq!(field(&network, LUIS, lead).await.0.as_deref(), Some("León"));
}
