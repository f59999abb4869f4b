//! Seeds from outside, and what a run prints.

use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::time::{Duration, Instant};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use zuc_testkit::disk::{Crash, Policy};

/// A number from the environment: `ZUC_DISK_SEED` repeats a run or makes another, `ZUC_DISK_POINTS` a longer one.
pub(crate) fn from_env(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

/// Whether commits are synced: `ZUC_DISK_SYNCHRONOUS=off` takes from the promises what keeps them, to see them red.
pub(crate) fn synced() -> bool {
    std::env::var("ZUC_DISK_SYNCHRONOUS").map_or(true, |text| text != "off")
}

/// Tells whoever runs the tests what was measured.
#[expect(clippy::print_stdout, clippy::disallowed_macros, reason = "figures and seeds are this test's product")]
pub(crate) fn say(what: fmt::Arguments<'_>) {
    println!("{what}");
}

/// Seeded draws.
pub(crate) struct Draw(ChaCha8Rng);

impl Draw {
    pub(crate) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0.next_u64() % limit
    }

    pub(crate) fn bytes(&mut self, len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        self.0.fill_bytes(&mut bytes);
        bytes
    }
}

/// How long a test took.
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "measures the test itself, decides nothing")]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// What one crash image showed when it was opened again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// All that was acknowledged, or that and the whole of the one in flight.
    Whole,
    /// An earlier state: so many acknowledged transactions are gone.
    Lost(usize),
    /// A state that never was.
    Mixed(String),
    /// It does not open, or its checks fail.
    Damaged(String),
}

/// The sums of a run.
#[derive(Default)]
pub(crate) struct Figures {
    points: usize,
    acknowledged: usize,
    unsynced: usize,
    dropped: usize,
    biting: usize,
    pub(crate) images: usize,
    pub(crate) lost: usize,
    pub(crate) lost_transactions: usize,
    pub(crate) mixed: usize,
    pub(crate) damaged: usize,
    by_policy: BTreeMap<&'static str, (usize, usize)>,
    pub(crate) first_bad: Vec<String>,
}

impl Figures {
    pub(crate) fn point(&mut self, acknowledged: usize) {
        self.points += 1;
        self.acknowledged += acknowledged;
    }

    pub(crate) fn image(&mut self, seed: u64, cut: u64, crash: Crash, outcome: &Outcome) {
        self.images += 1;
        self.unsynced += crash.unsynced;
        self.dropped += crash.unsynced - crash.kept;
        self.biting += usize::from(crash.unsynced > 0 && crash.policy != Policy::Everything);
        let row = self.by_policy.entry(crash.policy.name()).or_default();
        row.0 += 1;
        match outcome {
            Outcome::Whole => return,
            Outcome::Lost(count) => {
                self.lost += 1;
                self.lost_transactions += count;
            }
            Outcome::Mixed(_) => self.mixed += 1,
            Outcome::Damaged(_) => self.damaged += 1,
        }
        row.1 += 1;
        if self.first_bad.len() < 5 {
            // a damaged file has many complaints: the first says it
            let what: String = format!("{outcome:?}").chars().take(120).collect();
            self.first_bad.push(format!("seed {seed}, cut after {cut}, {crash}: {what}"));
        }
    }

    pub(crate) fn bad(&self) -> usize {
        self.lost + self.mixed + self.damaged
    }

    /// How many images had something to lose.
    pub(crate) fn biting(&self) -> usize {
        self.biting
    }
}

impl Display for Figures {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            out,
            "{} crash points, {} images ({} with un-synced operations at stake), {} acknowledged transactions, \
             {} un-synced operations of which {} dropped",
            self.points, self.images, self.biting, self.acknowledged, self.unsynced, self.dropped
        )?;
        writeln!(
            out,
            "images that lost acknowledged transactions: {} ({} transactions); half there: {}; damaged: {}",
            self.lost, self.lost_transactions, self.mixed, self.damaged
        )?;
        for (policy, (images, bad)) in &self.by_policy {
            writeln!(out, "  {policy}: {bad} bad of {images}")?;
        }
        for bad in &self.first_bad {
            writeln!(out, "  e.g. {bad}")?;
        }
        Ok(())
    }
}
