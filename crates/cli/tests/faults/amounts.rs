//! Amounts that are none: below zero, no number, too long. Each is refused by name wherever one is given, and changes
//! nothing; thousands are read as in Mexico and as in Spain.

use std::fs;

use serde_json::{Value, json};

use crate::{CARLA, Stage, refused, world::program::Ran};

const FORTY_DIGITS: &str = "1234567890123456789012345678901234567890";

/// What is no amount, and the code it is refused by.
const WRONG: [(&str, &str); 7] = [
    ("-5", "amount.negative"),
    ("(1,000.00)", "amount.negative"),
    ("NaN", "amount.not_a_number"),
    ("Infinity", "amount.not_a_number"),
    ("1e5", "amount.not_a_number"),
    ("1,36,5.00", "amount.not_a_number"),
    (FORTY_DIGITS, "amount.too_many_digits"),
];

/// One amount as it is written here and there.
const THOUSANDS: [&str; 3] = ["1,365,000.50", "1.365.000,50", "1365000.5"];

#[tokio::test(flavor = "multi_thread")]
async fn what_a_lead_is_worth_is_an_amount() {
    let stage = Stage::set().await;
    // the lead of the stage has become a customer
    stage.world.ask(CARLA, &["lead", "create", "--name", "Julia Cano", "--company", "Herrajes Ñandú"]).await;
    let found = stage.world.ask(CARLA, &["lead", "list", "--text", "Julia"]).await;
    let lead = found["rows"][0]["id"].as_str().expect("a lead").to_owned();
    let shown = async || stage.world.ask(CARLA, &["lead", "show", &lead]).await;
    let edit = async |text: &str| stage.world.run(CARLA, &["lead", "edit", &lead, "amount", text]).await;
    // whether it was sent is shown too, and must not change meanwhile
    stage.world.ask(CARLA, &["sync"]).await;
    let before = (shown().await, events_of(&stage, &lead).await);
    for (text, code) in WRONG {
        refused(&edit(text).await, code, 1);
    }
    assert_eq!((shown().await, events_of(&stage, &lead).await), before);
    for text in THOUSANDS {
        assert_eq!(edit("1").await.code, Some(0));
        let ran = edit(text).await;
        assert_eq!(ran.code, Some(0), "{text}: {}", ran.stderr);
        assert_eq!(shown().await["row"]["amount"], json!({ "amount": "1365000.50", "currency": "MXN" }), "{text}");
    }
}

/// What happened to a record; what the saga does beside it is none of it.
async fn events_of(stage: &Stage, subject: &str) -> Vec<Value> {
    let events = stage.world.ask(CARLA, &["events"]).await;
    let events = events.as_array().expect("a list").iter();
    events.filter(|event| event["subject"] == subject).cloned().collect()
}

/// A draft of a proposal with one line.
struct Draft<'a> {
    stage: &'a Stage,
    id: String,
    edit: Value,
}

impl<'a> Draft<'a> {
    async fn open(stage: &'a Stage) -> Self {
        let view = stage.world.ask(CARLA, &["proposal", "create", &stage.deal.customer]).await;
        let id = view["row"]["id"].as_str().expect("an id").to_owned();
        let line = json!({
            "description": "Servicio", "quantity": "2", "unit": "Servicio", "unit_price": "1500.00",
            "discount_pct": "0", "tax": "iva16", "recurrence": "none", "clave_prod_serv": "81112200",
            "clave_unidad": "E48",
        });
        let edit = json!({ "id": id, "lines": [line], "discount_pct": "0", "terms_days": "30" });
        Self { stage, id, edit }
    }

    /// Saves it with `text` at a place of it.
    async fn save(&self, place: &str, text: &str) -> Ran {
        let mut edit = self.edit.clone();
        *edit.pointer_mut(place).expect("a place of the draft") = json!(text);
        let file = self.stage.world.root.join("propuesta.json");
        fs::write(&file, edit.to_string()).expect("the draft");
        self.stage.world.run(CARLA, &["proposal", "save", &file.display().to_string()]).await
    }

    async fn standing(&self) -> (Value, Vec<Value>) {
        let shown = self.stage.world.ask(CARLA, &["proposal", "show", &self.id]).await;
        (shown, events_of(self.stage, &self.id).await)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_proposal_asks_for_are_amounts() {
    let stage = Stage::set().await;
    let draft = Draft::open(&stage).await;
    let saved = draft.save("/terms_days", "30").await;
    assert_eq!(saved.code, Some(0), "{}", saved.stderr);
    // whether it was sent is shown too, and must not change meanwhile
    stage.world.ask(CARLA, &["sync"]).await;
    let before = draft.standing().await;
    let places = ["/lines/0/quantity", "/lines/0/unit_price", "/lines/0/discount_pct", "/discount_pct"];
    for place in places {
        for (text, code) in WRONG {
            refused(&draft.save(place, text).await, code, 1);
        }
    }
    for place in ["/lines/0/discount_pct", "/discount_pct"] {
        refused(&draft.save(place, "100.01").await, "percentage.invalid", 1);
    }
    assert_eq!(draft.standing().await, before);
    // each is an amount, their product is none
    let mut large = Draft::open(&stage).await;
    large.edit["lines"][0]["quantity"] = json!("999999999999");
    refused(&large.save("/lines/0/unit_price", "999999999999").await, "pricing.too_large", 1);
    assert_eq!(large.standing().await.0["lines"], json!([]), "and nothing of it is saved");

    for text in THOUSANDS {
        let ran = draft.save("/lines/0/unit_price", text).await;
        assert_eq!(ran.code, Some(0), "{text}: {}", ran.stderr);
        assert_eq!(draft.standing().await.0["totals"]["subtotal"]["amount"], "2730001.00", "{text}");
    }
    let nonsense = stage.world.root.join("propuesta.json");
    fs::write(&nonsense, r#"{"lines": 7}"#).expect("a file");
    let ran = stage.world.run(CARLA, &["proposal", "save", &nonsense.display().to_string()]).await;
    refused(&ran, "proposal.input_shape", 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_price_that_is_no_amount_keeps_its_product_out() {
    let stage = Stage::set().await;
    let import = async |prices: &[&str]| {
        let rows = prices.iter().enumerate().map(|(at, price)| format!("A-{at},Bomba,40151503,H87,\"{price}\"\n"));
        let list = "SKU,Descripción,Clave SAT,Unidad SAT,Precio\n".to_owned() + &rows.collect::<String>();
        let file = stage.world.root.join("precios.csv");
        fs::write(&file, list).expect("a list");
        stage.world.ask(CARLA, &["import", "products", &file.display().to_string()]).await["totals"].clone()
    };
    let products = async || stage.world.ask(CARLA, &["product", "list"]).await;
    let (before, wrong) = (products().await, WRONG.map(|(text, _)| text));
    let totals = import(&wrong).await;
    assert_eq!((&totals["rejected"], &totals["created"]), (&json!(wrong.len()), &json!(0)), "{totals}");
    assert_eq!(products().await, before);
    for text in THOUSANDS {
        import(&[text]).await;
        assert_eq!(products().await[0]["price"]["amount"], "1365000.50", "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cfdi_takes_amounts_as_the_sat_writes_them() {
    let stage = Stage::set().await;
    let file = stage.world.root.join("cfdi.json");
    let build = async |place: &str, text: &str| {
        let mut draft: Value = serde_json::from_str(crate::papers::DRAFT).expect("a draft");
        *draft.pointer_mut(place).expect("a place of the draft") = json!(text);
        fs::write(&file, draft.to_string()).expect("the draft");
        stage.world.run(CARLA, &["cfdi", "build", &file.display().to_string()]).await
    };
    let wrong = WRONG.map(|(text, _)| text);
    for place in ["/conceptos/0/Cantidad", "/conceptos/0/ValorUnitario", "/conceptos/0/Descuento"] {
        for text in wrong.iter().chain(&THOUSANDS[..2]) {
            let ran = build(place, text).await;
            refused(&ran, "cfdi.input.shape", 1);
            assert!(ran.stderr.contains(text), "it says which: {}", ran.stderr);
        }
    }
    assert_eq!(build("/conceptos/0/ValorUnitario", "1365000.50").await.code, Some(0));
}
