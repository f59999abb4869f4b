//! Snapshots by hand: one person makes them, another looks and signs; and whoever dies in the middle of it, or of telling how far
//! an audit record reaches.

use serde_json::Value;

use crate::{CARLA, Stage};

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_that_one_person_made_stands_once_another_has_looked() {
    let (stage, _) = Stage::with_a_draft().await;
    let world = &stage.world;
    let url = world.servers.relay_url();
    world.ask("luis", &["company", "relay", &url]).await;
    world.ask("luis", &["sync"]).await;
    for (person, outcome) in
        [(CARLA, "made"), (CARLA, "waits"), ("luis", "vouched"), (CARLA, "stands"), ("luis", "stands")]
    {
        let rows = world.ask(person, &["sync", "snapshot"]).await;
        assert_eq!(of(&rows, "sales.1"), Some(outcome), "{person}: {rows}");
        assert_eq!(of(&rows, "fiscal"), None, "what is fiscal is read from its first entry");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_dies_while_making_a_snapshot_leaves_none_or_one_that_stands() {
    let (stage, _) = Stage::with_a_draft().await;
    let world = &stage.world;
    let url = world.servers.relay_url();
    world.ask("luis", &["company", "relay", &url]).await;
    world.ask("luis", &["sync"]).await;
    // made and offered to nobody; then offered without what is in it: nobody hears of either, and it is made again
    for place in ["snapshot.made", "snapshot.offered"] {
        let died = world.zuc(CARLA, &["sync", "snapshot"]).failing_at(place).run().await;
        assert_eq!(died.code, None, "{place}: {}", died.stderr);
        assert_eq!(world.ask(CARLA, &["verify"]).await["problems"], Value::Array(vec![]), "{place}");
    }
    // with what is in it: it stands once another has looked
    let died = world.zuc(CARLA, &["sync", "snapshot"]).failing_at("snapshot.pack_sent").run().await;
    assert_eq!(died.code, None, "{}", died.stderr);
    let made = world.ask(CARLA, &["sync", "snapshot"]).await;
    assert!(made.as_array().expect("rows").iter().any(|row| row["outcome"] == "waits"), "{made}");
    world.ask(CARLA, &["sync", "snapshot"]).await;
    let looked = world.ask("luis", &["sync", "snapshot"]).await;
    assert_eq!(of(&looked, "sales.1"), Some("vouched"), "{looked}");
    let stands = world.ask(CARLA, &["sync", "snapshot"]).await;
    assert_eq!(of(&stands, "sales.1"), Some("stands"), "{stands}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_dies_while_telling_how_far_the_audit_record_reaches_has_told_all_of_it_or_nothing() {
    let stage = Stage::with_luis().await;
    let world = &stage.world;
    let heads = async || world.ask("luis", &["audit"]).await.as_array().expect("a list").len();
    let before = heads().await;
    let died = world.zuc("luis", &["audit", "--tell"]).failing_at("audit.telling").run().await;
    assert_eq!(died.code, None, "{}", died.stderr);
    assert_eq!(heads().await, before, "what was not committed is not told");
    let died = world.zuc("luis", &["audit", "--tell"]).failing_at("audit.told").run().await;
    assert_eq!(died.code, None, "{}", died.stderr);
    let told = world.ask("luis", &["audit"]).await;
    assert!(told.as_array().expect("a list").iter().any(|head| head["here"] == true), "{told}");
    assert_eq!(world.ask("luis", &["verify"]).await["problems"], Value::Array(vec![]));
    world.ask("luis", &["audit", "--tell"]).await;
    assert_eq!(world.ask("luis", &["verify"]).await["problems"], Value::Array(vec![]));
}

fn of<'r>(rows: &'r Value, scope: &str) -> Option<&'r str> {
    let row = rows.as_array().expect("rows").iter().find(|row| row["scope"] == scope)?;
    row["outcome"].as_str()
}
