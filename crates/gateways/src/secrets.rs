//! Where the keys of a home are: the keyring of the session, or a passphrase that a script gives.

use std::sync::Arc;

use zuc_app::ports::{SecretPlaces, SecretStore};

use crate::OsKeyring;

/// Names a file whose first line is the passphrase.
const PASSPHRASE_FILE: &str = "ZUC_PASSPHRASE_FILE";

/// The places of this session.
#[derive(Debug, Default)]
pub struct Secrets {
    given: Option<zeroize::Zeroizing<String>>,
}

impl Secrets {
    /// With a passphrase given at the start, or else the one of `ZUC_PASSPHRASE_FILE`.
    pub fn new(passphrase: Option<String>) -> Self {
        Self { given: passphrase.map(zeroize::Zeroizing::new) }
    }
}

impl SecretPlaces for Secrets {
    fn keyring(&self) -> Option<Arc<dyn SecretStore>> {
        OsKeyring::available().map(|keyring| Arc::new(keyring) as Arc<dyn SecretStore>)
    }

    fn passphrase(&self) -> Option<String> {
        if let Some(given) = &self.given {
            return Some(given.to_string());
        }
        let file = std::env::var_os(PASSPHRASE_FILE)?;
        let text = zeroize::Zeroizing::new(std::fs::read_to_string(file).ok()?);
        text.lines().next().map(ToOwned::to_owned).filter(|line| !line.is_empty())
    }
}
