//! The same relay on a PostgreSQL of its own.

use std::{process::Stdio, sync::Arc};

use reqwest::StatusCode;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::Command,
};
use zuc_relay::HttpOptions;
use zuc_relay_postgres::{Options, PostgresStore};
use zuc_relay_sqlite::SqliteStore;
use zuc_relay_store::{CompanyId, ControlHash, ControlStore as _, LogId, LogStore as _, RelayStore as _};

use crate::{
    exchange::exchange,
    server::{OWNER, RELAY, Server},
    support::{Running, http},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_devices_exchange_through_a_relay_on_postgres() {
    let server = Server::start().await;
    let folder = tempfile::tempdir().unwrap();
    Box::pin(exchange(async || {
        let store = PostgresStore::open(&server.url(RELAY), Options::default()).await.unwrap();
        Running::on(Arc::new(store), folder.path(), HttpOptions::default()).await
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_program_moves_a_company_from_files_to_a_database() {
    let (server, folder) = (Server::start().await, tempfile::tempdir().unwrap());
    let (company, head) = (CompanyId([0x2a; 16]), ControlHash([1; 32]));
    let files = SqliteStore::open(folder.path(), zuc_relay_sqlite::Options::default()).await.unwrap();
    files.create(company, LogId([3; 16]), head, vec![1]).await.unwrap();
    let moving = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_zuclubit-relay"));
        command.args(["move", "--company", &company.to_string(), "--to", &server.url(RELAY), "--from"]);
        command.arg(folder.path()).env_clear().output()
    };
    let moved = moving().await.unwrap();
    assert!(moved.status.success(), "{}", String::from_utf8_lossy(&moved.stderr));
    let said: serde_json::Value = serde_json::from_slice(&moved.stdout).unwrap();
    assert_eq!(said, serde_json::json!({ "moved": company.to_string(), "rows": 1 }));
    let refused = files.append(company, head, vec![]).await.unwrap_err();
    assert_eq!(refused.code(), "relay.moved");
    let database = PostgresStore::open(&server.url(RELAY), Options::default()).await.unwrap();
    assert_eq!(database.log_id(company).await.unwrap(), LogId([3; 16]));
    assert_eq!(database.control_head(company).await.unwrap().hash, head);
    let again = moving().await.unwrap();
    assert!(String::from_utf8(again.stderr).unwrap().contains("relay.company_exists"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_program_prepares_a_database_and_serves_from_it() {
    let mut server = Server::empty().await;
    let folder = tempfile::tempdir().unwrap();
    let program = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_zuclubit-relay"));
        command.env_clear().env("RUST_LOG", "trace").kill_on_drop(true);
        command
    };
    let serve = |program: &mut Command| {
        program.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(folder.path());
        program.args(["--store", &server.url(RELAY)]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let early = serve(&mut program()).wait_with_output().await.unwrap();
    assert!(!early.status.success());
    assert!(String::from_utf8(early.stderr).unwrap().contains("`migrate` comes first"));

    let migrated = program().args(["migrate", "--store", &server.url(OWNER)]).output().await.unwrap();
    assert!(migrated.status.success(), "{}", String::from_utf8_lossy(&migrated.stderr));
    // At its most talkative it says no statement.
    assert!(!String::from_utf8(migrated.stderr).unwrap().contains("GRANT"));

    let mut serving = serve(&mut program());
    let mut said = BufReader::new(serving.stdout.take().unwrap()).lines();
    let started: serde_json::Value = serde_json::from_str(&said.next_line().await.unwrap().unwrap()).unwrap();
    let health = format!("http://{}/health", started["listening"].as_str().unwrap());
    assert_eq!(http().get(&health).send().await.unwrap().status(), StatusCode::OK);
    assert!(!folder.path().join("companies").exists(), "nothing is kept beside the database");
    server.stop("QUIT");
    assert_eq!(http().get(&health).send().await.unwrap().status(), StatusCode::SERVICE_UNAVAILABLE);
    serving.kill().await.unwrap();
    let logged = serving.wait_with_output().await.unwrap();
    assert!(!String::from_utf8(logged.stderr).unwrap().contains("pg_logical_emit_message"));
}
