//! What thousands of sockets cost the relay, as its own process.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use futures::{StreamExt as _, stream};
use reqwest::{Client, StatusCode};
use tokio_tungstenite::connect_async;
use zuc_protocol::{
    codec,
    ids::CompanyId,
    messages::{ClientFrame, ServerFrame},
    session::{Challenge, ChallengeAnswer, SessionToken},
    suite,
};

use crate::support::{Company, Socket, http, keys, read};

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

    async fn post<T: serde::Serialize>(&self, http: &Client, path: &str, body: &T) -> reqwest::Response {
        let bytes = codec::encode(body, codec::MAX_FRAME).unwrap();
        let request = http.post(format!("http://{}{path}", self.address)).body(bytes);
        // as many addresses as calls: founding is limited by address
        let origin = u32::from_le_bytes(crate::support::roll()[..4].try_into().unwrap());
        let origin = std::net::Ipv4Addr::from(origin).to_string();
        request
            .header("content-type", "application/octet-stream")
            .header("x-forwarded-for", origin)
            .send()
            .await
            .unwrap()
    }

    async fn found(&self, http: &Client) -> Company {
        let company = Company::found(1);
        let answer = self.post(http, "/api/v1/companies", &company.genesis).await;
        assert_eq!(answer.status(), StatusCode::CREATED);
        company
    }

    async fn token(&self, http: &Client, company: CompanyId) -> String {
        let challenge: Challenge = read(self.post(http, "/api/v1/session/challenge", &company).await).await;
        let answer = ChallengeAnswer::sign(challenge, company, &keys(1)).unwrap();
        read::<SessionToken>(self.post(http, "/api/v1/session", &answer).await).await.token
    }

    /// A socket that has greeted, subscribed and been answered.
    async fn socket(&self, http: &Client, company: &Company) -> Socket {
        let token = self.token(http, company.id).await;
        let (socket, _) = connect_async(format!("ws://{}/api/v1/sync", self.address)).await.unwrap();
        let mut socket = Socket(socket);
        let (version, control) = (suite::VERSION, company.log.head());
        socket.send(&ClientFrame::Hello { version, token, control, log: None }).await;
        assert!(matches!(socket.next().await, ServerFrame::Welcome { .. }));
        socket.subscribe(0).await;
        socket.send(&ClientFrame::Ping(1)).await;
        assert!(matches!(socket.next().await, ServerFrame::Pong { .. }));
        socket
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
    let (relay, http) = (Relay::start(folder.path()), http());
    let companies: Vec<Company> = stream::iter(0..sockets / 2).map(|_| relay.found(&http)).buffered(4).collect().await;
    let before = relay.resident();
    let twice = companies.iter().chain(&companies);
    let open: Vec<Socket> = stream::iter(twice).map(|company| relay.socket(&http, company)).buffered(8).collect().await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let after = relay.resident();
    tell(&format!("{} sockets of {} companies: {before} KiB before, {after} after", open.len(), companies.len()));
    assert_eq!(open.len(), sockets);
    let grown = after.saturating_sub(before);
    assert!(grown <= ONCE + EACH * u64::try_from(sockets).unwrap(), "{grown} KiB for {sockets} sockets");
}
