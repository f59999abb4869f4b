//! What is run: each trial once on our side and once on the peer's, as near in time as one after the other.

use std::path::PathBuf;

use anyhow::Context as _;
use serde_json::{Value, json};
use xshell::{Shell, cmd};

use super::{changes, crowd, exchange, newcomer, outage, place::Place, player::Player, reference};
use crate::tools::root;

/// Invoices sealed in one run.
pub(super) const SEALED: u32 = 2_000;
/// Invoices drawn in one run.
pub(super) const DRAWN: u32 = 100;
/// Times that every question to the boards is asked.
const ASKED: u32 = 10;
/// What is typed into search, letter by letter and whole.
const WORDS: [&str; 8] = ["fer", "ferre", "ferretería", "lópez", "garcia le", "transportes san", "55", "gmail"];

/// One side of a trial; the number is the round's.
type Side = fn(&Place, u32) -> anyhow::Result<Value>;

/// Two sides of one thing.
pub(super) struct Trial {
    /// Its lines are in a file of this name.
    pub(super) name: &'static str,
    /// Ours.
    pub(super) ours: Side,
    /// The peer's.
    pub(super) peer: Side,
    /// Whether the peer is a reference script, which is not the project's own.
    pub(super) of_reference: bool,
}

const fn trial(name: &'static str, ours: Side, peer: Side) -> Trial {
    Trial { name, ours, peer, of_reference: false }
}

const fn of_reference(name: &'static str, ours: Side, peer: Side) -> Trial {
    Trial { name, ours, peer, of_reference: true }
}

/// All trials, in the order they run in.
pub(super) const TRIALS: &[Trial] = &[
    trial("seal", seal_ours, seal_peer),
    of_reference("seal_reference", seal_ours, reference::seal),
    trial("signing", seal_ours, signing_peer),
    trial("invoice_pdf", pdf_ours, pdf_peer),
    of_reference("invoice_reference", pdf_ours, reference::invoice),
    trial("boards", boards_ours, boards_peer),
    trial("import_2000", |place, _| import_ours(place, 2_000), |place, _| import_peer(place, 2_000)),
    trial("import_100000", |place, _| import_ours(place, 100_000), |place, _| import_peer(place, 100_000)),
    trial("exchange", exchange::ours_list, exchange::peer),
    of_reference("exchange_reference", exchange::ours_reference, reference::exchange),
    trial("exchange_typed", exchange::ours_typed, exchange::peer),
    trial("changes", changes::ours, changes::peer),
    trial("outage", outage::ours, outage::peer),
    trial("newcomer", newcomer::ours, newcomer::peer),
    trial("crowd", crowd::ours, crowd::peer),
];

/// Asks once and puts what it cost beside the answer.
fn asked(mut player: Player, request: &Value) -> anyhow::Result<Value> {
    let cost = player.measure(request)?;
    let mut line = cost.answer;
    line["cpu_s"] = json!(cost.cpu_s);
    line["wall_s"] = json!(cost.wall_s);
    line["peak_mib"] = json!(player.peak_mib()?);
    Ok(line)
}

/// The same with how many a second of processor time.
fn rated(player: Player, count: u32) -> anyhow::Result<Value> {
    let mut line = asked(player, &json!({ "n": count }))?;
    let cpu = line["cpu_s"].as_f64().context("no cpu_s")?;
    line["per_cpu_s"] = json!(f64::from(count) / cpu);
    line["cpu_ms_each"] = json!(cpu * 1e3 / f64::from(count));
    let wall = line["wall_s"].as_f64().context("no wall_s")?;
    line["per_s"] = json!(f64::from(count) / wall);
    line["wall_ms_each"] = json!(wall * 1e3 / f64::from(count));
    Ok(line)
}

fn seal_ours(place: &Place, _: u32) -> anyhow::Result<Value> {
    let mut program = place.example("bench_seal");
    program.arg(place.work("seal")?);
    rated(Player::start(program)?, SEALED)
}

fn seal_peer(place: &Place, _: u32) -> anyhow::Result<Value> {
    rated(Player::start(place.python("seal_satcfdi.py", &place.work("seal")?))?, SEALED)
}

/// What the processor can sign at all: OpenSSL's own figure, which counts the time it was given.
fn signing_peer(_: &Place, _: u32) -> anyhow::Result<Value> {
    let shell = Shell::new()?;
    let said = cmd!(shell, "openssl speed -mr -seconds 3 rsa2048").quiet().ignore_stderr().read()?;
    // +F2:which key:its bits:signatures a second:verifications a second
    let figures = said.lines().find_map(|line| line.strip_prefix("+F2:")).with_context(|| said.clone())?;
    let rate: f64 = figures.split(':').nth(2).with_context(|| said.clone())?.parse()?;
    let version = cmd!(shell, "openssl version").quiet().read()?;
    let version = version.split(' ').nth(1).unwrap_or_default();
    Ok(json!({ "per_cpu_s": rate, "version": version }))
}

fn pdf_ours(place: &Place, _: u32) -> anyhow::Result<Value> {
    rated(Player::start(place.example("bench_invoice"))?, DRAWN)
}

fn pdf_peer(place: &Place, _: u32) -> anyhow::Result<Value> {
    let font = root().join("crates/documents/fonts/DejaVuSans.ttf");
    rated(Player::start(place.python("invoice_reportlab.py", &font))?, DRAWN)
}

fn boards_ours(place: &Place, _: u32) -> anyhow::Result<Value> {
    let (home, _) = place.boards()?;
    let mut desk = Player::start(place.example("bench_desk"))?;
    desk.ask(&json!({ "do": "open", "home": home }))?;
    asked(desk, &json!({ "do": "boards", "words": WORDS, "times": ASKED }))
}

fn boards_peer(place: &Place, _: u32) -> anyhow::Result<Value> {
    let (_, plain) = place.boards()?;
    let peer = Player::start(place.python("tables_sqlite.py", &plain))?;
    asked(peer, &json!({ "do": "boards", "words": WORDS, "times": ASKED }))
}

/// Into a company that has nothing yet.
fn import_ours(place: &Place, rows: u32) -> anyhow::Result<Value> {
    let file = place.list(rows, true)?;
    let home = emptied(place.work("import")?)?;
    let mut desk = Player::start(place.example("bench_desk"))?;
    desk.ask(&json!({ "do": "found", "home": home }))?;
    asked(desk, &json!({ "do": "import", "file": file }))
}

fn import_peer(place: &Place, rows: u32) -> anyhow::Result<Value> {
    let file = place.list(rows, true)?;
    let folder = emptied(place.work("import-plain")?)?;
    asked(Player::start(place.python("tables_sqlite.py", &folder))?, &json!({ "do": "import", "file": file }))
}

fn emptied(folder: PathBuf) -> anyhow::Result<PathBuf> {
    std::fs::remove_dir_all(&folder)?;
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}
