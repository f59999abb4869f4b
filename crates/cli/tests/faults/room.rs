//! Files that lie on some laptops only: what is given up is held by the relay and by another laptop, and comes back when it is
//! opened, whatever is cut or lost in between.

use std::fs;

use crate::{
    CARLA, Stage,
    files::{lead, rows, saved, sealed_at, written},
    refused,
};

const LUIS: &str = "luis";

/// A company with one file of more than the room that Luis leaves for files, on both laptops and at the relay.
struct Room {
    stage: Stage,
    lead: String,
    file: String,
    bytes: Vec<u8>,
}

impl Room {
    async fn set() -> Self {
        let stage = Stage::with_luis().await;
        let lead = lead(&stage, CARLA).await;
        let (path, bytes) = written(&stage, "Cotización.pdf");
        let added = stage.world.ask(CARLA, &["file", "add", &lead, &path]).await;
        let file = added["id"].as_str().expect("an id").to_owned();
        let room = Self { stage, lead, file, bytes };
        room.sync(&[CARLA, LUIS]).await;
        assert_eq!((room.here(CARLA), room.here(LUIS)), (1, 1));
        room
    }

    async fn sync(&self, people: &[&str]) {
        for person in people {
            self.stage.world.ask(person, &["sync", "--wait", "25"]).await;
        }
    }

    async fn little_room(&self, person: &str) {
        self.stage.world.ask(person, &["file", "space", "--limit", "1"]).await;
    }

    /// Luis keeps little, Carla says what she holds.
    async fn until_luis_may(&self) {
        self.little_room(LUIS).await;
        self.sync(&[LUIS]).await;
        assert_eq!(self.here(LUIS), 1, "nobody has said that they hold it");
        self.sync(&[CARLA]).await;
    }

    fn here(&self, person: &str) -> usize {
        sealed_at(&self.stage, person).len()
    }

    async fn state(&self, person: &str) -> String {
        let row = &rows(&self.stage, person, &self.lead).await[0];
        row["state"].as_str().expect("a state").to_owned()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_given_up_is_held_by_another_and_comes_when_it_is_opened() {
    let mut room = Room::set().await;
    room.until_luis_may().await;
    room.sync(&[LUIS]).await;
    assert_eq!((room.here(LUIS), room.here(CARLA)), (0, 1));
    assert_eq!(room.state(LUIS).await, "elsewhere");
    let space = room.stage.world.ask(LUIS, &["file", "space"]).await;
    assert_eq!((&space["all"], &space["here"], &space["elsewhere"]), (&false.into(), &0.into(), &1.into()));

    room.stage.world.servers.kill_relay().await;
    let away = room.stage.world.run(LUIS, &["file", "save", &room.file, "--out", "/dev/null"]).await;
    refused(&away, "attachment.elsewhere", 3);
    room.stage.world.servers.start_relay().await;
    assert_eq!(saved(&room.stage, LUIS, &room.file).await, room.bytes);
    // whom Luis counts on does not give it up as well
    room.little_room(CARLA).await;
    room.sync(&[CARLA, LUIS, CARLA, LUIS, CARLA]).await;
    assert_eq!(room.here(CARLA), 1);
    // who keeps all again has all again
    room.stage.world.ask(LUIS, &["file", "space", "--all"]).await;
    room.sync(&[LUIS, CARLA, LUIS, CARLA]).await;
    assert_eq!((room.here(LUIS), room.here(CARLA)), (1, 0), "now the other one may");
    assert_eq!(saved(&room.stage, CARLA, &room.file).await, room.bytes);
    for person in [CARLA, LUIS] {
        room.stage.world.ask(person, &["rebuild", "--verify"]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_lost_its_data_is_given_by_another_what_was_given_up_here() {
    let mut room = Room::set().await;
    room.until_luis_may().await;
    room.sync(&[LUIS]).await;
    assert_eq!(room.here(LUIS), 0);
    room.stage.world.servers.kill_relay().await;
    fs::remove_dir_all(room.stage.world.root.join("relay").join("companies")).expect("the relay's data");
    room.stage.world.servers.start_relay().await;
    room.sync(&[LUIS]).await;
    assert_eq!(room.state(LUIS).await, "missing", "it has another log, which was not seen to hold it");
    let early = room.stage.world.run(LUIS, &["file", "save", &room.file, "--out", "/dev/null"]).await;
    refused(&early, "attachment.not_whole", 1);
    room.sync(&[CARLA, LUIS, CARLA, LUIS]).await;
    assert_eq!(room.state(LUIS).await, "elsewhere");
    assert_eq!(saved(&room.stage, LUIS, &room.file).await, room.bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_laptop_that_is_cut_while_it_gives_a_file_up_or_fetches_it_loses_nothing() {
    let room = Room::set().await;
    room.until_luis_may().await;
    for (point, left) in [("attachment.giving_up", 1), ("attachment.gave_up", 0)] {
        let cut = room.stage.world.zuc(LUIS, &["sync"]).failing_at(point).run().await;
        assert!(cut.was_killed(), "{point}: {}", cut.stderr);
        assert_eq!(room.here(LUIS), left, "{point}");
    }
    let out = room.stage.world.root.join("cortado").display().to_string();
    let cut = room.stage.world.zuc(LUIS, &["file", "save", &room.file, "--out", &out]);
    let cut = cut.failing_at("attachment.piece_taken").run().await;
    assert!(cut.was_killed(), "{}", cut.stderr);
    assert_eq!(saved(&room.stage, LUIS, &room.file).await, room.bytes);
    room.sync(&[LUIS, CARLA]).await;
    assert_eq!((room.here(LUIS), room.here(CARLA)), (0, 1));
    assert_eq!(saved(&room.stage, CARLA, &room.file).await, room.bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_somebody_who_was_forgotten_is_fetched_by_nobody_who_comes_back() {
    let room = Room::set().await;
    room.little_room(CARLA).await;
    room.sync(&[CARLA, LUIS, CARLA]).await;
    assert_eq!((room.here(CARLA), room.here(LUIS)), (0, 1));
    room.stage.world.ask(LUIS, &["person", "erase", &room.lead]).await;
    assert_eq!(room.here(LUIS), 0);
    // she may hear of the act before she asks, or of the relay that it has forgotten the file
    let ran = room.stage.world.run(CARLA, &["file", "save", &room.file, "--out", "/dev/null"]).await;
    let refusal = ran.refusal().expect("a refusal");
    assert!(["attachment.dropped", "store.person_key_missing"].contains(&refusal), "{refusal}");
    room.sync(&[CARLA]).await;
    assert_eq!(room.here(CARLA), 0);
}
