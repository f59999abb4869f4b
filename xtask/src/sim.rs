//! Simulated weeks, as many as one has patience for.

use xshell::{Shell, cmd};

use crate::tools::step;

/// How many, and how thoroughly built.
#[derive(clap::Args)]
pub(crate) struct Sim {
    /// Weeks to live through
    #[arg(long, default_value_t = 200)]
    seeds: u64,
    /// The first seed
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Optimised, for many of them: worth its build from some thousand on
    #[arg(long)]
    deep: bool,
}

/// Lives through them; a seed that fails is printed and belongs into `sim/seeds.txt`.
pub(crate) fn sim(shell: &Shell, sim: &Sim) -> anyhow::Result<()> {
    let _seeds = shell.push_env("ZUC_SIM_SEEDS", sim.seeds.to_string());
    let _first = shell.push_env("ZUC_SIM_SEED", sim.seed.to_string());
    let profile: &[&str] = if sim.deep { &["--profile", "sim"] } else { &[] };
    step("simulated weeks", || {
        let test = ["--test", "network", "--", "--nocapture", "sim::whatever"];
        Ok(cmd!(shell, "cargo test --locked {profile...} -p zuc-testkit {test...}").quiet().run()?)
    })
}
