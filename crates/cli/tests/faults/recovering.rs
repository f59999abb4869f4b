//! The printed code on a new computer: what is no code, or another's, leaves nothing; cut short it is told again; used, it
//! gives way to the next one. Guessing is limited by the relay.

use std::fs;

use serde_json::Value;
use zuc_sample::SampleCompany;

use crate::{
    refused,
    world::{World, program::Ran, servers::Options},
};

/// `zuc company recover` on the home of somebody.
async fn recover(world: &World, person: &str, company: &str, code: &str, failing: Option<&str>) -> Ran {
    let (relay, path) = (world.servers.relay_url(), |name: &str| world.root.join(name).display().to_string());
    let (code, next) = (path(code), path(&format!("{person}.next")));
    let options = ["--relay", &relay, "--person", person, "--code-file", &code, "--recovery-out", &next];
    let zuc = world.zuc(person, &[&["company", "recover", "--company", company], &options[..]].concat());
    match failing {
        Some(place) => zuc.failing_at(place).run().await,
        None => zuc.run().await,
    }
}

fn names(rows: &Value, key: &str) -> Vec<String> {
    let name = |row: &Value| row[key].as_str().expect("a name").to_owned();
    rows.as_array().expect("rows").iter().map(name).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_printed_code_lets_an_administrator_in_once_and_the_next_one_is_written_before_it_ends() {
    let folder = tempfile::tempdir().expect("a folder");
    let world = World::open(folder.path(), Options::default()).await;
    let (issuer, relay) = (SampleCompany::issuer(), world.servers.relay_url());
    let (first, code) = (world.root.join("first"), "first");
    let fiscal = ["--rfc", &issuer.rfc, "--name", issuer.name, "--regimen", issuer.regimen_fiscal, "--cp", issuer.cp];
    let out = first.display().to_string();
    let founding = ["company", "create", "--person", "Luis", "--relay", &relay, "--recovery-out", &out];
    let founded = world.ask("luis", &[&founding, &fiscal[..]].concat()).await;
    let company = founded["company"]["id"].as_str().expect("an id").to_owned();
    world.ask("luis", &["lead", "create", "--name", "Julia Cano", "--company", "Herrajes Ñandú"]).await;
    assert_eq!(world.ask("luis", &["sync"]).await["state"], "up_to_date");
    fs::remove_dir_all(world.home("luis")).expect("his computer is gone");

    // what is no code, or nobody's here, leaves nothing behind
    let good = fs::read_to_string(&first).expect("the code");
    fs::write(world.root.join("typo"), good.replacen(&good[..1], if good.starts_with('A') { "B" } else { "A" }, 1))
        .expect("a typing error");
    let other = world.root.join("other").display().to_string();
    let another = ["company", "create", "--person", "Mara", "--recovery-out", &other];
    world.ask("mara", &[&another, &fiscal[..]].concat()).await;
    refused(&recover(&world, "nadia", &company, "typo", None).await, "sync.bad_code", 1);
    refused(&recover(&world, "nadia", "zzz", code, None).await, "company.bad_id", 1);
    refused(&recover(&world, "nadia", &company, "other", None).await, "recovery.refused", 1);
    refused(&recover(&world, "nadia", &"0".repeat(32), code, None).await, "recovery.refused", 1);

    // cut short before the company is here, and between the two codes
    assert!(recover(&world, "nadia", &company, code, Some("recovery.let_in")).await.was_killed());
    assert!(recover(&world, "nadia", &company, code, Some("recovery.replacing")).await.was_killed());
    let next = fs::read_to_string(world.root.join("nadia.next")).expect("the next code");
    assert!(next.len() == good.len() && next != good, "it was written before the first one ended");
    let done = recover(&world, "nadia", &company, code, None).await;
    assert_eq!(
        (done.code, done.answer().expect("JSON")["stage"].as_str()),
        (Some(0), Some("ready")),
        "{}",
        done.stderr
    );
    assert_eq!(fs::read_to_string(world.root.join("nadia.next")).expect("the next code"), next);
    refused(&recover(&world, "nadia", &company, code, None).await, "company.exists", 1);

    assert_eq!(world.ask("nadia", &["sync"]).await["state"], "up_to_date");
    assert_eq!(world.ask("nadia", &["lead", "list"]).await["rows"][0]["full_name"], "Julia Cano");
    let people = world.ask("nadia", &["person", "list"]).await;
    let roles = people.as_array().expect("people").iter().find(|row| row["this"] == true).expect("herself");
    assert_eq!(roles["roles"], serde_json::json!(["ventas", "gerencia", "finanzas", "administracion"]));
    // the first try had come in too: nobody has that device, and it is taken out like the one that was lost
    let devices = world.ask("nadia", &["device", "list"]).await;
    assert_eq!(names(&devices, "person"), ["Luis", "nadia", "nadia"]);
    for row in devices.as_array().expect("devices").iter().filter(|row| row["this"] == false) {
        let id = row["id"].as_str().expect("an id");
        world.ask("nadia", &["device", "revoke", id, "--reason", "lost"]).await;
    }
    world.ask("nadia", &["lead", "create", "--name", "Nora Paz", "--company", "Tornillos"]).await;
    assert_eq!(world.ask("nadia", &["sync"]).await["state"], "up_to_date");

    // the first code is good no more, the next one is
    refused(&recover(&world, "olga", &company, code, None).await, "recovery.refused", 1);
    let by_next = recover(&world, "olga", &company, "nadia.next", None).await;
    assert_eq!(by_next.code, Some(0), "{}", by_next.stderr);
    assert_eq!(world.ask("olga", &["sync"]).await["state"], "up_to_date");
    let home = world.home("nadia").display().to_string();
    world.ask("olga", &["verify", "--same-as", &home]).await;

    // who guesses is stopped before the code is looked at
    let mut said = Vec::new();
    for _ in 0..12 {
        let guess = recover(&world, "quique", &company, "other", None).await;
        said.push(guess.refusal().unwrap_or_default().to_owned());
    }
    assert_eq!(said.first().map(String::as_str), Some("recovery.refused"));
    assert_eq!(said.last().map(String::as_str), Some("relay.too_many_requests"), "{said:?}");
}
