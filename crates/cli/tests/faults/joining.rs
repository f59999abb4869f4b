//! Keys that whoever approves does not hold come from those who hold them; an approval cut short is ended later.

use tempfile::tempdir;
use zuc_app::Desk;
use zuc_ipc::company::Join;

use crate::{
    CARLA, Stage,
    world::{World, company::until, servers::Options},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_second_person_of_finance_gets_the_keys_of_the_first_who_loses_none() {
    let (stage, draft) = Stage::with_a_draft().await;
    let url = stage.world.servers.relay_url();
    stage.world.ask("luis", &["company", "relay", &url]).await;
    let desk = stage.world.desk("diana").await;
    let shown = join(&stage.world, &desk, "Diana").await;
    stage.world.ask("luis", &["device", "approve", &shown]).await;
    assert_eq!(standing(&desk).await, "keys", "Luis does not read what finance keeps");
    stage.world.ask("luis", &["sync"]).await;
    assert_eq!(standing(&desk).await, "keys");

    let synced = stage.world.ask(CARLA, &["sync"]).await;
    assert_eq!(synced["state"], "up_to_date");
    assert_eq!(standing(&desk).await, "approved", "Carla's computer gave the keys by itself");
    let office = desk.office().await.expect("Diana's office");
    stage.world.leave("diana", desk, office).await;
    assert_eq!(stage.world.ask("diana", &["sync"]).await["state"], "up_to_date");
    let carlas = stage.world.ask(CARLA, &["invoice", "show", &draft]).await;
    assert_ne!(carlas["row"]["customer"], "", "{carlas}");
    assert_eq!(
        stage.world.ask("diana", &["invoice", "show", &draft]).await,
        carlas,
        "from before she came, names and all"
    );
    let home = stage.world.home(CARLA).display().to_string();
    stage.world.ask("diana", &["verify", "--same-as", &home]).await;
    for person in [CARLA, "diana"] {
        stage.world.ask(person, &["rebuild", "--verify"]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_that_was_killed_half_way_is_ended_by_the_next_sync() {
    let folder = tempdir().expect("a folder");
    let world = World::open(folder.path(), Options::default()).await;
    let luis = world.begin().await;
    let office = luis.office().await.expect("Luis's office");
    world.leave("luis", luis, office).await;
    let desk = world.desk(CARLA).await;
    let shown = join(&world, &desk, "Carla").await;
    let killed = world.zuc("luis", &["device", "approve", &shown]).failing_at("membership.between_records").run().await;
    assert!(killed.was_killed(), "{}", killed.stderr);
    assert_eq!(standing(&desk).await, "keys", "she is in, and what finance keeps has no key yet");
    assert_eq!(world.ask("luis", &["sync"]).await["state"], "up_to_date");
    until("the keys", async || standing(&desk).await == "approved").await;
    let office = desk.office().await.expect("Carla's office");
    world.leave(CARLA, desk, office).await;
    assert_eq!(world.ask(CARLA, &["sync"]).await["state"], "up_to_date", "she can write in every scope of hers");
}

/// Asks to join as a person of finance, by an invite of Luis; gives the code to compare.
pub(crate) async fn join(world: &World, desk: &Desk, person: &str) -> String {
    let invite = world.ask("luis", &["device", "invite", "--person", person, "--roles", "finanzas"]).await;
    let code = invite["code"].as_str().expect("an invite").to_owned();
    desk.company_join(Join { invite: code, person_name: person.to_owned() })
        .await
        .expect("the invite is good")
        .short_code
}

pub(crate) async fn standing(desk: &Desk) -> String {
    desk.join_status().await.expect("how it stands").state
}
