//! The relay's own keys: it signs with one, and seals the rows it must not leave in clear with another.

use std::{io::Write as _, path::Path};

use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead as _, KeyInit as _, Payload},
};
use zuc_protocol::{identity::DeviceKeys, ids::VerifyKey};

use crate::{RelayError, chance::random};

const ROWS: &str = "zuclubit relay 2026 rows at rest";
const NONCE: usize = 24;

/// The relay's keys, from one file of 64 random bytes.
pub struct RelayKeys {
    device: DeviceKeys,
    rows: XChaCha20Poly1305,
}

impl RelayKeys {
    /// Makes the keys of given bytes.
    pub fn from_bytes(bytes: &[u8; 64]) -> Self {
        let rows = XChaCha20Poly1305::new(&blake3::derive_key(ROWS, bytes).into());
        Self { device: DeviceKeys::from_both(bytes), rows }
    }

    /// Reads the key file, or makes it when there is none; nobody else may read it.
    ///
    /// # Errors
    /// [`RelayError::Files`] when it cannot be read or written, or has another length: a new key over an old one would
    /// make every receipt of the old one worthless.
    pub fn load_or_make(path: &Path) -> Result<Self, RelayError> {
        match std::fs::read(path) {
            Ok(bytes) => {
                let bytes: [u8; 64] = bytes
                    .try_into()
                    .map_err(|_length| RelayError::Files(std::io::Error::other("the relay's key is damaged")))?;
                Ok(Self::from_bytes(&bytes))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let bytes: [u8; 64] = random();
                write_private(path, &bytes).map_err(RelayError::Files)?;
                Ok(Self::from_bytes(&bytes))
            }
            Err(error) => Err(RelayError::Files(error)),
        }
    }

    /// What an admin enters into the control log, so that devices believe the relay's receipts.
    pub fn verify_key(&self) -> VerifyKey {
        self.device.public().verify
    }

    pub(crate) fn signer(&self) -> &DeviceKeys {
        &self.device
    }

    /// Seals a row; `bound` is what it belongs to.
    pub(crate) fn seal_row(&self, clear: &[u8], bound: &str) -> Vec<u8> {
        let nonce: [u8; NONCE] = random();
        let sealed = self
            .rows
            .encrypt(&XNonce::from(nonce), Payload { msg: clear, aad: bound.as_bytes() })
            .expect("a row is far below the cipher's limit");
        [&nonce[..], &sealed].concat()
    }

    /// Opens a row; `None` when it is not of this relay or belongs elsewhere.
    pub(crate) fn open_row(&self, row: &[u8], bound: &str) -> Option<Vec<u8>> {
        let (nonce, sealed) = row.split_first_chunk::<NONCE>()?;
        self.rows.decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: bound.as_bytes() }).ok()
    }
}

fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_file_is_made_once_and_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("relay.key");
        let first = RelayKeys::load_or_make(&path).unwrap().verify_key();
        assert_eq!(RelayKeys::load_or_make(&path).unwrap().verify_key(), first);
        std::fs::write(&path, b"short").unwrap();
        assert!(RelayKeys::load_or_make(&path).is_err());
    }

    #[test]
    fn a_row_opens_only_where_it_belongs() {
        let keys = RelayKeys::from_bytes(&[7; 64]);
        let row = keys.seal_row(b"clear", "a");
        assert!(!row.windows(5).any(|window| window == b"clear"));
        assert_eq!(keys.open_row(&row, "a").unwrap(), b"clear");
        assert_eq!(keys.open_row(&row, "b"), None);
        assert_eq!(RelayKeys::from_bytes(&[8; 64]).open_row(&row, "a"), None);
    }
}
