//! The one envelope: a batch of items, compressed, sealed under the scope's key, signed by its device.
//!
//! Bytes: `header (postcard) ‖ nonce (24) ‖ signature (64) ‖ ciphertext`. The header starts with version and suite.
//! Bound to the seal: `tag ‖ company ‖ header`. Signed: `tag ‖ company ‖ header ‖ nonce ‖ ciphertext`.

use serde::{Deserialize, Serialize};

use crate::bytes::Blob;
use crate::codec::{self, MAX_ENTRY};
use crate::error::ProtocolError;
use crate::identity::{DeviceKeys, DevicePublic};
use crate::ids::{
    BatchHash, ChainHash, CompanyId, ControlHead, DeviceId, EpochId, Incarnation, LogId, Signature, VerifyKey, hash16,
};
use crate::item::Item;
use crate::scope::Scope;
use crate::secret::EpochKey;
use crate::{compress, seal, suite};

const SIGN: &str = "zuclubit 1 batch";
const SEAL: &[u8] = b"zuclubit 1 batch seal";

/// What all items of a batch are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum BatchKind {
    /// Changes of documents.
    Change,
    /// Immutable records.
    Fact,
}

/// The part of a batch that the relay reads too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchHeader {
    /// See [`suite::VERSION`].
    pub version: u8,
    /// See [`suite::SUITE`].
    pub suite: u8,
    /// Whose log it belongs to.
    pub scope: Scope,
    /// The key it is sealed under.
    pub epoch: EpochId,
    /// What its items are.
    pub kind: BatchKind,
    /// Who signs it.
    pub author: DeviceId,
    /// In which incarnation.
    pub incarnation: Incarnation,
    /// Dense from 1 per (device, scope), across incarnations.
    pub number: u64,
    /// The author's batch before this one in the scope, [`BatchHash::NONE`] before the first.
    pub prev: BatchHash,
    /// The newest control record that the author had seen; never goes back.
    pub control_head: ControlHead,
}

/// Where the author saw the scope's log; compared by every reader, so that a forked relay is found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenTip {
    /// First half of the log's id: in a log that was lost and written again an entry has another place.
    pub log: [u8; 8],
    /// The last entry the author had.
    pub seq: u64,
    /// First half of the chain hash there.
    pub chain: [u8; 16],
}

impl SeenTip {
    /// A cursor, as it is written into a body.
    pub fn new(log: &LogId, seq: u64, chain: &ChainHash) -> Self {
        let (mut half, mut id) = ([0; 16], [0; 8]);
        half.copy_from_slice(&chain.0[..16]);
        id.copy_from_slice(&log.0[..8]);
        Self { log: id, seq, chain: half }
    }

    /// Whether it speaks of this log.
    pub fn is_of(&self, log: &LogId) -> bool {
        self.log == log.0[..8]
    }

    /// Whether the reader's chain hash at the same seq of the same log agrees.
    pub fn agrees_with(&self, chain: &ChainHash) -> bool {
        self.chain == chain.0[..16]
    }
}

/// What a batch holds once open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchBody {
    /// Where the author saw the log.
    pub seen: SeenTip,
    /// At most 256, all of the header's kind.
    pub items: Vec<Item>,
}

/// A batch as it is stored, sent and logged: these bytes and no others, from the first try to the last reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedBatch {
    bytes: Blob,
    header: BatchHeader,
    header_len: usize,
}

impl SealedBatch {
    /// Seals and signs a batch; `nonce` must be fresh random bytes.
    ///
    /// # Errors
    /// [`ProtocolError::Inconsistent`] when an item is not of the header's kind or the keys are not the author's,
    /// [`ProtocolError::ForeignActor`], [`ProtocolError::TooLarge`].
    pub fn seal(
        company: CompanyId,
        header: BatchHeader,
        body: &BatchBody,
        key: &EpochKey,
        author: &DeviceKeys,
        nonce: &[u8; 24],
    ) -> Result<Self, ProtocolError> {
        suite::check(header.version, header.suite)?;
        let public = author.public();
        if public.id() != header.author || header.number == 0 {
            return Err(ProtocolError::Inconsistent);
        }
        let plain = compress::pack(&body.to_bytes(&header, &public)?);
        let mut bytes = codec::encode(&header, MAX_ENTRY)?;
        let header_len = bytes.len();
        let sealed = seal::seal(key.expose(), nonce, &plain, &bound(company, &bytes));
        let signature = author.sign(SIGN, &[&company.0, &bytes, nonce, &sealed]);
        bytes.extend_from_slice(nonce);
        bytes.extend_from_slice(&signature.0);
        bytes.extend_from_slice(&sealed);
        if bytes.len() > MAX_ENTRY {
            return Err(ProtocolError::TooLarge { max: MAX_ENTRY });
        }
        Ok(Self { bytes: Blob(bytes), header, header_len })
    }

    /// Reads the header; nothing is verified yet.
    ///
    /// # Errors
    /// [`ProtocolError::Malformed`], [`ProtocolError::TooLarge`], [`ProtocolError::Downgrade`], [`ProtocolError::TooNew`].
    pub fn parse(bytes: &[u8]) -> Result<Self, ProtocolError> {
        if let [version, suite, ..] = *bytes {
            // Before the rest is read: another version may be laid out otherwise.
            suite::check(version, suite)?;
        }
        let (header, rest): (BatchHeader, _) = codec::decode_prefix(bytes, MAX_ENTRY)?;
        if rest.len() < seal::NONCE + Signature::LEN + seal::TAG || header.number == 0 {
            return Err(ProtocolError::Malformed);
        }
        let header_len = bytes.len() - rest.len();
        // One header has one encoding: padded varints would make two hashes of one batch.
        if codec::encode(&header, MAX_ENTRY)? != bytes[..header_len] {
            return Err(ProtocolError::Malformed);
        }
        Ok(Self { bytes: Blob(bytes.to_vec()), header, header_len })
    }

    /// What the relay reads.
    pub fn header(&self) -> &BatchHeader {
        &self.header
    }

    /// The bytes to store, send and log.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes.0
    }

    /// Takes the bytes out.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes.0
    }

    /// Names these bytes.
    pub fn hash(&self) -> BatchHash {
        batch_hash(&self.bytes.0)
    }

    /// Checks the author's signature; the relay does this without any key.
    ///
    /// # Errors
    /// [`ProtocolError::BadSignature`].
    pub fn verify(&self, company: CompanyId, author: &VerifyKey) -> Result<(), ProtocolError> {
        let (nonce, signature, sealed) = self.parts();
        author.verify(SIGN, &[&company.0, &self.bytes.0[..self.header_len], nonce, sealed], &signature)
    }

    /// Verifies and opens; `author` must be the keys that membership gives for the header's author.
    ///
    /// # Errors
    /// [`ProtocolError::BadSignature`], [`ProtocolError::BadSeal`], [`ProtocolError::Malformed`],
    /// [`ProtocolError::Inconsistent`].
    pub fn open(&self, company: CompanyId, key: &EpochKey, author: &DevicePublic) -> Result<BatchBody, ProtocolError> {
        if author.id() != self.header.author {
            return Err(ProtocolError::Inconsistent);
        }
        self.verify(company, &author.verify)?;
        self.open_verified(company, key, author)
    }

    /// Opens a batch whose signature the caller has just checked with [`Self::verify`] under the same author's key.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_verified(
        &self,
        company: CompanyId,
        key: &EpochKey,
        author: &DevicePublic,
    ) -> Result<BatchBody, ProtocolError> {
        if author.id() != self.header.author {
            return Err(ProtocolError::Inconsistent);
        }
        let (nonce, _, sealed) = self.parts();
        let plain = seal::open(key.expose(), nonce, sealed, &bound(company, &self.bytes.0[..self.header_len]))?;
        BatchBody::from_bytes(&self.header, &compress::unpack(&plain)?, author)
    }

    fn parts(&self) -> (&[u8; seal::NONCE], Signature, &[u8]) {
        let rest = &self.bytes.0[self.header_len..];
        let (nonce, rest) = rest.split_first_chunk().expect("parse and seal leave room for the nonce");
        let (signature, sealed) = rest.split_first_chunk().expect("parse and seal leave room for the signature");
        (nonce, Signature(*signature), sealed)
    }
}

/// Names a sealed batch by its bytes.
pub fn batch_hash(bytes: &[u8]) -> BatchHash {
    BatchHash(hash16("zuclubit 1 batch hash", &[bytes]))
}

fn bound(company: CompanyId, header: &[u8]) -> Vec<u8> {
    [SEAL, &company.0, header].concat()
}
