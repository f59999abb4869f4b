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
        on_its_own_thread(|| {
            // opening the default store says whether one is there; reading an absent entry says whether it is unlocked
            Entry::store_status().as_ref().ok()?;
            match Entry::new(SERVICE, "probe").and_then(|entry| entry.get_secret()) {
                Ok(_) | Err(Error::NoEntry) => Some(Self(())),
                Err(_) => None,
            }
        })
        .flatten()
    }
}

/// The keyring's client waits for D-Bus in a way that an async thread forbids; `None` when it broke down.
fn on_its_own_thread<T: Send>(work: impl FnOnce() -> T + Send) -> Option<T> {
    std::thread::scope(|scope| scope.spawn(work).join().ok())
}

impl SecretStore for OsKeyring {
    fn get(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
        asked(|| match Entry::new(SERVICE, name).and_then(|entry| entry.get_secret()) {
            Ok(secret) => Ok(Some(Zeroizing::new(secret))),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(error),
        })
    }

    fn set(&self, name: &str, secret: &[u8]) -> Result<(), StoreError> {
        asked(|| Entry::new(SERVICE, name).and_then(|entry| entry.set_secret(secret)))
    }

    fn delete(&self, name: &str) -> Result<(), StoreError> {
        asked(|| match Entry::new(SERVICE, name).and_then(|entry| entry.delete_credential()) {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(error) => Err(error),
        })
    }
}

fn asked<T: Send>(question: impl FnOnce() -> Result<T, Error> + Send) -> Result<T, StoreError> {
    let unavailable = |why: &str| StoreError::SecretsUnavailable(why.to_owned());
    on_its_own_thread(|| question().map_err(|error| error.to_string()))
        .ok_or_else(|| unavailable("the keyring broke down"))?
        .map_err(|why| unavailable(&why))
}
