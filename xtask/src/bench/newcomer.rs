//! A laptop that joins a company of ten thousand leads: until it lists them, what it costs until it is complete, and what came
//! over the wire. Beside it the same laptop where there is no snapshot, which reads every entry.

use std::{
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{place::Place, player::Player, proxy::Proxy};

/// Leads of the list.
const LEADS: u32 = 10_000;
/// Entries besides: what a shorter log has is read, not begun at.
const TYPED: u32 = 300;
/// How long the wire has to be silent for everything to have come.
const QUIET: Duration = Duration::from_millis(300);

/// With a snapshot that two persons signed.
pub(super) fn ours(place: &Place, round: u32) -> anyhow::Result<Value> {
    joined(place, &format!("newcomer-{round}"), true)
}

/// Without.
pub(super) fn peer(place: &Place, round: u32) -> anyhow::Result<Value> {
    joined(place, &format!("newcomer-replay-{round}"), false)
}

fn joined(place: &Place, folder: &str, snapshot: bool) -> anyhow::Result<Value> {
    let folder = place.work(folder)?;
    let file = place.list(LEADS, false)?;
    let server = Player::start(place.relay(&folder.join("relay"), 0))?;
    let wire = Proxy::before(server.hello["listening"].as_str().unwrap_or_default())?;
    let relay = format!("http://{}", wire.address);
    let mut first = Player::start(place.example("bench_desk"))?;
    first.ask(&json!({ "do": "found", "home": folder.join("first"), "relay": relay }))?;
    let mut witness = Player::start(place.example("bench_desk"))?;
    join(&mut first, &mut witness, &json!(folder.join("witness")))?;
    first.ask(&json!({ "do": "import", "file": file }))?;
    for _ in 0..TYPED {
        first.ask(&json!({ "do": "type", "rows": 1 }))?;
        first.ask(&json!({ "do": "settle" }))?;
    }
    for laptop in [&mut first, &mut witness] {
        laptop.ask(&json!({ "do": "settle" }))?;
        if snapshot {
            laptop.ask(&json!({ "do": "snapshot" }))?;
        }
    }
    let mut newcomer = Player::start(place.example("bench_desk"))?;
    let mut last = wire.bytes();
    loop {
        thread::sleep(QUIET);
        let now = wire.bytes();
        if now == last {
            break;
        }
        last = now;
    }
    let (cpu, bytes) = (newcomer.cpu()?, wire.bytes());
    let start = join(&mut first, &mut newcomer, &json!(folder.join("newcomer")))?;
    newcomer.ask(&json!({ "do": "wait", "leads": LEADS }))?;
    let visible = start.elapsed();
    newcomer.ask(&json!({ "do": "settle" }))?;
    let complete = start.elapsed();
    Ok(json!({
        "leads": LEADS, "visible_s": visible.as_secs_f64(), "complete_s": complete.as_secs_f64(),
        "cpu_s": newcomer.cpu()? - cpu, "wire_kib": (wire.bytes() - bytes) / 1024,
        "peak_mib": newcomer.peak_mib()?,
    }))
}

/// One more person joins; when they were let in.
fn join(first: &mut Player, joining: &mut Player, home: &Value) -> anyhow::Result<Instant> {
    let code = first.ask(&json!({ "do": "invite", "roles": ["gerencia"] }))?["code"].clone();
    joining.ask(&json!({ "do": "join", "home": home, "code": code }))?;
    first.ask(&json!({ "do": "approve" }))?;
    let start = Instant::now();
    joining.ask(&json!({ "do": "enter" }))?;
    Ok(start)
}
