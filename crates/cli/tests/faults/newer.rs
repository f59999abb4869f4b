//! Data that a newer version wrote, in a program that was not brought up to date: it shows them, changes nothing, keeps what
//! waits to be sent, and says why and what to do.

use serde_json::Value;
use sqlx::Connection as _;

use crate::{CARLA, Stage, csd::data, refused};

/// What a version that does not exist yet leaves, and that this one may read it.
const TOMORROW: [&str; 3] = [
    "ALTER TABLE lead_row ADD COLUMN visits INTEGER NOT NULL DEFAULT 0",
    "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
     VALUES (9999, 'of tomorrow', 1, x'00', 0)",
    "INSERT INTO schema_floor (schema, reads, writes) VALUES (9999, 31, 9999)",
];

/// The program is brought up to date: it knows that migration.
const UPDATE: [&str; 3] = [
    "DELETE FROM schema_floor WHERE schema = 9999",
    "DELETE FROM _sqlx_migrations WHERE version = 9999",
    "ALTER TABLE lead_row DROP COLUMN visits",
];

async fn change(stage: &Stage, statements: &[&'static str]) {
    let mut connection = data(stage).await;
    for sql in statements {
        sqlx::query(*sql).execute(&mut connection).await.expect("a statement");
    }
    connection.close().await.expect("closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn data_of_a_newer_version_are_shown_and_nothing_of_them_is_changed_until_the_program_is_brought_up_to_date() {
    let mut stage = Stage::set().await;
    stage.world.ask(CARLA, &["sync"]).await;
    stage.world.servers.kill_relay().await;
    stage.world.ask(CARLA, &["lead", "create", "--name", "Ximena Ñuño", "--company", "Herrajes Ñandú"]).await;
    let page = stage.world.ask(CARLA, &["lead", "list"]).await;
    let mut rows = page["rows"].as_array().expect("leads").iter();
    let row = rows.find(|row| row["full_name"] == "Ximena Ñuño").expect("the lead");
    let lead = row["id"].as_str().expect("its id").to_owned();
    change(&stage, &TOMORROW).await;
    stage.world.servers.start_relay().await;

    // whatever shows shows
    let page = stage.world.ask(CARLA, &["lead", "list"]).await;
    assert!(page["rows"].to_string().contains("Ximena Ñuño"), "{page}");
    for shown in
        [&["company", "show"][..], &["invoice", "list"], &["dashboard"], &["history", &lead], &["backup", "list"]]
    {
        stage.world.ask(CARLA, shown).await;
    }
    // whatever changes is refused, by one code
    let relay = stage.world.servers.relay_url();
    let card = stage.world.root.join("passphrase").display().to_string();
    for changes in [
        &["lead", "create", "--name", "Otra", "--company", "Otra"][..],
        &["lead", "log", &lead, "--channel", "note", "Una nota"],
        &["file", "add", &lead, &card],
        &["company", "relay", &relay],
        &["backup"],
        &["sync"],
    ] {
        let ran = stage.world.run(CARLA, changes).await;
        assert_eq!(ran.refusal(), Some("store.read_only"), "{changes:?}: {}", ran.stderr);
    }
    let found = stage.world.ask(CARLA, &["doctor"]).await;
    assert_eq!((&found[0]["fate"], &found[0]["code"]), (&"read_only".into(), &"store.read_only".into()));
    assert!(found[0]["why"].as_str().expect("a sentence").contains("Actualiza Zuclubit"), "{found}");

    // one that lets nobody older in is not even opened
    change(&stage, &["UPDATE schema_floor SET reads = 9999 WHERE schema = 9999"]).await;
    refused(&stage.world.run(CARLA, &["lead", "list"]).await, "store.too_new", 3);

    change(&stage, &UPDATE).await;
    assert_eq!(stage.world.ask(CARLA, &["sync"]).await["state"], Value::from("up_to_date"));
    let page = stage.world.ask(CARLA, &["lead", "list"]).await;
    assert_eq!(page["rows"].to_string().matches("Ximena Ñuño").count(), 1, "once, and nothing else was made");
    assert!(!page["rows"].to_string().contains("\"Otra\""), "{page}");
    stage.world.ask(CARLA, &["verify"]).await;
}
