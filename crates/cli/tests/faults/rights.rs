//! Roles that change: what a person may no longer read goes from their disk, what they may read comes back.

use serde_json::Value;

use crate::{
    CARLA, Stage,
    joining::{join, standing},
    refused,
    world::company::until,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_is_taken_takes_its_data_along_and_brings_them_back_when_it_is_given_again() {
    let (stage, draft) = Stage::with_a_draft().await;
    let world = &stage.world;
    let url = world.servers.relay_url();
    world.ask("luis", &["company", "relay", &url]).await;
    let rights = |person, role| ["person", "rights", person, "--role", role];
    refused(&world.run("luis", &rights("Luis", "ventas")).await, "person.last_admin", 1);
    refused(&world.run("luis", &rights("Carla", "ventas")).await, "person.last_reader", 1);
    refused(&world.run("luis", &rights("Nadie", "ventas")).await, "person.unknown", 1);
    refused(&world.run(CARLA, &rights("Carla", "administracion")).await, "auth.forbidden", 1);

    let desk = world.desk("diana").await;
    let shown = join(world, &desk, "Diana").await;
    world.ask("luis", &["device", "approve", &shown]).await;
    world.ask(CARLA, &["sync"]).await;
    until("the keys", async || standing(&desk).await == "approved").await;
    let office = desk.office().await.expect("Diana's office");
    world.leave("diana", desk, office).await;
    world.ask("diana", &["sync"]).await;

    let done = world.ask("luis", &rights("Carla", "ventas")).await;
    assert_eq!(done["done"], "Carla tiene otros permisos");
    let people = world.ask("luis", &["person", "list"]).await;
    assert_eq!(roles_of(&people, "Carla"), ["ventas"]);
    world.ask("diana", &["sync"]).await;
    world.ask(CARLA, &["sync"]).await;
    world.ask(CARLA, &["sync"]).await;
    refused(&world.run(CARLA, &["invoice", "show", &draft]).await, "auth.forbidden", 1);
    let home = world.home("diana").display().to_string();
    let compared = world.ask(CARLA, &["verify", "--same-as", &home]).await;
    assert!(!compared.to_string().contains("fiscal"), "{compared}");

    world.ask("luis", &rights("Carla", "finanzas")).await;
    world.ask("diana", &["sync"]).await;
    for _ in 0..2 {
        world.ask(CARLA, &["sync"]).await;
    }
    let compared = world.ask(CARLA, &["verify", "--same-as", &home]).await;
    assert!(compared.to_string().contains("fiscal"), "{compared}");
    assert_eq!(
        world.ask(CARLA, &["invoice", "show", &draft]).await,
        world.ask("diana", &["invoice", "show", &draft]).await
    );
}

fn roles_of(people: &Value, name: &str) -> Vec<String> {
    let rows = people.as_array().expect("people");
    let row = rows.iter().find(|row| row["name"] == name).unwrap_or_else(|| panic!("{name} is of the company"));
    row["roles"].as_array().expect("roles").iter().filter_map(|role| role.as_str().map(str::to_owned)).collect()
}
