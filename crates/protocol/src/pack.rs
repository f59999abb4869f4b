//! What the log of a scope had made up to a place, ready to be taken in by a device that has just joined.
//!
//! A pack is part of a snapshot: its items, compressed, sealed under the scope's key, signed by the device that made it.
//! Bytes: `header (postcard) ‖ nonce (24) ‖ signature (64) ‖ ciphertext`, as those of a batch. What is in it counts only
//! under a manifest ([`crate::manifest`]) that names these bytes and that two persons signed.

use serde::{Deserialize, Serialize};

use crate::bytes::Blob;
use crate::codec::{self, MAX_FRAME};
use crate::error::ProtocolError;
use crate::identity::DeviceKeys;
use crate::ids::{
    ActorId, BatchHash, CompanyId, DeviceId, Digest32, EpochId, ItemId, LogId, PersonId, Signature, VerifyKey,
    hash_parts,
};
use crate::item::{DocKind, Part};
use crate::scope::Scope;
use crate::secret::EpochKey;
use crate::{compress, seal, suite};

const SIGN: &str = "zuclubit 1 pack";
const SEAL: &[u8] = b"zuclubit 1 pack seal";
const HASH: &str = "zuclubit 1 pack hash";
const DIGEST: &str = "zuclubit 1 snapshot";

/// The largest pack, sealed, in bytes: it travels in one frame.
pub const MAX_PACK: usize = MAX_FRAME - (4 << 10);
/// The most that a pack opens to, in bytes.
pub const MAX_OPENED: usize = 4 << 20;
/// The most items in a pack.
pub const MAX_PACK_ITEMS: usize = 1 << 16;

/// A document, as its changes: whoever takes it in checks each, as if it had come in a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackedDocument {
    /// The document; its scope is the pack's.
    pub id: ItemId,
    /// Its kind.
    pub kind: DocKind,
    /// All its Automerge changes, uncompressed, in the order of the log; without a genesis that everybody computes.
    pub chunk: Blob,
    /// Hashes of the changes in it that do not count.
    pub ignored: Vec<Digest32>,
    /// How many changes were written to it.
    pub version: u64,
}

/// A fact, whether it stands or lost against another of its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackedFact {
    /// Its id.
    pub id: ItemId,
    /// What it is.
    pub kind: String,
    /// The aggregate that it belongs to.
    pub subject: ItemId,
    /// As in [`crate::item::Fact`].
    pub fence: u64,
    /// Its content, in JSON.
    pub body: String,
    /// Who wrote it; `None` for the relay.
    pub author: Option<DeviceId>,
}

/// Something that does not count, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackedVerdict {
    /// The document or fact.
    pub item: ItemId,
    /// Names the change, the fact or the event.
    pub hash: Digest32,
    /// What it is.
    pub kind: String,
    /// Why, as `author.not_allowed`.
    pub code: String,
    /// Who wrote it; `None` for the relay.
    pub author: Option<DeviceId>,
    /// Whose device that is.
    pub person: Option<PersonId>,
    /// A document holds it all the same.
    pub merged: bool,
}

/// How far an author's chain had been read: what their next batch is judged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackedAuthor {
    /// Whose.
    pub device: DeviceId,
    /// The last batch number.
    pub number: u64,
    /// That batch.
    pub hash: BatchHash,
    /// Place of the newest control record that they had named.
    pub control_seq: u64,
    /// Two batches stood under one number.
    pub blocked: bool,
}

/// One item of a snapshot. A snapshot has them in the order of these kinds, each kind in the order of its ids, events
/// in the order of the log: whoever folds the same entries writes the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PackItem {
    /// A document.
    Document(PackedDocument),
    /// A fact.
    Fact(PackedFact),
    /// What happened, a `CloudEvent` in JSON.
    Event(String),
    /// What does not count.
    Verdict(PackedVerdict),
    /// Which device writes under an Automerge actor.
    Actor {
        /// The actor.
        actor: ActorId,
        /// The device.
        device: DeviceId,
    },
    /// How far an author was read.
    Author(PackedAuthor),
    /// A part of a command over several scopes lies in this one.
    Part(Part),
}

impl PackItem {
    /// As it lies in a pack.
    ///
    /// # Errors
    /// [`ProtocolError::Malformed`] for what cannot be written, which no program makes. What is too large is found when it is
    /// sealed.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ProtocolError> {
        codec::encode(self, usize::MAX)
    }
}

/// Names what a snapshot holds, however it is parted into packs.
#[derive(Clone, Debug)]
pub struct Digester(blake3::Hasher);

impl Digester {
    /// Of nothing so far.
    pub fn new() -> Self {
        Self(blake3::Hasher::new_derive_key(DIGEST))
    }

    /// One item more, as [`PackItem::to_bytes`] writes it.
    pub fn add(&mut self, item: &[u8]) {
        self.0.update(&(item.len() as u64).to_le_bytes());
        self.0.update(item);
    }

    /// The name of all.
    pub fn finish(&self) -> Digest32 {
        Digest32(*self.0.finalize().as_bytes())
    }
}

impl Default for Digester {
    fn default() -> Self {
        Self::new()
    }
}

/// The part of a pack that the relay reads too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackHeader {
    /// See [`suite::VERSION`].
    pub version: u8,
    /// See [`suite::SUITE`].
    pub suite: u8,
    /// Whose log it is of.
    pub scope: Scope,
    /// The key it is sealed under.
    pub epoch: EpochId,
    /// The log.
    pub log: LogId,
    /// The place up to which it was folded.
    pub cursor: u64,
    /// Who signs it.
    pub author: DeviceId,
}

/// A pack as it is kept and sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedPack {
    bytes: Blob,
    header: PackHeader,
    header_len: usize,
}

impl SealedPack {
    /// Seals and signs items, each as [`PackItem::to_bytes`] writes it; `nonce` must be fresh random bytes.
    ///
    /// # Errors
    /// [`ProtocolError::TooLarge`] where they do not fit one pack, [`ProtocolError::Inconsistent`] when the keys are not the
    /// author's.
    pub fn seal(
        company: CompanyId,
        header: PackHeader,
        items: &[u8],
        key: &EpochKey,
        author: &DeviceKeys,
        nonce: &[u8; 24],
    ) -> Result<Self, ProtocolError> {
        suite::check(header.version, header.suite)?;
        if author.id() != header.author {
            return Err(ProtocolError::Inconsistent);
        }
        if items.len() > MAX_OPENED {
            return Err(ProtocolError::TooLarge { max: MAX_OPENED });
        }
        let mut bytes = codec::encode(&header, MAX_PACK)?;
        let header_len = bytes.len();
        let sealed = seal::seal(key.expose(), nonce, &compress::pack_long(items), &bound(company, &bytes));
        let signature = author.sign(SIGN, &[&company.0, &bytes, nonce, &sealed]);
        bytes.extend_from_slice(nonce);
        bytes.extend_from_slice(&signature.0);
        bytes.extend_from_slice(&sealed);
        if bytes.len() > MAX_PACK {
            return Err(ProtocolError::TooLarge { max: MAX_PACK });
        }
        Ok(Self { bytes: Blob(bytes), header, header_len })
    }

    /// Reads the header; nothing is verified yet.
    ///
    /// # Errors
    /// [`ProtocolError::Malformed`], [`ProtocolError::TooLarge`], [`ProtocolError::Downgrade`], [`ProtocolError::TooNew`].
    pub fn parse(bytes: &[u8]) -> Result<Self, ProtocolError> {
        if let [version, suite, ..] = *bytes {
            suite::check(version, suite)?;
        }
        let (header, rest): (PackHeader, _) = codec::decode_prefix(bytes, MAX_PACK)?;
        let header_len = bytes.len() - rest.len();
        let is_canonical = codec::encode(&header, MAX_PACK)? == bytes[..header_len];
        if !is_canonical || rest.len() < seal::NONCE + Signature::LEN + seal::TAG {
            return Err(ProtocolError::Malformed);
        }
        Ok(Self { bytes: Blob(bytes.to_vec()), header, header_len })
    }

    /// What the relay reads.
    pub fn header(&self) -> &PackHeader {
        &self.header
    }

    /// The bytes to keep and send.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes.0
    }

    /// Takes the bytes out.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes.0
    }

    /// Checks the author's signature; the relay does this without any key.
    ///
    /// # Errors
    /// [`ProtocolError::BadSignature`].
    pub fn verify(&self, company: CompanyId, author: &VerifyKey) -> Result<(), ProtocolError> {
        let (nonce, signature, sealed) = self.parts()?;
        author.verify(SIGN, &[&company.0, &self.bytes.0[..self.header_len], nonce, sealed], &signature)
    }

    /// Opens a pack whose bytes are those that a manifest names: its items, still as they lie in it.
    ///
    /// # Errors
    /// [`ProtocolError::BadSeal`] under another key, [`ProtocolError::Malformed`] for what opens to too much.
    pub fn open(&self, company: CompanyId, key: &EpochKey) -> Result<Vec<u8>, ProtocolError> {
        let (nonce, _, sealed) = self.parts()?;
        let packed = seal::open(key.expose(), nonce, sealed, &bound(company, &self.bytes.0[..self.header_len]))?;
        compress::unpack_long(&packed, MAX_OPENED)
    }

    fn parts(&self) -> Result<(&[u8; seal::NONCE], Signature, &[u8]), ProtocolError> {
        let rest = &self.bytes.0[self.header_len..];
        let (nonce, rest) = rest.split_first_chunk().ok_or(ProtocolError::Malformed)?;
        let (signature, sealed) = rest.split_first_chunk().ok_or(ProtocolError::Malformed)?;
        Ok((nonce, Signature(*signature), sealed))
    }
}

/// Names a pack's bytes.
pub fn pack_hash(bytes: &[u8]) -> Digest32 {
    Digest32(hash_parts(HASH, &[bytes]))
}

/// Reads the items of an opened pack, one after the other, each with the bytes that it lies in.
///
/// # Errors
/// [`ProtocolError::Malformed`] for what is no item, [`ProtocolError::TooLarge`] above [`MAX_PACK_ITEMS`].
pub fn items(opened: &[u8]) -> Result<Vec<(PackItem, &[u8])>, ProtocolError> {
    let (mut rest, mut all) = (opened, Vec::new());
    while !rest.is_empty() {
        if all.len() == MAX_PACK_ITEMS {
            return Err(ProtocolError::TooLarge { max: MAX_PACK_ITEMS });
        }
        let (item, after): (PackItem, _) = codec::decode_prefix(rest, MAX_OPENED)?;
        let (bytes, _) = rest.split_at(rest.len() - after.len());
        all.push((item, bytes));
        rest = after;
    }
    Ok(all)
}

fn bound(company: CompanyId, header: &[u8]) -> Vec<u8> {
    [SEAL, &company.0, header].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::RequestId;

    fn author() -> DeviceKeys {
        DeviceKeys::from_seeds(&[1; 32], &[2; 32])
    }

    fn header() -> PackHeader {
        PackHeader {
            version: suite::VERSION,
            suite: suite::SUITE,
            scope: Scope::Sales(1),
            epoch: EpochId([5; 16]),
            log: LogId([6; 16]),
            cursor: 4_096,
            author: author().id(),
        }
    }

    #[test]
    fn a_part_lies_in_a_pack_as_it_always_did() {
        let part = PackItem::Part(Part { command: RequestId([7; 16]), part: 2, of: 3 });
        let bytes = part.to_bytes().unwrap();
        assert_eq!(hex::encode(&bytes), format!("06{}0203", "07".repeat(16)));
        assert_eq!(items(&bytes).unwrap(), [(part, bytes.as_slice())]);
    }

    fn event(text: &str) -> Vec<u8> {
        PackItem::Event(text.to_owned()).to_bytes().unwrap()
    }

    #[test]
    fn what_is_packed_opens_under_its_key_and_nothing_of_it_can_be_moved() {
        let (company, key) = (CompanyId([3; 16]), EpochKey::from_bytes([4; 32]));
        let plain = [event("uno"), event("dos")].concat();
        let sealed = SealedPack::seal(company, header(), &plain, &key, &author(), &[9; 24]).unwrap();
        let read = SealedPack::parse(sealed.bytes()).unwrap();
        let public = author().public().verify;
        assert_eq!(read.header(), &header());
        assert_eq!(read.verify(company, &public), Ok(()));
        assert_eq!(read.open(company, &key).unwrap(), plain);
        assert_eq!(items(&plain).unwrap().len(), 2);
        assert_eq!(read.open(CompanyId([8; 16]), &key), Err(ProtocolError::BadSeal));
        assert_eq!(read.open(company, &EpochKey::from_bytes([8; 32])), Err(ProtocolError::BadSeal));
        let other = DeviceKeys::from_seeds(&[7; 32], &[7; 32]).public().verify;
        assert_eq!(read.verify(company, &other), Err(ProtocolError::BadSignature));
        let mut moved = read.clone();
        moved.header.scope = Scope::Finance;
        let mut bytes = codec::encode(&moved.header, MAX_PACK).unwrap();
        bytes.extend_from_slice(&read.bytes()[read.header_len..]);
        let moved = SealedPack::parse(&bytes).unwrap();
        assert_eq!(moved.verify(company, &public), Err(ProtocolError::BadSignature));
        assert_eq!(moved.open(company, &key), Err(ProtocolError::BadSeal));
    }

    #[test]
    fn a_pack_that_opens_to_too_much_is_refused() {
        let (company, key) = (CompanyId([3; 16]), EpochKey::from_bytes([4; 32]));
        let bomb = vec![0; MAX_OPENED + 1];
        let sealed = SealedPack::seal(company, header(), &bomb, &key, &author(), &[9; 24]);
        assert_eq!(sealed.unwrap_err(), ProtocolError::TooLarge { max: MAX_OPENED });
        let packed = compress::pack_long(&bomb);
        assert!(packed.len() < 10_000);
        assert_eq!(compress::unpack_long(&packed, MAX_OPENED), Err(ProtocolError::Malformed));
        let many = event("").repeat(MAX_PACK_ITEMS + 1);
        assert_eq!(items(&many), Err(ProtocolError::TooLarge { max: MAX_PACK_ITEMS }));
    }

    #[test]
    fn the_digest_asks_for_the_items_and_not_for_how_they_are_parted() {
        let digest = |all: &[&[u8]]| {
            let mut digester = Digester::new();
            for item in all {
                digester.add(item);
            }
            digester.finish()
        };
        let (one, two) = (event("uno"), event("dos"));
        assert_eq!(digest(&[&one, &two]), digest(&[&one, &two]));
        assert_ne!(digest(&[&one, &two]), digest(&[&two, &one]));
        assert_ne!(digest(&[&one, &two]), digest(&[&[one.clone(), two.clone()].concat()]));
    }
}
