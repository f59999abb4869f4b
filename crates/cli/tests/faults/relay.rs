//! A relay that is away, slow, or restarted under a push.

use std::{fs, time::Duration};

use zuc_sample::{LeadList, ListSpec};

use crate::{CARLA, Stage, refused, world::company::settle};

#[tokio::test(flavor = "multi_thread")]
async fn without_a_relay_an_invoice_stays_a_draft_and_the_work_waits() {
    let (mut stage, id) = Stage::with_a_draft().await;
    stage.world.servers.kill_relay().await;
    let ran = stage.world.run(CARLA, &["invoice", "issue", &id]).await;
    refused(&ran, "relay.unreachable", 3);
    assert_eq!(stage.invoice_state().await.as_deref(), Some("pre_invoice"));
    stage.world.ask(CARLA, &["lead", "create", "--name", "Rosa", "--company", "La Fragua"]).await;
    let status = stage.world.ask(CARLA, &["sync", "--wait", "1"]).await;
    assert_eq!(status["state"], "offline");
    assert!(status["pending"].as_u64() > Some(0), "{status}");
    stage.world.servers.start_relay().await;
    let status = stage.world.ask(CARLA, &["sync"]).await;
    assert_eq!((&status["state"], &status["pending"]), (&"up_to_date".into(), &0.into()), "{status}");
    let answer = stage.world.ask(CARLA, &["invoice", "issue", &id]).await;
    assert_eq!(answer["row"]["fiscal_state"], "stamped");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_relay_is_waited_for() {
    let (stage, id) = Stage::with_a_draft().await;
    stage.world.servers.freeze_relay(true);
    let issuing = tokio::spawn(stage.world.zuc(CARLA, &["invoice", "issue", &id]).run());
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(!issuing.is_finished(), "nothing is issued without an answer");
    stage.world.servers.freeze_relay(false);
    let ran = issuing.await.expect("zuc is waited for");
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(ran.answer().expect("an answer")["row"]["fiscal_state"], "stamped");
    assert_eq!(stage.world.servers.ledger().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_restarted_in_the_middle_of_a_push_loses_and_doubles_nothing() {
    let mut stage = Stage::set().await;
    stage.world.servers.kill_relay().await;
    let list = stage.world.root.join("lista.csv");
    fs::write(&list, LeadList::generate(&ListSpec::new(5, 200)).to_bytes()).expect("a list");
    stage.world.ask(CARLA, &["import", "leads", &list.display().to_string()]).await;
    stage.world.servers.start_relay().await;
    let syncing = tokio::spawn(stage.world.zuc(CARLA, &["sync", "--wait", "60"]).run());
    for _ in 0..4 {
        tokio::time::sleep(Duration::from_millis(250)).await;
        stage.world.servers.kill_relay().await;
        stage.world.servers.start_relay().await;
    }
    let ran = syncing.await.expect("zuc is waited for");
    let status = ran.answer().expect("a status");
    assert_eq!((&status["state"], &status["pending"]), (&"up_to_date".into(), &0.into()), "{status}");
    let url = stage.world.servers.relay_url();
    stage.world.ask("luis", &["company", "relay", &url]).await;
    let status = stage.world.ask("luis", &["sync", "--wait", "60"]).await;
    assert_eq!(status["state"], "up_to_date", "{status}");
    let there = stage.world.home("luis").display().to_string();
    stage.world.ask(CARLA, &["verify", "--same-as", &there]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_the_store_could_not_take_is_asked_for_again_with_all_behind_it() {
    let stage = Stage::set().await;
    let url = stage.world.servers.relay_url();
    stage.world.ask("luis", &["company", "relay", &url]).await;
    let list = stage.world.root.join("lista.csv");
    fs::write(&list, LeadList::generate(&ListSpec::new(6, 600)).to_bytes()).expect("a list");
    stage.world.ask(CARLA, &["import", "leads", &list.display().to_string()]).await;
    stage.world.ask(CARLA, &["sync", "--wait", "60"]).await;
    // one refusal, as of a full disk or a writer that is held too long, within the same process
    let ran = stage.world.zuc("luis", &["sync", "--wait", "60"]).failing_at("sync.applying=once").run().await;
    let status = ran.answer().expect("a status");
    assert_eq!(status["state"], "up_to_date", "{}", ran.stderr);
    assert!(ran.stderr.contains("test.failure"), "it was refused: {}", ran.stderr);
    let there = stage.world.home("luis").display().to_string();
    stage.world.ask(CARLA, &["verify", "--same-as", &there]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn exchanging_now_is_answered_by_the_new_connection_not_by_what_the_old_one_had_reached() {
    let stage = Stage::set().await;
    let desk = stage.world.desk(CARLA).await;
    let office = desk.office().await.expect("an office");
    settle(&office).await;
    let connections = async || {
        let log = office.sync_log().await.expect("a log");
        log.iter().filter(|line| line.kind == "connected").count()
    };
    for asked in 1..=20 {
        let before = connections().await;
        let status = office.sync_now().await.expect("a status");
        assert_eq!((status.state.as_str(), connections().await), ("up_to_date", before + 1), "asked {asked} times");
    }
    stage.world.leave(CARLA, desk, office).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_lost_its_companies_is_given_them_back_by_whoever_comes_first() {
    let (mut stage, id) = Stage::with_a_draft().await;
    stage.world.ask(CARLA, &["sync"]).await;
    stage.world.servers.kill_relay().await;
    fs::remove_dir_all(stage.world.root.join("relay").join("companies")).expect("the relay's data");
    stage.world.servers.start_relay().await;
    // Carla founded nothing; she is the one who invoices, but only Luis knows whether somebody else does
    let status = stage.world.ask(CARLA, &["sync", "--wait", "25"]).await;
    assert_eq!((&status["state"], &status["pending"]), (&"up_to_date".into(), &0.into()), "{status}");
    let refusal = stage.world.run(CARLA, &["invoice", "issue", &id]).await;
    assert_eq!(refusal.refusal(), Some("relay.frozen"), "{}", refusal.stderr);
    let url = stage.world.servers.relay_url();
    stage.world.ask("luis", &["company", "relay", &url]).await;
    let status = stage.world.ask("luis", &["sync", "--wait", "25"]).await;
    assert_eq!(status["state"], "up_to_date", "{status}");
    let answer = stage.world.ask(CARLA, &["invoice", "issue", &id]).await;
    assert_eq!(answer["row"]["fiscal_state"], "stamped");
    for who in [CARLA, "luis"] {
        stage.world.ask(who, &["sync", "--wait", "25"]).await;
    }
    let there = stage.world.home("luis").display().to_string();
    stage.world.ask(CARLA, &["verify", "--same-as", &there]).await;
    refused(&stage.world.run("luis", &["company", "thaw"]).await, "sync.not_lost", 1);
}
