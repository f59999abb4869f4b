//! Nobody signs a paper on which somebody stands as forgotten who was not: while a key is on its way, no proposal is signed.

use std::fs;

use serde_json::json;
use sqlx::Connection as _;

use crate::{CARLA, Stage, csd::data, refused};

/// The keys of persons, as if they had yet to come.
const LATE: &str = "CREATE TABLE late AS SELECT * FROM person_key; DELETE FROM person_key";
/// And here they are.
const HERE: &str = "INSERT INTO person_key SELECT * FROM late; DROP TABLE late";

async fn put(stage: &Stage, what: &'static str) {
    let mut data = data(stage).await;
    sqlx::raw_sql(what).execute(&mut data).await.expect("the keys of persons");
    data.close().await.expect("closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proposal_waits_for_the_names_that_it_says() {
    let mut stage = Stage::set().await;
    // who would bring the keys back
    stage.world.servers.kill_relay().await;
    let world = &stage.world;
    let opened = world.ask(CARLA, &["proposal", "create", &stage.deal.customer, "--title", "Mantenimiento"]).await;
    let id = opened["row"]["id"].as_str().expect("a proposal").to_owned();
    let line = json!({
        "description": "Servicio", "quantity": "2", "unit": "Servicio", "unit_price": "1500", "discount_pct": "0",
        "tax": "iva16", "recurrence": "none", "clave_prod_serv": "81112200", "clave_unidad": "E48", "sku": "",
    });
    let draft = json!({
        "id": id, "title": "Mantenimiento", "lines": [line], "discount_pct": "0",
        "valid_until": opened["row"]["valid_until"], "terms_days": "30", "notes": "",
    });
    let (file, picture) = (world.root.join("propuesta.json"), world.root.join("firma.png"));
    fs::write(&file, draft.to_string()).expect("a file");
    fs::write(&picture, zuc_sample::signature(1).expect("a picture")).expect("a file");
    let (file, picture) = (file.display().to_string(), picture.display().to_string());
    world.ask(CARLA, &["proposal", "save", &file]).await;

    let sign = ["proposal", "sign", &id, "--name", "Rosa Iñiguez", "--role", "Compras", "--signature", &picture];
    put(&stage, LATE).await;
    refused(&world.run(CARLA, &sign).await, "proposal.key_late", 1);
    put(&stage, HERE).await;
    let signed = world.ask(CARLA, &sign).await;
    assert_eq!(signed["row"]["state"], "accepted", "{signed}");
}
