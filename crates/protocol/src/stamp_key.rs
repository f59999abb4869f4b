//! The stamp key: one name for one attempt to stamp, kept for ever, also the reference given to the PAC.

use sha2::{Digest as _, Sha256};

use crate::ids::CompanyId;

/// 64 hexadecimal digits of SHA-256("cfdi-stamp" ‖ company ‖ issuer RFC ‖ SHA-256(cadena original)).
pub fn stamp_key(company: CompanyId, issuer_rfc: &str, cadena_original: &str) -> String {
    stamp_key_of_digest(company, issuer_rfc, &Sha256::digest(cadena_original.as_bytes()).into())
}

/// The same, from the digest of the cadena original.
pub fn stamp_key_of_digest(company: CompanyId, issuer_rfc: &str, cadena_sha256: &[u8; 32]) -> String {
    let hash = Sha256::new()
        .chain_update(b"cfdi-stamp")
        .chain_update(company.0)
        .chain_update(issuer_rfc.as_bytes())
        .chain_update(cadena_sha256)
        .finalize();
    hex::encode(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_changes_with_company_issuer_and_any_byte_of_the_cadena() {
        let company = CompanyId([1; 16]);
        let key = stamp_key(company, "EKU9003173C9", "||4.0|A|1||");
        assert_eq!(key.len(), 64);
        assert!(key.chars().all(|digit| digit.is_ascii_hexdigit() && !digit.is_ascii_uppercase()));
        for other in [
            stamp_key(CompanyId([2; 16]), "EKU9003173C9", "||4.0|A|1||"),
            stamp_key(company, "EKU9003173C8", "||4.0|A|1||"),
            stamp_key(company, "EKU9003173C9", "||4.0|A|2||"),
        ] {
            assert_ne!(key, other);
        }
    }
}
