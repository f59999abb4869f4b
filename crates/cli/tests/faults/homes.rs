//! Two programs on one home: the second says so and leaves.

use crate::{CARLA, Stage, refused};

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
    refused(&stage.world.run(CARLA, &["lead", "list"]).await, "app.locked", 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_founds_a_company_without_a_relay_is_known_by_name() {
    let stage = Stage::set().await;
    let code = stage.world.root.join("recovery");
    let founding = [
        ["company", "create"],
        ["--rfc", "EKU9003173C9"],
        ["--name", "ESCUELA KEMPER URGATE"],
        ["--regimen", "601"],
        ["--cp", "42501"],
        ["--person", "Eva Ñáñez"],
        ["--recovery-out", code.to_str().expect("a plain name")],
    ];
    stage.world.ask("eva", founding.as_flattened()).await;
    stage.world.ask("eva", &["lead", "create", "--name", "Julia Cano", "--company", "Herrajes Ñandú"]).await;
    let found = stage.world.ask("eva", &["lead", "list"]).await;
    assert_eq!(found["rows"][0]["owner"]["name"], "Eva Ñáñez", "{found}");
}
