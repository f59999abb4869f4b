//! Ours beside the peer's, in one run: three rounds, in each both sides of every trial one after the other.

mod changes;
mod crowd;
mod exchange;
mod newcomer;
mod outage;
mod paper;
mod place;
mod player;
mod proxy;
mod reference;
mod row;
mod trials;

use std::{
    collections::BTreeMap,
    fs::{self, OpenOptions},
    io::Write as _,
    path::PathBuf,
    time::Instant,
};

use anyhow::bail;
use serde_json::{Value, json};
use xshell::Shell;

use self::{
    place::Place,
    row::Round,
    trials::{TRIALS, Trial},
};
use crate::tools::step;

/// Rounds of every trial.
const ROUNDS: u32 = 3;

/// Lines of all rounds, by trial.
type Rounds = BTreeMap<&'static str, Vec<Round>>;

/// Runs the named trials, or all; all together write `docs/benchmarks.md`. Those of the reference scripts need the
/// folder of `peers`.
pub(crate) fn bench(shell: &Shell, wanted: &[String], peers: Option<PathBuf>) -> anyhow::Result<()> {
    if let Some(unknown) = wanted.iter().find(|name| TRIALS.iter().all(|trial| trial.name != **name)) {
        let names: Vec<&str> = TRIALS.iter().map(|trial| trial.name).collect();
        bail!("no trial is called {unknown}; there are {}", names.join(", "));
    }
    let place = Place::prepare(shell, peers)?;
    let trials: Vec<&Trial> = TRIALS
        .iter()
        .filter(|trial| wanted.is_empty() || wanted.iter().any(|name| name == trial.name))
        .filter(|trial| place.peers.is_some() || !trial.of_reference)
        .collect();
    if place.peers.is_none() {
        println!("   --peers names no folder: the reference scripts of the peers are not run");
    }
    for trial in &trials {
        let _ = fs::remove_file(place.folder.join(format!("{}.jsonl", trial.name)));
    }
    if trials.iter().any(|trial| trial.name == "boards") {
        place.boards()?;
    }
    let mut rounds = Rounds::new();
    for round in 1..=ROUNDS {
        step(&format!("round {round} of {ROUNDS}"), || {
            for trial in &trials {
                rounds.entry(trial.name).or_default().push(both(&place, trial, round)?);
            }
            Ok(())
        })?;
    }
    println!("\n{}", paper::table(&rounds));
    println!("The raw lines are in {}", place.folder.display());
    if wanted.is_empty() {
        shell.write_file("docs/benchmarks.md", paper::paper(&rounds)?)?;
    }
    Ok(())
}

/// Both sides of a trial; who is first changes with the round.
fn both(place: &Place, trial: &Trial, round: u32) -> anyhow::Result<Round> {
    let (mut ours, mut peer) = (None, None);
    let mut ends: Vec<(Instant, Instant)> = Vec::new();
    let ours_first = round % 2 == 1;
    for is_ours in [ours_first, !ours_first] {
        let (name, side) = if is_ours { ("ours", trial.ours) } else { ("peer", trial.peer) };
        let start = Instant::now();
        let line = side(place, round);
        ends.push((start, Instant::now()));
        let kept = match &line {
            Ok(line) => line.clone(),
            Err(error) => json!({ "error": format!("{error:#}") }),
        };
        keep(place, trial, round, name, kept)?;
        match line {
            Ok(line) if is_ours => ours = Some(line),
            Ok(line) => peer = Some(line),
            // a peer that does not run leaves its row unmeasured; ours that does not run is a fault
            Err(error) if is_ours => return Err(error.context(trial.name)),
            Err(error) => println!("   {}: the peer did not run: {error:#}", trial.name),
        }
    }
    let apart_s = match ends.as_slice() {
        [(_, end), (start, _)] => start.duration_since(*end).as_secs_f64(),
        _ => f64::INFINITY,
    };
    Ok(Round { ours, peer, apart_s })
}

/// Appends a raw line.
fn keep(place: &Place, trial: &Trial, round: u32, side: &str, mut line: Value) -> anyhow::Result<()> {
    line["round"] = json!(round);
    line["side"] = json!(side);
    line["at"] = json!(paper::now()?);
    line["load"] = json!(paper::load());
    let file = place.folder.join(format!("{}.jsonl", trial.name));
    writeln!(OpenOptions::new().create(true).append(true).open(file)?, "{line}")?;
    println!("   {} {side}: {line}", trial.name);
    Ok(())
}
