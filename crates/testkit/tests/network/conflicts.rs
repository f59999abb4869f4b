//! Two people change the same thing apart: both are asked, one answers, and nobody is asked any more.

use serde_json::{Value, json};
use zuc_domain::customer::Customer;
use zuc_domain::lead::opportunity::{Opportunity, Stage};
use zuc_domain::lead::{Disposition, DisqualifyReason, Lead, LeadField, LeadState};
use zuc_domain::proposal::{Product, Recurrence};
use zuc_domain::shared::conflict::{self, STATE};
use zuc_domain::shared::{ConflictError, ContestSide, CustomerId, LeadId, Money, OpportunityId, ProductId, TaxKind};
use zuc_protocol::{Rights, Role};
use zuc_store::{ConflictRow, Contested, SideValue, Written};
use zuc_testkit::network::{Laptop, Network};

use crate::stories::shared;
use crate::work::{self, SALES};

const LUIS: usize = 0;
const ANA: usize = 1;

async fn company() -> Network {
    Network::found(3, &[("Ana", Rights::new([Role::Ventas], [1]))]).await
}

fn pesos(amount: i64) -> Money {
    serde_json::from_value(json!({ "value": amount.to_string(), "currency": "MXN" })).unwrap()
}

async fn waiting(network: &Network, at: usize) -> Vec<ConflictRow> {
    network.laptops[at].store.conflicts(99).await.unwrap()
}

/// The fields about which both laptops ask, which is the same on both, with who wrote the sides.
async fn asked(network: &Network) -> Vec<String> {
    let rows = waiting(network, ANA).await;
    assert_eq!(rows, waiting(network, LUIS).await, "both are asked the same");
    assert_eq!(network.laptops[ANA].store.conflict_count().await.unwrap(), rows.len() as u64);
    assert_eq!(shared(network, ANA).await, shared(network, LUIS).await);
    for laptop in [ANA, LUIS] {
        assert_eq!(network.laptops[laptop].store.rebuild(false).await.unwrap(), []);
    }
    rows.into_iter().map(|row| row.field).collect()
}

async fn values(network: &Network, at: usize, row: &ConflictRow) -> Vec<SideValue> {
    match network.laptops[at].store.contested(row.id, &row.field).await.unwrap() {
        Some(Contested::Values(values)) => values,
        other => panic!("{other:?}"),
    }
}

async fn states(network: &Network, at: usize, row: &ConflictRow) -> Vec<ContestSide> {
    match network.laptops[at].store.contested(row.id, &row.field).await.unwrap() {
        Some(Contested::States(states)) => states,
        other => panic!("{other:?}"),
    }
}

/// A lead that both have.
async fn lead(network: &mut Network, amount: i64) -> LeadId {
    let lead = work::capture(&mut network.laptops[ANA], "peñón").await.unwrap();
    edit(network, ANA, lead, LeadField::EstimatedAmount(Some(pesos(amount)))).await;
    network.settle().await;
    lead
}

async fn edit(network: &mut Network, at: usize, lead: LeadId, field: LeadField) {
    assert!(work::edit(&mut network.laptops[at], lead, field).await.unwrap());
}

/// Writes what a person chose for a field of a lead, as the use case does.
async fn choose(laptop: &mut Laptop, id: LeadId, field: &str, value: Value) {
    let mut tx = laptop.begin().await.unwrap();
    let lead = tx.repository::<Lead>().load(id).await.unwrap().unwrap();
    let mut record = serde_json::to_value(&lead).unwrap();
    record[field] = value;
    tx.repository::<Lead>().settle(&serde_json::from_value(record).unwrap(), &[field]).await.unwrap();
    laptop.commit(tx).await.unwrap();
}

#[tokio::test]
async fn an_amount_that_two_changed_apart_asks_both_until_one_has_chosen() {
    for choice in [920, 1_030, 1_000] {
        let mut network = company().await;
        let lead = lead(&mut network, 1_000).await;
        assert_eq!(asked(&network).await, [""; 0]);
        network.laptops[ANA].disconnect().await;
        edit(&mut network, ANA, lead, LeadField::EstimatedAmount(Some(pesos(920)))).await;
        edit(&mut network, LUIS, lead, LeadField::EstimatedAmount(Some(pesos(1_030)))).await;
        // other fields merge and ask nobody
        edit(&mut network, ANA, lead, LeadField::City(Some("León".into()))).await;
        edit(&mut network, LUIS, lead, LeadField::City(Some("Celaya".into()))).await;
        network.settle().await;

        assert_eq!(asked(&network).await, ["estimated_amount"]);
        let row = waiting(&network, ANA).await.remove(0);
        let devices = [ANA, LUIS].map(|at| Written::On(network.laptops[at].store.identity().map(|it| it.device)));
        assert!(row.authors.len() == 2 && devices.iter().all(|device| row.authors.contains(device)), "{row:?}");
        let sides = values(&network, LUIS, &row).await;
        assert_eq!(sides, values(&network, ANA, &row).await);
        let mut amounts: Vec<_> = sides.iter().map(|side| side.value["value"].clone()).collect();
        amounts.sort_by_key(Value::to_string);
        assert_eq!(amounts, ["1030", "920"]);
        assert!(sides.iter().all(|side| side.before.as_ref().is_some_and(|before| before["value"] == "1000")));

        // a restart and a rebuild forget nothing
        network.laptops[ANA].restart().await;
        network.laptops[LUIS].store.rebuild(true).await.unwrap();
        assert_eq!(asked(&network).await, ["estimated_amount"]);

        let word = json!({ "value": choice.to_string(), "currency": "MXN" });
        choose(&mut network.laptops[LUIS], lead, "estimated_amount", word).await;
        assert!(waiting(&network, LUIS).await.is_empty(), "whoever chose is not asked again");
        network.settle().await;
        assert_eq!(asked(&network).await, [""; 0], "and nobody else is");
        for at in [ANA, LUIS] {
            let lead = network.laptops[at].store.read::<Lead>(lead).await.unwrap().unwrap();
            assert_eq!(lead.estimated_amount, Some(pesos(choice)));
        }
        let gone = network.laptops[ANA].store.contested(row.id, &row.field).await.unwrap();
        assert!(gone.is_none(), "{gone:?}");
    }
}

#[tokio::test]
async fn two_answers_given_apart_are_a_question_again_and_a_later_edit_answers_it() {
    let mut network = company().await;
    let lead = lead(&mut network, 1_000).await;
    network.laptops[ANA].disconnect().await;
    for (at, code) in [(ANA, "37000"), (LUIS, "37480")] {
        edit(&mut network, at, lead, LeadField::PostalCode(Some(code.parse().unwrap()))).await;
    }
    network.settle().await;
    assert_eq!(asked(&network).await, ["postal_code"]);
    network.laptops[ANA].disconnect().await;
    for (at, code) in [(ANA, "37000"), (LUIS, "37480")] {
        choose(&mut network.laptops[at], lead, "postal_code", json!(code)).await;
    }
    network.settle().await;
    assert_eq!(asked(&network).await, ["postal_code"], "one of them confirmed what was shown: a word all the same");
    edit(&mut network, ANA, lead, LeadField::PostalCode(Some("38000".parse().unwrap()))).await;
    network.settle().await;
    assert_eq!(asked(&network).await, [""; 0], "an edit in the grid is an answer too");
}

#[tokio::test]
async fn the_same_value_written_by_two_is_no_question() {
    let mut network = company().await;
    let lead = lead(&mut network, 1_000).await;
    network.laptops[ANA].disconnect().await;
    for at in [ANA, LUIS] {
        edit(&mut network, at, lead, LeadField::PostalCode(Some("37480".parse().unwrap()))).await;
    }
    network.settle().await;
    assert_eq!(asked(&network).await, [""; 0]);
}

#[tokio::test]
async fn a_price_of_the_catalogue_asks_whoever_reads_the_catalogue() {
    let mut network = Network::found(3, &[("Ana", Rights::new([Role::Gerencia], [1]))]).await;
    let id = ProductId(uuid::Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001));
    let product = |price: i64| Product {
        id,
        scope: zuc_domain::shared::Scope::Catalog,
        sku: "TAB-1".into(),
        description: "Tablero IP65".into(),
        clave_prod_serv: "39121000".into(),
        clave_unidad: "H87".into(),
        unit: "pieza".into(),
        list_price: pesos(price),
        price_breaks: vec![],
        tax: TaxKind::Iva16,
        recurrence: Recurrence::Once,
        cost: None,
        retired: false,
    };
    let save = async |laptop: &mut Laptop, price: i64| {
        let mut tx = laptop.begin().await.unwrap();
        let _ = tx.repository::<Product>().load(id).await.unwrap();
        tx.repository::<Product>().save(&product(price)).await.unwrap();
        laptop.commit(tx).await.unwrap();
    };
    save(&mut network.laptops[LUIS], 1_000).await;
    network.settle().await;
    network.laptops[ANA].disconnect().await;
    save(&mut network.laptops[ANA], 920).await;
    save(&mut network.laptops[LUIS], 1_030).await;
    network.settle().await;
    assert_eq!(asked(&network).await, ["list_price"]);
    save(&mut network.laptops[ANA], 950).await;
    network.settle().await;
    assert_eq!(asked(&network).await, [""; 0]);
}

/// A converted lead that both have.
async fn deal(network: &mut Network) -> (LeadId, OpportunityId) {
    let lead = lead(network, 1_000).await;
    work::call(&mut network.laptops[ANA], lead, "le interesa").await.unwrap();
    work::qualify(&mut network.laptops[ANA], lead).await.unwrap();
    assert!(work::convert(&mut network.laptops[ANA], lead).await.unwrap());
    network.settle().await;
    (lead, OpportunityId::derive(SALES, lead, "opportunity"))
}

#[tokio::test]
async fn a_stage_set_apart_is_chosen_among_both_and_holds_everywhere() {
    for choice in [Stage::Propuesta, Stage::Negociacion] {
        let mut network = company().await;
        let (lead, id) = deal(&mut network).await;
        network.laptops[ANA].disconnect().await;
        for (at, stage) in [(ANA, Stage::Propuesta), (LUIS, Stage::Negociacion)] {
            assert!(work::move_to(&mut network.laptops[at], lead, stage).await.unwrap());
        }
        network.settle().await;
        assert_eq!(asked(&network).await, [STATE]);
        let row = waiting(&network, LUIS).await.remove(0);
        let people = [ANA, LUIS].map(|at| Written::By(network.laptops[at].person()));
        assert!(row.authors.len() == 2 && people.iter().all(|person| row.authors.contains(person)), "{row:?}");
        let sides = states(&network, ANA, &row).await;
        let seen: Vec<_> = sides.iter().map(|side| (side.to, side.shown)).collect();
        assert_eq!(seen, [("negociacion", true), ("propuesta", false)]);

        let chosen = sides.iter().find(|side| side.to == choice.name()).unwrap().transition;
        let laptop = &mut network.laptops[ANA];
        let mut tx = laptop.begin().await.unwrap();
        let act = tx.act();
        let mut deal = tx.repository::<Opportunity>().load(id).await.unwrap().unwrap();
        let step = conflict::settle(&deal.transitions, chosen, &act).unwrap();
        deal.apply_transition(&step, &act);
        tx.repository().save(&deal).await.unwrap();
        laptop.commit(tx).await.unwrap();
        network.settle().await;

        assert_eq!(asked(&network).await, [""; 0]);
        for at in [ANA, LUIS] {
            let deal = network.laptops[at].store.read::<Opportunity>(id).await.unwrap().unwrap();
            assert_eq!((deal.stage(), deal.probability), (choice, choice.probability()));
            let late = conflict::settle(&deal.transitions, chosen, &act);
            assert_eq!(late.unwrap_err(), ConflictError::Gone, "who comes later is told");
        }
    }
}

#[tokio::test]
async fn two_conversions_apart_are_one_customer_and_ask_only_whose_it_is() {
    let mut network = company().await;
    let lead = lead(&mut network, 1_000).await;
    work::call(&mut network.laptops[ANA], lead, "le interesa").await.unwrap();
    work::qualify(&mut network.laptops[ANA], lead).await.unwrap();
    network.settle().await;
    for at in [ANA, LUIS] {
        network.laptops[at].disconnect().await;
        assert!(work::convert(&mut network.laptops[at], lead).await.unwrap());
    }
    network.settle().await;
    let mut fields = asked(&network).await;
    fields.dedup();
    let record = network.laptops[ANA].store.read::<Lead>(lead).await.unwrap().unwrap();
    assert_eq!(record.state(), LeadState::Converted, "one state by two is one");
    assert!(fields.iter().all(|field| field == "owner"), "{fields:?}");
    let id = CustomerId::derive(SALES, lead, "customer");
    let customer = network.laptops[LUIS].store.read::<Customer>(id).await.unwrap();
    assert_eq!(network.laptops[ANA].store.read::<Customer>(id).await.unwrap(), customer);
}

#[tokio::test]
async fn what_one_discarded_and_another_qualified_is_told_to_both_and_confirmed_by_one() {
    let mut network = company().await;
    let lead = lead(&mut network, 1_000).await;
    work::call(&mut network.laptops[ANA], lead, "le interesa").await.unwrap();
    network.settle().await;
    network.laptops[ANA].disconnect().await;
    work::qualify(&mut network.laptops[ANA], lead).await.unwrap();
    let luis = &mut network.laptops[LUIS];
    let mut tx = luis.begin().await.unwrap();
    let act = tx.act();
    let mut record = tx.repository::<Lead>().load(lead).await.unwrap().unwrap();
    let event = record.disqualify(Disposition::Rejected, DisqualifyReason::Timing, None, None, &act).unwrap();
    record.apply(&event);
    tx.repository().record(&record, &event).await.unwrap();
    luis.commit(tx).await.unwrap();
    network.settle().await;

    assert_eq!(asked(&network).await, [STATE]);
    let row = waiting(&network, ANA).await.remove(0);
    let sides = states(&network, ANA, &row).await;
    let seen: Vec<_> = sides.iter().map(|side| (side.to, side.shown, side.may)).collect();
    assert_eq!(seen, [("disqualified", true, true), ("qualified", false, false)]);
    let ana = &mut network.laptops[ANA];
    let mut tx = ana.begin().await.unwrap();
    let act = tx.act();
    let mut record = tx.repository::<Lead>().load(lead).await.unwrap().unwrap();
    let back = conflict::settle(&record.transitions, sides[1].transition, &act);
    assert_eq!(back.unwrap_err(), ConflictError::NoWay);
    let step = conflict::settle(&record.transitions, sides[0].transition, &act).unwrap();
    record.apply_transition(&step);
    tx.repository().save(&record).await.unwrap();
    ana.commit(tx).await.unwrap();
    network.settle().await;
    assert_eq!(asked(&network).await, [""; 0]);
    let record = network.laptops[LUIS].store.read::<Lead>(lead).await.unwrap().unwrap();
    assert_eq!(record.state(), LeadState::Disqualified, "confirmed");
}

#[tokio::test]
async fn a_deleted_record_asks_nobody_and_one_that_is_back_asks_again() {
    let mut network = company().await;
    let lead = lead(&mut network, 1_000).await;
    network.laptops[ANA].disconnect().await;
    for (at, code) in [(ANA, "37000"), (LUIS, "37480")] {
        edit(&mut network, at, lead, LeadField::PostalCode(Some(code.parse().unwrap()))).await;
    }
    network.settle().await;
    assert_eq!(asked(&network).await, ["postal_code"]);
    assert!(work::delete(&mut network.laptops[LUIS], lead).await.unwrap());
    network.settle().await;
    assert_eq!(asked(&network).await, [""; 0]);
    edit(&mut network, ANA, lead, LeadField::City(Some("Celaya".into()))).await;
    network.settle().await;
    assert_eq!(asked(&network).await, ["postal_code"]);
}

#[tokio::test]
async fn a_history_is_the_same_on_both_laptops_and_names_them() {
    let mut network = company().await;
    let lead = lead(&mut network, 1_000).await;
    edit(&mut network, LUIS, lead, LeadField::City(Some("Celaya".into()))).await;
    network.settle().await;
    let history = network.laptops[LUIS].store.history(lead, None, 99).await.unwrap().unwrap();
    assert_eq!(network.laptops[ANA].store.history(lead, None, 99).await.unwrap().unwrap(), history);
    let device = |at: usize| network.laptops[at].store.identity().map(|it| it.device);
    let by: Vec<_> = history.changes.iter().map(|past| past.device).collect();
    assert_eq!(by, [device(LUIS), device(ANA), device(ANA)]);
    let [newest, .., first] = history.changes.as_slice() else { panic!("{history:?}") };
    let said: Vec<_> =
        newest.edits.iter().map(|edit| (edit.field.as_str(), edit.from.clone(), edit.to.clone())).collect();
    assert_eq!(said, [("city", None, Some(json!("Celaya")))]);
    let name = first.edits.iter().find(|edit| edit.field == "full_name").unwrap();
    assert_eq!(name.to, Some(json!("Íñigo peñón")), "opened with the person's key");
    assert!(first.begins && !newest.begins);
}
