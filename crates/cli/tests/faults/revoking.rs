//! A device that is taken out: it reads nothing new and keeps nothing, and the others go on.

use serde_json::Value;

use crate::{
    CARLA, Stage,
    joining::{join, standing},
    refused,
    world::company::until,
};

#[tokio::test(flavor = "multi_thread")]
async fn who_is_taken_out_is_told_loses_what_they_have_and_the_others_go_on() {
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

    let carla = device_of(world.ask("luis", &["device", "list"]).await, "Carla");
    let own = device_of(world.ask("luis", &["device", "list"]).await, "Luis");
    refused(&world.run("luis", &["device", "revoke", &own]).await, "device.own", 1);
    refused(&world.run("luis", &["device", "revoke", "zzzz"]).await, "device.unknown", 1);
    refused(&world.run("diana", &["device", "revoke", &carla]).await, "auth.forbidden", 1);
    // cut short between the two acts, and told again
    let killed =
        world.zuc("luis", &["device", "revoke", &carla, "--lost"]).failing_at("membership.stopped").run().await;
    assert!(killed.was_killed(), "{}", killed.stderr);
    let done = world.ask("luis", &["device", "revoke", &carla, "--lost"]).await;
    assert_eq!(done["done"], "El equipo de Carla ya no es de la empresa");
    refused(&world.run("luis", &["device", "revoke", &carla]).await, "device.unknown", 1);

    // Carla's: told why, and nothing is left there to read
    let told = world.run(CARLA, &["sync"]).await;
    assert_eq!(told.refusal(), Some("sync.revoked"), "{}", told.stderr);
    let left = world.ask(CARLA, &["invoice", "list"]).await;
    assert_eq!(left["rows"].as_array().map(Vec::len), Some(0), "{left}");
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
}

fn device_of(list: Value, person: &str) -> String {
    let rows = list.as_array().expect("devices");
    let row = rows.iter().find(|row| row["person"] == person).unwrap_or_else(|| panic!("{person} has a device"));
    row["id"].as_str().expect("an id").to_owned()
}
