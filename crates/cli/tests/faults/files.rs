//! Files on records: here at once, carried when a relay answers, gone on with where they were cut, read by whoever reads the
//! record and by nobody else.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

use zuc_ipc::proposal::ProposalNew;

use crate::{
    CARLA, Stage, refused,
    world::{self, program::Ran},
};

/// What the file says, and what may be found nowhere.
const CANARY: &[u8] = b"CANARIO-ARCHIVO-4471";
/// Long enough to travel in several pieces.
const LONG: usize = 1_400_000;

/// A file of Carla's that is not all the same, with its canary at both ends.
pub(crate) fn written(stage: &Stage, name: &str) -> (String, Vec<u8>) {
    let middle = (0..LONG).map(|at| u8::try_from(at * 7 % 251).unwrap_or_default());
    let bytes: Vec<u8> = CANARY.iter().copied().chain(middle).chain(CANARY.iter().copied()).collect();
    let path = stage.world.root.join(name);
    fs::write(&path, &bytes).expect("a file");
    (path.display().to_string(), bytes)
}

pub(crate) async fn lead(stage: &Stage, person: &str) -> String {
    stage.world.ask(person, &["lead", "create", "--name", "Julia Cano", "--company", "Herrajes Ñandú"]).await;
    let leads = stage.world.ask(person, &["lead", "list", "--text", "Julia Cano"]).await;
    leads["rows"][0]["id"].as_str().expect("the lead").to_owned()
}

pub(crate) async fn rows(stage: &Stage, person: &str, record: &str) -> Vec<Value> {
    let rows = stage.world.ask(person, &["file", "list", record]).await;
    rows.as_array().expect("a list").clone()
}

pub(crate) async fn saved(stage: &Stage, person: &str, file: &str) -> Vec<u8> {
    let out = stage.world.root.join(format!("guardado-{person}"));
    stage.world.ask(person, &["file", "save", file, "--out", &out.display().to_string()]).await;
    fs::read(&out).expect("what was saved")
}

/// Where the pieces began that a process carried.
fn pieces(ran: &Ran, way: &str) -> Vec<u64> {
    let lines = ran.stderr.lines().filter(|line| line.contains(&format!("a piece of a file {way}")));
    lines
        .map(|line| {
            let line: Value = serde_json::from_str(line).expect("a line of the log is JSON");
            let at = line.pointer("/fields/at").or_else(|| line.pointer("/at"));
            at.and_then(Value::as_u64).expect("it says where it begins")
        })
        .collect()
}

/// Files under a folder that hold some bytes.
fn holding(folder: &Path, bytes: &[u8]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(holding(&path, bytes));
        } else if fs::read(&path).is_ok_and(|held| held.windows(bytes.len()).any(|window| window == bytes)) {
            found.push(path);
        }
    }
    found
}

pub(crate) fn sealed_at(stage: &Stage, person: &str) -> Vec<PathBuf> {
    let folder = stage.world.home(person).join("attachments");
    fs::read_dir(folder).expect("the folder of files").map(|entry| entry.expect("an entry").path()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_here_at_once_goes_on_where_it_was_cut_and_is_read_by_the_other_laptop() {
    let mut stage = Stage::with_luis().await;
    stage.world.servers.kill_relay().await;
    let id = lead(&stage, CARLA).await;
    let (path, bytes) = written(&stage, "Cotización.pdf");
    let added = stage.world.ask(CARLA, &["file", "add", &id, &path]).await;
    let file = added["id"].as_str().expect("the file's id").to_owned();
    let row = &rows(&stage, CARLA, &id).await[0];
    assert_eq!(
        (&row["name"], &row["state"], &row["by"]),
        (&"Cotización.pdf".into(), &"unsent".into(), &"Carla".into())
    );
    assert_eq!(saved(&stage, CARLA, &file).await, bytes, "without a relay");

    stage.world.servers.start_relay().await;
    stage.world.zuc(CARLA, &["sync"]).failing_at("attachment.piece_sent=wait").killed_where_it_waits().await;
    stage.world.ask("luis", &["sync"]).await;
    assert_eq!(rows(&stage, "luis", &id).await[0]["state"], "coming", "the record is there before its file");
    let early = stage.world.run("luis", &["file", "save", &file, "--out", "/dev/null"]).await;
    refused(&early, "attachment.not_here", 1);
    let second = stage.world.zuc(CARLA, &["sync"]).saying_all().run().await;
    let up = pieces(&second, "goes up");
    assert!(up.first() > Some(&0) && up.is_sorted(), "it goes on where it was cut: {up:?}");
    assert_eq!(rows(&stage, CARLA, &id).await[0]["state"], "safe");

    stage.world.zuc("luis", &["sync"]).failing_at("attachment.piece_taken=wait").killed_where_it_waits().await;
    let second = stage.world.zuc("luis", &["sync"]).saying_all().run().await;
    let down = pieces(&second, "comes down");
    assert!(down.first() > Some(&0) && down.is_sorted(), "{down:?}");
    assert_eq!(rows(&stage, "luis", &id).await[0]["state"], "safe");
    assert_eq!(saved(&stage, "luis", &file).await, bytes);

    for place in ["relay", "homes"] {
        let place = stage.world.root.join(place);
        assert_eq!(holding(&place, CANARY), Vec::<PathBuf>::new(), "nothing of it lies in clear");
        assert_eq!(holding(&place, "Cotización".as_bytes()), Vec::<PathBuf>::new(), "nor its name");
    }
    for person in [CARLA, "luis"] {
        stage.world.ask(person, &["rebuild", "--verify"]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_was_cut_while_it_was_attached_is_not_there_and_one_that_was_acknowledged_is() {
    let stage = Stage::set().await;
    let id = lead(&stage, CARLA).await;
    let (path, bytes) = written(&stage, "acta.pdf");
    let kept = stage.world.ask(CARLA, &["file", "add", &id, &path]).await["id"].as_str().expect("an id").to_owned();
    let cut = stage.world.zuc(CARLA, &["file", "add", &id, &path]).failing_at("attachment.sealed").run().await;
    assert!(cut.was_killed(), "{}", cut.stderr);
    assert_eq!(rows(&stage, CARLA, &id).await.len(), 1);
    assert_eq!(saved(&stage, CARLA, &kept).await, bytes);
    assert_eq!(sealed_at(&stage, CARLA).len(), 1, "what nobody knows of was swept");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_taken_away_and_brought_back_and_what_is_too_long_or_no_file_is_refused() {
    let stage = Stage::with_luis().await;
    let id = lead(&stage, CARLA).await;
    let (path, bytes) = written(&stage, "acta.pdf");
    let added = stage.world.ask(CARLA, &["file", "add", &id, &path]).await;
    let file = added["id"].as_str().expect("an id").to_owned();
    let undo = stage.world.ask(CARLA, &["file", "remove", &file]).await["undo"].as_str().expect("a token").to_owned();
    for person in [CARLA, "luis"] {
        stage.world.ask(person, &["sync"]).await;
        assert!(rows(&stage, person, &id).await.is_empty(), "{person}");
    }
    stage.world.ask(CARLA, &["undo", &undo]).await;
    for person in [CARLA, "luis"] {
        stage.world.ask(person, &["sync"]).await;
        assert_eq!(saved(&stage, person, &file).await, bytes, "{person}");
        assert_eq!(rows(&stage, person, &id).await.len(), 1, "{person}");
    }
    let undo = added["changes"]["undo"].as_str().expect("a token");
    stage.world.ask(CARLA, &["undo", undo]).await;
    assert!(rows(&stage, CARLA, &id).await.is_empty(), "who attached it takes it back");
    let long = stage.world.root.join("largo.bin");
    fs::File::create(&long).and_then(|file| file.set_len((25 << 20) + 1)).expect("a long file");
    for (path, code, exit) in [
        (long, "attachment.too_large", 1),
        (stage.world.root.clone(), "file.not_read", 3),
        (stage.world.root.join("nada"), "file.not_read", 3),
    ] {
        let ran = stage.world.run(CARLA, &["file", "add", &id, &path.display().to_string()]).await;
        refused(&ran, code, exit);
    }
    refused(&stage.world.run(CARLA, &["file", "add", &file, &path]).await, "app.not_found", 1);
    assert_eq!(sealed_at(&stage, CARLA).len(), 1, "what was refused left nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_forgotten_takes_their_files_along_on_every_laptop_and_at_the_relay() {
    let mut stage = Stage::with_luis().await;
    let id = lead(&stage, CARLA).await;
    let (path, _) = written(&stage, "identificación.pdf");
    let file = stage.world.ask(CARLA, &["file", "add", &id, &path]).await["id"].as_str().expect("an id").to_owned();
    for person in [CARLA, "luis"] {
        stage.world.ask(person, &["sync"]).await;
        assert_eq!(sealed_at(&stage, person).len(), 1, "{person}");
    }
    let sealed = fs::read(&sealed_at(&stage, "luis")[0]).expect("the sealed file");
    let relay = stage.world.root.join("relay");
    assert!(!holding(&relay, &sealed[..64]).is_empty(), "the relay has it");
    let erased = stage.world.ask("luis", &["person", "erase", &id]).await;
    let files = &erased["receipt"]["receipt"]["files"];
    assert_eq!((&files["dropped"], &files["waiting"]), (&1.into(), &0.into()), "{erased}");
    stage.world.servers.kill_relay().await;
    assert_eq!(holding(&relay, &sealed[..64]), Vec::<PathBuf>::new(), "its bytes lie at the relay no more");
    stage.world.servers.start_relay().await;
    for person in [CARLA, "luis"] {
        stage.world.ask(person, &["sync"]).await;
        assert!(rows(&stage, person, &id).await.is_empty(), "{person}");
        assert!(sealed_at(&stage, person).is_empty(), "{person}");
        refused(
            &stage.world.run(person, &["file", "save", &file, "--out", "/dev/null"]).await,
            "store.person_key_missing",
            1,
        );
        stage.world.ask(person, &["rebuild"]).await;
        stage.world.ask(person, &["sync"]).await;
        assert!(sealed_at(&stage, person).is_empty(), "{person} does not fetch it again");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_lost_its_data_is_given_the_files_back() {
    let mut stage = Stage::with_luis().await;
    let id = lead(&stage, CARLA).await;
    let (path, bytes) = written(&stage, "acta.pdf");
    let file = stage.world.ask(CARLA, &["file", "add", &id, &path]).await["id"].as_str().expect("an id").to_owned();
    stage.world.ask(CARLA, &["sync"]).await;
    stage.world.servers.kill_relay().await;
    fs::remove_dir_all(stage.world.root.join("relay").join("companies")).expect("the relay's data");
    stage.world.servers.start_relay().await;
    for person in [CARLA, "luis", CARLA, "luis"] {
        stage.world.ask(person, &["sync", "--wait", "25"]).await;
    }
    assert_eq!(rows(&stage, CARLA, &id).await[0]["state"], "safe");
    assert_eq!(saved(&stage, "luis", &file).await, bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_hangs_on_a_proposal_and_goes_with_the_person_that_it_is_for() {
    let stage = Stage::with_luis().await;
    let (path, bytes) = written(&stage, "anexo.pdf");
    // to a company: whoever reads the team reads it
    let proposal = stage.deal.proposal.clone();
    let added = stage.world.ask(CARLA, &["file", "add", &proposal, &path]).await;
    let file = added["id"].as_str().expect("an id").to_owned();
    for person in [CARLA, "luis"] {
        stage.world.ask(person, &["sync"]).await;
        assert_eq!(rows(&stage, person, &proposal).await[0]["name"], "anexo.pdf", "{person}");
        assert_eq!(saved(&stage, person, &file).await, bytes, "{person}");
    }
    assert!(rows(&stage, CARLA, &stage.deal.customer).await.is_empty(), "it is not the customer's");

    // to a person: it is closed with their key
    let desk = stage.world.desk(CARLA).await;
    let office = desk.office().await.expect("an office");
    let person = Box::pin(world::company::person(&office)).await;
    let opened = office
        .proposal_create(ProposalNew {
            customer_id: person.clone(),
            opportunity_id: None,
            title: "Mantenimiento de casa".to_owned(),
        })
        .await
        .expect("a proposal");
    let theirs = opened.view.row.id;
    drop(office);
    desk.close().await;
    stage.world.ask(CARLA, &["file", "add", &theirs, &path]).await;
    for person in [CARLA, "luis"] {
        stage.world.ask(person, &["sync"]).await;
        assert_eq!(rows(&stage, person, &theirs).await.len(), 1, "{person}");
    }
    stage.world.ask("luis", &["person", "erase", &person]).await;
    for person in [CARLA, "luis"] {
        stage.world.ask(person, &["sync"]).await;
        assert!(rows(&stage, person, &theirs).await.is_empty(), "{person}");
        assert_eq!(rows(&stage, person, &proposal).await.len(), 1, "{person}: the other's stays");
    }
}
