//! A desk with all ports real.

use std::{
    env,
    path::{Path, PathBuf},
    sync::Arc,
};

use zuc_app::{AppError, Desk, ports::Ports};

use crate::{OsEntropy, RelayAddresses, Secrets, SystemClock};

/// The ports of this machine; `passphrase` seals the homes' keys instead of the keyring.
pub fn ports(passphrase: Option<String>) -> Ports {
    Ports {
        clock: Arc::new(SystemClock),
        entropy: Arc::new(OsEntropy),
        relays: Arc::new(RelayAddresses::default()),
        secrets: Arc::new(Secrets::new(passphrase)),
    }
}

/// The desk of a home.
///
/// # Errors
/// As [`Desk::at`].
pub async fn desk(home: &Path) -> Result<Arc<Desk>, AppError> {
    desk_with(home, None).await
}

/// The desk of a home that opens when it is first asked where it stands.
pub fn shut_desk(home: &Path) -> Arc<Desk> {
    Desk::shut(home.to_owned(), ports(None))
}

/// The same, of a home whose keys a passphrase seals.
pub fn shut_desk_with(home: &Path, passphrase: Option<String>) -> Arc<Desk> {
    Desk::shut(home.to_owned(), ports(passphrase))
}

/// The desk of a home whose keys a passphrase seals.
///
/// # Errors
/// As [`Desk::at`].
pub async fn desk_with(home: &Path, passphrase: Option<String>) -> Result<Arc<Desk>, AppError> {
    Desk::at(home.to_owned(), ports(passphrase)).await
}

/// Where a person's data are when nothing else is said: the system's folder for them.
pub fn default_home() -> PathBuf {
    let folder = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = || folder("HOME").unwrap_or_else(|| PathBuf::from("."));
    if cfg!(windows) {
        folder("LOCALAPPDATA").unwrap_or_else(|| PathBuf::from(".")).join("Zuclubit")
    } else if cfg!(target_os = "macos") {
        home().join("Library/Application Support/mx.zuclubit.app")
    } else {
        folder("XDG_DATA_HOME").unwrap_or_else(|| home().join(".local/share")).join("zuclubit")
    }
}
