//! The laptop's ports made real: clock, chance, keyring; and the desk over them.

mod chance;
mod clock;
mod keyring;
mod relays;
mod secrets;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use zuc_app::{AppError, Desk, ports::Ports};

pub use crate::{chance::OsChance, clock::SystemClock, keyring::OsKeyring, relays::RelayAddresses, secrets::Secrets};

/// The desk of `home` over the real ports.
///
/// # Errors
/// `store.home_in_use` when another process works there, and the store's codes when it cannot be opened.
pub async fn desk(home: &Path) -> Result<Arc<Desk>, AppError> {
    desk_with(home, None).await
}

/// The same, with a passphrase that a script gave.
///
/// # Errors
/// As [`desk`].
pub async fn desk_with(home: &Path, passphrase: Option<String>) -> Result<Arc<Desk>, AppError> {
    let ports = Ports {
        clock: Arc::new(SystemClock),
        entropy: Arc::new(OsChance),
        relays: Arc::new(RelayAddresses),
        secrets: Arc::new(Secrets::new(passphrase)),
    };
    Desk::at(home.to_owned(), ports).await
}

/// Where the data are unless somebody says otherwise: the user's data folder.
pub fn default_home() -> PathBuf {
    let data = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/share"));
    data.or_else(home).unwrap_or_else(|| PathBuf::from(".")).join("zuclubit")
}
