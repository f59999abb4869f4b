//! The two ways to seal: under a shared key (XChaCha20-Poly1305) and to a public key (HPKE).

use std::convert::Infallible;

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use hpke::rand_core::{TryCryptoRng, TryRng};
use hpke::{Deserializable as _, Kem as _, OpModeR, OpModeS, Serializable as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::bytes::Blob;
use crate::error::ProtocolError;
use crate::ids::ReceiveKey;

type Kem = hpke::kem::X25519HkdfSha256;
type Kdf = hpke::kdf::HkdfSha256;
type Cipher = hpke::aead::ChaCha20Poly1305;

/// Bytes of a random nonce.
pub const NONCE: usize = 24;
/// Bytes that a seal adds.
pub const TAG: usize = 16;

/// Seals under a shared key; `nonce` must be fresh random bytes.
pub(crate) fn seal(key: &[u8; 32], nonce: &[u8; NONCE], plain: &[u8], bound: &[u8]) -> Vec<u8> {
    XChaCha20Poly1305::new(&(*key).into())
        .encrypt(&XNonce::from(*nonce), Payload { msg: plain, aad: bound })
        .expect("a body is far below the cipher's limit of 256 GiB")
}

/// Opens what [`seal`] made with the same key, nonce and bound bytes.
pub(crate) fn open(key: &[u8; 32], nonce: &[u8; NONCE], sealed: &[u8], bound: &[u8]) -> Result<Vec<u8>, ProtocolError> {
    XChaCha20Poly1305::new(&(*key).into())
        .decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: bound })
        .map_err(|_| ProtocolError::BadSeal)
}

/// HKDF-SHA256 of a secret for one purpose.
pub(crate) fn derive(secret: &[u8], salt: &[u8], purpose: &str) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(Some(salt), secret)
        .expand(purpose.as_bytes(), &mut *key)
        .expect("32 bytes are within HKDF's limit");
    key
}

/// Something sealed to one public key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wrapped {
    /// The sender's ephemeral public key.
    pub enc: ReceiveKey,
    /// Ciphertext and tag.
    pub sealed: Blob,
}

/// Hands out the caller's 32 random bytes, once; HPKE's key pair takes exactly these.
struct GivenBytes<'a>(&'a [u8]);

impl TryRng for GivenBytes<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut word = [0; 4];
        self.try_fill_bytes(&mut word)?;
        Ok(u32::from_le_bytes(word))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut word = [0; 8];
        self.try_fill_bytes(&mut word)?;
        Ok(u64::from_le_bytes(word))
    }

    fn try_fill_bytes(&mut self, target: &mut [u8]) -> Result<(), Infallible> {
        assert!(target.len() <= self.0.len(), "HPKE over X25519 draws 32 bytes and no more");
        let (now, rest) = self.0.split_at(target.len());
        target.copy_from_slice(now);
        self.0 = rest;
        Ok(())
    }
}

impl TryCryptoRng for GivenBytes<'_> {}

/// Seals `plain` to the holder of `to`. `ephemeral` must be fresh random bytes, used for nothing else.
///
/// # Errors
/// [`ProtocolError::BadKey`] when `to` is no usable X25519 key.
pub fn wrap(
    to: &ReceiveKey,
    purpose: &[u8],
    plain: &[u8],
    bound: &[u8],
    ephemeral: &[u8; 32],
) -> Result<Wrapped, ProtocolError> {
    let recipient = <Kem as hpke::Kem>::PublicKey::from_bytes(&to.0).map_err(|_| ProtocolError::BadKey)?;
    let (enc, sealed) = hpke::single_shot_seal_with_rng::<Cipher, Kdf, Kem>(
        &OpModeS::Base,
        &recipient,
        purpose,
        plain,
        bound,
        &mut GivenBytes(ephemeral),
    )
    .map_err(|_| ProtocolError::BadKey)?;
    let enc = ReceiveKey::from_slice(&enc.to_bytes()).ok_or(ProtocolError::BadKey)?;
    Ok(Wrapped { enc, sealed: Blob(sealed) })
}

/// Opens what [`wrap`] sealed to the public half of `secret` for the same purpose and bound bytes.
///
/// # Errors
/// [`ProtocolError::BadSeal`] when it was sealed to another key, purpose or context.
pub fn unwrap(
    secret: &[u8; 32],
    purpose: &[u8],
    wrapped: &Wrapped,
    bound: &[u8],
) -> Result<Zeroizing<Vec<u8>>, ProtocolError> {
    let secret = <Kem as hpke::Kem>::PrivateKey::from_bytes(secret).map_err(|_| ProtocolError::BadKey)?;
    let enc = <Kem as hpke::Kem>::EncappedKey::from_bytes(&wrapped.enc.0).map_err(|_| ProtocolError::BadSeal)?;
    hpke::single_shot_open::<Cipher, Kdf, Kem>(&OpModeR::Base, &secret, &enc, purpose, &wrapped.sealed.0, bound)
        .map(Zeroizing::new)
        .map_err(|_| ProtocolError::BadSeal)
}

/// The public half of an X25519 secret.
pub(crate) fn public_half(secret: &[u8; 32]) -> ReceiveKey {
    let secret = <Kem as hpke::Kem>::PrivateKey::from_bytes(secret).expect("any 32 bytes are an X25519 secret");
    let public = Kem::sk_to_pk(&secret);
    ReceiveKey::from_slice(&public.to_bytes()).expect("an X25519 public key is 32 bytes long")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrapped_to_one_key_opens_with_no_other_and_for_no_other_purpose() {
        let secret = [7; 32];
        let public = public_half(&secret);
        let wrapped = wrap(&public, b"purpose", b"clear", b"bound", &[9; 32]).unwrap();
        assert_eq!(unwrap(&secret, b"purpose", &wrapped, b"bound").unwrap().as_slice(), b"clear");
        assert_eq!(unwrap(&[8; 32], b"purpose", &wrapped, b"bound").unwrap_err(), ProtocolError::BadSeal);
        assert_eq!(unwrap(&secret, b"another", &wrapped, b"bound").unwrap_err(), ProtocolError::BadSeal);
        assert_eq!(unwrap(&secret, b"purpose", &wrapped, b"else").unwrap_err(), ProtocolError::BadSeal);
    }

    #[test]
    fn a_public_key_of_low_order_is_refused() {
        assert_eq!(wrap(&ReceiveKey([0; 32]), b"", b"", b"", &[9; 32]).unwrap_err(), ProtocolError::BadKey);
    }
}
