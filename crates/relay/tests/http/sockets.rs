//! What thousands of sockets cost the relay, as its own process.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use crate::crowd::Crowd;

/// Sockets, two a company, where nobody says how many.
const SOCKETS: usize = 200;
/// What each socket may add, in KiB, in a program that is not optimised.
const EACH: u64 = 64;
/// What the process grows by once, in KiB, however many there are.
const ONCE: u64 = 8 << 10;

/// The relay, which ends with the test.
struct Relay {
    process: Child,
    address: String,
}

impl Relay {
    fn start(folder: &Path) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_zuclubit-relay"))
            .args(["serve", "--listen", "127.0.0.1:0", "--trusted-proxy", "127.0.0.1", "--per-address", "1000000"])
            .arg("--data")
            .arg(folder)
            .env("RUST_LOG", "warn")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let out = process.stdout.take().unwrap();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(out), &mut line).unwrap();
        let said: serde_json::Value = serde_json::from_str(&line).unwrap();
        let address = said["listening"].as_str().unwrap().to_owned();
        Self { process, address }
    }

    /// What of the process lies in memory, in KiB.
    fn resident(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        let _gone = self.process.kill();
        let _gone = self.process.wait();
    }
}

#[expect(clippy::print_stdout, clippy::disallowed_macros, reason = "the figure is this test's product")]
fn tell(figure: &str) {
    println!("{figure}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg(target_os = "linux")]
async fn sockets_take_little_memory() {
    let sockets = std::env::var("ZUC_SOCKETS").ok().and_then(|text| text.parse().ok()).unwrap_or(SOCKETS);
    let folder = tempfile::tempdir().unwrap();
    let relay = Relay::start(folder.path());
    let crowd = Crowd::at(&relay.address);
    let companies = crowd.companies(sockets / 2).await;
    let before = relay.resident();
    let open = crowd.sockets(&companies, 2).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let after = relay.resident();
    tell(&format!("{} sockets of {} companies: {before} KiB before, {after} after", open.len(), companies.len()));
    assert_eq!(open.len(), sockets);
    let grown = after.saturating_sub(before);
    assert!(grown <= ONCE + EACH * u64::try_from(sockets).unwrap(), "{grown} KiB for {sockets} sockets");
}
