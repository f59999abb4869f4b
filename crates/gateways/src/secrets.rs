//! Where the keys of a home may be kept.

use std::{env, fs, sync::Arc};

use zeroize::Zeroizing;
use zuc_app::ports::{SecretPlaces, SecretStore};

use crate::OsKeyring;

/// Names a file whose first line is the passphrase of the homes, for scripts.
const PASSPHRASE_FILE: &str = "ZUC_PASSPHRASE_FILE";

/// The OS keyring, or a passphrase given from outside.
pub struct Secrets {
    given: Option<Zeroizing<String>>,
}

impl Secrets {
    /// With the passphrase that was given, else the one in the file that `ZUC_PASSPHRASE_FILE` names.
    pub fn new(given: Option<String>) -> Self {
        Self { given: given.or_else(from_file).map(Zeroizing::new) }
    }
}

fn from_file() -> Option<String> {
    let path = env::var_os(PASSPHRASE_FILE)?;
    match fs::read_to_string(path) {
        Ok(text) => text.lines().next().filter(|line| !line.is_empty()).map(ToOwned::to_owned),
        Err(error) => {
            tracing::warn!(error = %error, "the passphrase file cannot be read");
            None
        }
    }
}

impl SecretPlaces for Secrets {
    fn keyring(&self) -> Option<Arc<dyn SecretStore>> {
        OsKeyring::available().map(|keyring| Arc::new(keyring) as Arc<dyn SecretStore>)
    }

    fn passphrase(&self) -> Option<String> {
        self.given.as_ref().map(|given| given.to_string())
    }
}
