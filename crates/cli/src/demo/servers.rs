//! The relay and the sandbox PAC, each a process of its own, as in production.

use std::{path::PathBuf, process::Stdio, time::Duration};

use anyhow::Context as _;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
    time::timeout,
};

use super::broken;
use crate::Ended;

/// How long a server may take to say where it listens.
const PATIENCE: Duration = Duration::from_secs(20);
/// Token of the sandbox.
const TOKEN: &str = "sandbox";

/// A certificate of the sandbox, with its key.
#[derive(Deserialize)]
pub(crate) struct SandboxCsd {
    /// DER, hexadecimal.
    pub(crate) cer: String,
    /// Encrypted PKCS#8 in DER, hexadecimal.
    pub(crate) key: String,
    /// Password of the key.
    pub(crate) password: String,
}

/// Both processes; they end with this value.
pub(crate) struct Servers {
    root: PathBuf,
    pac: Process,
    relay: Option<Process>,
    /// Where the relay listens; the same after a restart.
    relay_address: String,
    http: reqwest::Client,
}

/// A server that said where it listens.
struct Process {
    child: Child,
    said: Said,
}

#[derive(Deserialize)]
struct Said {
    listening: String,
    #[serde(default)]
    rfc: String,
}

impl Servers {
    /// Starts the PAC and the relay over folders below `root`.
    pub(crate) async fn start(root: PathBuf) -> Result<Self, Ended> {
        let data = root.join("pac").display().to_string();
        let pac = Process::start(&["sandbox-pac", "--data", &data, "--listen", "127.0.0.1:0"]).await?;
        let relay_address = "127.0.0.1:0".to_owned();
        let http = reqwest::Client::new();
        let mut servers = Self { root, pac, relay: None, relay_address, http };
        servers.start_relay().await?;
        Ok(servers)
    }

    /// The relay's address.
    pub(crate) fn relay_url(&self) -> String {
        format!("http://{}", self.relay_address)
    }

    /// Starts the relay where it was before.
    pub(crate) async fn start_relay(&mut self) -> Result<(), Ended> {
        let data = self.root.join("relay").display().to_string();
        let certificate = self.root.join("pac").join("pac.cer").display().to_string();
        let pac = format!("http://{}", self.pac.said.listening);
        let arguments = [
            "serve",
            "--data",
            &data,
            "--listen",
            &self.relay_address,
            "--pac-url",
            &pac,
            "--pac-token",
            TOKEN,
            "--pac-certificate",
            &certificate,
            "--pac-rfc",
            &self.pac.said.rfc,
        ];
        let relay = Process::start(&arguments).await?;
        self.relay_address.clone_from(&relay.said.listening);
        self.relay = Some(relay);
        Ok(())
    }

    /// Kills the relay, as a power cut would.
    pub(crate) async fn stop_relay(&mut self) {
        if let Some(mut relay) = self.relay.take() {
            // already gone is as good
            let _ = relay.child.kill().await;
        }
    }

    /// A certificate for a company of the sandbox.
    pub(crate) async fn csd(&self, rfc: &str, name: &str) -> Result<SandboxCsd, Ended> {
        let url = format!("http://{}/sandbox/v1/csd", self.pac.said.listening);
        let answer = self.http.post(url).json(&json!({ "rfc": rfc, "name": name })).send().await;
        Ok(answer.context("the PAC")?.json().await.context("the PAC's certificate")?)
    }

    /// What the PAC has stamped, by its own ledger.
    pub(crate) async fn timbres(&self) -> Result<Vec<Value>, Ended> {
        let url = format!("http://{}/ledger", self.pac.said.listening);
        let ledger: Value = self.http.get(url).send().await.context("the PAC")?.json().await.context("its ledger")?;
        ledger["timbres"].as_array().cloned().ok_or_else(|| broken("the PAC's ledger has no timbres"))
    }

    /// Ends both.
    pub(crate) async fn stop(&mut self) {
        self.stop_relay().await;
        let _ = self.pac.child.kill().await;
    }
}

impl Process {
    async fn start(arguments: &[&str]) -> Result<Self, Ended> {
        let here = std::env::current_exe().context("where this program lies")?;
        let program = here.with_file_name(format!("zuclubit-relay{}", std::env::consts::EXE_SUFFIX));
        let mut child = Command::new(&program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{} cannot be started", program.display()))?;
        let stdout = child.stdout.take().ok_or_else(|| broken("no output"))?;
        let mut line = String::new();
        timeout(PATIENCE, BufReader::new(stdout).read_line(&mut line))
            .await
            .context("a server says nothing")?
            .context("a server's output")?;
        let said = serde_json::from_str(&line).with_context(|| format!("{} {}", program.display(), arguments[0]))?;
        Ok(Self { child, said })
    }
}
