//! Proposal to cash: a step that fails takes the done ones back, a killed run goes on from its last commit.

use serde_json::Value;

use crate::{CARLA, Stage, refused};

/// The steps, in order.
const STEPS: [&str; 4] = ["customer", "contract", "invoice", "lead"];

/// What the company looks like when the saga is over.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    /// Whether the customer is in the list: an archived one is not.
    listed: bool,
    /// States of the customer's contracts.
    contracts: Vec<String>,
    /// The invoice's fiscal state.
    invoice: Option<String>,
    /// The lead's state.
    lead: String,
}

impl Outcome {
    async fn of(stage: &Stage) -> Self {
        let world = &stage.world;
        let customers = world.ask(CARLA, &["customer", "list"]).await;
        let customer = world.ask(CARLA, &["customer", "show", &stage.deal.customer]).await;
        let lead = world.ask(CARLA, &["lead", "show", &stage.deal.lead]).await;
        let texts = |values: &Value, name: &str| -> Vec<String> {
            let rows = values.as_array().into_iter().flatten();
            rows.map(|row| row[name].as_str().expect("a text").to_owned()).collect()
        };
        let rows = if customers.is_array() { &customers } else { &customers["rows"] };
        Self {
            listed: texts(rows, "id").contains(&stage.deal.customer),
            contracts: texts(&customer["contracts"], "state"),
            invoice: stage.invoice_state().await,
            lead: lead["row"]["state"].as_str().expect("a state").to_owned(),
        }
    }

    /// All steps done.
    fn done() -> Self {
        Self {
            listed: true,
            contracts: vec!["active".to_owned()],
            invoice: Some("pre_invoice".to_owned()),
            lead: "converted".to_owned(),
        }
    }

    /// The steps before `failed` done and taken back. The lead was converted by a person: that stays.
    fn taken_back(failed: &str) -> Self {
        let before = |step: &str| place(step) < place(failed);
        Self {
            listed: !before("customer"),
            contracts: before("contract").then(|| "terminated".to_owned()).into_iter().collect(),
            invoice: before("invoice").then(|| "voided".to_owned()),
            lead: "converted".to_owned(),
        }
    }
}

fn place(step: &str) -> usize {
    STEPS.iter().position(|known| *known == step).expect("a step")
}

/// Types of the saga's events, oldest first.
async fn events(stage: &Stage) -> Vec<String> {
    let ran = stage.world.run(CARLA, &["events"]).await;
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let events = ran.answer().expect("CloudEvents");
    let types = events.as_array().expect("a list").iter().map(|event| event["type"].as_str().expect("a type"));
    let ours = |kind: &&str| kind.contains("Invoice.") || kind.contains("Contract.") || kind.contains("CFDI.");
    types.filter(ours).map(|kind| kind.rsplit("zuclubit.").next().expect("a name").to_owned()).collect()
}

async fn sound(stage: &Stage) {
    stage.world.ask(CARLA, &["verify"]).await;
    stage.world.ask(CARLA, &["rebuild", "--verify"]).await;
    let found = stage.world.ask(CARLA, &["doctor"]).await;
    assert_eq!(found, serde_json::json!([]), "all that the people of a sale do, their roles allow");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_step_that_fails_takes_the_done_ones_back_in_reverse() {
    for failed in STEPS {
        let stage = Stage::set().await;
        let place = format!("saga.{failed}=error");
        let ran = stage.world.zuc(CARLA, &["sync"]).failing_at(&place).run().await;
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        assert_eq!(Outcome::of(&stage).await, Outcome::taken_back(failed), "{failed} fails");
        // what is over stays over
        stage.world.ask(CARLA, &["sync"]).await;
        assert_eq!(Outcome::of(&stage).await, Outcome::taken_back(failed), "{failed} failed before");
        sound(&stage).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_whose_keys_are_on_their_way_waits_and_takes_nothing_back() {
    for (late, code) in
        [("contract", "store.no_bag"), ("invoice", "store.person_key_missing"), ("lead", "store.person_key_missing")]
    {
        let stage = Stage::set().await;
        let world = &stage.world;
        let places = format!("saga.{late}={code}");
        for _ in 0..2 {
            let ran = world.zuc(CARLA, &["sync"]).failing_at(&places).run().await;
            assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        }
        let resting = async |arguments: &[&str]| {
            world.zuc(CARLA, arguments).failing_at(RESTS).run().await.answer().expect("an answer")
        };
        let customer = resting(&["customer", "show", &stage.deal.customer]).await;
        let contracts = customer["contracts"].as_array().expect("contracts");
        let active = contracts.iter().filter(|contract| contract["state"] == "active").count();
        assert_eq!((active, contracts.len()), if late == "contract" { (0, 0) } else { (1, 1) }, "{late} waits");
        let invoices = resting(&["invoice", "list"]).await;
        let state = invoices["rows"][0]["fiscal_state"].as_str();
        assert_eq!(state, (late == "lead").then_some("pre_invoice"), "{late} waits");
        // they came
        world.ask(CARLA, &["sync"]).await;
        assert_eq!(Outcome::of(&stage).await, Outcome::done(), "{late} waited");
        assert_eq!(events(&stage).await, ["Contract.Activated", "Invoice.Created"], "{late} waited: each once");
        sound(&stage).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_the_commit_of_each_step_it_goes_on_with_the_next() {
    for killed in STEPS {
        let stage = Stage::set().await;
        let place = format!("saga.after.{killed}=wait");
        stage.world.zuc(CARLA, &["sync"]).failing_at(&place).killed_where_it_waits().await;
        stage.world.ask(CARLA, &["sync"]).await;
        assert_eq!(Outcome::of(&stage).await, Outcome::done(), "killed after {killed}");
        let events = events(&stage).await;
        assert_eq!(events, ["Contract.Activated", "Invoice.Created"], "killed after {killed}: each once");
        sound(&stage).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_laptop_that_slept_over_the_end_of_its_lease_writes_nothing_and_goes_on_with_the_next() {
    let stage = Stage::set().await;
    let ran = stage.world.zuc(CARLA, &["sync"]).failing_at("lease.slept=error").run().await;
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let customer = stage.world.zuc(CARLA, &["customer", "show", &stage.deal.customer]).failing_at(RESTS).run().await;
    assert_eq!(customer.answer().expect("the customer")["contracts"], serde_json::json!([]));
    stage.world.ask(CARLA, &["sync"]).await;
    assert_eq!(Outcome::of(&stage).await, Outcome::done());
    assert_eq!(events(&stage).await, ["Contract.Activated", "Invoice.Created"], "each once");
    sound(&stage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_laptop_whose_clock_is_wrong_does_nothing_for_the_others() {
    let stage = Stage::set().await;
    for off in ["+20m", "-1d"] {
        let ran = stage.world.zuc(CARLA, &["sync"]).by_a_clock(off).run().await;
        assert_eq!((ran.code, ran.refusal()), (Some(3), Some("clock.off")), "{off}: {}", ran.stderr);
    }
    let customer = stage.world.zuc(CARLA, &["customer", "show", &stage.deal.customer]).failing_at(RESTS).run().await;
    assert_eq!(customer.answer().expect("the customer")["contracts"], serde_json::json!([]));
    stage.world.ask(CARLA, &["sync"]).await;
    assert_eq!(Outcome::of(&stage).await, Outcome::done());
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_it_takes_steps_back_it_goes_on_taking_back() {
    for killed in ["invoice", "contract", "customer"] {
        let stage = Stage::set().await;
        let places = format!("saga.lead=error,saga.undone.{killed}=wait");
        stage.world.zuc(CARLA, &["sync"]).failing_at(&places).killed_where_it_waits().await;
        stage.world.ask(CARLA, &["sync"]).await;
        assert_eq!(Outcome::of(&stage).await, Outcome::taken_back("lead"), "killed after {killed} was taken back");
        let events = events(&stage).await;
        assert_eq!(events.iter().filter(|kind| *kind == "Invoice.Voided").count(), 1, "{events:?}");
        sound(&stage).await;
    }
}

/// The saga does not go on in this run.
const RESTS: &str = "saga.begins=error";

/// The saga is killed once it has drafted the invoice, whose id this gives.
async fn drafted(stage: &Stage) -> String {
    let world = &stage.world;
    world.zuc(CARLA, &["sync"]).failing_at("saga.after.invoice=wait").killed_where_it_waits().await;
    let page = world.zuc(CARLA, &["invoice", "list"]).failing_at(RESTS).run().await.answer();
    page.expect("invoices")["rows"][0]["id"].as_str().expect("the draft").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_that_is_issued_meanwhile_is_not_taken_back() {
    let stage = Stage::set().await;
    let world = &stage.world;
    let id = drafted(&stage).await;
    // sealed and taken to the ledger while the saga has not gone on: the intent is ISSUE
    let issued = world.zuc(CARLA, &["invoice", "issue", &id]).failing_at(RESTS).run().await;
    assert_eq!(issued.code, Some(0), "{}", issued.stderr);
    let ran = world.zuc(CARLA, &["sync"]).failing_at("saga.lead=error").run().await;
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let stamped = || Outcome { invoice: Some("stamped".to_owned()), ..Outcome::done() };
    assert_eq!(Outcome::of(&stage).await, stamped());
    world.ask(CARLA, &["sync"]).await;
    assert_eq!(Outcome::of(&stage).await, stamped());
    assert_eq!(world.servers.ledger().await.len(), 1);
    sound(&stage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sealed_invoice_that_never_reached_the_ledger_is_taken_back_with_the_rest() {
    let stage = Stage::set().await;
    let id = drafted(&stage).await;
    sealed_only(&stage, &id).await;
    let ran = stage.world.zuc(CARLA, &["sync"]).failing_at("saga.lead=error").run().await;
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(Outcome::of(&stage).await, Outcome::taken_back("lead"));
    refused(&stage.world.run(CARLA, &["invoice", "issue", &id]).await, "invoice.voided", 1);
    assert!(stage.world.servers.ledger().await.is_empty());
    sound(&stage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_ledger_promised_holds_though_who_asked_was_killed_before_noting_it() {
    let stage = Stage::set().await;
    let world = &stage.world;
    let id = drafted(&stage).await;
    sealed_only(&stage, &id).await;
    let places = "saga.lead=error,saga.promised=wait";
    world.zuc(CARLA, &["sync"]).failing_at(places).killed_where_it_waits().await;
    let ran = world.zuc(CARLA, &["invoice", "issue", &id]).failing_at(RESTS).run().await;
    refused(&ran, "invoice.voided", 1);
    assert_eq!(stage.invoice_state().await.as_deref(), Some("voided"));
    world.ask(CARLA, &["sync"]).await;
    assert_eq!(Outcome::of(&stage).await, Outcome::taken_back("lead"));
    let events = events(&stage).await;
    assert_eq!(events.iter().filter(|kind| *kind == "Invoice.Voided").count(), 1, "{events:?}");
    assert!(world.servers.ledger().await.is_empty());
    sound(&stage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_that_the_ledger_promised_away_is_taken_back_where_it_is_issued() {
    let stage = Stage::set().await;
    let world = &stage.world;
    let id = drafted(&stage).await;
    let places = "saga.lead=error,saga.promised=wait";
    world.zuc(CARLA, &["sync"]).failing_at(places).killed_where_it_waits().await;
    let ran = world.zuc(CARLA, &["invoice", "issue", &id]).failing_at(RESTS).run().await;
    refused(&ran, "invoice.voided", 1);
    assert_eq!(stage.invoice_state().await.as_deref(), Some("voided"));
    assert!(world.servers.ledger().await.is_empty());
    sound(&stage).await;
}

/// Issuing dies with the document sealed and kept, before it leaves the laptop.
async fn sealed_only(stage: &Stage, id: &str) {
    let places = format!("issue.sealed,{RESTS}");
    let ran = stage.world.zuc(CARLA, &["invoice", "issue", id]).failing_at(&places).run().await;
    assert_eq!(ran.code, None, "it died: {}", ran.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_that_was_taken_back_is_never_issued() {
    let stage = Stage::set().await;
    let world = &stage.world;
    world.zuc(CARLA, &["sync"]).failing_at("saga.lead=error").run().await;
    let page = world.ask(CARLA, &["invoice", "list"]).await;
    let id = page["rows"][0]["id"].as_str().expect("the voided draft").to_owned();
    refused(&world.run(CARLA, &["invoice", "issue", &id]).await, "invoice.voided", 1);
    assert_eq!(stage.invoice_state().await.as_deref(), Some("voided"));
    assert!(world.servers.ledger().await.is_empty());
}
