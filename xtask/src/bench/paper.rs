//! The table, and the page around it.

use std::{collections::BTreeMap, fmt::Write as _, fs};

use anyhow::Context as _;
use xshell::{Shell, cmd};

use super::{
    Rounds,
    row::{Floor, ROWS},
};

/// How each thing is run; stands under the table.
const HOW: &str = "\
## How it is run
`cargo xtask bench` installs the peers (`xtask/peers`), builds our programs as they are shipped, and runs three rounds. A
round runs both sides of everything one right after the other, and who is first changes with the round. The table has the
median of the rounds; *ratio* is how many times better ours was, as the median of the three rounds' ratios. A row whose peer
did not run within the same minute reads *not measured*. Every line that a program answered stays in
`target/bench/*.jsonl`. `cargo xtask bench NAME…` runs some of it and leaves this page as it is.

Both sides are programs that wait for a request: starting them, loading their libraries and opening their files is not
counted. Processor time is the kernel's count for the whole process, user and system, read from outside before and after,
on both sides the same. On a machine that others use too, seconds of processor time and bytes say more than seconds by the
clock.

- **Build and seal**: the same three lines, the same key; ours also computes the taxes and the totals with its own rules.
  `openssl speed` signs and does nothing else: the ratio is the share of the processor's own limit.
- **Invoice**: letter size, twelve lines, embedded typeface, QR, seals and cadena wrapped.
- **List, search, Inicio**: 100,000 leads and 50,000 invoices; p99 over every order and filter of the list, scrolled to the
  top, the middle and far down, eight searches, and the whole of Inicio for somebody who holds every role. Ours is the
  encrypted file asked through the use cases, with permissions; the peer is Python's `sqlite3` over plain tables with the
  obvious indexes, which counts and sums when it is asked.
- **Import**: a messy list, with duplicates, bad rows and odd ones. The peer normalises, compares RFC, mail, telephone and
  company exactly, and writes plain rows with their indexes. Ours finds out the format, compares also what is only alike,
  and writes for each lead a document that merges, its events, its audit and what the exchange will send, encrypted: the
  row is there to show what that costs, not to win.
- **A → B**: the rows of one list on a laptop, over a server on disk, to a second laptop that shows them. The peer makes a
  document of each row, whose texts are plain values and whose note merges. Ours seals everything on the laptop, has it
  on disk on both laptops, and checks on arrival who may write it; the peer's laptops keep it in memory, in clear.
  *Typed* is the same with a command for each record, which is committed before it is shown as kept; what was committed
  within a tenth of a second is sealed, taken by the server, acknowledged and applied together. The peer's laptops commit nothing.
- **One field**: every record of the list changed five times on the one laptop, until the other shows it; ours with a
  command and a commit for each, the peer's in memory. Bytes are all that both laptops send, with frames and confirmations.
- **Network back**: the server is ended, A writes, twelve seconds later the server is started again at its old address; counted
  from when it says that it listens. The peer tries every five seconds, which is its library's choice.
- **A new laptop**: a company of an imported list and 300 leads typed one by one; two persons have signed a snapshot of it.
  Counted from when the third is let in. Beside it the same laptop where nobody made one, which reads every entry.
- **Sockets**: 1,000 companies found themselves at the relay and open two sockets each, which greet and subscribe; the peer's
  server, which knows no companies, takes 2,000 connections. The most that the process held, from its start.
- **Reference script**: the peer's own script is run as it is, with `--peers DIR` or `ZUC_PEERS`, and says its figures itself;
  that of the exchange counts the processor time of its processes from their start.
";

/// The table of what was run.
pub(super) fn table(rounds: &Rounds) -> String {
    let mut table =
        "| what | unit | ours | peer | ratio | floor | met |\n| --- | --- | ---: | ---: | ---: | --- | --- |\n"
            .to_owned();
    for row in ROWS {
        let Some(rounds) = rounds.get(row.trial) else { continue };
        let floor = match row.floor {
            Floor::None => String::new(),
            Floor::AtMost(most) => format!("≤ {most} {}", row.unit),
            Floor::Times(times) => format!("≥ {times} ×"),
        };
        let figures = match row.result(rounds) {
            Some(result) => {
                let met = match row.met(&result) {
                    None => "",
                    Some(true) => "yes",
                    Some(false) => "**no**",
                };
                let (ours, peer) = (figure(result.ours), figure(result.peer));
                format!("{ours} | {} {peer} | {} × | {floor} | {met}", row.peer, figure(result.ratio))
            }
            None => format!("*not measured* | {} *not measured* | | {floor} |", row.peer),
        };
        // writing to a text cannot fail
        let _ = writeln!(table, "| {} | {} | {figures} |", row.what, row.unit);
    }
    table
}

/// `docs/benchmarks.md`.
pub(super) fn paper(rounds: &Rounds) -> anyhow::Result<String> {
    let versions: BTreeMap<&str, &str> = ROWS
        .iter()
        .filter_map(|row| {
            let peer = rounds.get(row.trial)?.first()?.peer.as_ref()?;
            Some((row.peer, peer["version"].as_str()?))
        })
        .collect();
    let versions: Vec<String> = versions.iter().map(|(peer, version)| format!("{peer} {version}")).collect();
    let now = now()?;
    Ok(format!(
        "# Benchmarks\nWritten by `cargo xtask bench` on {}. Machine: {}; load {} when it ended. Peers: {}.\n\n{}\n{HOW}",
        now.split('T').next().unwrap_or_default(),
        machine()?,
        load(),
        versions.join(", "),
        table(rounds),
    ))
}

/// Three figures that count.
fn figure(value: f64) -> String {
    let decimals = match value {
        ..10.0 => 2,
        10.0..100.0 => 1,
        _ => 0,
    };
    let plain = format!("{value:.decimals$}");
    let (whole, rest) = plain.split_once('.').map_or((plain.as_str(), ""), |(whole, rest)| (whole, rest));
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if rest.is_empty() { grouped } else { format!("{grouped}.{rest}") }
}

/// Now, UTC.
pub(super) fn now() -> anyhow::Result<String> {
    let shell = Shell::new()?;
    Ok(cmd!(shell, "date -u +%Y-%m-%dT%H:%M:%SZ").quiet().read()?)
}

/// Load of the last minute.
pub(super) fn load() -> String {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split(' ').next().unwrap_or_default().to_owned()
}

fn machine() -> anyhow::Result<String> {
    let cpu = fs::read_to_string("/proc/cpuinfo")?;
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let cores = cpu.lines().filter(|line| line.starts_with("processor")).count();
    let memory = fs::read_to_string("/proc/meminfo")?;
    let kib: u64 = memory
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))
        .and_then(|total| total.trim().trim_end_matches("kB").trim().parse().ok())
        .context("no MemTotal")?;
    let system = fs::read_to_string("/etc/os-release")?;
    let system = system.lines().find_map(|line| line.strip_prefix("PRETTY_NAME=")).unwrap_or_default();
    Ok(format!(
        "{}, {cores} cores, {} GiB, {}, shared with others",
        model.trim_start_matches([' ', '\t', ':']),
        kib / 1024 / 1024,
        system.trim_matches('"'),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_short_and_grouped() {
        let shown = [0.0512, 9.994, 42.25, 1_234.6, 41_000.0].map(figure);
        assert_eq!(shown, ["0.05", "9.99", "42.2", "1,235", "41,000"]);
    }

    #[test]
    fn a_trial_without_rounds_has_no_row_and_one_without_its_peer_has_no_figures() {
        let rounds = Rounds::from([("seal", Vec::new())]);
        let table = table(&rounds);
        assert_eq!(table.lines().count(), 3);
        assert!(table.contains("*not measured*"), "{table}");
    }
}
