//! Two programs on one home: the second says so and leaves.

use tempfile::tempdir;
use zuc_ipc::company::Secret;

use crate::{
    CARLA, Stage, refused,
    world::{World, servers::Options},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_second_program_on_the_same_home_says_so_and_leaves() {
    let stage = Stage::set().await;
    let desk = stage.world.desk(CARLA).await;
    for arguments in [["lead", "list"], ["company", "show"]] {
        refused(&stage.world.run(CARLA, &arguments).await, "store.home_in_use", 3);
    }
    // the first goes on as before
    assert!(desk.boot().await.expect("its desk").company.is_some());
    desk.close().await;
    drop(desk);
    stage.world.ask(CARLA, &["lead", "list"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_home_without_its_passphrase_stays_shut() {
    let stage = Stage::set().await;
    std::fs::write(stage.world.root.join("passphrase"), "otra frase\n").expect("another passphrase");
    refused(&stage.world.run(CARLA, &["lead", "list"]).await, "store.wrong_passphrase", 3);
    std::fs::write(stage.world.root.join("passphrase"), "\n").expect("no passphrase");
    refused(&stage.world.run(CARLA, &["lead", "list"]).await, "app.locked", 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_passphrase_opens_a_home_from_then_on_and_the_one_before_does_not() {
    let stage = Stage::set().await;
    let file = |name: &str| stage.world.root.join(name).display().to_string();
    let (now, next, wrong) = (file("passphrase"), file("otra"), file("ninguna"));
    std::fs::write(&next, "una frase más larga\n").expect("the next passphrase");
    std::fs::write(&wrong, "ninguna de las dos\n").expect("a wrong one");
    assert_eq!(stage.world.ask(CARLA, &["lock", "show"]).await["on"], true);
    let put = |current: &str| ["lock", "put", "--phrase", &next, "--current", current].map(ToOwned::to_owned);
    let with_wrong = put(&wrong);
    let ran = stage.world.run(CARLA, &with_wrong.each_ref().map(String::as_str)).await;
    refused(&ran, "store.wrong_passphrase", 3);
    let with_right = put(&now);
    assert_eq!(stage.world.ask(CARLA, &with_right.each_ref().map(String::as_str)).await["on"], true);
    refused(&stage.world.run(CARLA, &["lead", "list"]).await, "store.wrong_passphrase", 3);
    std::fs::copy(&next, &now).expect("the next passphrase in its place");
    stage.world.ask(CARLA, &["lead", "list"]).await;
    assert_eq!(stage.world.ask(CARLA, &["lock", "idle", "30"]).await["idle_minutes"], 30);
}

/// `zuc company create …` for Eva, who has no relay.
pub(crate) const FOUNDING: [&str; 12] = [
    "company",
    "create",
    "--rfc",
    "EKU9003173C9",
    "--name",
    "ESCUELA KEMPER URGATE",
    "--regimen",
    "601",
    "--cp",
    "42501",
    "--person",
    "Eva Ñáñez",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_founding_that_was_killed_anywhere_may_be_begun_again() {
    let folder = tempdir().expect("a folder");
    let world = World::open(folder.path(), Options::default()).await;
    for place in ["founding.adopted", "founding.profiled"] {
        let killed = world.zuc("eva", &FOUNDING).failing_at(place).run().await;
        assert!(killed.was_killed(), "{}", killed.stderr);
        let found = world.ask("eva", &["company", "show"]).await;
        assert_eq!(found["stage"], "fresh", "half a company is none");
    }
    let founded = world.ask("eva", &FOUNDING).await;
    let code = founded["recovery_code"].as_str().expect("the code").to_owned();
    let desk = world.desk("eva").await;
    assert_eq!(desk.recovery_code().await.expect("nobody typed it back").text, code);
    desk.recovery_confirm(Secret { text: code }).await.expect("its own code");
    assert_eq!(desk.recovery_code().await.expect_err("it is gone").code, "app.no_company");
    let office = desk.office().await.expect("an office");
    world.leave("eva", desk, office).await;
    assert_eq!(world.ask("eva", &["company", "show"]).await["stage"], "ready");
    world.ask("eva", &["verify"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_does_not_answer_refuses_a_founding_and_leaves_nothing_behind() {
    let folder = tempdir().expect("a folder");
    let mut world = World::open(folder.path(), Options::default()).await;
    let url = world.servers.relay_url();
    world.servers.kill_relay().await;
    let founding = [FOUNDING.as_slice(), &["--relay", &url]].concat();
    refused(&world.run("eva", &founding).await, "relay.unreachable", 3);
    refused(&world.run("eva", &[FOUNDING.as_slice(), &["--relay", "ftp://x"]].concat()).await, "relay.bad_url", 1);
    world.servers.start_relay().await;
    world.ask("eva", &founding).await;
    assert_eq!(world.ask("eva", &["sync"]).await["state"], "up_to_date");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_founds_a_company_without_a_relay_is_known_by_name() {
    let stage = Stage::set().await;
    stage.world.ask("eva", &FOUNDING).await;
    stage.world.ask("eva", &["lead", "create", "--name", "Julia Cano", "--company", "Herrajes Ñandú"]).await;
    let found = stage.world.ask("eva", &["lead", "list"]).await;
    assert_eq!(found["rows"][0]["owner"]["name"], "Eva Ñáñez", "{found}");
}
