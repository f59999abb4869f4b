//! Three laptops and a relay.

use zuc_domain::customer::Customer;
use zuc_domain::lead::{Lead, LeadField};
use zuc_domain::shared::{CustomerId, Scope};
use zuc_protocol::control::ControlAct;
use zuc_protocol::messages::ClientFrame;
use zuc_protocol::{Rights, Role};
use zuc_sync::{ControlStep, Effect, Input, SyncStatus};
use zuc_testkit::network::Network;

use crate::work::{self, SALES};

const LUIS: usize = 0;
const ANA: usize = 1;
const CARLA: usize = 2;

async fn company() -> Network {
    let others = [("Ana", Rights::new([Role::Ventas], [1])), ("Carla", Rights::new([Role::Finanzas], [1]))];
    Network::found(1, &others).await
}

#[tokio::test]
async fn what_ana_did_offline_luis_has_once_she_is_online_and_nobody_holds_a_key_too_many() {
    let mut network = company().await;
    network.laptops[ANA].disconnect().await;
    let lead = work::capture(&mut network.laptops[ANA], "peñón").await.unwrap();
    assert_eq!(network.laptops[ANA].store.unsent().await.unwrap(), 1);
    assert!(network.laptops[LUIS].store.read::<Lead>(lead).await.unwrap().is_none());
    network.settle().await;
    assert_eq!(network.laptops[ANA].store.unsent().await.unwrap(), 0);
    let here = network.laptops[LUIS].store.read::<Lead>(lead).await.unwrap().unwrap();
    assert_eq!(here.full_name.as_deref(), Some("Íñigo peñón"), "with the person's key, that came along");
    let holds = |at: usize, scope| network.laptops[at].store.bag(scope).is_some();
    assert_eq!([ANA, CARLA].map(|at| holds(at, SALES)), [true, true], "both work for the team");
    assert_eq!([ANA, CARLA].map(|at| holds(at, Scope::Fiscal)), [false, true]);
    assert_eq!([ANA, CARLA].map(|at| holds(at, Scope::Admin)), [false, false]);
}

#[tokio::test]
async fn one_lead_converted_by_two_at_once_is_one_customer_with_one_contact() {
    let mut network = company().await;
    let lead = work::capture(&mut network.laptops[ANA], "peñón").await.unwrap();
    work::call(&mut network.laptops[ANA], lead, "le interesa").await.unwrap();
    work::qualify(&mut network.laptops[ANA], lead).await.unwrap();
    network.settle().await;
    for at in [ANA, LUIS] {
        network.laptops[at].disconnect().await;
        assert!(work::convert(&mut network.laptops[at], lead).await.unwrap());
    }
    network.settle().await;
    let (ana, luis) = (&network.laptops[ANA].store, &network.laptops[LUIS].store);
    let id = CustomerId::derive(SALES, lead, "customer");
    let customer = ana.read::<Customer>(id).await.unwrap().unwrap();
    assert_eq!(customer.contacts.len(), 1);
    assert_eq!(luis.read::<Customer>(id).await.unwrap(), Some(customer));
    assert_eq!(shared(&network, ANA).await, shared(&network, LUIS).await);
}

#[tokio::test]
async fn different_fields_edited_apart_are_both_kept_and_a_restart_in_between_loses_neither() {
    let mut network = company().await;
    let lead = work::capture(&mut network.laptops[ANA], "peñón").await.unwrap();
    network.settle().await;
    network.laptops[ANA].disconnect().await;
    work::edit(&mut network.laptops[ANA], lead, LeadField::City(Some("León".into()))).await.unwrap();
    network.laptops[ANA].restart().await;
    work::edit(&mut network.laptops[LUIS], lead, LeadField::Industry(Some("Herrajes".into()))).await.unwrap();
    network.laptops[LUIS].restart().await;
    network.settle().await;
    for at in [ANA, LUIS] {
        let lead = network.laptops[at].store.read::<Lead>(lead).await.unwrap().unwrap();
        assert_eq!((lead.city.as_deref(), lead.industry.as_deref()), (Some("León"), Some("Herrajes")));
    }
    assert_eq!(shared(&network, ANA).await, shared(&network, LUIS).await);
}

#[tokio::test]
async fn ten_edited_fields_take_at_most_90_bytes_each_and_50_where_they_are_of_one_lead() {
    let mut network = company().await;
    let mut leads = Vec::new();
    for number in 0..10 {
        leads.push(work::capture(&mut network.laptops[ANA], &format!("peñón{number}")).await.unwrap());
    }
    network.settle().await;
    let of_ten = leads.iter().zip(["León", "Mérida", "Saltillo", "Tepic", "Toluca"].iter().cycle());
    let of_ten: Vec<_> = of_ten.map(|(lead, city)| (*lead, LeadField::City(Some((*city).into())))).collect();
    let of_one = (1..=10).map(|number| (leads[0], LeadField::City(Some(format!("Puebla {number}"))))).collect();
    for (edits, most) in [(of_ten, 90), (of_one, 50)] {
        network.laptops[ANA].disconnect().await;
        for (lead, field) in edits {
            assert!(work::edit(&mut network.laptops[ANA], lead, field).await.unwrap());
        }
        let pushed = push_of(&mut network, ANA).await;
        assert_eq!(pushed.len(), 1, "one batch");
        assert!(pushed[0] <= 10 * most, "{} bytes for ten edits", pushed[0]);
        network.settle().await;
    }
    assert_eq!(shared(&network, ANA).await, shared(&network, LUIS).await);
}

/// How large the batches are that a laptop pushes once it is connected.
async fn push_of(network: &mut Network, at: usize) -> Vec<usize> {
    network.connect(at).await;
    loop {
        let laptop = &mut network.laptops[at];
        if let Some(ClientFrame::Push { batches, .. }) =
            laptop.up.iter().find(|frame| matches!(frame, ClientFrame::Push { .. }))
        {
            return batches.iter().map(|batch| batch.0.len()).collect();
        }
        assert!(laptop.receive(0, 1).await | network.carry_up(at, false).await, "nothing is pushed");
    }
}

#[tokio::test]
async fn a_frame_that_comes_twice_or_out_of_order_is_written_once() {
    let mut network = company().await;
    network.connect(LUIS).await;
    let lead = work::capture(&mut network.laptops[ANA], "uno").await.unwrap();
    work::call(&mut network.laptops[ANA], lead, "primera").await.unwrap();
    work::call(&mut network.laptops[ANA], lead, "segunda").await.unwrap();
    while network.carry_up(ANA, false).await {}
    network.poll(LUIS).await;
    for _ in 0..3 {
        network.poll(LUIS).await;
        network.laptops[LUIS].receive(1, 2).await;
        network.laptops[LUIS].receive(0, 2).await;
    }
    network.settle().await;
    assert_eq!(network.laptops[LUIS].store.activities(lead, 9).await.unwrap().len(), 2);
    assert_eq!(shared(&network, ANA).await, shared(&network, LUIS).await);
}

#[tokio::test]
async fn as_many_person_keys_are_not_the_same_ones() {
    let mut network = company().await;
    network.laptops[LUIS].disconnect().await;
    let hers = work::capture(&mut network.laptops[ANA], "peñón").await.unwrap();
    let his = work::capture(&mut network.laptops[LUIS], "muñoz").await.unwrap();
    while network.carry_up(ANA, false).await {}
    network.settle().await;
    for at in [ANA, LUIS] {
        for (lead, name) in [(hers, "Íñigo peñón"), (his, "Íñigo muñoz")] {
            let lead = network.laptops[at].store.read::<Lead>(lead).await.unwrap().unwrap();
            assert_eq!(lead.full_name.as_deref(), Some(name));
        }
    }
    assert_eq!(shared(&network, ANA).await, shared(&network, LUIS).await);
}

#[tokio::test]
async fn a_call_that_changes_nothing_of_a_lead_does_not_bring_it_back() {
    let mut network = company().await;
    let lead = work::capture(&mut network.laptops[ANA], "peñón").await.unwrap();
    work::call(&mut network.laptops[ANA], lead, "le interesa").await.unwrap();
    network.settle().await;
    assert!(work::delete(&mut network.laptops[LUIS], lead).await.unwrap());
    network.settle().await;
    assert!(work::call(&mut network.laptops[ANA], lead, "ya no contesta").await.unwrap());
    network.settle().await;
    assert_eq!(network.laptops[ANA].store.rebuild(false).await.unwrap(), []);
    assert_eq!(shared(&network, ANA).await, shared(&network, LUIS).await);
    // while an edit does
    work::edit(&mut network.laptops[ANA], lead, LeadField::City(Some("Celaya".into()))).await.unwrap();
    network.settle().await;
    assert_eq!(network.laptops[LUIS].store.rebuild(false).await.unwrap(), []);
    assert_eq!(shared(&network, ANA).await, shared(&network, LUIS).await);
}

#[tokio::test]
async fn a_call_that_changes_nothing_of_a_lead_has_happened_for_everybody() {
    let mut network = company().await;
    let lead = work::capture(&mut network.laptops[ANA], "peñón").await.unwrap();
    work::call(&mut network.laptops[ANA], lead, "le interesa").await.unwrap();
    network.settle().await;
    network.laptops[LUIS].disconnect().await;
    assert!(work::call(&mut network.laptops[LUIS], lead, "mañana").await.unwrap());
    network.laptops[LUIS].restart().await;
    assert!(work::call(&mut network.laptops[LUIS], lead, "el lunes").await.unwrap());
    network.settle().await;
    let mut told = Vec::new();
    for at in [LUIS, ANA, CARLA] {
        let events = network.laptops[at].store.events_of(lead, 99).await.unwrap();
        let mut events: Vec<String> = events.iter().map(|one| serde_json::to_string(&one.event).unwrap()).collect();
        events.sort();
        told.push(events);
    }
    assert_eq!(told[0].iter().filter(|event| event.contains("Lead.Contacted")).count(), 3);
    assert_eq!(told[0], told[1]);
    assert_eq!(told[0], told[2]);
}

#[tokio::test]
async fn a_page_of_control_records_of_which_the_disk_takes_two_is_whole_in_the_end() {
    let mut network = company().await;
    network.laptops[ANA].disconnect().await;
    for floor in 1..=4 {
        let luis = &mut network.laptops[LUIS];
        let record = luis.engine.log().sign(ControlAct::SchemaFloor(floor), 9, &luis.keys()).unwrap();
        luis.hear(Input::ControlAuthored(ControlStep { record, replacements: vec![], wraps: vec![] })).await;
        while network.carry_up(LUIS, false).await {}
        while network.laptops[LUIS].receive(0, 1).await {}
    }
    let mut room = 2;
    network.laptops[ANA].full_at = Some(Box::new(move |effect| {
        let record = matches!(effect, Effect::StoreControl { .. });
        room -= i32::from(record);
        record && room < 0
    }));
    network.settle().await;
    // a record after the page, and the program starts again
    let luis = &mut network.laptops[LUIS];
    let record = luis.engine.log().sign(ControlAct::SchemaFloor(5), 9, &luis.keys()).unwrap();
    luis.hear(Input::ControlAuthored(ControlStep { record, replacements: vec![], wraps: vec![] })).await;
    network.settle().await;
    assert!(network.laptops[ANA].full_at.is_none(), "it was full");
    for at in [ANA, LUIS] {
        let control = network.laptops[at].store.control().await.unwrap();
        assert_eq!((control.schema_floor(), control.head()), (5, network.laptops[at].engine.log().head()));
    }
    network.laptops[ANA].restart().await;
    network.settle().await;
}

#[tokio::test]
async fn who_is_taken_out_while_offline_counts_up_to_the_mark_keeps_the_rest_apart_and_the_others_go_on_alike() {
    let mut network = company().await;
    let lead = work::capture(&mut network.laptops[ANA], "peñón").await.unwrap();
    network.settle().await;
    network.laptops[ANA].disconnect().await;
    network.laptops[ANA].away = true;
    let hers = work::capture(&mut network.laptops[ANA], "tarde").await.unwrap();
    assert!(work::edit(&mut network.laptops[ANA], lead, LeadField::City(Some("León".into()))).await.unwrap());
    network.remove(ANA).await;
    assert!(work::edit(&mut network.laptops[LUIS], lead, LeadField::Industry(Some("Herrajes".into()))).await.unwrap());
    let later = work::capture(&mut network.laptops[CARLA], "después").await.unwrap();
    network.settle().await;

    network.laptops[ANA].away = false;
    network.settle().await;
    let ana = &network.laptops[ANA];
    assert_eq!(ana.engine.status(), SyncStatus::Failed("sync.revoked"));
    assert!(!ana.store.holds_any_of(SALES).await.unwrap(), "what she may not read any more is gone from it");
    assert_eq!((ana.store.unsent().await.unwrap(), ana.store.kept_apart().await.unwrap()), (0, 2));
    network.laptops[ANA].restart().await;
    network.settle().await;
    assert_eq!(network.laptops[ANA].store.kept_apart().await.unwrap(), 2, "after a restart too");
    for at in [LUIS, CARLA] {
        let store = &network.laptops[at].store;
        assert!(store.read::<Lead>(hers).await.unwrap().is_none());
        let lead = store.read::<Lead>(lead).await.unwrap().unwrap();
        assert_eq!((lead.city, lead.industry.as_deref()), (None, Some("Herrajes")));
        let later = store.read::<Lead>(later).await.unwrap().unwrap();
        assert_eq!(later.full_name.as_deref(), Some("Íñigo después"), "with the new keys of the scope and its bag");
        assert!(network.laptops[at].set_aside.is_empty(), "{:?}", network.laptops[at].set_aside);
    }
    assert_eq!(shared(&network, LUIS).await, shared(&network, CARLA).await);
}

#[tokio::test]
async fn what_was_done_offline_to_a_person_who_is_erased_meanwhile_takes_nothing_else_along() {
    let mut network = company().await;
    let lead = work::capture(&mut network.laptops[ANA], "peñón").await.unwrap();
    assert!(work::call(&mut network.laptops[ANA], lead, "le interesa").await.unwrap());
    assert!(work::qualify(&mut network.laptops[ANA], lead).await.unwrap());
    network.settle().await;
    network.laptops[ANA].disconnect().await;
    network.laptops[ANA].away = true;
    assert!(work::convert(&mut network.laptops[ANA], lead).await.unwrap());
    let other = work::capture(&mut network.laptops[ANA], "otra").await.unwrap();
    network.forget(lead.0).await;

    network.laptops[ANA].away = false;
    network.settle().await;
    let customer = CustomerId::derive(SALES, lead, "customer");
    for laptop in &network.laptops {
        assert!(laptop.set_aside.is_empty(), "{}: {:?}", laptop.name, laptop.set_aside);
        assert_eq!((laptop.store.unsent().await.unwrap(), laptop.store.kept_apart().await.unwrap()), (0, 0));
        let converted = laptop.store.read::<Customer>(customer).await.unwrap();
        assert!(converted.is_some(), "{}", laptop.name);
        let other = laptop.store.read::<Lead>(other).await.unwrap();
        assert_eq!(other.and_then(|lead| lead.full_name).as_deref(), Some("Íñigo otra"), "{}", laptop.name);
        let erased = laptop.store.read::<Lead>(lead).await.unwrap().unwrap();
        assert_eq!(erased.full_name, None, "{}", laptop.name);
    }
    assert_eq!(shared(&network, LUIS).await, shared(&network, ANA).await);
}

/// What a laptop holds of the scope that sales and management share.
pub(crate) async fn shared(network: &Network, laptop: usize) -> Option<zuc_store::ScopeDigest> {
    let digests = network.laptops[laptop].store.digests().await.unwrap();
    digests.into_iter().find(|digest| digest.scope == SALES)
}
