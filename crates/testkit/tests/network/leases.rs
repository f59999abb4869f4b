//! Jobs that one device does for all: of two that wake, one; and whoever slept over the end of its lease does nothing under it.

use uuid::Uuid;
use zuc_protocol::{Rights, Role};
use zuc_store::{Lease, StoreError};
use zuc_testkit::network::Network;

use crate::work;

const LUIS: usize = 0;
const ANA: usize = 1;
const CARLA: usize = 2;
const DORA: usize = 3;

const JOB: &str = "proposal_to_cash";
const PROCESS: Uuid = Uuid::from_u128(0x77);
const SUBJECT: Uuid = Uuid::from_u128(0x78);
/// How long the leases here last, and a moment more.
const LASTS_MS: u32 = 120_000;
const LATER_MS: i64 = 121_000;

/// Luis manages, Ana sells, Carla and Dora invoice.
async fn company() -> Network {
    let finance = || Rights::new([Role::Finanzas], []);
    let others = [("Ana", Rights::new([Role::Ventas], [1])), ("Carla", finance()), ("Dora", finance())];
    let mut network = Network::found(1, &others).await;
    network.trust_the_relay().await;
    network
}

async fn lease(network: &mut Network, at: usize) -> Result<Lease, String> {
    network.lease(at, JOB, PROCESS, LASTS_MS).await
}

/// Takes a step of the process under a lease.
async fn step(network: &mut Network, at: usize, lease: &Lease, state: &str, words: &[&str]) -> Result<(), StoreError> {
    let laptop = &mut network.laptops[at];
    let mut tx = laptop.begin().await?;
    tx.put_saga(PROCESS, JOB, SUBJECT, state, &words, lease).await?;
    laptop.commit_under(tx, lease).await
}

/// Where the process stands at a laptop.
async fn stands(network: &mut Network, at: usize) -> Option<Vec<String>> {
    let mut tx = network.laptops[at].begin().await.unwrap();
    tx.saga::<Vec<String>>(PROCESS).await.unwrap().map(|saved| saved.body)
}

/// Everybody who reads finance holds the same, as its facts make it; who does not, nothing.
async fn all_hold(network: &mut Network, words: &[&str]) {
    let mut first = None;
    for at in [LUIS, CARLA, DORA] {
        assert_eq!(stands(network, at).await.unwrap(), words, "{}", network.laptops[at].name);
        let store = &network.laptops[at].store;
        assert_eq!(store.rebuild(false).await.unwrap(), []);
        let finance = store.digests().await.unwrap().into_iter().find(|digest| digest.scope.to_string() == "finance");
        assert_eq!(*first.get_or_insert_with(|| finance.clone()), finance, "{}", network.laptops[at].name);
    }
    assert_eq!(stands(network, ANA).await, None);
}

#[tokio::test]
async fn of_two_that_wake_one_does_the_work_and_the_other_finds_it_done() {
    let mut network = company().await;
    let carlas = lease(&mut network, CARLA).await.unwrap();
    assert_eq!(lease(&mut network, DORA).await.unwrap_err(), "relay.leased");
    step(&mut network, CARLA, &carlas, "running", &["customer"]).await.unwrap();
    step(&mut network, CARLA, &carlas, "done", &["customer", "invoice"]).await.unwrap();
    network.settle().await;
    network.time.pass(LATER_MS);
    let doras = lease(&mut network, DORA).await.unwrap();
    assert!(doras.fence() > carlas.fence());
    all_hold(&mut network, &["customer", "invoice"]).await;
}

#[tokio::test]
async fn who_has_not_read_everything_gets_no_lease() {
    let mut network = company().await;
    network.laptops[DORA].disconnect().await;
    network.laptops[DORA].away = true;
    work::capture(&mut network.laptops[ANA], "peñón").await.unwrap();
    network.settle().await;
    network.laptops[DORA].away = false;
    network.connect(DORA).await;
    assert_eq!(lease(&mut network, DORA).await.unwrap_err(), "lease.behind");
    network.settle().await;
    lease(&mut network, DORA).await.unwrap();
    assert_eq!(lease(&mut network, ANA).await.unwrap_err(), "relay.not_allowed", "it is a job of finance");
}

#[tokio::test]
async fn a_laptop_that_slept_over_the_end_of_its_lease_writes_nothing() {
    let mut network = company().await;
    let carlas = lease(&mut network, CARLA).await.unwrap();
    let laptop = &mut network.laptops[CARLA];
    let mut tx = laptop.begin().await.unwrap();
    tx.put_saga(PROCESS, JOB, SUBJECT, "running", &["customer"], &carlas).await.unwrap();
    // the lid is shut before the commit
    network.time.pass(LATER_MS);
    let refused = network.laptops[CARLA].commit_under(tx, &carlas).await;
    assert!(matches!(refused, Err(StoreError::LeaseOver)), "{refused:?}");
    assert_eq!(stands(&mut network, CARLA).await, None);
    assert_eq!(network.laptops[CARLA].store.unsent().await.unwrap(), 0);
    // nor where the clock says that it never slept
    let carlas = lease(&mut network, CARLA).await.unwrap();
    network.laptops[CARLA].skew = -3_600;
    let refused = step(&mut network, CARLA, &carlas, "running", &["customer"]).await;
    assert!(matches!(refused, Err(StoreError::LeaseOver)), "{refused:?}");
}

#[tokio::test]
async fn a_relay_that_forgot_a_lease_gives_the_next_above_it() {
    let mut network = company().await;
    let carlas = lease(&mut network, CARLA).await.unwrap();
    step(&mut network, CARLA, &carlas, "running", &["customer"]).await.unwrap();
    network.settle().await;
    network.laptops[CARLA].disconnect().await;
    network.laptops[CARLA].away = true;
    network.wipe_the_relay().await;
    network.settle().await;
    // as far as the relay knows nobody ever held it
    let doras = lease(&mut network, DORA).await.unwrap();
    assert!(doras.fence() > carlas.fence(), "{} and {}", doras.fence(), carlas.fence());
    step(&mut network, DORA, &doras, "running", &["customer", "contract of Dora"]).await.unwrap();
    step(&mut network, DORA, &doras, "done", &["customer", "contract of Dora", "invoice"]).await.unwrap();
    network.settle().await;
    // nor is hers over, as far as Carla's knows: it goes on without a network, and gives way
    step(&mut network, CARLA, &carlas, "running", &["customer", "contract"]).await.unwrap();
    network.laptops[CARLA].away = false;
    network.settle().await;
    all_hold(&mut network, &["customer", "contract of Dora", "invoice"]).await;
    let fenced = step(&mut network, CARLA, &carlas, "running", &["late"]).await;
    assert!(matches!(fenced, Err(StoreError::Fenced)), "{fenced:?}");
    network.time.pass(LATER_MS);
    assert!(lease(&mut network, CARLA).await.unwrap().fence() > doras.fence());
}

#[tokio::test]
async fn what_was_done_without_a_network_gives_way_to_what_was_done_under_a_later_lease() {
    let mut network = company().await;
    let carlas = lease(&mut network, CARLA).await.unwrap();
    step(&mut network, CARLA, &carlas, "running", &["customer"]).await.unwrap();
    network.settle().await;
    network.laptops[CARLA].disconnect().await;
    network.laptops[CARLA].away = true;
    step(&mut network, CARLA, &carlas, "running", &["customer", "contract"]).await.unwrap();
    step(&mut network, CARLA, &carlas, "compensating", &["customer"]).await.unwrap();
    step(&mut network, CARLA, &carlas, "compensated", &[]).await.unwrap();
    network.time.pass(LATER_MS);
    let doras = lease(&mut network, DORA).await.unwrap();
    step(&mut network, DORA, &doras, "running", &["customer", "contract of Dora"]).await.unwrap();
    step(&mut network, DORA, &doras, "done", &["customer", "contract of Dora", "invoice"]).await.unwrap();
    network.settle().await;
    network.laptops[CARLA].away = false;
    network.settle().await;
    all_hold(&mut network, &["customer", "contract of Dora", "invoice"]).await;
    for at in [LUIS, CARLA, DORA] {
        assert_eq!(network.laptops[at].store.lost_facts().await.unwrap().len(), 2, "kept, and told apart");
    }
    let fenced = step(&mut network, CARLA, &carlas, "running", &["late"]).await;
    assert!(matches!(fenced, Err(StoreError::Fenced)), "{fenced:?}");
}
