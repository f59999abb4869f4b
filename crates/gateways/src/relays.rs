//! Finding relays. This version works offline: an address is kept, and the exchange begins with the version that has a
//! client.

use std::sync::Arc;

use zuc_app::ports::{Relay, RelayError, Relays};

/// Relays by their address.
#[derive(Clone, Copy, Debug)]
pub struct RelayAddresses;

impl Relays for RelayAddresses {
    fn at(&self, url: &str) -> Result<Arc<dyn Relay>, RelayError> {
        let code = if url.starts_with("https://") || url.starts_with("http://") {
            "relay.not_in_this_version"
        } else {
            "relay.bad_url"
        };
        Err(RelayError::Refused { code: code.to_owned() })
    }
}
