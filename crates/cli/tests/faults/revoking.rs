//! A device that is taken out: it reads nothing new, is closed to work or leaves nothing at all, and the others go on.

use serde_json::Value;
use zuc_ipc::company::Stage as Standing;

use crate::{
    CARLA, Stage,
    joining::{join, standing},
    refused,
    world::company::until,
};

#[tokio::test(flavor = "multi_thread")]
async fn who_is_taken_out_is_told_works_no_more_and_the_others_go_on() {
    let (stage, draft) = Stage::with_a_draft().await;
    let world = &stage.world;
    let url = world.servers.relay_url();
    world.ask("luis", &["company", "relay", &url]).await;
    let desk = world.desk("diana").await;
    let shown = join(world, &desk, "Diana").await;
    world.ask("luis", &["device", "approve", &shown]).await;
    world.ask(CARLA, &["sync"]).await;
    until("the keys", async || standing(&desk).await == "approved").await;
    let office = desk.office().await.expect("Diana's office");
    world.leave("diana", desk, office).await;
    world.ask("diana", &["sync"]).await;

    let devices = world.ask("luis", &["device", "list"]).await;
    let (carla, own) = (device_of(&devices, "Carla"), device_of(&devices, "Luis"));
    let revoke = |device| ["device", "revoke", device, "--reason", "left"];
    refused(&world.run("luis", &revoke(&own)).await, "device.own", 1);
    refused(&world.run("luis", &revoke("zzzz")).await, "device.unknown", 1);
    refused(&world.run("diana", &revoke(&carla)).await, "auth.forbidden", 1);
    // cut short between the two acts, and told again
    let killed = world.zuc("luis", &revoke(&carla)).failing_at("membership.stopped").run().await;
    assert!(killed.was_killed(), "{}", killed.stderr);
    let stopped = world.run(CARLA, &["sync"]).await;
    assert_eq!(stopped.refusal(), Some("sync.stopped"), "{}", stopped.stderr);
    let row = |list: Value| row_of(&list, "Carla");
    assert_eq!(row(world.ask("luis", &["device", "list"]).await)["stopped"], true);
    let done = world.ask("luis", &revoke(&carla)).await;
    let said = done["done"].as_str().expect("what was done");
    assert!(said.starts_with("El equipo de Carla ya no es de la empresa. Lo que solo leía su área"), "{said}");
    refused(&world.run("luis", &revoke(&carla)).await, "device.unknown", 1);
    let left = row(world.ask("luis", &["device", "list"]).await);
    assert_eq!((&left["removed"], &left["stopped"]), (&true.into(), &false.into()), "she keeps her name");

    // Carla's: told why, now and later, and closed to work
    for _ in 0..2 {
        let told = world.run(CARLA, &["sync"]).await;
        assert_eq!(told.refusal(), Some("sync.revoked"), "{}", told.stderr);
    }
    refused(&world.run(CARLA, &["invoice", "list"]).await, "sync.revoked", 1);
    // the others': Diana gives what is fiscal a new key, which Luis could not, and both write on
    assert_eq!(world.ask("diana", &["sync"]).await["state"], "up_to_date");
    world.ask("luis", &["lead", "create", "--name", "Julia Cano", "--company", "Herrajes Ñandú"]).await;
    let fiscal =
        ["--rfc", "URE180429TM6", "--name", "UNIVERSIDAD ROBOTICA ESPAÑOLA", "--regimen", "601", "--cp", "86991"];
    let profile = [&["invoice", "fiscal", &draft], &fiscal[..], &["--uso", "G03", "--note", "Sin Carla"]].concat();
    world.ask("diana", &profile).await;
    for person in ["luis", "diana"] {
        let synced = world.ask(person, &["sync"]).await;
        assert_eq!((&synced["state"], &synced["pending"]), (&"up_to_date".into(), &0.into()), "{person}");
    }
    world.ask("luis", &["sync"]).await;
    let home = world.home("luis").display().to_string();
    world.ask("diana", &["verify", "--same-as", &home]).await;
    // new keys on demand, of what is here
    refused(&world.run("luis", &["device", "rotate", "fiscal"]).await, "device.key_not_here", 1);
    refused(&world.run("luis", &["device", "rotate", "ventas"]).await, "device.no_such_scope", 1);
    refused(&world.run("diana", &["device", "rotate", "--all"]).await, "auth.forbidden", 1);
    let rotated = world.ask("luis", &["device", "rotate", "catalog", "sales.1"]).await;
    assert_eq!(rotated["done"], "Llaves nuevas para 2 grupos de datos");
    world.ask("luis", &["lead", "create", "--name", "Nora Paz", "--company", "Tornillos"]).await;
    for person in ["luis", "diana"] {
        assert_eq!(world.ask(person, &["sync"]).await["state"], "up_to_date", "{person}");
    }
    world.ask("diana", &["verify", "--same-as", &home]).await;
    // whoever was taken out before may have had what is forgotten now
    let found = world.ask("luis", &["lead", "list", "--text", "Nora"]).await;
    let nora = found["rows"][0]["id"].as_str().expect("a lead");
    let erased = world.ask("luis", &["person", "erase", nora]).await;
    let devices = &erased["receipt"]["receipt"]["devices"];
    assert_eq!(devices["removed"].as_array().map(Vec::len), Some(1), "{devices}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_is_open_and_told_to_wipe_itself_leaves_no_file_though_nobody_asks_anything_of_it() {
    let stage = Stage::with_luis().await;
    let world = &stage.world;
    let carlas = world.desk(CARLA).await;
    let office = carlas.office().await.expect("Carla's office");
    office.sync_now().await.expect("she is connected");
    drop(office);
    let home = world.home(CARLA);
    assert!(home.join("zuclubit.db").exists());
    let carla = device_of(&world.ask("luis", &["device", "list"]).await, "Carla");
    world.ask("luis", &["device", "revoke", &carla, "--reason", "lost", "--wipe"]).await;
    until("the wiping", async || !home.exists()).await;
    assert_eq!(carlas.boot().await.expect("her desk").stage, Standing::Wiped);
    let refused = carlas.office().await.err().expect("there is no company any more");
    assert_eq!(refused.code, "sync.wiped");
    carlas.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_was_away_wipes_itself_on_contact_even_when_that_is_cut_short() {
    let stage = Stage::with_luis().await;
    let world = &stage.world;
    let carla = device_of(&world.ask("luis", &["device", "list"]).await, "Carla");
    // without the relay it is said before anything is done
    let mut stage = stage;
    stage.world.servers.kill_relay().await;
    let revoke = ["device", "revoke", &carla, "--reason", "lost", "--wipe"];
    refused(&stage.world.run("luis", &revoke).await, "relay.unreachable", 3);
    stage.world.servers.start_relay().await;
    let world = &stage.world;
    assert_eq!(row_of(&world.ask("luis", &["device", "list"]).await, "Carla")["stopped"], false);
    world.ask("luis", &revoke).await;
    let killed = world.zuc(CARLA, &["sync"]).failing_at("home.wiping").run().await;
    assert!(killed.was_killed(), "{}", killed.stderr);
    let home = world.home(CARLA);
    assert!(home.exists(), "it was cut short");
    refused(&world.run(CARLA, &["invoice", "list"]).await, "sync.wiped", 1);
    assert!(!home.exists(), "and is ended at the next start");
}

fn row_of(list: &Value, person: &str) -> Value {
    let rows = list.as_array().expect("devices");
    rows.iter().find(|row| row["person"] == person).unwrap_or_else(|| panic!("{person} has a device")).clone()
}

fn device_of(list: &Value, person: &str) -> String {
    row_of(list, person)["id"].as_str().expect("an id").to_owned()
}
