//! What a run stands on: programs of both sides, and folders under `target/bench`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context as _;
use serde_json::json;
use xshell::{Shell, cmd};

use super::player::Player;
use crate::{
    setup,
    tools::{root, step, target},
};

/// The peers that are Python, with the versions they were read with.
const PYTHON: &[&str] = &["satcfdi==26.10.1", "reportlab==5.1.0"];
/// Leads of the boards.
const LEADS: u32 = 100_000;
/// Invoices of the boards.
const INVOICES: u32 = 50_000;

/// Programs and folders.
pub(super) struct Place {
    /// Holds everything a run leaves.
    pub(super) folder: PathBuf,
    programs: PathBuf,
    python: PathBuf,
    exchange: PathBuf,
    /// The peers' reference scripts, where there are any.
    pub(super) peers: Option<PathBuf>,
}

impl Place {
    /// Installs the peers and builds our programs as they are shipped.
    pub(super) fn prepare(shell: &Shell, peers: Option<PathBuf>) -> anyhow::Result<Self> {
        let peers = peers.map(|folder| folder.canonicalize().with_context(|| format!("{}", folder.display())));
        let peers = peers.transpose()?;
        setup::for_bench(shell)?;
        let folder = target().join("bench");
        let work = folder.join("work");
        shell.remove_path(&work)?;
        shell.create_dir(&work)?;
        let python = setup::python(shell, "bench", PYTHON)?;
        let exchange = step("peer of the exchange", || exchange_peer(shell, &folder.join("exchange")))?;
        step("programs", || {
            let examples =
                ["bench_seal", "bench_invoice", "bench_desk", "bench_sockets"].map(|name| ["--example", name]).concat();
            cmd!(
                shell,
                "cargo build --quiet --locked --release -p zuc-cfdi -p zuc-documents -p zuc-gateways -p zuc-relay {examples...}"
            )
            .quiet()
            .run()?;
            // without what the tests of its room add to its libraries
            Ok(cmd!(shell, "cargo build --quiet --locked --release -p zuc-relay").quiet().run()?)
        })?;
        Ok(Self { folder, programs: target().join("release"), python, exchange, peers })
    }

    /// A folder of this run; empty the first time it is named.
    pub(super) fn work(&self, name: &str) -> anyhow::Result<PathBuf> {
        let folder = self.folder.join("work").join(name);
        fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    /// One of the programs that are examples of the rooms they measure.
    pub(super) fn example(&self, name: &str) -> Command {
        Command::new(self.programs.join("examples").join(name))
    }

    /// The relay; port 0 is a port of its own.
    pub(super) fn relay(&self, data: &Path, port: u16) -> Command {
        let mut command = Command::new(self.programs.join("zuclubit-relay"));
        command.arg("serve").arg("--data").arg(data).arg("--listen").arg(format!("127.0.0.1:{port}"));
        command.env("RUST_LOG", "error");
        command
    }

    /// A peer in Python.
    pub(super) fn python(&self, script: &str, argument: &Path) -> Command {
        let mut command = Command::new(&self.python);
        command.arg(root().join("xtask/peers").join(script)).arg(argument);
        command
    }

    /// A reference script in Python.
    pub(super) fn reference_python(&self, script: &str) -> anyhow::Result<Command> {
        let mut command = Command::new(&self.python);
        command.arg(self.peers.as_ref().context("no folder of peers")?.join(script));
        Ok(command)
    }

    /// A reference script of the exchange, with the folder of its packages.
    pub(super) fn reference_node(&self, script: &str) -> anyhow::Result<Command> {
        let mut command = Command::new("node");
        command
            .arg(self.peers.as_ref().context("no folder of peers")?.join(script))
            .arg("--modules")
            .arg(&self.exchange);
        Ok(command)
    }

    /// A peer of the exchange.
    pub(super) fn node(&self, script: &str) -> Command {
        let mut command = Command::new("node");
        command.arg(self.exchange.join(script)).current_dir(&self.exchange);
        command
    }

    /// A list of prospects as a file, made once: as messy as real ones, or all new and right.
    pub(super) fn list(&self, rows: u32, mess: bool) -> anyhow::Result<PathBuf> {
        let file = self.work("lists")?.join(format!("{rows}-{}.csv", if mess { "messy" } else { "clean" }));
        if !file.exists() {
            let mut desk = Player::start(self.example("bench_desk"))?;
            desk.ask(&json!({ "do": "write_list", "file": file, "rows": rows, "mess": mess }))?;
        }
        Ok(file)
    }

    /// A home with many leads and invoices, and the peer's file with the same.
    pub(super) fn boards(&self) -> anyhow::Result<(PathBuf, PathBuf)> {
        let (home, plain) = (self.work("boards")?, self.work("plain")?);
        if !plain.join("plain.db").exists() {
            step("leads and invoices for the boards", || {
                let file = self.list(LEADS, false)?;
                let mut desk = Player::start(self.example("bench_desk"))?;
                desk.ask(&json!({ "do": "found", "home": home, "sample": true }))?;
                desk.ask(&json!({ "do": "import", "file": file }))?;
                desk.ask(&json!({ "do": "close" }))?;
                desk.ask(&json!({ "do": "add_invoices", "home": home, "n": INVOICES }))?;
                let mut peer = Player::start(self.python("tables_sqlite.py", &plain))?;
                peer.ask(&json!({ "do": "import", "file": file }))?;
                peer.ask(&json!({ "do": "add_invoices", "n": INVOICES }))
            })?;
        }
        Ok((home, plain))
    }
}

/// The peer's scripts beside its packages, which Node looks for where a script lies.
fn exchange_peer(shell: &Shell, folder: &Path) -> anyhow::Result<PathBuf> {
    shell.create_dir(folder)?;
    let lock = fs::read_to_string(folder.join("package-lock.json")).unwrap_or_default();
    for file in shell.read_dir(root().join("xtask/peers/exchange"))? {
        shell.copy_file(file, folder)?;
    }
    if lock != shell.read_file(folder.join("package-lock.json"))? || !folder.join("node_modules").exists() {
        let _there = shell.push_dir(folder);
        cmd!(shell, "npm install --no-audit --no-fund --ignore-scripts")
            .quiet()
            .ignore_stdout()
            .run()
            .context("npm install")?;
    }
    Ok(folder.to_owned())
}
