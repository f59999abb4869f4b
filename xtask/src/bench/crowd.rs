//! What a server holds in memory when many companies are connected and nobody says anything.

use std::{thread, time::Duration};

use serde_json::{Value, json};

use super::{place::Place, player::Player};

/// Companies.
const COMPANIES: u32 = 1_000;
/// Sockets of each.
const EACH: u32 = 2;
/// How long they stay before it is looked at.
const STAY: Duration = Duration::from_secs(2);

/// Ours: each company has been founded there, and each socket greets as a device of its company.
pub(super) fn ours(place: &Place, round: u32) -> anyhow::Result<Value> {
    let mut relay = place.relay(&place.work(&format!("crowd-{round}"))?.join("relay"), 0);
    relay.args(["--trusted-proxy", "127.0.0.1", "--per-address", "1000000"]);
    let server = Player::start(relay)?;
    let mut crowd = Player::start(place.example("bench_sockets"))?;
    let asked = json!({ "relay": server.hello["listening"], "companies": COMPANIES, "each": EACH });
    let cpu = server.cpu()?;
    let mut line = crowd.ask(&asked)?;
    thread::sleep(STAY);
    line["server_cpu_s"] = json!(server.cpu()? - cpu);
    line["resident_mib"] = json!(server.resident_mib()?);
    line["peak_mib"] = json!(server.peak_mib()?);
    Ok(line)
}

/// The peer, which knows no companies.
pub(super) fn peer(place: &Place, round: u32) -> anyhow::Result<Value> {
    let mut server = place.node("server.mjs");
    server.arg(place.work(&format!("crowd-peer-{round}"))?).arg("0");
    let server = Player::start(server)?;
    let mut crowd = place.node("crowd.mjs");
    crowd.arg(server.hello["listening"].as_str().unwrap_or_default());
    let mut crowd = Player::start(crowd)?;
    let cpu = server.cpu()?;
    let mut line = crowd.ask(&json!({ "sockets": COMPANIES * EACH }))?;
    thread::sleep(STAY);
    line["server_cpu_s"] = json!(server.cpu()? - cpu);
    line["resident_mib"] = json!(server.resident_mib()?);
    line["peak_mib"] = json!(server.peak_mib()?);
    Ok(line)
}
