//! The relay and the sandbox PAC; both listen where they listened the last time, because the company remembers it.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::{Child, Stdio},
};

use anyhow::{Context as _, bail};
use serde_json::{Value, json};

use super::Place;

/// Both servers; they end with the value.
pub(super) struct Servers {
    pac: Server,
    relay: Server,
}

struct Server {
    child: Child,
    listening: String,
}

impl Servers {
    pub(super) fn start(place: &Place) -> anyhow::Result<Self> {
        let file = place.root.join("servers.json");
        let known: Value = match fs::read(&file) {
            Ok(bytes) => serde_json::from_slice(&bytes).context("servers.json")?,
            Err(_) => json!({}),
        };
        let address = |name: &str| known[name].as_str().unwrap_or("127.0.0.1:0").to_owned();
        let data = |name: &str| place.root.join(name).display().to_string();
        let (pac, said) = Server::start(place, &["sandbox-pac", "--data", &data("pac"), "--listen", &address("pac")])?;
        let rfc = said["rfc"].as_str().context("the PAC says its RFC")?.to_owned();
        let (relay, _) = Server::start(
            place,
            &[
                "serve",
                "--data",
                &data("relay"),
                "--listen",
                &address("relay"),
                "--pac-url",
                &format!("http://{}", pac.listening),
                "--pac-token",
                "sandbox",
                "--pac-certificate",
                &place.root.join("pac/pac.cer").display().to_string(),
                "--pac-rfc",
                &rfc,
            ],
        )?;
        fs::write(&file, json!({ "pac": pac.listening, "relay": relay.listening }).to_string())?;
        Ok(Self { pac, relay })
    }

    /// Address of the relay.
    pub(super) fn relay_url(&self) -> String {
        format!("http://{}", self.relay.listening)
    }

    /// Address of the PAC.
    pub(super) fn pac_url(&self) -> String {
        format!("http://{}", self.pac.listening)
    }
}

impl Server {
    fn start(place: &Place, arguments: &[&str]) -> anyhow::Result<(Self, Value)> {
        let log = fs::File::create(place.root.join(format!("{}.log", arguments[0])))?;
        let mut child = place
            .program("zuclubit-relay")
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .context("zuclubit-relay")?;
        let mut line = String::new();
        let out = child.stdout.take().context("its output")?;
        BufReader::new(out).read_line(&mut line)?;
        let Ok(said) = serde_json::from_str::<Value>(&line) else {
            let _ = child.kill();
            bail!("zuclubit-relay {} did not start; see its log in {}", arguments[0], place.root.display());
        };
        let listening = said["listening"].as_str().context("a server says where it listens")?.to_owned();
        Ok((Self { child, listening }, said))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // one that has ended already is as good
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
