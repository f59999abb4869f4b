//! The relay and the sandbox PAC, each a process of its own.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    sync::atomic::{AtomicU8, Ordering},
};

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
    time::timeout,
};

use super::program::PATIENCE;

/// A PAC that dedupes nothing and can be asked by reference: one blind repetition is a second timbre in its ledger.
const PROFILE: &str = r#"{"dedupes_bytes":false,"dedupes_reference":false,"looks_up_references":true}"#;

/// What is not the same in every test.
#[derive(Clone, Copy)]
pub(crate) struct Options {
    /// What the relay does about a lost answer of the PAC.
    pub(crate) recovery: &'static str,
    /// What the servers log, as `RUST_LOG` says it.
    pub(crate) log: &'static str,
}

impl Default for Options {
    fn default() -> Self {
        Self { recovery: "look-up", log: "warn" }
    }
}

/// Both processes; they end with this value.
pub(crate) struct Servers {
    root: PathBuf,
    options: Options,
    pac: Process,
    relay: Option<Process>,
    relay_address: String,
    http: reqwest::Client,
}

struct Process {
    child: Child,
    said: Value,
}

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

/// One timbre of the PAC's own ledger.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Timbre {
    /// SAT: `UUID`.
    pub(crate) uuid: String,
    /// SAT: `Serie`.
    pub(crate) serie: String,
    /// SAT: `Folio`.
    pub(crate) folio: String,
}

impl Servers {
    pub(crate) async fn start(root: &Path, options: Options) -> Self {
        let profile = root.join("profile.json");
        fs::write(&profile, PROFILE).expect("the PAC's profile");
        let pac = Process::start(
            root,
            options.log,
            &[
                "sandbox-pac",
                "--data",
                &text(&root.join("pac")),
                "--listen",
                "127.0.0.1:0",
                "--profile",
                &text(&profile),
            ],
        )
        .await;
        // making the ports names the cryptography that every client of this process uses
        drop(zuc_gateways::ports(None));
        let mut servers = Self {
            root: root.to_owned(),
            options,
            pac,
            relay: None,
            relay_address: own_address(),
            http: reqwest::Client::new(),
        };
        servers.start_relay().await;
        servers
    }

    /// Address of the relay; the same after a restart.
    pub(crate) fn relay_url(&self) -> String {
        format!("http://{}", self.relay_address)
    }

    /// Starts the relay where it was before.
    pub(crate) async fn start_relay(&mut self) {
        let pac = format!("http://{}", self.pac.listening());
        let rfc = self.pac.said["rfc"].as_str().expect("the PAC says its RFC").to_owned();
        let relay = Process::start(
            &self.root,
            self.options.log,
            &[
                "serve",
                "--data",
                &text(&self.root.join("relay")),
                "--listen",
                &self.relay_address,
                "--pac-url",
                &pac,
                "--pac-token",
                "sandbox",
                "--pac-certificate",
                &text(&self.root.join("pac/pac.cer")),
                "--pac-rfc",
                &rfc,
                "--pac-recovery",
                self.options.recovery,
                "--pac-deadline-ms",
                "1500",
                "--pac-settle-ms",
                "150",
                "--pac-claim-ms",
                "1500",
                "--per-company",
                "1000000",
                "--per-address",
                "1000000",
            ],
        )
        .await;
        relay.listening().clone_into(&mut self.relay_address);
        self.relay = Some(relay);
    }

    /// SIGKILL for the relay.
    pub(crate) async fn kill_relay(&mut self) {
        if let Some(mut relay) = self.relay.take() {
            relay.child.kill().await.expect("the relay is killed");
        }
    }

    /// The relay answers nothing, or again: SIGSTOP and SIGCONT.
    pub(crate) fn freeze_relay(&self, frozen: bool) {
        let relay = self.relay.as_ref().and_then(|relay| relay.child.id()).expect("the relay runs");
        let signal = if frozen { "-STOP" } else { "-CONT" };
        let done = std::process::Command::new("kill").args([signal, &relay.to_string()]).status().expect("kill");
        assert!(done.success());
    }

    /// All that the relay holds in memory, as a dump of it would: one text for each stretch that it has written to.
    #[cfg(target_os = "linux")]
    pub(crate) fn relay_memory(&self) -> Vec<String> {
        use std::os::unix::fs::FileExt as _;
        let relay = self.relay.as_ref().and_then(|relay| relay.child.id()).expect("the relay runs");
        self.freeze_relay(true);
        let maps = fs::read_to_string(format!("/proc/{relay}/maps")).expect("its memory's map");
        let memory = fs::File::open(format!("/proc/{relay}/mem")).expect("its memory");
        let mut stretches = Vec::new();
        for line in maps.lines() {
            let mut words = line.split_whitespace();
            let (Some(range), Some(may)) = (words.next(), words.next()) else { continue };
            let Some((from, to)) = range.split_once('-').filter(|_| may.starts_with("rw")) else { continue };
            let number = |hex| u64::from_str_radix(hex, 16).expect("an address");
            let (from, to) = (number(from), number(to));
            let mut bytes = vec![0; usize::try_from(to - from).expect("a stretch of memory")];
            // what the system keeps for itself cannot be read
            if memory.read_exact_at(&mut bytes, from).is_ok() {
                stretches.push(String::from_utf8_lossy(&bytes).into_owned());
            }
        }
        self.freeze_relay(false);
        stretches
    }

    /// What a server logged.
    pub(crate) fn log_of(&self, name: &str) -> String {
        fs::read_to_string(self.root.join(format!("{name}.log"))).expect("its log")
    }

    /// What the PAC has stamped, by its own ledger.
    pub(crate) async fn ledger(&self) -> Vec<Timbre> {
        let answer = self.http.get(format!("http://{}/ledger", self.pac.listening())).send().await;
        let ledger: Value = answer.expect("the PAC").json().await.expect("its ledger");
        serde_json::from_value(ledger["timbres"].clone()).expect("its timbres")
    }

    /// Lets the PAC fail, so often, in one of its ways.
    pub(crate) async fn hostile(&self, fault: &str, times: u32, delay_ms: u64) {
        self.pac_behaves("hostile", json!({ "fault": fault, "times": times, "delay_ms": delay_ms })).await;
    }

    /// The PAC as it was at first, but for one thing.
    pub(crate) async fn pac_behaves(&self, name: &str, how: Value) {
        let mut profile: Value = serde_json::from_str(PROFILE).expect("a profile");
        profile[name] = how;
        let url = format!("http://{}/profile", self.pac.listening());
        let answer = self.http.put(url).json(&profile).send().await.expect("the PAC");
        assert!(answer.status().is_success(), "the PAC takes the profile: {}", answer.status());
    }

    /// A certificate for a company of the sandbox.
    pub(crate) async fn csd(&self, rfc: &str, name: &str) -> SandboxCsd {
        let url = format!("http://{}/sandbox/v1/csd", self.pac.listening());
        let answer = self.http.post(url).json(&json!({ "rfc": rfc, "name": name })).send().await;
        answer.expect("the PAC").json().await.expect("the PAC's certificate")
    }
}

impl Process {
    async fn start(root: &Path, log: &str, arguments: &[&str]) -> Self {
        let program = Path::new(env!("CARGO_BIN_EXE_zuc"))
            .with_file_name(format!("zuclubit-relay{}", std::env::consts::EXE_SUFFIX));
        assert!(program.exists(), "{} is not built: cargo build -p zuc-relay", program.display());
        let file = root.join(format!("{}.log", arguments[0]));
        let file = fs::File::options().create(true).append(true).open(file).expect("a log");
        let mut child = Command::new(&program)
            .args(arguments)
            .env("RUST_LOG", log)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(file)
            .kill_on_drop(true)
            .spawn()
            .expect("a server starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let line = timeout(PATIENCE, lines.next_line()).await.expect("a server says where it listens");
        let line = line.expect("its output").unwrap_or_else(|| panic!("{arguments:?} ended at once; see its log"));
        Self { child, said: serde_json::from_str(&line).expect("a server says where it listens") }
    }

    fn listening(&self) -> &str {
        self.said["listening"].as_str().expect("a server says where it listens")
    }
}

/// Where nobody else listens: whoever comes back to 127.0.0.1 may find its port taken meanwhile, by any
/// test beside it and by any connection that goes out.
fn own_address() -> String {
    static WORLDS: AtomicU8 = AtomicU8::new(0);
    let [.., high, low] = std::process::id().to_be_bytes();
    format!("127.{}.{low}.{}:0", high | 0x80, WORLDS.fetch_add(1, Ordering::Relaxed))
}

fn text(path: &Path) -> String {
    path.display().to_string()
}
