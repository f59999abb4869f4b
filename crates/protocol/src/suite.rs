//! Which version and suite of algorithms speaks, and the floor below which nothing is read.

use crate::error::ProtocolError;

/// The version this code writes.
pub const VERSION: u8 = 1;
/// XChaCha20-Poly1305, Ed25519, HPKE (X25519, HKDF-SHA256, ChaCha20-Poly1305), BLAKE3, zstd under a dictionary.
pub const SUITE: u8 = 1;
/// The lowest version that is read; compiled in, so that no peer and no relay can talk a client below it.
pub const VERSION_FLOOR: u8 = 1;
/// The lowest suite that is read. Zero, "no encryption", never was one.
pub const SUITE_FLOOR: u8 = 1;

/// Refuses a version or suite below the floor, or one that this code does not know.
///
/// # Errors
/// [`ProtocolError::Downgrade`] below the floor, [`ProtocolError::TooNew`] above what is known.
pub fn check(version: u8, suite: u8) -> Result<(), ProtocolError> {
    if version < VERSION_FLOOR || suite < SUITE_FLOOR {
        return Err(ProtocolError::Downgrade { version, suite });
    }
    if version > VERSION || suite > SUITE {
        return Err(ProtocolError::TooNew { version, suite });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_below_the_floor_or_unknown_is_refused() {
        assert_eq!(check(VERSION, SUITE), Ok(()));
        assert_eq!(check(0, SUITE), Err(ProtocolError::Downgrade { version: 0, suite: SUITE }));
        assert_eq!(check(VERSION, 0), Err(ProtocolError::Downgrade { version: VERSION, suite: 0 }));
        assert_eq!(check(2, SUITE), Err(ProtocolError::TooNew { version: 2, suite: SUITE }));
    }
}
