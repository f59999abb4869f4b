//! The printed code, when no laptop of an administrator is left: it lets one in, who reads everything, and gives way to
//! another code.

use zuc_domain::lead::{Lead, LeadField};
use zuc_domain::shared::Scope;
use zuc_protocol::{Rights, Role};
use zuc_store::ScopeDigest;
use zuc_testkit::network::Network;

use crate::work::{self, SALES};

const ANA: usize = 1;
const CARLA: usize = 2;
/// After a recovery: who came in by the code, and who stayed.
const NADIA: usize = 0;
const STAYED: usize = 1;

async fn company(seed: u64) -> Network {
    let others = [("Ana", Rights::new([Role::Ventas], [1])), ("Carla", Rights::new([Role::Finanzas], [1]))];
    Network::found(seed, &others).await
}

/// What a laptop holds, but of those scopes that only the administrator reads.
async fn held(network: &Network, at: usize) -> Vec<ScopeDigest> {
    let digests = network.laptops[at].store.digests().await.unwrap();
    digests.into_iter().filter(|digest| digest.scope != Scope::Admin).collect()
}

#[tokio::test]
async fn when_every_laptop_is_gone_the_code_brings_all_of_it_back_and_is_good_no_more() {
    let mut network = company(71).await;
    let lead = work::capture(&mut network.laptops[ANA], "peñón").await.unwrap();
    network.settle().await;
    work::edit(&mut network.laptops[CARLA], lead, LeadField::City(Some("León".into()))).await.unwrap();
    network.settle().await;
    let before = held(&network, CARLA).await;

    for name in ["Nadia", "Olga"] {
        // the second time by the code that took the place of the first
        let used = Box::pin(network.recover(name, None)).await;
        assert!(network.session_of(&used).await.is_err(), "the relay knows it no more");
        let store = &network.laptops[NADIA].store;
        let read = store.read::<Lead>(lead).await.unwrap().unwrap();
        assert_eq!((read.full_name.as_deref(), read.city.as_deref()), (Some("Íñigo peñón"), Some("León")));
        assert_eq!(held(&network, NADIA).await, before, "{name}");
        for scope in Scope::all(1) {
            assert!(store.bag(scope).is_some(), "{name} holds the names of {scope}");
        }
        assert!(network.laptops[NADIA].set_aside.is_empty());
    }
}

#[tokio::test]
async fn who_stayed_goes_on_beside_whoever_came_in_by_the_code_and_the_lost_laptops_are_taken_out() {
    let mut network = company(72).await;
    let lead = work::capture(&mut network.laptops[ANA], "peñón").await.unwrap();
    network.settle().await;
    let lost = [0, CARLA].map(|at| network.laptops[at].keys().id());
    network.laptops[ANA].disconnect().await;
    let offline = work::capture(&mut network.laptops[ANA], "muñoz").await.unwrap();

    Box::pin(network.recover("Nadia", Some(ANA))).await;
    for device in lost {
        network.remove_device(device).await;
    }
    let later = work::capture(&mut network.laptops[NADIA], "ibáñez").await.unwrap();
    network.settle().await;
    work::edit(&mut network.laptops[STAYED], later, LeadField::City(Some("Tepic".into()))).await.unwrap();
    network.settle().await;
    for laptop in &network.laptops {
        for (lead, name) in [(lead, "peñón"), (offline, "muñoz"), (later, "ibáñez")] {
            let read = laptop.store.read::<Lead>(lead).await.unwrap().unwrap();
            assert_eq!(read.full_name, Some(format!("Íñigo {name}")), "{}", laptop.name);
        }
        assert_eq!((laptop.store.unsent().await.unwrap(), laptop.set_aside.len()), (0, 0), "{}", laptop.name);
    }
    let shared = |held: Vec<ScopeDigest>| held.into_iter().find(|digest| digest.scope == SALES);
    assert_eq!(shared(held(&network, NADIA).await), shared(held(&network, STAYED).await));
    let log = network.laptops[NADIA].engine.log();
    assert!(log.scopes().all(|scope| !log.is_stale(scope)), "nothing waits for those who are gone");
}
