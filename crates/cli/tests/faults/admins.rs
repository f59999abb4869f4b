//! Two who administer: their acts follow each other, one of them may lose the right while an invite of theirs is under way,
//! and two histories of the membership are one again when the recovery code has spoken.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;
use zuc_ipc::company::Join;
use zuc_sample::SampleCompany;

use crate::{
    refused,
    world::{World, company::until, copy, servers::Options},
};

/// Luis and Nadia administer; the code is in the file `code`.
async fn administered() -> (World, TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let world = World::open(folder.path(), Options::default()).await;
    let (issuer, relay, code) = (SampleCompany::issuer(), world.servers.relay_url(), path(&world, "code"));
    let founding = ["company", "create", "--person", "Luis", "--relay", &relay, "--recovery-out", &code];
    let fiscal = ["--rfc", &issuer.rfc, "--name", issuer.name, "--regimen", issuer.regimen_fiscal, "--cp", issuer.cp];
    world.ask("luis", &[&founding, &fiscal[..]].concat()).await;
    let desk = world.desk("nadia").await;
    let join = Join { invite: invite(&world, "luis").await, person_name: "Nadia".to_owned() };
    let shown = desk.company_join(join).await.expect("the invite is good").short_code;
    world.ask("luis", &["device", "approve", &shown]).await;
    until("the approval", async || desk.join_status().await.expect("how it stands").state == "approved").await;
    let office = desk.office().await.expect("Nadia's office");
    world.leave("nadia", desk, office).await;
    world.ask("nadia", &["sync"]).await;
    (world, folder)
}

fn path(world: &World, name: &str) -> String {
    world.root.join(name).display().to_string()
}

async fn invite(world: &World, by: &str) -> String {
    let given = world.ask(by, &["device", "invite", "--roles", "gerencia,administracion"]).await;
    given["code"].as_str().expect("an invite").to_owned()
}

async fn are_alike(world: &World) {
    for person in ["luis", "nadia", "luis"] {
        assert_eq!(world.ask(person, &["sync"]).await["state"], "up_to_date", "{person}");
    }
    let home = world.home("luis").display().to_string();
    world.ask("nadia", &["verify", "--same-as", &home]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_administrators_at_once_the_second_signs_again() {
    let (world, _folder) = administered().await;
    let rotate = ["device", "rotate", "catalog"];
    let (luis, nadia) = tokio::join!(world.ask("luis", &rotate), world.ask("nadia", &rotate));
    assert_eq!((&luis["done"], &nadia["done"]), (&nadia["done"], &luis["done"]), "both stand");
    world.ask("nadia", &["lead", "create", "--name", "Nora Paz", "--company", "Tornillos"]).await;
    are_alike(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_screens_show_the_same_code_though_the_membership_moves_and_only_an_administrators_invite_is_good() {
    let (world, _folder) = administered().await;
    let (early, late) = (invite(&world, "luis").await, invite(&world, "luis").await);
    let desk = world.desk("olga").await;
    let join = |invite| Join { invite, person_name: "Olga".to_owned() };
    let shown = desk.company_join(join(early)).await.expect("the invite is good").short_code;
    world.ask("nadia", &["device", "rotate", "catalog"]).await;
    world.ask("luis", &["sync"]).await;
    let waiting = world.ask("luis", &["device", "pending"]).await;
    assert_eq!((&waiting[0]["short_code"], &waiting[0]["behind"]), (&Value::from(shown.clone()), &false.into()));
    world.ask("luis", &["device", "approve", &shown]).await;
    until("the approval", async || desk.join_status().await.expect("how it stands").state == "approved").await;
    let office = desk.office().await.expect("Olga's office");
    world.leave("olga", desk, office).await;

    world.ask("nadia", &["person", "rights", "Luis", "--role", "gerencia"]).await;
    let asked = world.run("pedro", &["device", "join", &late, "--person", "Pedro"]).await;
    refused(&asked, "device.other_admin", 1);
    assert_eq!(world.ask("pedro", &["company", "show"]).await["stage"], "fresh");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_was_stopped_by_mistake_is_let_go_on() {
    let (world, _folder) = administered().await;
    let devices = world.ask("luis", &["device", "list"]).await;
    let rows = devices.as_array().expect("devices");
    let nadia = rows.iter().find(|row| row["person"] == "Nadia").expect("Nadia's")["id"].as_str().expect("an id");
    refused(&world.run("luis", &["device", "release", nadia]).await, "device.not_stopped", 1);
    let revoke = ["device", "revoke", nadia, "--reason", "left"];
    let killed = world.zuc("luis", &revoke).failing_at("membership.stopped").run().await;
    assert!(killed.was_killed(), "{}", killed.stderr);
    world.ask("nadia", &["lead", "create", "--name", "Nora Paz", "--company", "Tornillos"]).await;
    assert_eq!(world.run("nadia", &["sync"]).await.refusal(), Some("sync.stopped"));
    assert_eq!(world.ask("luis", &["device", "release", nadia]).await["done"], "El equipo de Nadia puede seguir");
    are_alike(&world).await;
    assert_eq!(world.ask("luis", &["lead", "list"]).await["rows"][0]["full_name"], "Nora Paz");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_taken_out_joins_again_from_the_same_folder_as_another_device() {
    let (world, _folder) = administered().await;
    world.ask("nadia", &["lead", "create", "--name", "Nora Paz", "--company", "Tornillos"]).await;
    world.ask("nadia", &["sync"]).await;
    let devices = world.ask("luis", &["device", "list"]).await;
    let rows = devices.as_array().expect("devices");
    let nadia = rows.iter().find(|row| row["person"] == "Nadia").expect("Nadia's")["id"].as_str().expect("an id");
    world.ask("luis", &["device", "revoke", nadia, "--reason", "left"]).await;
    assert_eq!(world.run("nadia", &["sync"]).await.refusal(), Some("sync.revoked"));
    refused(
        &world.run("luis", &["device", "join", &invite(&world, "luis").await, "--person", "Luis"]).await,
        "company.exists",
        1,
    );

    let desk = world.desk("nadia").await;
    let join = Join { invite: invite(&world, "luis").await, person_name: "Nadia".to_owned() };
    let shown = desk.company_join(join).await.expect("the invite is good").short_code;
    world.ask("luis", &["device", "approve", &shown]).await;
    until("the approval", async || desk.join_status().await.expect("how it stands").state == "approved").await;
    let office = desk.office().await.expect("Nadia's office");
    world.leave("nadia", desk, office).await;
    are_alike(&world).await;
    assert_eq!(world.ask("nadia", &["lead", "list"]).await["rows"][0]["full_name"], "Nora Paz");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sells_in_two_teams_sees_both_and_who_sells_in_one_sees_no_other() {
    let (world, _folder) = administered().await;
    let rights = |teams: &[&'static str]| {
        let teams = teams.iter().flat_map(|team| ["--team", team]);
        ["person", "rights", "Nadia", "--role", "ventas"].into_iter().chain(teams).collect::<Vec<_>>()
    };
    refused(&world.run("luis", &rights(&["3"])).await, "person.no_such_team", 1);
    world.ask("luis", &rights(&["2"])).await;
    world.ask("luis", &["lead", "create", "--name", "Julia Cano", "--company", "Herrajes"]).await;
    world.ask("luis", &["sync"]).await;
    for _ in 0..2 {
        world.ask("nadia", &["sync"]).await;
    }
    world.ask("nadia", &["lead", "create", "--name", "Nora Paz", "--company", "Tornillos"]).await;
    let names = async |person: &'static str| {
        world.ask(person, &["sync"]).await;
        let rows = world.ask(person, &["lead", "list"]).await;
        let name = |row: &Value| row["full_name"].as_str().expect("a name").to_owned();
        let mut names: Vec<_> = rows["rows"].as_array().expect("rows").iter().map(name).collect();
        names.sort_unstable();
        names
    };
    assert_eq!(names("nadia").await, ["Nora Paz"]);
    assert_eq!(names("luis").await, ["Julia Cano", "Nora Paz"], "who manages works with all teams");
    world.ask("luis", &rights(&["1", "2"])).await;
    world.ask("nadia", &["sync"]).await;
    assert_eq!(names("nadia").await, ["Julia Cano", "Nora Paz"]);
    are_alike(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_histories_are_told_in_words_and_the_code_says_which_one_counts() {
    let (mut world, _folder) = administered().await;
    refused(&world.run("luis", &["company", "settle"]).await, "fork.none", 1);
    // the relay is put back to a day before Luis's act, and Nadia, who had not heard of it, acts there
    world.servers.kill_relay().await;
    copy(&world.root.join("relay"), &world.root.join("yesterday"));
    world.servers.start_relay().await;
    world.ask("luis", &["device", "rotate", "catalog"]).await;
    world.servers.kill_relay().await;
    fs::remove_dir_all(world.root.join("relay")).expect("the relay's data");
    copy(&world.root.join("yesterday"), &world.root.join("relay"));
    world.servers.start_relay().await;
    world.ask("nadia", &["device", "rotate", "sales.1"]).await;

    world.ask("luis", &["lead", "create", "--name", "Julia Cano", "--company", "Herrajes"]).await;
    let stopped = world.run("luis", &["sync"]).await;
    assert_eq!(stopped.refusal(), Some("sync.control_forked"), "{}", stopped.stderr);
    let branches = world.ask("luis", &["company", "settle"]).await;
    let told = |at: usize| {
        let branch = &branches[at];
        let act = &branch["acts"][0];
        (branch["relay"] == true, branch["here"] == true, act["person"].clone(), act["what"].clone())
    };
    assert_eq!(told(0), (true, false, "Nadia".into(), "cambió la llave de sales.1".into()));
    assert_eq!(told(1), (false, true, "Luis".into(), "cambió la llave de catalog".into()));

    let code = path(&world, "code");
    let ids = [0, 1].map(|at| branches[at]["id"].as_str().expect("an id"));
    let settle = |id| ["company", "settle", "--keep", id, "--code-file", &code];
    refused(&world.run("luis", &settle(ids[1])).await, "fork.not_the_relays", 1);
    world.ask("luis", &settle(&ids[0][..8])).await;
    are_alike(&world).await;
    refused(&world.run("luis", &["company", "settle"]).await, "fork.none", 1);
    assert_eq!(world.ask("nadia", &["lead", "list"]).await["rows"][0]["full_name"], "Julia Cano");
    let found = world.ask("luis", &["doctor"]).await;
    let left = found.as_array().expect("a list").iter().map(|found| &found["code"]).collect::<Vec<_>>();
    assert_eq!(left, ["sync.branch_left"], "what never counted is told for ever");
    // and Luis does again what he had done there
    world.ask("luis", &["device", "rotate", "catalog"]).await;
    are_alike(&world).await;
}
