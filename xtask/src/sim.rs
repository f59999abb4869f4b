//! Simulated weeks, as many as one has patience for.

use std::time::Instant;

use anyhow::ensure;
use xshell::{Shell, cmd};

use crate::tools::{ROOMS, step};

/// Weeks that are lived through at once: what stood until then is said, and from where it goes on, if the rest is stopped.
const AT_ONCE: u64 = 200;

/// How many, and how thoroughly built.
#[derive(clap::Args)]
pub(crate) struct Sim {
    /// Weeks to live through
    #[arg(long, default_value_t = 200)]
    seeds: u64,
    /// The first seed
    #[arg(long, visible_alias = "first", default_value_t = 1)]
    seed: u64,
    /// Optimised, for many of them: worth its build from some thousand on
    #[arg(long)]
    deep: bool,
}

/// Lives through them, on two cores: the even seeds beside the odd ones. A seed that fails is printed, belongs into `sim/seeds.txt`,
/// and stops none of the others.
pub(crate) fn sim(shell: &Shell, sim: &Sim) -> anyhow::Result<()> {
    let profile: &[&str] = if sim.deep { &["--profile", "sim"] } else { &[] };
    let build = || cmd!(shell, "cargo test --quiet --locked {profile...} {ROOMS...} --test network").quiet();
    step("simulated weeks are built", || Ok(build().arg("--no-run").run()?))?;
    let end = sim.seed.saturating_add(sim.seeds);
    let (begun, mut first, mut wrong) = (Instant::now(), sim.seed, Vec::new());
    while first < end {
        let seeds = (end - first).min(AT_ONCE);
        let _seeds = shell.push_env("ZUC_SIM_SEEDS", seeds.to_string());
        let _first = shell.push_env("ZUC_SIM_SEED", first.to_string());
        let last = first + seeds - 1;
        let lived = step(&format!("simulated weeks {first} to {last}"), || {
            Ok(build().args(["--", "--nocapture", "sim::whatever"]).run()?)
        });
        if lived.is_err() {
            wrong.push(format!("{first} to {last}"));
        }
        first += seeds;
        if first < end {
            println!("── {}", left(begun.elapsed().as_secs_f64(), first - sim.seed, end - first, first, sim.deep));
        }
    }
    ensure!(wrong.is_empty(), "weeks went wrong among {}: which ones is said above", wrong.join(", "));
    Ok(())
}

/// How long the rest takes, and how it is gone on with another day.
#[expect(clippy::cast_precision_loss, reason = "so many weeks nobody lives through")]
fn left(passed: f64, lived: u64, left: u64, next: u64, deep: bool) -> String {
    let minutes = passed / lived.max(1) as f64 * left as f64 / 60.0;
    let deep = if deep { " --deep" } else { "" };
    format!("some {minutes:.0} minutes are left; another day: cargo xtask sim{deep} --seed {next} --seeds {left}")
}

#[cfg(test)]
mod tests {
    use super::left;

    #[test]
    fn what_is_left_goes_on_where_it_was_stopped() {
        let told = left(120.0, 400, 19_600, 401, true);
        assert_eq!(told, "some 98 minutes are left; another day: cargo xtask sim --deep --seed 401 --seeds 19600");
    }
}
