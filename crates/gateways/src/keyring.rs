//! The OS keyring as the store of a home's keys.

use keyring::{Entry, Error};
use zeroize::Zeroizing;
use zuc_app::ports::{SecretStore, StoreError};

/// Name under which the keyring lists our secrets.
const SERVICE: &str = "mx.zuclubit.app";

/// Secret Service on Linux, Keychain on macOS, Credential Manager on Windows. Every call blocks.
#[derive(Debug)]
pub struct OsKeyring(());

impl OsKeyring {
    /// The keyring of this session; `None` where there is none that answers.
    pub fn available() -> Option<Self> {
        // opening the default store says whether one is there; reading an absent entry says whether it is unlocked
        Entry::store_status().as_ref().ok()?;
        match Entry::new(SERVICE, "probe").and_then(|entry| entry.get_secret()) {
            Ok(_) | Err(Error::NoEntry) => Some(Self(())),
            Err(_) => None,
        }
    }
}

impl SecretStore for OsKeyring {
    fn get(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
        match Entry::new(SERVICE, name).and_then(|entry| entry.get_secret()) {
            Ok(secret) => Ok(Some(Zeroizing::new(secret))),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(unavailable(&error)),
        }
    }

    fn set(&self, name: &str, secret: &[u8]) -> Result<(), StoreError> {
        Entry::new(SERVICE, name).and_then(|entry| entry.set_secret(secret)).map_err(|error| unavailable(&error))
    }

    fn delete(&self, name: &str) -> Result<(), StoreError> {
        match Entry::new(SERVICE, name).and_then(|entry| entry.inner.delete_credential()) {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(error) => Err(unavailable(&error)),
        }
    }
}

fn unavailable(error: &Error) -> StoreError {
    StoreError::SecretsUnavailable(error.to_string())
}
