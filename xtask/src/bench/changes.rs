//! One field of records that both laptops have, changed on the one until the other shows it: what the server does for
//! it, and what is sent.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{
    exchange::{RECORDS, Three, ours_ready, peer_ready},
    place::Place,
};

/// How often every record is changed: processor time is counted in hundredths of a second.
const PASSES: u32 = 5;
/// Changes that are sent together where bytes are counted.
const TOGETHER: u32 = 10;
/// How often they are.
const TIMES: u32 = 20;

/// Changes every record [`PASSES`] times, then ten and ten: `tell` has the first laptop change so many records so often,
/// `seen` waits until the second shows the value.
fn play(
    three: &mut Three,
    tell: impl Fn(&mut Three, u32, u32, &str) -> anyhow::Result<()>,
    seen: impl Fn(&mut Three, &str) -> anyhow::Result<()>,
) -> anyhow::Result<Value> {
    three.quiet();
    let before = three.mark()?;
    let mut visible = Duration::ZERO;
    for pass in 0..PASSES {
        let value = format!("Ciudad {pass}");
        let start = Instant::now();
        tell(three, RECORDS, 1, &value)?;
        seen(three, &value)?;
        visible += start.elapsed();
        three.quiet();
    }
    let mut line = three.since(&before, visible)?;
    let changes = f64::from(PASSES * RECORDS);
    for name in ["server", "first", "second"] {
        let used = line[format!("{name}_cpu_s")].as_f64().unwrap_or_default();
        line[format!("{name}_us_each")] = json!(used * 1e6 / changes);
    }
    for (name, records, times) in [("over_ten", TOGETHER, 1), ("over_one", 1, TOGETHER)] {
        let before = three.sent();
        for time in 0..TIMES {
            tell(three, records, times, &format!("Pueblo {name} {time}"))?;
            three.quiet();
        }
        let sent = u32::try_from(three.sent() - before)?;
        line[format!("{name}_bytes")] = json!(f64::from(sent) / f64::from(TIMES * TOGETHER));
    }
    Ok(line)
}

/// Ours: a command and a commit for each change.
pub(super) fn ours(place: &Place, round: u32) -> anyhow::Result<Value> {
    let file = place.list(RECORDS, false)?;
    let mut three = ours_ready(place, &place.work(&format!("changes-{round}"))?)?;
    three.first.ask(&json!({ "do": "import", "file": file }))?;
    three.second.ask(&json!({ "do": "wait", "leads": RECORDS }))?;
    for laptop in [&mut three.first, &mut three.second] {
        laptop.ask(&json!({ "do": "settle" }))?;
    }
    play(
        &mut three,
        |three, records, times, value| {
            let change = json!({ "do": "change", "records": records, "times": times, "value": value });
            three.first.ask(&change)?;
            three.first.ask(&json!({ "do": "settle" })).map(drop)
        },
        |three, value| three.second.ask(&json!({ "do": "seen", "records": RECORDS, "value": value })).map(drop),
    )
}

/// The peer: a change of each document in memory.
pub(super) fn peer(place: &Place, round: u32) -> anyhow::Result<Value> {
    let file = place.list(RECORDS, false)?;
    let mut three = peer_ready(place, &place.work(&format!("changes-peer-{round}"))?)?;
    three.quiet();
    let urls = three.first.ask(&json!({ "do": "create", "file": file }))?["urls"].clone();
    three.quiet();
    let found = three.second.ask(&json!({ "do": "find", "urls": urls }))?;
    let mut line = play(
        &mut three,
        |three, records, times, value| {
            let change = json!({ "do": "change", "records": records, "times": times, "value": value });
            three.first.ask(&change).map(drop)
        },
        |three, value| three.second.ask(&json!({ "do": "seen", "value": value })).map(drop),
    )?;
    line["version"] = found["version"].clone();
    Ok(line)
}
