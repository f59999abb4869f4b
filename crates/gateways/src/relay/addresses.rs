//! From an address to a relay.

use std::{sync::Arc, time::Duration};

use reqwest::{Client, Url, redirect::Policy};
use zuc_app::ports::{Relay, RelayError, Relays};

use super::RelayClient;

/// How long a connection may take to stand.
const CONNECT: Duration = Duration::from_secs(5);
/// After so long it is looked whether sockets pass, where they did not.
const LOOK: Duration = Duration::from_mins(1);
/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(30);

/// Relays by `http` and `https` addresses; all share one pool of connections.
pub struct RelayAddresses {
    http: Result<Client, String>,
    look: Duration,
}

impl Default for RelayAddresses {
    fn default() -> Self {
        Self::looking_after(LOOK)
    }
}

impl RelayAddresses {
    /// The same, where it is looked after `look` whether sockets pass again, and then ever more seldom.
    pub fn looking_after(look: Duration) -> Self {
        // The first caller of a process chooses the provider; a later choice changes nothing.
        let _chosen = rustls::crypto::ring::default_provider().install_default();
        // The live exchange knows no proxy, so the rest uses none either: both work, or neither does.
        let http = Client::builder()
            .connect_timeout(CONNECT)
            .timeout(ANSWER)
            .redirect(Policy::none())
            .no_proxy()
            .pool_idle_timeout(Duration::from_secs(30))
            .build()
            .map_err(|error| error.to_string());
        Self { http, look }
    }
}

impl Relays for RelayAddresses {
    fn at(&self, url: &str) -> Result<Arc<dyn Relay>, RelayError> {
        let base = address(url).ok_or_else(|| RelayError::Refused { code: "relay.bad_url".to_owned() })?;
        let http = self.http.clone().map_err(RelayError::Unreachable)?;
        Ok(Arc::new(RelayClient::new(base, http, self.look)))
    }
}

/// An address of a relay: `http` or `https`, a host, perhaps a port and a path, and nothing else.
fn address(text: &str) -> Option<Url> {
    let mut url = Url::parse(text.trim()).ok()?;
    let plain = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none()
        && url.host_str().is_some_and(|host| !host.is_empty());
    if !plain || !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    // Joining a relative path keeps what ends with a slash.
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    Some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_web_are_relays() {
        for good in ["http://127.0.0.1:8787", "https://relevo.example", " https://relevo.example/zuc/ "] {
            assert!(address(good).unwrap().path().ends_with('/'), "{good}");
        }
        let bad = [
            "",
            "relevo",
            "ftp://relevo.example",
            "file:///etc/passwd",
            "https://",
            "https://u:p@relevo.example",
            "https://r/?q",
        ];
        for bad in bad {
            assert_eq!(address(bad), None, "{bad}");
            assert_eq!(RelayAddresses::default().at(bad).err().unwrap().code(), "relay.bad_url");
        }
    }
}
