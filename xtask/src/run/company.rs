//! The sample company: made once, with a certificate of the sandbox and its first invoices stamped.

use std::{fs, process::Command};

use anyhow::{Context as _, bail};
use serde_json::{Value, json};

use super::{Place, servers::Servers};

/// Drafts that are issued; the others wait for the person to try it.
const ISSUED: usize = 3;

pub(super) fn prepare(place: &Place, servers: &Servers) -> anyhow::Result<()> {
    let passphrase = place.root.join("passphrase");
    if !passphrase.exists() {
        fs::write(&passphrase, "empresa de ejemplo\n")?;
    }
    let shown = zuc(place, &["company", "show"])?;
    if shown["company"].is_object() {
        return Ok(());
    }
    let recovery = place.root.join("codigo-de-recuperacion.txt").display().to_string();
    let create = ["company", "create", "--sample", "--relay", &servers.relay_url(), "--recovery-out", &recovery];
    zuc(place, &create)?;
    let company = zuc(place, &["company", "show"])?["company"].clone();
    load_csd(place, servers, &company)?;
    zuc(place, &["sync"])?;
    let drafts = zuc(place, &["invoice", "list", "--view", "to_issue"])?;
    for draft in drafts["rows"].as_array().into_iter().flatten().take(ISSUED) {
        zuc(place, &["invoice", "issue", draft["id"].as_str().context("an invoice has an id")?])?;
    }
    zuc(place, &["sync"])?;
    Ok(())
}

fn load_csd(place: &Place, servers: &Servers, company: &Value) -> anyhow::Result<()> {
    let wanted = json!({ "rfc": company["rfc"], "name": company["name"] }).to_string();
    let url = format!("{}/sandbox/v1/csd", servers.pac_url());
    let answer = Command::new("curl")
        .args(["--silent", "--fail", "--header", "content-type: application/json", "--data", &wanted, &url])
        .output()
        .context("curl")?;
    let csd: Value = serde_json::from_slice(&answer.stdout).context("the PAC gives a certificate")?;
    let bytes = |name: &str| csd[name].as_str().and_then(from_hex).with_context(|| format!("{name} in hexadecimal"));
    let folder = place.root.join("csd");
    fs::create_dir_all(&folder)?;
    let file = |name: &str| folder.join(name).display().to_string();
    fs::write(file("csd.cer"), bytes("cer")?)?;
    fs::write(file("csd.key"), bytes("key")?)?;
    fs::write(file("contraseña.txt"), csd["password"].as_str().context("a password")?)?;
    let password = file("contraseña.txt");
    zuc(place, &["csd", "add", &file("csd.cer"), &file("csd.key"), "--password-file", &password])?;
    Ok(())
}

/// Runs `zuc` on the home and reads its answer.
fn zuc(place: &Place, arguments: &[&str]) -> anyhow::Result<Value> {
    let done = place.program("zuc").arg("--json").args(arguments).output().context("zuc")?;
    if !done.status.success() {
        bail!("zuc {}: {}", arguments.join(" "), String::from_utf8_lossy(&done.stderr));
    }
    serde_json::from_slice(&done.stdout).with_context(|| format!("zuc {}", arguments.join(" ")))
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect()
}
