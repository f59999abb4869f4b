//! A thousand records from one laptop over a server to another, on both sides by the same clock, counters and file.

use std::{
    net::SocketAddr,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{place::Place, player::Player, proxy::Proxy};

/// Records.
pub(super) const RECORDS: u32 = 1_000;
/// How long the wire has to be silent for the peer's server to have everything: asked too early, it says that it has not.
const QUIET: Duration = Duration::from_millis(300);

/// The three programs of one side, connected, and what stands between them.
pub(super) struct Three {
    server: Player,
    /// Who writes.
    pub(super) first: Player,
    /// Who is to see it.
    pub(super) second: Player,
    wire: Proxy,
}

/// What they have used so far.
pub(super) struct Mark {
    cpu: [f64; 3],
    bytes: u64,
    at: Instant,
}

impl Three {
    /// From here on.
    pub(super) fn mark(&self) -> anyhow::Result<Mark> {
        let cpu = [self.first.cpu()?, self.server.cpu()?, self.second.cpu()?];
        Ok(Mark { cpu, bytes: self.wire.bytes(), at: Instant::now() })
    }

    /// Bytes that both laptops have sent so far.
    pub(super) fn sent(&self) -> u64 {
        self.wire.up()
    }

    /// Until nothing is on the wires.
    pub(super) fn quiet(&self) {
        let mut last = self.wire.bytes();
        loop {
            thread::sleep(QUIET);
            let now = self.wire.bytes();
            if now == last {
                return;
            }
            last = now;
        }
    }

    /// What was used since `before`, as a line.
    pub(super) fn since(&self, before: &Mark, visible: Duration) -> anyhow::Result<Value> {
        let now = self.mark()?;
        let used: Vec<f64> = now.cpu.iter().zip(before.cpu).map(|(after, before)| after - before).collect();
        Ok(json!({
            "records": RECORDS, "cpu_s": used.iter().sum::<f64>(),
            "first_cpu_s": used[0], "server_cpu_s": used[1], "second_cpu_s": used[2],
            "visible_s": visible.as_secs_f64(), "wire_kib": (now.bytes - before.bytes) / 1024,
            "server_peak_mib": self.server.peak_mib()?,
        }))
    }
}

/// Our two laptops, approved and settled, and the relay.
pub(super) fn ours_ready(place: &Place, folder: &Path) -> anyhow::Result<Three> {
    let server = Player::start(place.relay(&folder.join("relay"), 0))?;
    let listening = server.hello["listening"].as_str().unwrap_or_default();
    let wire = Proxy::before(listening)?;
    let [first, second] = laptops(place, folder, wire.address)?;
    Ok(Three { server, first, second, wire })
}

/// Two laptops of one company, approved and settled.
pub(super) fn laptops(place: &Place, folder: &Path, relay: SocketAddr) -> anyhow::Result<[Player; 2]> {
    let mut first = Player::start(place.example("bench_desk"))?;
    let mut second = Player::start(place.example("bench_desk"))?;
    let relay = format!("http://{relay}");
    first.ask(&json!({ "do": "found", "home": folder.join("first"), "relay": relay }))?;
    let code = first.ask(&json!({ "do": "invite" }))?["code"].clone();
    second.ask(&json!({ "do": "join", "home": folder.join("second"), "code": code }))?;
    first.ask(&json!({ "do": "approve" }))?;
    second.ask(&json!({ "do": "enter" }))?;
    for laptop in [&mut first, &mut second] {
        laptop.ask(&json!({ "do": "settle" }))?;
    }
    Ok([first, second])
}

/// Ours, with what the first laptop is told to make the records.
fn ours(place: &Place, folder: &Path, make: &Value) -> anyhow::Result<Value> {
    let mut three = ours_ready(place, folder)?;
    three.quiet();
    let before = three.mark()?;
    three.first.ask(make)?;
    three.second.ask(&json!({ "do": "wait", "leads": RECORDS }))?;
    let visible = before.at.elapsed();
    for laptop in [&mut three.first, &mut three.second] {
        laptop.ask(&json!({ "do": "settle" }))?;
    }
    three.quiet();
    three.since(&before, visible)
}

/// A list of a thousand rows is imported on the first laptop.
pub(super) fn ours_list(place: &Place, round: u32) -> anyhow::Result<Value> {
    imported(place, &format!("exchange-list-{round}"))
}

/// The same once more, beside the reference script.
pub(super) fn ours_reference(place: &Place, round: u32) -> anyhow::Result<Value> {
    imported(place, &format!("exchange-reference-{round}"))
}

fn imported(place: &Place, folder: &str) -> anyhow::Result<Value> {
    let file = place.list(RECORDS, false)?;
    ours(place, &place.work(folder)?, &json!({ "do": "import", "file": file }))
}

/// A thousand leads are typed on the first laptop, a command and a commit each.
pub(super) fn ours_typed(place: &Place, round: u32) -> anyhow::Result<Value> {
    ours(place, &place.work(&format!("exchange-typed-{round}"))?, &json!({ "do": "type", "rows": RECORDS }))
}

/// The peer's two laptops and its server.
pub(super) fn peer_ready(place: &Place, folder: &Path) -> anyhow::Result<Three> {
    let mut server = place.node("server.mjs");
    server.arg(folder);
    let server = Player::start(server)?;
    let listening = server.hello["listening"].as_str().unwrap_or_default();
    let wire = Proxy::before(listening)?;
    let laptop = |name: &str| {
        let mut command = place.node("laptop.mjs");
        command.arg(name).arg(wire.address.to_string());
        Player::start(command)
    };
    let (first, second) = (laptop("first")?, laptop("second")?);
    Ok(Three { server, first, second, wire })
}

/// The peer: a document for each of the same rows.
pub(super) fn peer(place: &Place, round: u32) -> anyhow::Result<Value> {
    let file = place.list(RECORDS, false)?;
    let mut three = peer_ready(place, &place.work(&format!("exchange-peer-{round}"))?)?;
    three.quiet();
    let before = three.mark()?;
    let urls = three.first.ask(&json!({ "do": "create", "file": file }))?["urls"].clone();
    three.quiet();
    let found = three.second.ask(&json!({ "do": "find", "urls": urls }))?;
    let visible = before.at.elapsed();
    three.quiet();
    let mut line = three.since(&before, visible)?;
    line["version"] = found["version"].clone();
    Ok(line)
}
