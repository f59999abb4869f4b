//! At which record somebody looks, told to whoever reads the same scope: sealed, signed, and kept by nobody.
//!
//! It may get lost on any part of its way, and nothing is asked about it. The relay sees that a device told something of a
//! scope, and when.

use serde::{Deserialize, Serialize};

use crate::bytes::Blob;
use crate::codec;
use crate::error::ProtocolError;
use crate::identity::DeviceKeys;
use crate::ids::{CompanyId, DeviceId, EpochId, ItemId, Signature, VerifyKey};
use crate::scope::Scope;
use crate::seal::{self, NONCE};
use crate::secret::EpochKey;

const SIGN: &str = "zuclubit 1 glance";
const SEAL: &[u8] = b"zuclubit 1 glance seal";
/// Bytes of one, sealed, at most: a relay carries nothing larger under this name.
pub const MAX_SEALED: usize = 96;

/// Where somebody looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Glance {
    /// The record; none any more where there is none.
    pub record: Option<ItemId>,
    /// When, by the clock of who looks, in milliseconds since 1970: of two the later counts.
    pub at_ms: i64,
}

/// A [`Glance`] as it travels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedGlance {
    /// Under which of the scope's keys it is sealed.
    pub epoch: EpochId,
    /// Whose it is.
    pub author: DeviceId,
    /// The nonce and the ciphertext.
    pub sealed: Blob,
    /// The author's, over company, scope, epoch, author and ciphertext.
    pub signature: Signature,
}

impl SealedGlance {
    /// Seals and signs; `nonce` must be fresh random bytes.
    ///
    /// # Errors
    /// [`ProtocolError`] where it cannot be written.
    pub fn seal(
        company: CompanyId,
        scope: Scope,
        (epoch, key): (EpochId, &EpochKey),
        me: &DeviceKeys,
        glance: &Glance,
        nonce: &[u8; NONCE],
    ) -> Result<Self, ProtocolError> {
        let author = me.id();
        let bound = bound(company, scope, epoch, author);
        let plain = codec::encode(glance, MAX_SEALED)?;
        let sealed = [nonce.as_slice(), &seal::seal(key.expose(), nonce, &plain, &bound)].concat();
        let signature = me.sign(SIGN, &[&bound, &sealed]);
        Ok(Self { epoch, author, sealed: Blob(sealed), signature })
    }

    /// Opens one of a scope under the key that it names.
    ///
    /// # Errors
    /// [`ProtocolError::BadSignature`] when it is not the author's, [`ProtocolError::BadSeal`] under another key, or
    /// [`ProtocolError::Malformed`].
    pub fn open(
        &self,
        company: CompanyId,
        scope: Scope,
        key: &EpochKey,
        author: &VerifyKey,
    ) -> Result<Glance, ProtocolError> {
        let bound = bound(company, scope, self.epoch, self.author);
        author.verify(SIGN, &[&bound, &self.sealed.0], &self.signature)?;
        let (nonce, sealed) = self.sealed.0.split_first_chunk().ok_or(ProtocolError::BadSeal)?;
        codec::decode(&seal::open(key.expose(), nonce, sealed, &bound)?, MAX_SEALED)
    }
}

fn bound(company: CompanyId, scope: Scope, epoch: EpochId, author: DeviceId) -> Vec<u8> {
    [SEAL, &company.0, &scope.number().to_le_bytes(), &epoch.0, &author.0].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPANY: CompanyId = CompanyId([1; 16]);
    const LOOK: Glance = Glance { record: Some(ItemId([3; 16])), at_ms: 1_790_000_000_000 };

    fn ana() -> DeviceKeys {
        DeviceKeys::from_seeds(&[5; 32], &[6; 32])
    }

    fn sealed() -> (SealedGlance, EpochKey) {
        let key = EpochKey::from_bytes([4; 32]);
        let epoch = (EpochId([2; 16]), &key);
        let sealed = SealedGlance::seal(COMPANY, Scope::Sales(1), epoch, &ana(), &LOOK, &[7; NONCE]).unwrap();
        (sealed, key)
    }

    #[test]
    fn it_is_opened_where_it_was_meant_and_nowhere_else() {
        let (sealed, key) = sealed();
        let anas = ana().public().verify;
        assert_eq!(sealed.open(COMPANY, Scope::Sales(1), &key, &anas).unwrap(), LOOK);
        assert!(sealed.sealed.0.len() <= MAX_SEALED);
        for other in [
            sealed.open(CompanyId([9; 16]), Scope::Sales(1), &key, &anas),
            sealed.open(COMPANY, Scope::Sales(2), &key, &anas),
            sealed.open(COMPANY, Scope::Sales(1), &EpochKey::from_bytes([9; 32]), &anas),
            SealedGlance { author: DeviceId([9; 16]), ..sealed.clone() }.open(COMPANY, Scope::Sales(1), &key, &anas),
            SealedGlance { sealed: Blob(vec![1; 9]), ..sealed.clone() }.open(COMPANY, Scope::Sales(1), &key, &anas),
        ] {
            other.unwrap_err();
        }
    }
}
