//! Snapshots by hand: one person makes them, another looks and signs.

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

fn of<'r>(rows: &'r Value, scope: &str) -> Option<&'r str> {
    let row = rows.as_array().expect("rows").iter().find(|row| row["scope"] == scope)?;
    row["outcome"].as_str()
}
