//! The relay is killed at any moment, or there are two of it.

use std::time::Duration;

use zuc_protocol::{messages::ClientFrame, receipt::StampState};
use zuc_relay::{
    pac::Recovery,
    sandbox::{Fault, Profile},
};

use crate::world::{Founder, PacProcess, RelayProcess, Temper};

/// A small generator, so that a failing run can be told by its seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

fn seed() -> u64 {
    std::env::var("SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(20_260_601)
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_moment_the_relay_stamps_each_invoice_once() {
    let seed = seed();
    println!("SEED={seed}");
    let mut dice = Dice(seed);
    let folder = tempfile::tempdir().unwrap();
    // A PAC that dedupes nothing: one blind repetition would be a second timbre.
    let profile =
        Profile { looks_up_references: true, dedupes_bytes: false, dedupes_reference: false, ..Profile::default() };
    let pac = PacProcess::start(profile).await;
    let recovery = Recovery::LookUp;
    let temper =
        Temper { recovery, claim_ms: 2_000, wait_ms: 10, deadline_ms: 300, settle_ms: 200, ..Temper::default() };
    let mut relay = RelayProcess::start(folder.path(), &pac, temper);
    let founder = Founder::found(&relay).await;
    let mut jobs = Vec::new();
    for invoice in 1..=24 {
        let faults = [Fault::None, Fault::DropBeforeCommit, Fault::DropAfterCommit, Fault::SlowReply];
        let fault = faults[usize::try_from(dice.roll(4)).unwrap()];
        pac.fail(fault, 1, dice.roll(400));
        let job = founder.job(&relay, invoice).await;
        let (service, company, device) = (relay.relay.clone(), founder.company, founder.device.id());
        let frame = ClientFrame::Stamp(Box::new(job.clone()));
        let asked = relay.run(async move {
            let session = service.log().session(company, device).await.unwrap();
            service.handle(&session, frame).await
        });
        // Whether the job was acknowledged or cut off: the device sends it again, as devices do.
        let _answer = tokio::time::timeout(Duration::from_millis(dice.roll(40)), asked).await;
        relay.kill();
        relay = RelayProcess::start(folder.path(), &pac, temper);
        jobs.push(job);
    }
    for job in &jobs {
        founder.stamp(&relay, job).await.unwrap();
    }
    for job in &jobs {
        founder.until(&relay, job, StampState::Stamped).await;
        assert_eq!(pac.timbres_of(job.folio).await, 1, "folio {} with SEED={seed}", job.folio);
    }
    let stamps = founder.fiscal_facts(&relay).await.into_iter().filter(|(kind, _)| kind == "receipt.stamp").count();
    assert_eq!(stamps, jobs.len(), "one receipt each");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_relays_over_one_ledger_spend_one_stamp() {
    let folder = tempfile::tempdir().unwrap();
    let pac = PacProcess::start(Profile { dedupes_bytes: false, dedupes_reference: false, ..Profile::default() }).await;
    let temper = Temper { deadline_ms: 5_000, settle_ms: 5_000, ..Temper::default() };
    let one = RelayProcess::start(folder.path(), &pac, temper);
    let founder = Founder::found(&one).await;
    let two = RelayProcess::start(folder.path(), &pac, temper);
    for invoice in 1..=10 {
        let job = founder.job(&one, invoice).await;
        let (a, b) = tokio::join!(founder.stamp(&one, &job), founder.stamp(&two, &job));
        for answered in [a, b] {
            // The slower one may find it claimed or sent by the other.
            answered.unwrap();
        }
        founder.until(&one, &job, StampState::Stamped).await;
        assert_eq!(pac.timbres_of(job.folio).await, 1);
    }
}
