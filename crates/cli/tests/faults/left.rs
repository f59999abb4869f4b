//! What somebody who left could not send: kept for whoever manages, taken over piece by piece, thrown away.

use serde_json::Value;

use crate::{CARLA, Stage, refused, world::World};

#[tokio::test(flavor = "multi_thread")]
async fn what_carla_could_not_send_luis_takes_over_piece_by_piece_and_throws_the_rest_away() {
    let mut stage = Stage::with_luis().await;
    let world = &mut stage.world;
    world.ask(CARLA, &["lead", "create", "--name", "Julia Cano", "--company", "Herrajes Ñandú"]).await;
    let found = world.ask(CARLA, &["lead", "list", "--text", "Julia"]).await;
    let lead = found["rows"][0]["id"].as_str().expect("a lead").to_owned();
    for person in [CARLA, "luis", CARLA] {
        world.ask(person, &["sync"]).await;
    }

    world.servers.kill_relay().await;
    world.ask(CARLA, &["lead", "edit", &lead, "city", "León"]).await;
    world.ask(CARLA, &["lead", "edit", &lead, "industry", "Ferretería"]).await;
    world.ask(CARLA, &["lead", "log", &lead, "quiere diez cajas"]).await;
    let nora = ["lead", "create", "--name", "Nora Paz", "--company", "Tornillos", "--phone", "4421234567"];
    world.ask(CARLA, &nora).await;
    world.servers.start_relay().await;
    let devices = world.ask("luis", &["device", "list"]).await;
    let carla = devices.as_array().expect("devices").iter().find(|row| row["person"] == "Carla").expect("Carla's");
    let carla = carla["id"].as_str().expect("an id").to_owned();
    world.ask("luis", &["device", "revoke", &carla, "--reason", "left"]).await;
    assert_eq!(list(world).await, Value::Array(vec![]), "nothing came yet");

    assert_eq!(world.run(CARLA, &["sync"]).await.refusal(), Some("sync.revoked"));
    let mine = ["device", "left-behind", "mine"];
    let told = world.ask(CARLA, &mine).await;
    let sales = of_sales(&told).clone();
    assert!(sales["changes"].as_u64() >= Some(4), "{told}");
    assert!(sales["until"].as_str().is_some_and(|until| !until.is_empty()), "{told}");
    assert_eq!(world.ask(CARLA, &mine).await, told, "once");
    refused(&world.run(CARLA, &["device", "left-behind", "list"]).await, "sync.revoked", 1);

    // somebody wrote one of the fields since
    world.ask("luis", &["lead", "edit", &lead, "city", "Silao"]).await;
    let left = list(world).await;
    let changes = of_sales(&left)["changes"].as_array().expect("changes");
    assert_eq!(of_sales(&left)["who"], "Carla");
    let city = changes.iter().find(|change| says(change, "León")).expect("the city");
    let industry = changes.iter().find(|change| says(change, "Ferretería")).expect("the industry");
    let call = changes.iter().find(|change| says(change, "diez cajas")).expect("the call");
    let new = changes.iter().find(|change| change["new"] == true).expect("the lead");
    assert_eq!([city, industry, call, new].map(|piece| piece["state"].clone()), ["changed", "open", "open", "open"]);
    assert_eq!(new["title"], "Tornillos");
    assert!(says(new, "442"), "with the person's key, that came along: {new}");

    let take = async |n: &Value, over: bool| {
        let n = n.to_string();
        let words = ["device", "left-behind", "take", &carla, "sales.1", &n, "--over"];
        world.run("luis", if over { &words } else { &words[..6] }).await
    };
    let stale = take(&city["n"], false).await;
    assert_eq!(stale.refusal(), Some("app.stale"), "{}", stale.stderr);
    for (piece, over) in [(city, true), (industry, false), (call, false), (new, false)] {
        let taken = take(&piece["n"], over).await;
        assert_eq!(taken.code, Some(0), "{piece}: {}", taken.stderr);
        refused(&take(&piece["n"], over).await, "left.there", 1);
    }
    refused(&take(&Value::from(999), false).await, "left.gone", 1);
    let shown = world.ask("luis", &["lead", "show", &lead]).await.to_string();
    for said in ["León", "(Carla) quiere diez cajas", "De lo que Carla no alcanzó a enviar: Ciudad"] {
        assert!(shown.contains(said), "{said}: {shown}");
    }
    let found = world.ask("luis", &["lead", "list", "--text", "Nora"]).await;
    assert_eq!(found["rows"].as_array().map(Vec::len), Some(1), "{found}");
    assert_eq!(world.ask("luis", &["sync"]).await["state"], "up_to_date");

    world.ask("luis", &["device", "left-behind", "discard", &carla, "sales.1"]).await;
    let left = list(world).await;
    assert!(left.as_array().expect("a list").iter().all(|row| row["scope"] != "sales.1"), "{left}");
    refused(&take(&city["n"], true).await, "left.gone", 1);
}

async fn list(world: &World) -> Value {
    world.ask("luis", &["device", "left-behind", "list"]).await
}

fn of_sales(list: &Value) -> &Value {
    let rows = list.as_array().expect("a list").iter().find(|row| row["scope"] == "sales.1");
    rows.unwrap_or_else(|| panic!("nothing of sales: {list}"))
}

fn says(change: &Value, word: &str) -> bool {
    let said = change["said"].as_array().expect("what it says");
    said.iter().any(|line| line.as_str().is_some_and(|line| line.contains(word)))
}
