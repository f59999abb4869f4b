//! Each way a PAC can fail, once and then for good: exactly one timbre.

use zuc_protocol::receipt::StampState;
use zuc_relay::sandbox::{Fault, Profile};

use crate::world::{Founder, PacProcess, RelayProcess, Temper};

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_ends_in_exactly_one_timbre() {
    let folder = tempfile::tempdir().unwrap();
    let pac = PacProcess::start(Profile::default()).await;
    let relay = RelayProcess::start(folder.path(), &pac, Temper { wait_ms: 10, deadline_ms: 400, ..Temper::default() });
    let founder = Founder::found(&relay).await;
    let faults = [
        (Fault::DropBeforeCommit, 0),
        (Fault::DropAfterCommit, 0),
        (Fault::SlowReply, 600),
        (Fault::LateCommit, 550),
        (Fault::ErrorAfterCommit, 0),
        (Fault::DoubleReply, 0),
        (Fault::WrongTfd, 0),
        (Fault::AlteredTotal, 0),
        (Fault::Truncated, 0),
        (Fault::Html, 0),
    ];
    for (round, times) in [(0, 1), (1, 2)] {
        for (index, (fault, delay_ms)) in faults.into_iter().enumerate() {
            let invoice = u8::try_from(round * faults.len() + index + 1).unwrap();
            pac.fail(fault, times, delay_ms);
            let job = founder.job(&relay, invoice).await;
            founder.stamp(&relay, &job).await.unwrap();
            founder.until(&relay, &job, StampState::Stamped).await;
            assert_eq!(pac.timbres_of(job.folio).await, 1, "{fault:?} {times} times");
        }
    }
    // A late commit lands after its deadline; nothing may come of it later either.
    tokio::time::sleep(std::time::Duration::from_millis(800)).await;
    assert_eq!(pac.pac.timbres().await.unwrap().len(), 2 * faults.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_is_not_let_in_uses_up_no_recovery() {
    let folder = tempfile::tempdir().unwrap();
    let pac = PacProcess::start(Profile { token: "another".into(), ..Profile::default() }).await;
    let temper = Temper { wait_ms: 10, deadline_ms: 100, settle_ms: 20, recoveries: 2, ..Temper::default() };
    let relay = RelayProcess::start(folder.path(), &pac, temper);
    let founder = Founder::found(&relay).await;
    let job = founder.job(&relay, 1).await;
    founder.stamp(&relay, &job).await.unwrap();
    founder.until(&relay, &job, StampState::Unknown).await;
    // Long enough for many more tries than two.
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    assert_eq!(founder.state(&relay, &job).await, StampState::Unknown);
    pac.pac.set_profile(Profile::default());
    founder.until(&relay, &job, StampState::Stamped).await;
    assert_eq!(pac.timbres_of(job.folio).await, 1);
}
