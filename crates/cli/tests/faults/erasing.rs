//! Forgetting one person takes nobody else along, whatever the others have written meanwhile.

use serde_json::Value;

use crate::{CARLA, Stage};

#[tokio::test(flavor = "multi_thread")]
async fn who_is_forgotten_takes_nobody_along_whom_the_eraser_had_not_met() {
    let mut stage = Stage::set().await;
    let url = stage.world.servers.relay_url();
    stage.world.ask("luis", &["company", "relay", &url]).await;
    let gone = lead(&stage, "luis", "Tomás Olvido").await;
    stage.world.ask("luis", &["sync"]).await;
    stage.world.ask(CARLA, &["sync"]).await;
    lead(&stage, CARLA, "Julia Cano").await;
    stage.world.ask(CARLA, &["sync"]).await;
    // Carla goes on without a connection; Luis has not heard of Julia
    stage.world.servers.kill_relay().await;
    lead(&stage, CARLA, "Rosa Inédita").await;
    stage.world.servers.start_relay().await;

    stage.world.ask("luis", &["person", "erase", &gone]).await;
    for _ in 0..2 {
        for person in [CARLA, "luis"] {
            assert_eq!(stage.world.ask(person, &["sync"]).await["state"], "up_to_date");
        }
    }
    for person in [CARLA, "luis"] {
        let names = names(&stage, person).await;
        for kept in ["Julia Cano", "Rosa Inédita"] {
            assert!(names.contains(&kept.to_owned()), "{person} reads {kept}: {names:?}");
        }
        assert!(!names.contains(&"Tomás Olvido".to_owned()), "{person} forgot: {names:?}");
        stage.world.ask(person, &["rebuild", "--verify"]).await;
    }
    let there = stage.world.home("luis").display().to_string();
    stage.world.ask(CARLA, &["verify", "--same-as", &there]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_forgotten_yet_keeps_no_company_from_opening() {
    let stage = Stage::with_luis().await;
    lead(&stage, "luis", "Julia Cano").await;
    let opened = stage.world.zuc("luis", &["lead", "list"]).failing_at("sync.ending=error").run().await;
    let rows = opened.answer().expect("reading goes on");
    assert_eq!(rows["rows"][0]["full_name"], "Julia Cano");
    // and the exchange goes on by itself as soon as it can
    let later = stage.world.zuc("luis", &["sync", "--wait", "60"]).failing_at("sync.ending=once").run().await;
    assert_eq!(later.answer().expect("it came to its end")["state"], "up_to_date");
    assert!(later.stderr.contains("test.failure"), "it was refused: {}", later.stderr);
}

/// A new lead of somebody; gives its id.
async fn lead(stage: &Stage, person: &str, name: &str) -> String {
    stage.world.ask(person, &["lead", "create", "--name", name, "--company", "Herrajes Ñandú"]).await;
    let rows = rows(stage, person).await;
    let row = rows.iter().find(|row| row["full_name"] == name).expect("the new lead");
    row["id"].as_str().expect("an id").to_owned()
}

async fn rows(stage: &Stage, person: &str) -> Vec<Value> {
    stage.world.ask(person, &["lead", "list"]).await["rows"].as_array().expect("leads").clone()
}

async fn names(stage: &Stage, person: &str) -> Vec<String> {
    rows(stage, person).await.iter().map(|row| row["full_name"].as_str().unwrap_or_default().to_owned()).collect()
}
