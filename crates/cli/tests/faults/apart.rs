//! What two people change apart: both are asked, one decides, the other's laptop follows; and the history of it.

use serde_json::Value;

use crate::{CARLA, Stage, refused, world::World};

const BOTH: [&str; 2] = [CARLA, "luis"];

#[tokio::test(flavor = "multi_thread")]
async fn an_amount_that_two_changed_apart_waits_for_one_of_them_and_is_settled_on_both() {
    let mut stage = Stage::with_luis().await;
    let world = &mut stage.world;
    world.ask(CARLA, &["lead", "create", "--name", "Julia Cano", "--company", "Herrajes Ñandú"]).await;
    let lead = row(world, CARLA).await["id"].as_str().expect("the lead").to_owned();
    edit(world, CARLA, &lead, "1000").await;
    settle(world).await;
    assert_eq!(world.ask("luis", &["conflicts", "list"]).await, Value::Array(vec![]));

    world.servers.kill_relay().await;
    edit(world, CARLA, &lead, "920").await;
    edit(world, "luis", &lead, "1030").await;
    world.servers.start_relay().await;
    settle(world).await;
    for (person, who) in [(CARLA, "Luis y tú"), ("luis", "Carla y tú")] {
        let waiting = world.ask(person, &["conflicts", "list"]).await;
        let [one] = waiting.as_array().expect("a list").as_slice() else { panic!("{waiting}") };
        let said = ["id", "field", "kind", "title", "what", "who"].map(|name| one[name].as_str().unwrap_or_default());
        assert_eq!(said, [&lead, "estimated_amount", "lead", "Herrajes Ñandú", "Monto estimado", who]);
    }
    let field = "estimated_amount";
    let shown = world.ask("luis", &["conflicts", "show", &lead, field]).await;
    let texts: Vec<_> = shown["sides"].as_array().expect("sides").iter().map(|side| side["text"].clone()).collect();
    assert_eq!(texts, ["$1,030.00", "$920.00"], "one's own first");
    let story = shown["story"].as_str().expect("what happened");
    for part in ["Carla lo bajó 8 %", "tú lo subiste 3 %", "Antes decía $1,000.00"] {
        assert!(story.contains(part), "{story}");
    }

    let resolve = |keep| ["conflicts", "resolve", &lead, field, "--keep", keep];
    refused(&world.run("luis", &resolve("zzzz")).await, "conflict.which", 1);
    let both = [&resolve("theirs")[..], &["--both"]].concat();
    refused(&world.run("luis", &both).await, "app.invalid_input", 1);
    let typed = |value| ["conflicts", "resolve", &lead, field, "--value", value];
    refused(&world.run("luis", &typed("mucho")).await, "amount.not_a_number", 1);
    let done = world.ask("luis", &resolve("theirs")).await;
    assert_eq!(done["done"], "Conflicto resuelto");
    settle(world).await;
    for person in BOTH {
        assert_eq!(amount(world, person).await, "920.00", "{person}");
        refused(&world.run(person, &resolve("mine")).await, "conflict.gone", 1);
    }

    // what somebody wrote since stays
    let undo = ["undo", done["undo"].as_str().expect("a token")];
    edit(world, CARLA, &lead, "777").await;
    settle(world).await;
    refused(&world.run("luis", &undo).await, "undo.changed_since", 1);
    assert_eq!(amount(world, "luis").await, "777.00");
    edit(world, CARLA, &lead, "920.00").await;
    settle(world).await;

    // taken back: what everybody saw meanwhile holds again, and nobody is asked about it
    let before = shown["sides"].as_array().expect("sides").iter().find(|side| side["shown"] == true).cloned();
    let before = before.expect("one was shown")["text"].as_str().expect("text").replace(['$', ','], "");
    world.ask("luis", &undo).await;
    settle(world).await;
    for person in BOTH {
        assert_eq!(amount(world, person).await, before, "{person}");
        assert_eq!(world.ask(person, &["conflicts", "list"]).await, Value::Array(vec![]), "{person}");
    }
    let home = world.home("luis").display().to_string();
    world.ask(CARLA, &["verify", "--same-as", &home]).await;

    history(world, &lead).await;
}

/// Who changed what, and an earlier value put back.
async fn history(world: &World, lead: &str) {
    let told = world.ask(CARLA, &["history", lead]).await;
    assert_eq!(told, world.ask(CARLA, &["history", lead]).await);
    let rows = told["rows"].as_array().expect("changes");
    let edits = |row: &Value| row["edits"].as_array().expect("edits").clone();
    let first = rows.last().expect("a beginning");
    assert_eq!((&first["begins"], &first["by"], &first["here"]), (&true.into(), &"Carla".into(), &true.into()));
    assert!(edits(first).iter().any(|edit| edit["label"] == "Nombre" && edit["to"] == "Julia Cano"));
    // the first of them: what was undone may have put the same back
    let his = rows.iter().rev().find(|row| edits(row).iter().any(|edit| edit["to"] == "$1,030.00")).expect("his edit");
    assert_eq!((&his["by"], &his["here"]), (&"Luis".into(), &false.into()));
    let edit = edits(his).into_iter().find(|edit| edit["field"] == "estimated_amount").expect("the field");
    assert_eq!((&edit["from"], &edit["restorable"]), (&"$1,000.00".into(), &true.into()), "what he saw");

    let change = his["change"].as_str().expect("a change");
    let restore = |field| ["history", lead, "--restore", change, field];
    refused(&world.run(CARLA, &restore("owner")).await, "app.not_found", 1);
    let done = world.ask(CARLA, &restore("estimated_amount")).await;
    assert_eq!(done["done"], "Valor restaurado");
    assert_eq!(amount(world, CARLA).await, "1000.00");
    refused(&world.run(CARLA, &restore("estimated_amount")).await, "lead.unchanged", 1);
    refused(&world.run(CARLA, &["history", "00000000-0000-7000-8000-000000000000"]).await, "app.not_found", 1);
}

async fn row(world: &World, person: &str) -> Value {
    world.ask(person, &["lead", "list", "--text", "Herrajes"]).await["rows"][0].clone()
}

async fn amount(world: &World, person: &str) -> String {
    row(world, person).await["amount"]["amount"].as_str().expect("an amount").to_owned()
}

async fn edit(world: &World, person: &str, lead: &str, amount: &str) {
    world.ask(person, &["lead", "edit", lead, "amount", amount]).await;
}

/// Everything is everywhere.
async fn settle(world: &World) {
    for person in ["carla", "luis", "carla"] {
        let synced = world.ask(person, &["sync"]).await;
        assert_eq!((&synced["state"], &synced["pending"]), (&"up_to_date".into(), &0.into()), "{person}");
    }
}
