//! What vouches for a snapshot: a manifest names the place in the log, what the entries up to there make, and the packs
//! that hold it; devices of two persons sign it, each after folding the entries for themselves.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::bytes::Blob;
use crate::codec;
use crate::control::ControlLog;
use crate::error::ProtocolError;
use crate::identity::DeviceKeys;
use crate::ids::{ChainHash, CompanyId, DeviceId, Digest32, LogId, Signature, VerifyKey, hash_parts};
use crate::pack::MAX_PACK;
use crate::scope::{Role, Scope};
use crate::suite;

const RIGHT: &str = "zuclubit 1 manifest right";
const WRONG: &str = "zuclubit 1 manifest wrong";
const HASH: &str = "zuclubit 1 manifest hash";

/// A snapshot is made whenever a scope's log has passed a multiple of this.
pub const SPAN: u64 = 4_096;
/// What this program makes of an entry. Raised with a kind of document, or a rule, that makes something else of the same entries:
/// a snapshot of another fold is not taken, and the log is read instead.
pub const FOLD: u16 = 1;
/// The largest manifest, in bytes.
pub const MAX_MANIFEST: usize = 64 << 10;
/// The most packs of one snapshot.
pub const MAX_PACKS: usize = 64;
/// The most manifests of a scope that are given at once.
pub const MAX_KEPT: usize = 8;
/// The most that are signed upon one manifest.
pub const MAX_WITNESSES: usize = 16;

/// Whether a log may be begun at a snapshot. What is fiscal is read from its first entry: receipts lie there, and whoever
/// gives back a lost log vouches for having had all of them.
pub const fn may_begin(scope: Scope) -> bool {
    !matches!(scope, Scope::Fiscal)
}

/// A pack, as a manifest names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackRef {
    /// [`crate::pack::pack_hash`] of its bytes.
    pub hash: Digest32,
    /// How many bytes these are.
    pub size: u32,
}

/// A snapshot of a scope. All of it is read by the relay too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// See [`suite::VERSION`].
    pub version: u8,
    /// See [`suite::SUITE`].
    pub suite: u8,
    /// See [`FOLD`].
    pub fold: u16,
    /// Whose log.
    pub scope: Scope,
    /// The log: in one that follows a lost one the entries have other places.
    pub log: LogId,
    /// The last entry that was folded.
    pub cursor: u64,
    /// The chain there.
    pub chain: ChainHash,
    /// What the entries up to there make ([`crate::pack::Digester`]).
    pub digest: Digest32,
    /// Which packs hold it, in their order.
    pub packs: Vec<PackRef>,
}

impl Manifest {
    /// As it is kept and signed.
    ///
    /// # Errors
    /// [`ProtocolError::TooLarge`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, ProtocolError> {
        codec::encode(self, MAX_MANIFEST)
    }

    /// Reads a manifest within its bounds; nothing is verified yet.
    ///
    /// # Errors
    /// [`ProtocolError::Malformed`], [`ProtocolError::TooLarge`], [`ProtocolError::Downgrade`], [`ProtocolError::TooNew`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ProtocolError> {
        if let [version, suite, ..] = *bytes {
            suite::check(version, suite)?;
        }
        let manifest: Self = codec::decode(bytes, MAX_MANIFEST)?;
        let sizes_fit = manifest.packs.iter().all(|pack| usize::try_from(pack.size).is_ok_and(|size| size <= MAX_PACK));
        let different: BTreeSet<Digest32> = manifest.packs.iter().map(|pack| pack.hash).collect();
        let counts_fit = (1..=MAX_PACKS).contains(&manifest.packs.len()) && different.len() == manifest.packs.len();
        if manifest.to_bytes()? != bytes || manifest.cursor == 0 || !sizes_fit || !counts_fit {
            return Err(ProtocolError::Malformed);
        }
        Ok(manifest)
    }
}

/// Names a manifest's bytes.
pub fn manifest_hash(bytes: &[u8]) -> Digest32 {
    Digest32(hash_parts(HASH, &[bytes]))
}

/// What a device says of a manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Says {
    /// The entries make this, and the packs hold it.
    Right,
    /// They do not: nobody begins at it, and nothing is dropped for it.
    Wrong,
}

/// The signed word of a device on a manifest; one that it is wrong is a dispute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Witness {
    /// Who.
    pub device: DeviceId,
    /// What.
    pub says: Says,
    /// Over company and [`manifest_hash`].
    pub signature: Signature,
}

impl Witness {
    /// Signs.
    pub fn sign(company: CompanyId, manifest: Digest32, says: Says, keys: &DeviceKeys) -> Self {
        let signature = keys.sign(domain(says), &[&company.0, &manifest.0]);
        Self { device: keys.id(), says, signature }
    }

    /// Checks the signature; whether the device may say it is the caller's to know.
    ///
    /// # Errors
    /// [`ProtocolError::BadSignature`].
    pub fn verify(&self, company: CompanyId, manifest: Digest32, key: &VerifyKey) -> Result<(), ProtocolError> {
        key.verify(domain(self.says), &[&company.0, &manifest.0], &self.signature)
    }

    /// Checks that a member who reads the scope today says it.
    ///
    /// # Errors
    /// [`ProtocolError::BadSignature`].
    pub fn check(&self, control: &ControlLog, scope: Scope, manifest: Digest32) -> Result<(), ProtocolError> {
        let device = control.device(self.device).ok_or(ProtocolError::BadSignature)?;
        if !control.may_read(self.device, scope) {
            return Err(ProtocolError::BadSignature);
        }
        self.verify(control.company(), manifest, &device.public.verify)
    }
}

const fn domain(says: Says) -> &'static str {
    match says {
        Says::Right => RIGHT,
        Says::Wrong => WRONG,
    }
}

/// A manifest with what is said of it, as the relay gives it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptManifest {
    /// [`Manifest::to_bytes`].
    pub manifest: Blob,
    /// One word of a device at most.
    pub witnesses: Vec<Witness>,
}

/// Why nobody begins at a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Not a manifest.
    #[error("not a manifest")]
    Malformed,
    /// Of another scope, or of one that is read from its first entry.
    #[error("a snapshot of another scope")]
    OtherScope,
    /// Of a log that is no more.
    #[error("a snapshot of another log")]
    OtherLog,
    /// Made by a program that makes something else of the same entries.
    #[error("a snapshot of another version")]
    OtherFold,
    /// Not signed by two persons who read the scope.
    #[error("fewer than two persons signed")]
    OneSigner,
    /// None of those who signed manages or administers.
    #[error("nobody who manages or administers signed")]
    NoManager,
    /// Somebody who reads the scope found it wrong.
    #[error("it is disputed")]
    Disputed,
    /// A pack is missing.
    #[error("a pack is missing")]
    NotWhole,
    /// A pack is not the one that the manifest names, or of another scope or place, or does not open.
    #[error("a pack is not the one that is named")]
    ForgedPack,
    /// The packs do not hold what the manifest says.
    #[error("the packs hold something else")]
    OtherDigest,
    /// They hold what no log makes: a change that every receiver refuses, or what lies elsewhere.
    #[error("the packs hold what no log makes")]
    Forged,
    /// The key that it is sealed under is not here.
    #[error("the key is not here")]
    NoKey,
    /// The one who would begin at it has written in the scope before.
    #[error("own entries are among those before it")]
    OwnEntries,
}

impl Unfit {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "snapshot.malformed",
            Self::OtherScope => "snapshot.other_scope",
            Self::OtherLog => "snapshot.other_log",
            Self::OtherFold => "snapshot.other_version",
            Self::OneSigner => "snapshot.one_signer",
            Self::NoManager => "snapshot.no_manager",
            Self::Disputed => "snapshot.disputed",
            Self::NotWhole => "snapshot.not_whole",
            Self::ForgedPack => "snapshot.forged_pack",
            Self::OtherDigest => "snapshot.other_digest",
            Self::Forged => "snapshot.forged",
            Self::NoKey => "snapshot.no_key",
            Self::OwnEntries => "snapshot.own_entries",
        }
    }
}

impl KeptManifest {
    /// Names it.
    pub fn hash(&self) -> Digest32 {
        manifest_hash(&self.manifest.0)
    }

    /// The devices of those who say that it is right and read the scope today.
    pub fn vouchers(&self, control: &ControlLog, scope: Scope) -> Vec<DeviceId> {
        let hash = self.hash();
        let vouches = |word: &&Witness| word.says == Says::Right && word.check(control, scope, hash).is_ok();
        self.witnesses.iter().filter(vouches).map(|word| word.device).collect()
    }

    /// Reads it, if it is of this scope's log as it stands and of this program's fold.
    ///
    /// # Errors
    /// [`Unfit`].
    pub fn read(&self, scope: Scope, log: LogId) -> Result<Manifest, Unfit> {
        let manifest = Manifest::from_bytes(&self.manifest.0).map_err(|_| Unfit::Malformed)?;
        if self.witnesses.len() > MAX_WITNESSES {
            return Err(Unfit::Malformed);
        }
        if manifest.scope != scope || !may_begin(scope) {
            return Err(Unfit::OtherScope);
        }
        if manifest.log != log {
            return Err(Unfit::OtherLog);
        }
        if manifest.fold != FOLD {
            return Err(Unfit::OtherFold);
        }
        Ok(manifest)
    }

    /// Reads it where a device may begin at it: two persons vouch for it who read the scope today, one of whom manages or
    /// administers, and nobody who reads it says that it is wrong.
    ///
    /// What counts is who they are today: whoever left has no word on what the company is any more. Another signs in
    /// their place.
    ///
    /// # Errors
    /// [`Unfit`].
    pub fn check(&self, control: &ControlLog, scope: Scope, log: LogId) -> Result<Manifest, Unfit> {
        let manifest = self.read(scope, log)?;
        let hash = self.hash();
        let (mut persons, mut manages) = (BTreeSet::new(), false);
        for witness in self.witnesses.iter().filter(|witness| witness.check(control, scope, hash).is_ok()) {
            if witness.says == Says::Wrong {
                return Err(Unfit::Disputed);
            }
            persons.extend(control.device(witness.device).map(|device| device.person));
            manages |= control
                .rights(witness.device)
                .is_some_and(|rights| rights.has(Role::Gerencia) || rights.has(Role::Administracion));
        }
        if persons.len() < 2 {
            return Err(Unfit::OneSigner);
        }
        if manages { Ok(manifest) } else { Err(Unfit::NoManager) }
    }
}

#[cfg(test)]
mod tests;
