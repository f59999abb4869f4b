//! A relay that loses what it kept, and is given it back.

use std::collections::BTreeMap;

use zuc_domain::lead::{Lead, LeadField};
use zuc_domain::shared::LeadId;
use zuc_protocol::{Rights, Role, Scope};
use zuc_store::wire_scope;
use zuc_testkit::network::Network;

use crate::work::{self, SALES};

const LUIS: usize = 0;
const ANA: usize = 1;
const CARLA: usize = 2;
const ELSA: usize = 3;
const BETO: usize = 4;
const DORA: usize = 5;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// Luis founded it, Ana, Beto and Dora sell, Carla and Elsa invoice.
async fn company(seed: u64) -> Network {
    let seller = || Rights::new([Role::Ventas], [1]);
    let finance = || Rights::new([Role::Finanzas], [1]);
    let others = [("Ana", seller()), ("Carla", finance()), ("Elsa", finance()), ("Beto", seller()), ("Dora", seller())];
    let mut network = Network::found(seed, &others).await;
    network.trust_the_relay().await;
    network.give_owed_keys(CARLA).await;
    network.settle().await;
    network
}

/// Everybody writes, before and after the team's key is renewed; Dora is taken out.
async fn a_busy_week(network: &mut Network) -> Vec<LeadId> {
    let mut made = Vec::new();
    for (turn, word) in [(0, "lunes"), (1, "martes")] {
        for at in [LUIS, ANA, CARLA, BETO, DORA] {
            let lead = work::capture(&mut network.laptops[at], &format!("{word}{at}")).await.unwrap();
            work::call(&mut network.laptops[at], lead, "le interesa").await.unwrap();
            made.push(lead);
            network.settle().await;
        }
        if turn == 0 {
            network.order_rotation(wire_scope(SALES)).await;
            network.settle().await;
        }
    }
    network.remove(DORA).await;
    network.settle().await;
    made.push(work::capture(&mut network.laptops[BETO], "miércoles").await.unwrap());
    work::edit(&mut network.laptops[ANA], made[0], LeadField::City(Some("León".into()))).await.unwrap();
    network.settle().await;
    made
}

async fn go_away(network: &mut Network, all: &[usize]) {
    for at in all {
        network.laptops[*at].disconnect().await;
        network.laptops[*at].away = true;
    }
}

fn come_back(network: &mut Network, all: &[usize]) {
    for at in all {
        network.laptops[*at].away = false;
    }
}

/// These hold the same, with every name, as one who has read the log that stands from its beginning; and nothing was set
/// aside.
async fn at_peace(network: &Network, all: &[usize], leads: &[LeadId]) {
    let mut held = BTreeMap::new();
    for at in all {
        let laptop = &network.laptops[*at];
        assert!(laptop.set_aside.is_empty(), "{}: {:?}", laptop.name, laptop.set_aside);
        assert!(laptop.store.quarantined().await.unwrap().is_empty(), "{}", laptop.name);
        assert_eq!(laptop.store.verify().await.unwrap(), [], "{}", laptop.name);
        assert_eq!(laptop.store.unsent().await.unwrap(), 0, "{}", laptop.name);
        let head = network.host.head(network.company, wire_scope(SALES)).await.unwrap();
        let cursor = laptop.store.cursor(SALES).await.unwrap().unwrap();
        assert_eq!((cursor.0, cursor.1), (head.seq, head.chain), "{}", laptop.name);
        for lead in leads {
            let lead = laptop.store.read::<Lead>(*lead).await.unwrap().unwrap();
            assert!(lead.full_name.is_some_and(|name| name.starts_with("Íñigo ")), "{}", laptop.name);
        }
        let digests = laptop.store.digests().await.unwrap();
        held.insert(laptop.name, digests.into_iter().find(|digest| digest.scope == SALES));
    }
    let one = held.values().next().unwrap();
    assert!(held.values().all(|other| other == one), "{held:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_lost_everything_is_given_it_back_by_whoever_is_left() {
    let mut network = company(31).await;
    let made = a_busy_week(&mut network).await;
    for invoice in 1..=3 {
        assert_eq!(network.claim_folio(CARLA, invoice).await, Ok(u64::from(invoice)));
        network.settle().await;
    }
    let before = network.host.head(network.company, wire_scope(SALES)).await.unwrap().seq;

    // Beto's laptop is dead, and what he wrote lies with others only. Ana, who founded nothing, is the first.
    network.wipe_the_relay().await;
    go_away(&mut network, &[LUIS, CARLA, ELSA, BETO]).await;
    network.settle().await;
    at_peace(&network, &[ANA], &made).await;
    assert_eq!(network.host.head(network.company, wire_scope(SALES)).await.unwrap().seq, before, "all of it, once");

    // Of two who invoice one is missing: she may have receipts that nobody else has.
    come_back(&mut network, &[LUIS, CARLA]);
    network.settle().await;
    assert_eq!(network.claim_folio(CARLA, 4).await, Err("relay.frozen".to_owned()));
    assert_eq!(network.order_thaw().await, Err("sync.thaw_early".to_owned()));
    come_back(&mut network, &[ELSA]);
    network.settle().await;
    assert_eq!(network.claim_folio(CARLA, 2).await, Ok(2), "an invoice keeps its folio");
    assert_eq!(network.claim_folio(ELSA, 4).await, Ok(4), "above all receipts");
    assert_eq!(network.order_thaw().await, Err("sync.not_lost".to_owned()));
    assert_eq!(network.host.head(network.company, wire_scope(SALES)).await.unwrap().seq, before, "nothing twice");

    // A newcomer reads what a dead laptop wrote, and the days go on.
    network.join("Fito", Rights::new([Role::Ventas], [1])).await;
    network.settle().await;
    let mut made = made;
    for at in [LUIS, ANA, ELSA, 6] {
        made.push(work::capture(&mut network.laptops[at], &format!("jueves{at}")).await.unwrap());
    }
    network.settle().await;
    at_peace(&network, &[LUIS, ANA, CARLA, ELSA, 6], &made).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_went_back_past_what_was_read_comes_forward_again() {
    let mut network = company(32).await;
    let mut made = vec![work::capture(&mut network.laptops[ANA], "antes").await.unwrap()];
    network.settle().await;
    assert_eq!(network.claim_folio(CARLA, 1).await, Ok(1));
    network.settle().await;
    let copy = network.copy_the_relay().await;
    network.settle().await;
    let name = network.host.log_id(network.company).await;

    // The rest of the week is lost: a new key, a removal, folios, and a laptop that the copy does not know.
    made.extend(a_busy_week(&mut network).await);
    assert_eq!(network.claim_folio(CARLA, 2).await, Ok(2));
    network.join("Fito", Rights::new([Role::Ventas], [1])).await;
    network.settle().await;
    made.push(work::capture(&mut network.laptops[6], "fito").await.unwrap());
    network.settle().await;
    network.put_the_relay_back(&copy).await;

    // The one that it does not know is the first.
    go_away(&mut network, &[LUIS, ANA, CARLA, ELSA, BETO]).await;
    network.settle().await;
    assert_ne!(network.host.log_id(network.company).await, name, "who read the lost part must not go on in it");
    come_back(&mut network, &[CARLA]);
    network.settle().await;
    assert_eq!(network.claim_folio(CARLA, 9).await, Err("relay.frozen".to_owned()), "2 was given, and 3 perhaps");
    come_back(&mut network, &[LUIS, ANA, ELSA, BETO]);
    network.settle().await;
    assert_eq!(network.claim_folio(CARLA, 3).await, Ok(3));
    made.push(work::capture(&mut network.laptops[BETO], "después").await.unwrap());
    network.settle().await;
    at_peace(&network, &[LUIS, ANA, CARLA, ELSA, BETO, 6], &made).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_ahead_of_a_relay_that_went_back_says_so_whatever_the_names_are() {
    let mut network = company(33).await;
    let copy = network.copy_the_relay().await;
    network.settle().await;
    let name = network.host.log_id(network.company).await;
    let lead = work::capture(&mut network.laptops[ANA], "uno").await.unwrap();
    network.settle().await;
    network.put_the_relay_back(&copy).await;
    // No act was lost, only entries; and others are connected already.
    go_away(&mut network, &[ANA]).await;
    go_away(&mut network, &[LUIS, ELSA]).await;
    network.connect(BETO).await;
    while network.carry_up(BETO, false).await {}
    come_back(&mut network, &[ANA, LUIS, ELSA]);
    network.settle().await;
    assert_ne!(network.host.log_id(network.company).await, name);
    assert!(network.host.loss(network.company).await.unwrap().thawed_ms.is_some(), "all who invoice were there");
    at_peace(&network, &[LUIS, ANA, CARLA, ELSA, BETO], &[lead]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_losses_in_a_row_lose_no_more_than_one() {
    let mut network = company(34).await;
    let mut made = a_busy_week(&mut network).await;
    assert_eq!(network.claim_folio(CARLA, 1).await, Ok(1));
    network.settle().await;
    let living = [LUIS, ANA, CARLA, ELSA];
    go_away(&mut network, &[BETO]).await;
    for turn in 0..3 {
        network.wipe_the_relay().await;
        // The first come some of the way, and then it is lost again.
        go_away(&mut network, &[LUIS, ELSA]).await;
        for _ in 0..turn {
            network.round_trip(1_000).await;
        }
        made.push(work::capture(&mut network.laptops[ANA], &format!("vuelta{turn}")).await.unwrap());
        network.round_trip(1_000).await;
        come_back(&mut network, &[LUIS, ELSA]);
    }
    network.settle().await;
    assert_eq!(network.claim_folio(ELSA, 2).await, Ok(2));
    network.settle().await;
    at_peace(&network, &living, &made).await;
    network.wipe_the_relay().await;
    network.settle().await;
    assert_eq!(network.claim_folio(CARLA, 3).await, Ok(3), "those of every log before");
    at_peace(&network, &living, &made).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_laptop_that_never_comes_back_is_waited_for_until_it_is_taken_out() {
    let mut network = company(35).await;
    assert_eq!(network.claim_folio(ELSA, 1).await, Ok(1));
    network.settle().await;
    network.wipe_the_relay().await;
    go_away(&mut network, &[CARLA]).await;
    network.settle().await;
    network.time.pass(2 * DAY_MS);
    network.settle().await;
    assert_eq!(network.claim_folio(ELSA, 2).await, Err("relay.frozen".to_owned()));
    network.remove(CARLA).await;
    assert_eq!(network.claim_folio(ELSA, 2).await, Ok(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_came_after_the_loss_proves_nothing_by_having_nothing() {
    let mut network = company(36).await;
    assert_eq!(network.claim_folio(CARLA, 1).await, Ok(1));
    network.settle().await;
    network.wipe_the_relay().await;
    go_away(&mut network, &[CARLA, ELSA]).await;
    network.settle().await;
    for gone in [CARLA, ELSA] {
        network.remove(gone).await;
    }
    network.join("Fito", Rights::new([Role::Finanzas], [1])).await;
    network.settle().await;
    assert_eq!(network.claim_folio(6, 2).await, Err("relay.frozen".to_owned()), "1 was given, as nobody here knows");
    let loss = network.host.loss(network.company).await.unwrap();
    assert_eq!(loss.thawed_ms, None);
    let fiscal = network.host.head(network.company, Scope::Fiscal).await.unwrap();
    assert_eq!(fiscal.seq, 0, "nobody had the receipt");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_have_receipts_is_known_once_those_who_let_people_in_are_there() {
    let finance = || Rights::new([Role::Finanzas], [1]);
    let mut network = Network::found(37, &[("Nadia", finance()), ("Carla", finance())]).await;
    let (nadia, carla, gala) = (1, 2, 3);
    network.trust_the_relay().await;
    network.give_owed_keys(nadia).await;
    go_away(&mut network, &[carla]).await;
    network.join("Gala", finance()).await;
    network.settle().await;
    network.give_owed_keys(nadia).await;
    assert_eq!(network.claim_folio(gala, 1).await, Ok(1));
    network.settle().await;
    network.wipe_the_relay().await;
    // Carla has never heard of Gala, and Nadia is on a journey.
    go_away(&mut network, &[LUIS, nadia, gala]).await;
    come_back(&mut network, &[carla]);
    network.settle().await;
    assert_eq!(network.claim_folio(carla, 2).await, Err("relay.frozen".to_owned()));
    come_back(&mut network, &[LUIS, nadia]);
    network.settle().await;
    assert_eq!(network.claim_folio(carla, 3).await, Err("relay.frozen".to_owned()), "now Gala is waited for");
    come_back(&mut network, &[gala]);
    network.settle().await;
    assert_eq!(network.claim_folio(carla, 2).await, Ok(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_recovery_code_need_not_wait_a_day_for_whoever_is_missing() {
    let mut network = company(37).await;
    assert_eq!(network.claim_folio(CARLA, 1).await, Ok(1));
    network.settle().await;
    assert_eq!(network.thaw_by_code().await, Err("sync.not_lost".to_owned()), "nothing is decided beforehand");
    network.wipe_the_relay().await;
    go_away(&mut network, &[ELSA]).await;
    network.settle().await;
    assert_eq!(network.claim_folio(CARLA, 2).await, Err("relay.frozen".to_owned()));
    assert_eq!(network.order_thaw().await, Err("sync.thaw_early".to_owned()));
    assert_eq!(network.thaw_by_code().await, Ok(()));
    network.settle().await;
    assert_eq!(network.claim_folio(CARLA, 2).await, Ok(2), "above the receipts that came back");
}
