//! The relay as an author: it seals a fact to a scope's epoch, signs it, and can never read it back.

use serde::{Deserialize, Serialize};

use crate::codec::{self, MAX_ENTRY};
use crate::error::ProtocolError;
use crate::identity::DeviceKeys;
use crate::ids::{CompanyId, EpochId, ItemId, ReceiveKey, Signature, VerifyKey};
use crate::item::Fact;
use crate::receipt::SignedReceipt;
use crate::scope::Scope;
use crate::seal::{self, Wrapped};
use crate::secret::EpochKey;
use crate::suite;

const SIGN: &str = "zuclubit 1 relay fact";
const SEAL: &[u8] = b"zuclubit 1 relay fact seal";
const EPOCH: &str = "zuclubit 1 epoch receive key";

/// How the kinds of facts begin that the relay may write; anything else under its key is ignored.
pub const RELAY_KINDS: [&str; 9] =
    ["receipt.", "stamp.", "cancel.", "sat.", "delivery.", "view.", "webhook.", "lead.captured", "notice."];

/// Whether the relay, as a role, may write facts of this kind.
pub fn relay_may_write(kind: &str) -> bool {
    RELAY_KINDS.iter().any(|allowed| kind.starts_with(allowed))
}

/// What the relay itself keeps in clear of a fact that it wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelayFactHeader {
    /// See [`suite::VERSION`].
    pub version: u8,
    /// See [`suite::SUITE`].
    pub suite: u8,
    /// Whose log it belongs to.
    pub scope: Scope,
    /// The epoch whose public key it is sealed to.
    pub epoch: EpochId,
    /// The fact's id, so that the relay writes it once.
    pub id: ItemId,
    /// The receipt it carries: readable, so that a ledger can be rebuilt from the log.
    pub receipt: Option<SignedReceipt>,
}

/// A fact as the relay logs it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedRelayFact {
    /// In clear.
    pub header: RelayFactHeader,
    /// The [`Fact`], sealed to the epoch.
    pub sealed: Wrapped,
    /// The relay's signature over company, header and ciphertext.
    pub signature: Signature,
}

impl SealedRelayFact {
    /// Seals and signs a fact; `ephemeral` must be fresh random bytes.
    ///
    /// # Errors
    /// [`ProtocolError::BadKey`] when the epoch's public key is none, [`ProtocolError::TooLarge`].
    pub fn seal(
        company: CompanyId,
        header: RelayFactHeader,
        fact: &Fact,
        epoch_public: &ReceiveKey,
        relay: &DeviceKeys,
        ephemeral: &[u8; 32],
    ) -> Result<Self, ProtocolError> {
        suite::check(header.version, header.suite)?;
        if fact.id != header.id {
            return Err(ProtocolError::Inconsistent);
        }
        let bound = bound(company, &header)?;
        let sealed = seal::wrap(epoch_public, SEAL, &codec::encode(fact, MAX_ENTRY)?, &bound, ephemeral)?;
        let signature = relay.sign(SIGN, &[&bound, &sealed.enc.0, &sealed.sealed.0]);
        Ok(Self { header, sealed, signature })
    }

    /// As it stands in the log.
    ///
    /// # Errors
    /// [`ProtocolError::TooLarge`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, ProtocolError> {
        codec::encode(self, MAX_ENTRY)
    }

    /// Reads a log entry; nothing is verified yet.
    ///
    /// # Errors
    /// [`ProtocolError::Malformed`], [`ProtocolError::TooLarge`], [`ProtocolError::Downgrade`], [`ProtocolError::TooNew`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ProtocolError> {
        if let [version, suite, ..] = *bytes {
            suite::check(version, suite)?;
        }
        codec::decode(bytes, MAX_ENTRY)
    }

    /// Verifies that the relay of this key wrote it, and signed the receipt that it carries: what can be told without the
    /// scope's epoch key.
    ///
    /// # Errors
    /// [`ProtocolError::NotTheRelay`]; [`ProtocolError::Inconsistent`] for a receipt of another company.
    pub fn verify(&self, company: CompanyId, relay: &VerifyKey) -> Result<(), ProtocolError> {
        let bound = bound(company, &self.header)?;
        relay
            .verify(SIGN, &[&bound, &self.sealed.enc.0, &self.sealed.sealed.0], &self.signature)
            .map_err(|_| ProtocolError::NotTheRelay)?;
        if let Some(receipt) = &self.header.receipt {
            receipt.verify(company, relay)?;
        }
        Ok(())
    }

    /// Verifies and opens with the scope's epoch key; `relay` is the key that an admin entered.
    ///
    /// # Errors
    /// [`ProtocolError::NotTheRelay`], [`ProtocolError::BadSeal`], [`ProtocolError::Inconsistent`].
    pub fn open(&self, company: CompanyId, key: &EpochKey, relay: &VerifyKey) -> Result<Fact, ProtocolError> {
        self.verify(company, relay)?;
        let bound = bound(company, &self.header)?;
        let secret = epoch_secret(key);
        let clear = seal::unwrap(&secret, SEAL, &self.sealed, &bound)?;
        let fact: Fact = codec::decode(&clear, MAX_ENTRY)?;
        if fact.id == self.header.id { Ok(fact) } else { Err(ProtocolError::Inconsistent) }
    }
}

fn bound(company: CompanyId, header: &RelayFactHeader) -> Result<Vec<u8>, ProtocolError> {
    let mut bytes = company.0.to_vec();
    bytes.extend(codec::encode(header, MAX_ENTRY)?);
    Ok(bytes)
}

fn epoch_secret(key: &EpochKey) -> zeroize::Zeroizing<[u8; 32]> {
    seal::derive(key.expose(), b"", EPOCH)
}

/// The public key of an epoch; its private half is derived from the epoch key.
pub fn epoch_public(key: &EpochKey) -> ReceiveKey {
    seal::public_half(&epoch_secret(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_relay_writes_what_its_role_allows() {
        assert!(relay_may_write("stamp.done") && relay_may_write("receipt.folio") && relay_may_write("lead.captured"));
        assert!(
            !relay_may_write("approval.granted") && !relay_may_write("payment.received") && !relay_may_write("stamp")
        );
    }

    #[test]
    fn only_a_member_opens_it_and_only_the_relays_signature_counts() {
        let (company, key) = (CompanyId([1; 16]), EpochKey::from_bytes([2; 32]));
        let relay = DeviceKeys::from_seeds(&[3; 32], &[4; 32]);
        let id = ItemId([5; 16]);
        let fact = Fact {
            id,
            kind: "lead.captured".into(),
            subject: id,
            fence: 0,
            body: "{}".into(),
            person_keys: vec![],
            events: vec![],
            part: None,
        };
        let header = RelayFactHeader {
            version: suite::VERSION,
            suite: suite::SUITE,
            scope: Scope::Sales(1),
            epoch: EpochId([6; 16]),
            id,
            receipt: None,
        };
        let sealed = SealedRelayFact::seal(company, header, &fact, &epoch_public(&key), &relay, &[7; 32]).unwrap();
        let read = SealedRelayFact::from_bytes(&sealed.to_bytes().unwrap()).unwrap();
        let relay_key = relay.public().verify;
        assert_eq!(read.open(company, &key, &relay_key).unwrap(), fact);
        let other = DeviceKeys::from_seeds(&[8; 32], &[4; 32]).public().verify;
        assert_eq!(read.open(company, &key, &other), Err(ProtocolError::NotTheRelay));
        assert_eq!(read.open(CompanyId([9; 16]), &key, &relay_key), Err(ProtocolError::NotTheRelay));
        assert_eq!(read.open(company, &EpochKey::from_bytes([9; 32]), &relay_key), Err(ProtocolError::BadSeal));
        let mut moved = read;
        moved.header.scope = Scope::Finance;
        assert_eq!(moved.open(company, &key, &relay_key), Err(ProtocolError::NotTheRelay));
    }
}
