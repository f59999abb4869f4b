//! Set-up, build, run, test, bench: the only scripts of the project.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "this program speaks to the person at the terminal and says how long its steps took"
)]

mod bench;
mod build;
mod check;
mod fuzz;
mod programs;
mod run;
mod setup;
mod sim;
mod test;
mod tools;
mod ui;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Set up, build, run, test and measure Zuclubit")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Installs what is missing, builds, starts a relay and opens the app on a sample company
    Run {
        /// Where the sample company, its relay and the pictures live
        #[arg(long)]
        home: Option<PathBuf>,
    },
    /// Installs what tests need and runs the usual suites, or those that are named
    Test {
        /// Only these suites: check, unit, layout, desktop, demo, faults, e2e
        suites: Vec<String>,
    },
    /// Simulates weeks of a company in which everything goes wrong that may
    Sim(sim::Sim),
    /// Gives every decoder what nobody meant it to get
    Fuzz(fuzz::Fuzz),
    /// rustfmt, clippy, prepared queries and cargo-deny
    Check,
    /// Writes the checked queries again after a change of SQL or schema
    Prepare,
    /// Builds the window's pages into dist/, after a change in ui/
    Pages,
    /// Leaves zuclubit, zuc and zuclubit-relay in the release folder
    Build,
    /// Measures us beside the peers and writes docs/benchmarks.md
    Bench {
        /// Only these trials; the page is then left as it is
        trials: Vec<String>,
        /// A folder of the peers' reference scripts; they are run too, as they are
        #[arg(long, env = "ZUC_PEERS")]
        peers: Option<PathBuf>,
    },
}

fn main() -> anyhow::Result<()> {
    let shell = tools::shell()?;
    match Cli::parse().task {
        Task::Run { home } => run::run(&shell, home),
        Task::Test { suites } => test::test(&shell, &suites),
        Task::Sim(sim) => sim::sim(&shell, &sim),
        Task::Fuzz(fuzz) => fuzz::fuzz(&shell, &fuzz),
        Task::Check => check::check(&shell),
        Task::Prepare => check::prepare(&shell),
        Task::Pages => ui::build(&shell),
        Task::Build => build::release(&shell),
        Task::Bench { trials, peers } => bench::bench(&shell, &trials, peers),
    }
}
