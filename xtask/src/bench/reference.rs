//! The peers' reference scripts, run as they are: each starts, works and says its figures by itself.

use anyhow::Context as _;
use serde_json::{Value, json};

use super::{
    place::Place,
    trials::{DRAWN, SEALED},
};
use crate::tools::root;

/// satcfdi builds and seals.
pub(super) fn seal(place: &Place, _: u32) -> anyhow::Result<Value> {
    let keys = place.work("seal")?;
    let mut script = place.reference_python("bench_satcfdi.py")?;
    script.arg(keys.join("csd.cer")).arg(keys.join("csd.key")).arg(SEALED.to_string());
    let said = output(script)?;
    let said: Value = serde_json::from_str(said.trim()).with_context(|| said.clone())?;
    Ok(json!({ "per_s": said["invoices_per_s"], "version": said["version"], "said": said }))
}

/// reportlab draws.
pub(super) fn invoice(place: &Place, _: u32) -> anyhow::Result<Value> {
    let mut script = place.reference_python("bench_reportlab.py")?;
    script.arg(root().join("crates/documents/fonts/DejaVuSans.ttf")).arg(DRAWN.to_string());
    let said = output(script)?;
    let p50 = said.split("p50 ").nth(1).and_then(|rest| rest.split(' ').next()).with_context(|| said.clone())?;
    Ok(json!({ "wall_ms_each": p50.parse::<f64>()?, "said": said.trim() }))
}

/// automerge-repo carries; of the scenarios the first, processor time of the three processes from their start.
pub(super) fn exchange(place: &Place, _: u32) -> anyhow::Result<Value> {
    let mut script = place.reference_node("run_automerge.mjs")?;
    script.args(["--server", "current", "--n", "1000"]);
    let said = output(script)?;
    let mut lines = said.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let line = lines.find(|line| line["scenario"] == "online-create").with_context(|| said.clone())?;
    let seconds = |name: &str| line[name].as_f64().with_context(|| format!("{name} in {line}"));
    let cpu_s = seconds("aCpuS")? + seconds("bCpuS")? + seconds("serverCpuS")?;
    Ok(json!({ "cpu_s": cpu_s, "visible_s": seconds("visibleOnBms")? / 1e3, "said": line }))
}

fn output(mut script: std::process::Command) -> anyhow::Result<String> {
    let done = script.output().with_context(|| format!("{script:?}"))?;
    anyhow::ensure!(done.status.success(), "{script:?}: {}", String::from_utf8_lossy(&done.stderr));
    Ok(String::from_utf8(done.stdout)?)
}
