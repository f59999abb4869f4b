//! What the kills found, counted.

use std::collections::BTreeMap;

/// One process's kills.
#[derive(Default)]
pub(crate) struct Tally {
    process: &'static str,
    phases: BTreeMap<(usize, &'static str), u64>,
    /// Runs that ended before their kill.
    pub(crate) survived: u64,
    /// Rows or timbres that were acknowledged, how many of them were found, and what they are.
    pub(crate) acknowledged: (u64, u64, &'static str),
    /// Invoices, and timbres by the PAC's own ledger.
    pub(crate) stamped: Option<(usize, usize)>,
}

impl Tally {
    pub(crate) fn new(process: &'static str) -> Self {
        Self { process, ..Self::default() }
    }

    /// A kill that found `phase`, the `nth` in the course of things.
    pub(crate) fn killed(&mut self, nth: usize, phase: &'static str) {
        *self.phases.entry((nth, phase)).or_default() += 1;
    }

    pub(crate) fn kills(&self) -> u64 {
        self.phases.values().sum()
    }

    pub(crate) fn print(all: &[Self], seed: u64) {
        say("\n| process | what the kill found | kills |\n| --- | --- | ---: |");
        for tally in all {
            for ((_, phase), kills) in &tally.phases {
                say(&format!("| {} | {phase} | {kills} |", tally.process));
            }
        }
        say("\n| process | kills | ended before | acknowledged | found | invoices | timbres at the PAC |");
        say("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
        for tally in all {
            let (invoices, timbres) =
                tally.stamped.map_or_else(Default::default, |(one, other)| (one.to_string(), other.to_string()));
            let (count, found, what) = tally.acknowledged;
            say(&format!(
                "| {} | {} | {} | {count} {what} | {found} | {invoices} | {timbres} |",
                tally.process,
                tally.kills(),
                tally.survived,
            ));
        }
        say(&format!("\n{} kills, seed {seed}", all.iter().map(Self::kills).sum::<u64>()));
    }
}

/// The figures and the seed are what this test is for.
#[expect(clippy::print_stdout, clippy::disallowed_macros, reason = "figures and seeds are this test's product")]
pub(crate) fn say(what: &str) {
    println!("{what}");
}
