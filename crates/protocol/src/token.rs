//! Blind tokens: the relay can tell equal RFCs, and nothing else.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::ids::BlindToken;
use crate::secret::IndexKey;

/// The token of an RFC, or `None` where none is made: the general public (XAXX010101000) and foreigners (XEXX010101000).
///
/// Normalised: upper case, without spaces, hyphens and the like.
pub fn blind_token(index: &IndexKey, rfc: &str) -> Option<BlindToken> {
    let normal: String =
        rfc.to_uppercase().chars().filter(|symbol| symbol.is_alphanumeric() || *symbol == '&').collect();
    if normal.is_empty() || normal == "XAXX010101000" || normal == "XEXX010101000" {
        return None;
    }
    let mut mac = Hmac::<Sha256>::new_from_slice(index.expose()).expect("HMAC takes keys of any length");
    mac.update(b"zuclubit 1 rfc token\0");
    mac.update(normal.as_bytes());
    Some(BlindToken(mac.finalize().into_bytes().into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_rfcs_have_equal_tokens_and_only_within_a_company() {
        let (ours, theirs) = (IndexKey::from_bytes([1; 32]), IndexKey::from_bytes([2; 32]));
        let token = blind_token(&ours, "EKU9003173C9").unwrap();
        assert_eq!(blind_token(&ours, " eku-900317-3c9 "), Some(token));
        assert_ne!(blind_token(&theirs, "EKU9003173C9"), Some(token));
        assert_ne!(blind_token(&ours, "EKU9003173C8"), Some(token));
        assert_ne!(blind_token(&ours, "Ñ&A900317AB1"), blind_token(&ours, "ÑA900317AB1"));
    }

    #[test]
    fn generic_rfcs_make_no_token() {
        let key = IndexKey::from_bytes([1; 32]);
        for rfc in ["XAXX010101000", "xexx010101000", "", " - "] {
            assert_eq!(blind_token(&key, rfc), None);
        }
    }
}
