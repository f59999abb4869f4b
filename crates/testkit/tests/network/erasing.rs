//! A person who is forgotten is forgotten where the eraser does not reach, and nobody who was away brings them back.

use jiff::civil::date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zuc_domain::lead::{Lead, LeadField, NewLead};
use zuc_domain::shared::{LeadId, Scope};
use zuc_protocol::item::Fact;
use zuc_protocol::{Rights, Role, Scope as WireScope};
use zuc_store::{FactRecord, Projector, StoreError};
use zuc_testkit::network::{Laptop, Network, On};

use crate::look::places_of;
use crate::work::{self, SALES};

const LUIS: usize = 0;
const ANA: usize = 1;
const CARLA: usize = 2;
/// A word that nothing else says.
const CANARY: &str = "xanthippe";
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// A fact of the fiscal scope that names somebody.
#[derive(Serialize, Deserialize)]
struct Named {
    id: Uuid,
    invoice: Uuid,
    person: LeadId,
    name: Option<String>,
}

impl FactRecord for Named {
    const KIND: &'static str = Fact::STAMPED_CFDI;
    const SEALED: &'static [&'static str] = &["/name"];

    fn uuid(&self) -> Uuid {
        self.id
    }

    fn subject(&self) -> Uuid {
        self.invoice
    }

    fn scope(&self) -> Scope {
        Scope::Fiscal
    }

    fn person(&self) -> Uuid {
        self.person.0
    }

    async fn project(&self, _into: &mut Projector<'_>) -> Result<(), StoreError> {
        Ok(())
    }
}

/// Luis manages and administers, Ana sells, Carla has finance: Luis reads no fiscal documents.
async fn company() -> Network {
    let others = [("Ana", Rights::new([Role::Ventas], [1])), ("Carla", Rights::new([Role::Finanzas], [1]))];
    Network::found_on(On::Folder, 7, &others).await
}

async fn capture(laptop: &mut Laptop) -> LeadId {
    let mut tx = laptop.begin().await.unwrap();
    let act = tx.act();
    let id = LeadId(tx.fresh_id());
    let new = NewLead {
        full_name: Some(format!("Rosa {CANARY}")),
        company: Some("Ferretería Sur".to_owned()),
        email: Some(format!("{CANARY}@sur.example").parse().unwrap()),
        ..NewLead::new(id, SALES, "expo", date(2026, 9, 21))
    };
    let event = Lead::create(new, &act).unwrap();
    let lead = Lead::from_created(&event).unwrap();
    tx.repository().record(&lead, &event).await.unwrap();
    laptop.commit(tx).await.unwrap();
    id
}

/// Carla writes a fiscal document under the person's key.
async fn invoice(laptop: &mut Laptop, person: LeadId) {
    let mut tx = laptop.begin().await.unwrap();
    let (id, invoice) = (tx.fresh_id(), tx.fresh_id());
    let named = Named { id, invoice, person, name: Some(format!("ROSA {CANARY}")) };
    tx.record_fact(&named, &[]).await.unwrap();
    laptop.commit(tx).await.unwrap();
}

async fn nobody_says_it(network: &Network) {
    for laptop in &network.laptops {
        assert_eq!(places_of(laptop, CANARY).await, Vec::<String>::new(), "{} has not forgotten", laptop.name);
        assert_eq!(laptop.set_aside, Vec::<String>::new(), "{}", laptop.name);
    }
}

fn owing(network: &Network, at: usize) -> Vec<WireScope> {
    let log = network.laptops[at].engine.log();
    log.scopes().filter(|scope| log.owes_erasure(*scope)).collect()
}

#[tokio::test]
async fn what_the_eraser_cannot_reach_is_owed_and_done_by_whoever_holds_it_when_they_come() {
    let mut network = company().await;
    let lead = capture(&mut network.laptops[ANA]).await;
    network.settle().await;
    invoice(&mut network.laptops[CARLA], lead).await;
    network.settle().await;
    let keys = network.laptops[LUIS].store.person_keys_of(lead).await.unwrap();
    let [key] = keys[..] else { panic!("{keys:?}") };
    assert!(network.rows_at_the_relay(WireScope::Fiscal).await.contains(&key), "it lies in a bag that Luis lacks");
    for laptop in &network.laptops {
        assert!(!places_of(laptop, CANARY).await.is_empty(), "{} should know her", laptop.name);
    }

    network.laptops[CARLA].disconnect().await;
    network.laptops[CARLA].away = true;
    network.forget(lead.0).await;
    assert_eq!(owing(&network, LUIS), [WireScope::Fiscal], "said, and by all alike");
    assert_eq!(owing(&network, ANA), [WireScope::Fiscal]);
    assert_eq!([network.pay_what_is_owed(LUIS).await, network.pay_what_is_owed(ANA).await], [0, 0], "not theirs to do");
    assert!(network.rows_at_the_relay(WireScope::Fiscal).await.contains(&key), "still there");

    network.laptops[CARLA].away = false;
    network.settle().await;
    assert_eq!(network.pay_what_is_owed(CARLA).await, 1, "she administers nothing, and holds it");
    for at in [LUIS, ANA, CARLA] {
        assert_eq!(owing(&network, at), []);
    }
    assert_eq!(network.pay_what_is_owed(CARLA).await, 0, "once");
    assert!(!network.rows_at_the_relay(WireScope::Fiscal).await.contains(&key));
    nobody_says_it(&network).await;
    // what is written next is read as ever
    let other = work::capture(&mut network.laptops[ANA], "peñón").await.unwrap();
    network.settle().await;
    invoice(&mut network.laptops[CARLA], other).await;
    network.settle().await;
    network.laptops[CARLA].restart().await;
    network.settle().await;
    assert_eq!(network.laptops[CARLA].store.unsent().await.unwrap(), 0);
}

#[tokio::test]
async fn who_comes_back_after_sixty_days_brings_nobody_back() {
    let mut network = company().await;
    let lead = capture(&mut network.laptops[ANA]).await;
    assert!(work::call(&mut network.laptops[ANA], lead, "le interesa").await.unwrap());
    assert!(work::qualify(&mut network.laptops[ANA], lead).await.unwrap());
    network.settle().await;
    invoice(&mut network.laptops[CARLA], lead).await;
    network.settle().await;
    let keys = network.laptops[LUIS].store.person_keys_of(lead).await.unwrap();
    for away in [ANA, CARLA] {
        network.laptops[away].disconnect().await;
        network.laptops[away].away = true;
    }
    // both go on with her, and have not heard
    let said = LeadField::City(Some("Celaya".to_owned()));
    assert!(work::edit(&mut network.laptops[ANA], lead, said).await.unwrap());
    let other = LeadField::Email(Some(format!("rosa.{CANARY}@norte.example").parse().unwrap()));
    assert!(work::edit(&mut network.laptops[ANA], lead, other).await.unwrap());
    assert!(work::convert(&mut network.laptops[ANA], lead).await.unwrap());
    invoice(&mut network.laptops[CARLA], lead).await;
    network.forget(lead.0).await;
    network.time.pass(60 * DAY_MS);
    network.order_rotation(WireScope::Sales(1)).await;
    network.settle().await;

    for back in [ANA, CARLA] {
        network.laptops[back].away = false;
        network.settle().await;
        assert!(places_of(&network.laptops[LUIS], CANARY).await.is_empty(), "brought back to Luis");
    }
    assert_eq!(network.pay_what_is_owed(CARLA).await, 1);
    nobody_says_it(&network).await;
    for scope in WireScope::FIRST {
        let rows = network.rows_at_the_relay(scope).await;
        assert!(!keys.iter().any(|key| rows.contains(key)), "{scope:?}");
    }
    for laptop in &network.laptops {
        assert_eq!(laptop.store.unsent().await.unwrap(), 0, "{}", laptop.name);
        for key in &keys {
            assert!(!laptop.store.holds_key(*key).await.unwrap(), "{}", laptop.name);
        }
    }
}
