//! A relay that takes every call and answers none: whoever asks is told after half a minute, and nothing has changed.

use std::net::TcpListener;

use crate::{CARLA, Stage, homes::FOUNDING, refused};

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_takes_the_call_and_never_answers_changes_nothing() {
    let (stage, draft) = Stage::with_a_draft().await;
    let url = stage.world.servers.relay_url();
    stage.world.ask("luis", &["company", "relay", &url]).await;
    let invite = stage.world.ask("luis", &["device", "invite", "--person", "Ana"]).await;
    let invite = invite["code"].as_str().expect("an invite").to_owned();
    let events = stage.world.ask(CARLA, &["events"]).await;
    // the system takes the calls; nobody hears them
    let deaf = TcpListener::bind("127.0.0.1:0").expect("a port");
    let deaf_url = format!("http://{}", deaf.local_addr().expect("its address"));
    stage.world.servers.freeze_relay(true);

    let founding = [FOUNDING.as_slice(), &["--relay", &deaf_url]].concat();
    let issuing = ["invoice", "issue", &draft];
    let joining = ["device", "join", &invite, "--person", "Ana"];
    let (founded, issued, joined) = tokio::join!(
        stage.world.run("eva", &founding),
        stage.world.run(CARLA, &issuing),
        stage.world.run("ana", &joining),
    );
    for ran in [&founded, &issued, &joined] {
        refused(ran, "relay.timed_out", 3);
        assert!(ran.lived.as_secs() < 60, "it is asked once, not again and again: {:?}", ran.lived);
    }

    stage.world.servers.freeze_relay(false);
    for person in ["eva", "ana"] {
        assert_eq!(stage.world.ask(person, &["company", "show"]).await["stage"], "fresh", "{person}");
    }
    assert_eq!(stage.invoice_state().await.as_deref(), Some("pre_invoice"));
    assert_eq!(stage.world.ask(CARLA, &["events"]).await, events);
    assert!(stage.world.servers.ledger().await.is_empty());
    let answer = stage.world.ask(CARLA, &issuing).await;
    assert_eq!(answer["row"]["fiscal_state"], "stamped");
}
