//! The server goes, records are written on one laptop meanwhile, the server comes back: how long until the other shows
//! them.

use std::{
    net::{SocketAddr, TcpListener},
    thread,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use serde_json::{Value, json};

use super::{exchange::laptops, place::Place, player::Player};

/// Records written without a network.
const RECORDS: u32 = 25;
/// How long the network is away after they were written: long enough for tries to connect to have become rare.
const AWAY: Duration = Duration::from_secs(12);

/// An address that is free, to come back to.
fn address() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// Ours, typed one by one.
pub(super) fn ours(place: &Place, round: u32) -> anyhow::Result<Value> {
    let (folder, address) = (place.work(&format!("outage-{round}"))?, address()?);
    let start = || Player::start(place.relay(&folder.join("relay"), address.port()));
    let server = start()?;
    let [mut first, mut second] = laptops(place, &folder, address)?;
    drop(server);
    first.ask(&json!({ "do": "type", "rows": RECORDS }))?;
    thread::sleep(AWAY);
    let _server = start()?;
    let back = Instant::now();
    second.ask(&json!({ "do": "wait", "leads": RECORDS }))?;
    Ok(json!({ "records": RECORDS, "visible_s": back.elapsed().as_secs_f64() }))
}

/// The peer's, of the rows of a list.
pub(super) fn peer(place: &Place, round: u32) -> anyhow::Result<Value> {
    let file = place.list(RECORDS, false)?;
    let (data, address) = (place.work(&format!("outage-peer-{round}"))?, address()?);
    let start = || {
        let mut server = place.node("server.mjs");
        server.arg(&data).arg(address.port().to_string());
        Player::start(server)
    };
    let server = start()?;
    let laptop = |name: &str| {
        let mut command = place.node("laptop.mjs");
        command.arg(name).arg(address.to_string());
        Player::start(command)
    };
    let (mut first, mut second) = (laptop("first")?, laptop("second")?);
    drop(server);
    let urls = first.ask(&json!({ "do": "create", "file": file }))?["urls"].clone();
    thread::sleep(AWAY);
    let _server = start()?;
    let back = Instant::now();
    let found = second.ask(&json!({ "do": "find", "urls": urls }))?;
    let visible_s = back.elapsed().as_secs_f64();
    let version = found["version"].as_str().context("no version")?;
    Ok(json!({ "records": RECORDS, "visible_s": visible_s, "version": version }))
}
