//! Simulated weeks, as many as one has patience for.

use xshell::{Shell, cmd};

use crate::tools::step;

/// Weeks that are lived through at once: what stood until then is said, if the rest is stopped.
const AT_ONCE: u64 = 500;

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
    let profile: &[&str] = if sim.deep { &["--profile", "sim"] } else { &[] };
    let end = sim.seed.saturating_add(sim.seeds);
    let mut first = sim.seed;
    while first < end {
        let seeds = (end - first).min(AT_ONCE);
        let _seeds = shell.push_env("ZUC_SIM_SEEDS", seeds.to_string());
        let _first = shell.push_env("ZUC_SIM_SEED", first.to_string());
        step(&format!("simulated weeks {first} to {}", first + seeds - 1), || {
            let test = ["--test", "network", "--", "--nocapture", "sim::whatever"];
            Ok(cmd!(shell, "cargo test --quiet --locked {profile...} -p zuc-testkit {test...}").quiet().run()?)
        })?;
        first += seeds;
    }
    Ok(())
}
