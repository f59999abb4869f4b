//! A week of a company in which everything goes wrong that may: whatever breaks, nothing that was acknowledged is lost,
//! and once all is mended everybody holds the same within five seconds.
//!
//! Laptops and relay are the product's, over disks that forget, in one process. One seed decides every draw, and time
//! passes when it is told to, so a seed that fails fails again. `ZUC_SIM_SEEDS` says how many weeks there are,
//! `ZUC_SIM_SEED` which is the first.

mod compaction;
mod figures;
mod gone;
mod leases;
mod merges;
mod moves;
mod oracle;
mod people;
mod script;
mod week;

use std::path::Path;
use std::process::{Command, Stdio};

use self::figures::{Figures, Lived};
use self::week::Week;

/// Weeks of one run.
const SEEDS: u64 = 200;

fn from_env(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[tokio::test]
async fn whatever_happens_in_a_week_nothing_is_lost_and_all_converge() {
    weeks(0).await;
}

/// The other half of the seeds, on another core.
#[tokio::test]
async fn whatever_happens_in_another_week_nothing_is_lost_and_all_converge() {
    weeks(1).await;
}

/// A few of them with backups, over disks that do not fail: a backup is read by what reads any file.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_restored_in_a_week_only_what_was_never_sent_is_lost() {
    let (first, seeds) = (from_env("ZUC_SIM_SEED", 1), from_env("ZUC_SIM_SEEDS", SEEDS).div_ceil(10));
    all_go_right("with backups", first..first + seeds, Week::live_with_backups).await;
}

/// Seeds that failed once.
#[tokio::test]
async fn weeks_that_once_went_wrong_go_right() {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/network/sim/seeds.txt");
    for line in std::fs::read_to_string(kept).unwrap().lines() {
        let seed = line.split_whitespace().next().and_then(|word| word.parse().ok());
        if let Some(seed) = seed {
            Week::live(seed).await;
        }
    }
}

#[tokio::test]
async fn a_seed_is_the_same_week_each_time() {
    let (one, other) = (Week::live(7).await, Week::live(7).await);
    assert_eq!(one.trace, other.trace);
    assert_ne!(one.trace, Week::live(8).await.trace);
}

/// What finds no loss where there must be one would find none anywhere.
#[tokio::test]
async fn weeks_on_disks_that_nobody_syncs_are_found_out() {
    for seed in 1..10 {
        if tokio::spawn(Week::live_without_syncs(seed)).await.is_err() {
            return;
        }
    }
    panic!("nine weeks without a sync, and nothing is missing");
}

#[expect(clippy::print_stdout, clippy::disallowed_macros, reason = "figures and seeds are this test's product")]
fn tell(figures: &str) {
    println!("simulation: {figures}");
}

async fn weeks(half: u64) {
    stay_on_core(half);
    let (first, seeds) = (from_env("ZUC_SIM_SEED", 1), from_env("ZUC_SIM_SEEDS", SEEDS));
    let seeds = (first..first + seeds).filter(|seed| seed % 2 == half);
    all_go_right("every other", seeds, Week::live).await;
}

/// This thread, and whatever it starts, stays on one core: each query of a laptop is handed over to a thread and back, which
/// costs a seventh of a week more between two cores. Where the system has no such program, nothing but time is lost.
fn stay_on_core(core: u64) {
    let thread = std::fs::read_link("/proc/thread-self").ok();
    if let Some(thread) = thread.as_deref().and_then(Path::file_name) {
        let mut stay = Command::new("taskset");
        let _told =
            stay.args(["-cp", &core.to_string()]).arg(thread).stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

/// Lives through weeks and tells their figures. One that goes wrong hides none of the others.
async fn all_go_right<F>(which: &str, seeds: impl Iterator<Item = u64>, live: impl Fn(u64) -> F)
where
    F: Future<Output = Lived> + Send + 'static,
{
    let (mut all, mut wrong) = (Figures::default(), Vec::new());
    let (mut first, mut last) = (None, 0);
    for seed in seeds {
        first.get_or_insert(seed);
        last = seed;
        match tokio::spawn(live(seed)).await {
            Ok(lived) => all.add(&lived.figures),
            Err(_) => wrong.push(seed),
        }
    }
    tell(&format!("seeds {} to {last}, {which}: {all}", first.unwrap_or_default()));
    assert!(wrong.is_empty(), "seeds that went wrong: {wrong:?}");
}
