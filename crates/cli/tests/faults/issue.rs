//! Issuing, killed after each of its durable steps: the next attempt ends with one timbre. What the PAC says no to is said.

use serde_json::json;
use zuc_sample::SampleCompany;

use crate::{CARLA, Stage, refused};

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_each_step_the_next_issue_ends_with_one_timbre() {
    for place in ["issue.folio", "issue.sealed", "issue.sent"] {
        let (stage, id) = Stage::with_a_draft().await;
        let world = &stage.world;
        let waiting = format!("{place}=wait");
        world.zuc(CARLA, &["invoice", "issue", &id]).failing_at(&waiting).killed_where_it_waits().await;
        let answer = world.ask(CARLA, &["invoice", "issue", &id]).await;
        assert_eq!(answer["row"]["fiscal_state"], "stamped", "killed after {place}");
        assert_eq!(answer["row"]["label"], "A-1", "the folio it had, killed after {place}");
        let ledger = world.servers.ledger().await;
        assert_eq!(ledger.len(), 1, "killed after {place}");
        assert_eq!(answer["row"]["uuid"].as_str().map(str::to_uppercase), Some(ledger[0].uuid.to_uppercase()));
        // once more changes nothing
        world.ask(CARLA, &["invoice", "issue", &id]).await;
        assert_eq!(world.servers.ledger().await.len(), 1, "issued again, killed after {place}");
        world.ask(CARLA, &["verify"]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_restarted_in_the_middle_of_a_stamp_finds_the_one_timbre() {
    let (mut stage, id) = Stage::with_a_draft().await;
    // the PAC stamps at once and answers late: the relay dies between the two
    stage.world.servers.hostile("slow_reply", 1, 60_000).await;
    let issuing = tokio::spawn(stage.world.zuc(CARLA, &["invoice", "issue", &id]).run());
    while stage.world.servers.ledger().await.is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    stage.world.servers.kill_relay().await;
    stage.world.servers.start_relay().await;
    issuing.await.expect("zuc is waited for");
    let mut state = String::new();
    for _ in 0..10 {
        let answer = stage.world.ask(CARLA, &["invoice", "issue", &id]).await;
        answer["row"]["fiscal_state"].as_str().expect("a state").clone_into(&mut state);
        if state == "stamped" {
            break;
        }
    }
    assert_eq!(state, "stamped");
    assert_eq!(stage.world.servers.ledger().await.len(), 1);
    stage.world.ask(CARLA, &["verify"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_laptop_whose_clock_is_wrong_seals_nothing() {
    let (stage, id) = Stage::with_a_draft().await;
    let world = &stage.world;
    let before = world.ask(CARLA, &["invoice", "show", &id]).await;
    for off in ["+20m", "-1d"] {
        let refused = world.zuc(CARLA, &["invoice", "issue", &id]).by_a_clock(off).run().await;
        assert_eq!((refused.code, refused.refusal()), (Some(3), Some("clock.off")), "{off}: {}", refused.stderr);
    }
    assert_eq!(world.ask(CARLA, &["invoice", "show", &id]).await, before, "nothing changed");
    assert!(world.servers.ledger().await.is_empty());
    // a few minutes are what clocks have
    let issued = world.zuc(CARLA, &["invoice", "issue", &id]).by_a_clock("-3m").run().await;
    assert_eq!(issued.code, Some(0), "{}", issued.stderr);
    assert_eq!(world.servers.ledger().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_pac_refuses_is_said_with_its_code_and_stays_written_down() {
    let (stage, id) = Stage::with_a_draft().await;
    let issue = ["invoice", "issue", &id];
    stage.world.servers.pac_behaves("unlisted_issuers", json!([SampleCompany::issuer().rfc])).await;
    refused(&stage.world.run(CARLA, &issue).await, "cfdi.402", 1);
    let shown = stage.world.ask(CARLA, &["invoice", "show", &id]).await;
    assert_eq!((&shown["row"]["fiscal_state"], &shown["problems"][0]["code"]), (&json!("rejected"), &json!("402")));
    assert!(stage.world.servers.ledger().await.is_empty());
    // asked again it is refused again
    refused(&stage.world.run(CARLA, &issue).await, "cfdi.402", 1);

    stage.world.servers.pac_behaves("unlisted_issuers", json!([])).await;
    let answer = stage.world.ask(CARLA, &issue).await;
    assert_eq!((&answer["row"]["fiscal_state"], &answer["row"]["label"]), (&json!("stamped"), &json!("A-1")));
    assert_eq!(stage.world.servers.ledger().await.len(), 1);
    stage.world.ask(CARLA, &["verify"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_that_waits_for_its_timbre_is_done_as_far_as_it_goes_and_says_so() {
    let (stage, id) = Stage::with_a_draft().await;
    stage.world.servers.hostile("down", 0, 0).await;
    let answer = stage.world.ask(CARLA, &["invoice", "issue", &id]).await;
    let state = answer["row"]["fiscal_state"].as_str().expect("a state");
    assert!(["queued", "submitted", "unknown"].contains(&state), "{state}");
    assert!(answer["row"]["hours_left"].as_i64() > Some(70), "{answer}");
    assert!(stage.world.servers.ledger().await.is_empty());
}
