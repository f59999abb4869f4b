//! An invite is good once, for a day.

use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};
use zuc_ipc::company::Join;

use crate::{Stage, refused, world::company::until};

/// A day, in milliseconds.
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

#[tokio::test(flavor = "multi_thread")]
async fn an_invite_that_was_used_lets_nobody_else_in() {
    let stage = Stage::with_luis().await;
    let code = invite(&stage).await;
    let first = stage.world.ask("ana", &["device", "join", &code, "--person", "Ana", "--wait", "0"]).await;
    assert_eq!(first["state"], "waiting");
    let second = stage.world.run("eva", &["device", "join", &code, "--person", "Eva"]).await;
    refused(&second, "enrolment.invite_invalid", 1);
    // nothing is left behind: the home is as fresh as before
    let shown = stage.world.ask("eva", &["company", "show"]).await;
    assert_eq!(shown["stage"], "fresh", "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invite_a_day_old_lets_nobody_in() {
    let mut stage = Stage::with_luis().await;
    let code = invite(&stage).await;
    stage.world.servers.kill_relay().await;
    age(&stage).await;
    stage.world.servers.start_relay().await;
    let late = stage.world.run("ana", &["device", "join", &code, "--person", "Ana"]).await;
    refused(&late, "enrolment.invite_invalid", 1);
    let shown = stage.world.ask("ana", &["company", "show"]).await;
    assert_eq!(shown["stage"], "fresh", "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_an_approval_that_does_not_come_in_time_is_refused() {
    let stage = Stage::with_luis().await;
    let code = invite(&stage).await;
    let joining = tokio::spawn(stage.world.zuc("ana", &["device", "join", &code, "--person", "Ana"]).run());
    until("the question", async || !pending(&stage).await.is_empty()).await;
    age(&stage).await;
    refused(&joining.await.expect("zuc is waited for"), "enrolment.invite_invalid", 1);
    // the home is as fresh as before, and takes another invite
    assert_eq!(stage.world.ask("ana", &["company", "show"]).await["stage"], "fresh");
    let code = invite(&stage).await;
    let again = stage.world.ask("ana", &["device", "join", &code, "--person", "Ana", "--wait", "0"]).await;
    assert_eq!(again["state"], "waiting");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_just_joined_writes_after_one_sync_and_is_known_by_name() {
    let stage = Stage::with_luis().await;
    let code = invite(&stage).await;
    let approving = async {
        loop {
            if let Some(shown) = pending(&stage).await.first() {
                return stage.world.ask("luis", &["device", "approve", shown]).await;
            }
        }
    };
    let arguments = ["device", "join", &code, "--person", "Ana"];
    let (joined, _) = tokio::join!(stage.world.ask("ana", &arguments), approving);
    assert_eq!(joined["state"], "approved");
    let synced = stage.world.ask("ana", &["sync"]).await;
    assert_eq!(synced["state"], "up_to_date");
    stage.world.ask("ana", &["lead", "create", "--name", "Julia Cano", "--company", "Herrajes Ñandú"]).await;
    let found = stage.world.ask("ana", &["lead", "list", "--text", "Herrajes"]).await;
    assert_eq!(found["rows"][0]["owner"]["name"], "Ana", "{found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_shown_a_membership_from_before_the_invite_does_not_join() {
    let mut stage = Stage::with_luis().await;
    let code = invite(&stage).await;
    stage.world.servers.kill_relay().await;
    let forgotten = at_the_relay(&stage, "DELETE FROM control WHERE seq > 0 AND seq = (SELECT max(seq) FROM control)");
    assert_eq!(forgotten.await, 1, "the newest record");
    stage.world.servers.start_relay().await;
    let shown = stage.world.run("ana", &["device", "join", &code, "--person", "Ana"]).await;
    refused(&shown, "device.old_log", 1);
    assert_eq!(stage.world.ask("ana", &["company", "show"]).await["stage"], "fresh");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_shown_an_older_membership_once_approved_does_not_come_in() {
    let mut stage = Stage::with_luis().await;
    let code = invite(&stage).await;
    let desk = stage.world.desk("ana").await;
    let join = Join { invite: code, person_name: "Ana".to_owned() };
    let shown = desk.company_join(join).await.expect("the invite is good").short_code;
    stage.world.ask("luis", &["device", "approve", &shown]).await;
    stage.world.servers.kill_relay().await;
    assert!(at_the_relay(&stage, "DELETE FROM control WHERE seq > 0").await > 1, "what she compared, and her approval");
    stage.world.servers.start_relay().await;
    let refused = desk.join_status().await.expect_err("an older membership");
    assert_eq!(refused.code, "device.old_log");
    assert_eq!(desk.join_status().await.expect_err("and again").code, "device.old_log", "she still waits");
}

async fn invite(stage: &Stage) -> String {
    let given = stage.world.ask("luis", &["device", "invite", "--person", "Ana"]).await;
    given["code"].as_str().expect("an invite").to_owned()
}

/// The codes that those who wait to come in show.
async fn pending(stage: &Stage) -> Vec<String> {
    let waiting = stage.world.ask("luis", &["device", "pending"]).await;
    let shown = |device: &Value| device["short_code"].as_str().expect("a code to compare").to_owned();
    waiting.as_array().expect("who waits").iter().map(shown).collect()
}

/// A day passes for the invites the relay holds.
async fn age(stage: &Stage) {
    let aged = at_the_relay(stage, &format!("UPDATE invite SET until_ms = until_ms - {DAY_MS}")).await;
    assert!(aged > 0, "an invite grew older");
}

/// Changes the files of the relay, which does not run; how many rows.
async fn at_the_relay(stage: &Stage, sql: &str) -> u64 {
    let companies = stage.world.root.join("relay/companies");
    let mut changed = 0;
    for entry in std::fs::read_dir(companies).expect("the relay's companies") {
        let path = entry.expect("a file").path();
        if path.extension().is_some_and(|kind| kind == "db" || kind == "sqlite" || kind == "sqlite3") {
            let options = SqliteConnectOptions::new().filename(&path);
            let mut connection = SqliteConnection::connect_with(&options).await.expect("the company's file");
            let done = sqlx::query(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await;
            changed += done.expect("changed").rows_affected();
            connection.close().await.expect("closed");
        }
    }
    changed
}
