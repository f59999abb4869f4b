//! A relay that was found out: no folio is asked of it and nothing is stamped, whoever starts the program, until that is over.

use serde_json::json;
use sqlx::Connection as _;

use crate::{CARLA, Stage, csd::data, refused};

/// What is fiscal is not trusted any more, as the exchange notes it.
const FOUND_OUT: &str =
    "INSERT INTO alarm (scope, code, seq, author, at) VALUES (3, 'sync.log_forked', 1, x'', 1790000000000)";
/// As it notes that the log is another.
const OVER: &str = "DELETE FROM alarm";

async fn noted(stage: &Stage, what: &'static str) {
    let mut data = data(stage).await;
    sqlx::query(what).execute(&mut data).await.expect("the table of alarms");
    data.close().await.expect("closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_folio_is_asked_of_a_relay_that_is_not_trusted_and_that_is_said_with_or_without_it() {
    let (mut stage, id) = Stage::with_a_draft().await;
    noted(&stage, FOUND_OUT).await;
    let before = stage.world.ask(CARLA, &["invoice", "show", &id]).await;
    for _ in 0..2 {
        refused(&stage.world.run(CARLA, &["invoice", "issue", &id]).await, "sync.log_forked", 1);
    }
    assert_eq!(stage.world.ask(CARLA, &["invoice", "show", &id]).await, before, "nothing changed");
    let found = stage.world.ask(CARLA, &["doctor"]).await;
    let told = found.as_array().expect("a list").iter().map(|found| (&found["fate"], &found["code"], &found["scope"]));
    assert_eq!(told.collect::<Vec<_>>(), [(&json!("distrusted"), &json!("sync.log_forked"), &json!("fiscal"))]);
    for away in [false, true] {
        if away {
            stage.world.servers.kill_relay().await;
        }
        let ran = stage.world.run(CARLA, &["sync", "--wait", "2"]).await;
        assert_eq!((ran.refusal(), ran.code), (Some("sync.log_forked"), Some(1)), "{away}: {}", ran.stderr);
    }
    stage.world.servers.start_relay().await;
    noted(&stage, OVER).await;
    let answer = stage.world.ask(CARLA, &["invoice", "issue", &id]).await;
    assert_eq!((&answer["row"]["fiscal_state"], &answer["row"]["label"]), (&json!("stamped"), &json!("A-1")));
    assert_eq!(stage.world.servers.ledger().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_was_sealed_before_waits_until_the_relay_is_trusted_again() {
    let (stage, id) = Stage::with_a_draft().await;
    let world = &stage.world;
    world.zuc(CARLA, &["invoice", "issue", &id]).failing_at("issue.sealed=wait").killed_where_it_waits().await;
    noted(&stage, FOUND_OUT).await;
    for _ in 0..2 {
        let answer = world.ask(CARLA, &["invoice", "issue", &id]).await;
        assert_eq!(answer["row"]["fiscal_state"], "queued");
    }
    assert!(world.servers.ledger().await.is_empty(), "the PAC was told nothing");
    noted(&stage, OVER).await;
    let answer = world.ask(CARLA, &["invoice", "issue", &id]).await;
    assert_eq!((&answer["row"]["fiscal_state"], &answer["row"]["label"]), (&json!("stamped"), &json!("A-1")));
    assert_eq!(world.servers.ledger().await.len(), 1);
}
