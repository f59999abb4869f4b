//! Who signs and who receives: device keys, their fingerprints, and the code that two people compare.

use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize as _, Zeroizing};

use crate::base32;
use crate::error::ProtocolError;
use crate::ids::{
    ActorId, ControlHead, DeviceId, Incarnation, ReceiveKey, Signature, VerifyKey, hash_parts, hash16, shape_uuid,
};
use crate::seal;

/// Both secret keys of a device (or of the root, or of the relay). No `Debug`: it must never be printed.
pub struct DeviceKeys {
    signing: SigningKey,
    receiving: [u8; 32],
}

impl DeviceKeys {
    /// Makes the keys from two independent random seeds.
    pub fn from_seeds(signing: &[u8; 32], receiving: &[u8; 32]) -> Self {
        Self { signing: SigningKey::from_bytes(signing), receiving: *receiving }
    }

    /// Both seeds, 64 bytes, for the operating system's keyring.
    pub fn to_seeds(&self) -> Zeroizing<[u8; 64]> {
        let mut seeds = Zeroizing::new([0; 64]);
        seeds[..32].copy_from_slice(self.signing.as_bytes());
        seeds[32..].copy_from_slice(&self.receiving);
        seeds
    }

    /// Reads what [`Self::to_seeds`] gave.
    pub fn from_both(seeds: &[u8; 64]) -> Self {
        let (signing, receiving) = seeds.split_at(32);
        Self::from_seeds(signing.try_into().expect("half of 64 bytes"), receiving.try_into().expect("half of 64 bytes"))
    }

    /// The public halves.
    pub fn public(&self) -> DevicePublic {
        DevicePublic {
            verify: VerifyKey(self.signing.verifying_key().to_bytes()),
            receive: seal::public_half(&self.receiving),
        }
    }

    /// The device's id.
    pub fn id(&self) -> DeviceId {
        self.public().id()
    }

    /// Signs the concatenation of `parts` under a domain tag.
    pub fn sign(&self, domain: &str, parts: &[&[u8]]) -> Signature {
        Signature(self.signing.sign(&message(domain, parts)).to_bytes())
    }

    /// Opens what was sealed to this device.
    ///
    /// # Errors
    /// [`ProtocolError::BadSeal`] when it was sealed to another.
    pub fn unwrap(
        &self,
        purpose: &[u8],
        wrapped: &seal::Wrapped,
        bound: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, ProtocolError> {
        seal::unwrap(&self.receiving, purpose, wrapped, bound)
    }
}

impl Clone for DeviceKeys {
    fn clone(&self) -> Self {
        Self::from_seeds(self.signing.as_bytes(), &self.receiving)
    }
}

impl Drop for DeviceKeys {
    fn drop(&mut self) {
        // The signing key wipes itself.
        self.receiving.zeroize();
    }
}

/// The public halves of a device's keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DevicePublic {
    /// Verifies what it signs.
    pub verify: VerifyKey,
    /// Seals to it.
    pub receive: ReceiveKey,
}

impl DevicePublic {
    /// The device's id: an id commits to its keys.
    pub fn id(&self) -> DeviceId {
        DeviceId(shape_uuid(hash16("zuclubit 1 device", &[&self.verify.0, &self.receive.0])))
    }

    /// A hash for people and invites, 16 bytes.
    pub fn fingerprint(&self) -> [u8; 16] {
        hash16("zuclubit 1 fingerprint", &[&self.verify.0, &self.receive.0])
    }

    /// The Automerge actor of this device in one incarnation.
    pub fn actor(&self, incarnation: Incarnation) -> ActorId {
        ActorId(hash16("zuclubit 1 actor", &[&self.verify.0, &incarnation.0]))
    }
}

impl VerifyKey {
    /// Checks a signature over the concatenation of `parts` under a domain tag.
    ///
    /// # Errors
    /// [`ProtocolError::BadSignature`]; also for keys of low order.
    pub fn verify(&self, domain: &str, parts: &[&[u8]], signature: &Signature) -> Result<(), ProtocolError> {
        VerifyingKey::from_bytes(&self.0)
            .map_err(|_| ProtocolError::BadSignature)?
            .verify_strict(&message(domain, parts), &ed25519_dalek::Signature::from_bytes(&signature.0))
            .map_err(|_| ProtocolError::BadSignature)
    }
}

/// `domain ‖ 0 ‖ part…`; a caller that passes several parts of free length must make them self-delimiting.
fn message(domain: &str, parts: &[&[u8]]) -> Vec<u8> {
    let mut message = Vec::with_capacity(domain.len() + 1 + parts.iter().map(|part| part.len()).sum::<usize>());
    message.extend_from_slice(domain.as_bytes());
    message.push(0);
    for part in parts {
        message.extend_from_slice(part);
    }
    message
}

/// The code that both people read aloud at enrolment: over both devices' keys and the control head.
///
/// Eight Crockford characters (40 bits), written `XXXX-XXXX`.
pub fn short_code(admin: &DevicePublic, joining: &DevicePublic, head: ControlHead) -> String {
    let hash = hash_parts(
        "zuclubit 1 short code",
        &[&admin.verify.0, &admin.receive.0, &joining.verify.0, &joining.receive.0, &head.0],
    );
    let text = base32::encode(&hash[..5]);
    format!("{}-{}", &text[..4], &text[4..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(seed: u8) -> DeviceKeys {
        DeviceKeys::from_seeds(&[seed; 32], &[seed + 1; 32])
    }

    #[test]
    fn a_signature_counts_only_under_its_domain_and_key() {
        let signature = keys(1).sign("a", &[b"text"]);
        let public = keys(1).public().verify;
        public.verify("a", &[b"te", b"xt"], &signature).unwrap();
        assert_eq!(public.verify("b", &[b"text"], &signature), Err(ProtocolError::BadSignature));
        assert_eq!(keys(3).public().verify.verify("a", &[b"text"], &signature), Err(ProtocolError::BadSignature));
        let low_order = VerifyKey([0; 32]);
        assert_eq!(low_order.verify("a", &[b"text"], &Signature([0; 64])), Err(ProtocolError::BadSignature));
    }

    #[test]
    fn seeds_go_round_and_ids_follow_the_keys() {
        let back = DeviceKeys::from_both(&keys(5).to_seeds());
        assert_eq!(back.id(), keys(5).id());
        assert_ne!(keys(5).id(), keys(6).id());
        assert_eq!(keys(5).id().to_uuid().get_version_num(), 8);
    }

    #[test]
    fn the_short_code_changes_with_either_device_and_with_the_control_head() {
        let (a, b, c) = (keys(1).public(), keys(3).public(), keys(5).public());
        let head = ControlHead([1; 16]);
        let code = short_code(&a, &b, head);
        assert_eq!(code.len(), 9);
        for other in [
            short_code(&a, &c, head),
            short_code(&c, &b, head),
            short_code(&a, &b, ControlHead([2; 16])),
            short_code(&b, &a, head),
        ] {
            assert_ne!(code, other);
        }
    }

    #[test]
    fn an_actor_belongs_to_one_incarnation() {
        let device = keys(1).public();
        assert_ne!(device.actor(Incarnation([1; 16])), device.actor(Incarnation([2; 16])));
    }
}
