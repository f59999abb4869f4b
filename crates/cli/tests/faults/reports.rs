//! Reports that find something: they are printed as one value, and what they found stands on stderr by code.

use crate::{CARLA, Stage, world::program::Ran};

#[tokio::test(flavor = "multi_thread")]
async fn homes_that_differ_are_told_scope_by_scope() {
    let mut stage = Stage::with_luis().await;
    for person in [CARLA, "luis", CARLA] {
        stage.world.ask(person, &["sync"]).await;
    }
    let there = stage.world.home("luis").display().to_string();
    stage.world.ask(CARLA, &["verify", "--same-as", &there]).await;
    for person in [CARLA, "luis"] {
        assert_eq!(stage.world.ask(person, &["doctor"]).await, serde_json::json!([]), "{person}");
    }
    stage.world.servers.kill_relay().await;
    stage.world.ask(CARLA, &["lead", "create", "--name", "Julia Cano", "--company", "Herrajes Ñandú"]).await;

    let ran = stage.world.run(CARLA, &["verify", "--same-as", &there]).await;
    reported(&ran, "verify.differs");
    let found = ran.answer().expect("a report")["problems"].as_array().expect("problems").len();
    assert_eq!(found, 1, "only the sales of the team differ: {}", ran.stdout);
    stage.world.ask(CARLA, &["verify"]).await;
}

/// A report was printed, and what it found is refused by this code, with its sentence.
fn reported(ran: &Ran, code: &str) {
    assert_eq!((ran.refusal(), ran.code), (Some(code), Some(1)), "{}", ran.stderr);
    let sentence = zuc_ipc::sentence(code).unwrap_or_else(|| panic!("{code} has a sentence"));
    assert!(ran.stderr.contains(sentence), "{code} is said in Spanish: {}", ran.stderr);
    let problems = ran.answer().expect("one value")["problems"].to_string();
    assert!(problems.contains(code), "{problems}");
}
