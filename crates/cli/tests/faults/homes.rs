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
