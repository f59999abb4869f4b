//! The file of a backup: who made it and when, in clear; then the copy of the database, encrypted as the database is.
//!
//! `"ZUCBACK1" ‖ length (u32 LE) ‖ header ‖ copy ‖ proof (32) ‖ checksum (32)`. The checksum (BLAKE3 of all before it)
//! tells a damaged file without a key; the proof is the same under the database's key, so that nobody else makes one. The
//! keys of the home lie in the header, sealed to the company's recovery pair.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use zuc_protocol::codec;
use zuc_protocol::identity::{DeviceKeys, DevicePublic};
use zuc_protocol::ids::{CompanyId, DeviceId};
use zuc_protocol::seal::Wrapped;

use super::disk::{at_folder, beside, private, sync_folder};
use super::{BackupError, Progress, Step, Told};
use crate::StoreError;
use crate::keys::{Entropy, Keys, by_code};

const MAGIC: &[u8; 8] = b"ZUCBACK1";
const MAX_HEADER: usize = 4 << 10;
const HASH: usize = 32;
/// Proof and checksum.
const ENDS: u64 = 2 * HASH as u64;
const CHUNK: usize = 256 << 10;

/// Why a backup was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reason {
    /// By itself, once a day.
    Daily,
    /// Somebody asked for it.
    Manual,
    /// Before a newer version changed the database.
    Migration,
    /// Before another backup took its place.
    Restore,
}

/// What a backup says in clear.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Whose.
    pub company: CompanyId,
    /// Which laptop's.
    pub device: DeviceId,
    /// When, in Unix milliseconds.
    pub at_ms: i64,
    /// Why.
    pub reason: Reason,
    /// The newest migration of the database it was made of.
    pub schema: i64,
    /// Which recovery code opens it.
    pub root: [u8; 16],
    /// Whether a home's keys are those of this backup.
    known: [u8; 32],
    /// The home's keys, sealed to the root.
    keys: Wrapped,
}

impl Header {
    pub(super) fn new(
        whose: (CompanyId, DeviceId),
        root: &DevicePublic,
        keys: &Keys,
        entropy: &dyn Entropy,
        made: (i64, Reason, i64),
    ) -> Result<Self, StoreError> {
        let (company, device) = whose;
        let (at_ms, reason, schema) = made;
        let sealed = by_code::seal(company, device, root, keys, entropy)?;
        let known = known(company, device, keys);
        Ok(Self { company, device, at_ms, reason, schema, root: root.fingerprint(), known, keys: sealed })
    }

    /// Whether these are the keys it is under.
    pub fn is_under(&self, keys: &Keys) -> bool {
        known(self.company, self.device, keys) == self.known
    }

    /// The keys it is under, by the pair of the recovery code.
    ///
    /// # Errors
    /// [`BackupError::WrongCode`] for another company's code.
    pub fn keys_by(&self, root: &DeviceKeys) -> Result<Keys, StoreError> {
        if root.public().fingerprint() != self.root {
            return Err(BackupError::WrongCode.into());
        }
        by_code::open(self.company, self.device, root, &self.keys)
    }
}

fn known(company: CompanyId, device: DeviceId, keys: &Keys) -> [u8; 32] {
    let key = keys.purpose("zuclubit 1 backup known");
    *blake3::keyed_hash(&key, &[company.0, device.0].concat()).as_bytes()
}

/// A backup on disk whose header was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// Where.
    pub path: PathBuf,
    /// How many bytes.
    pub size: u64,
    /// What it says.
    pub header: Header,
    begins: u64,
}

impl Backup {
    /// Reads the header; whether the rest is whole says [`Backup::check`].
    ///
    /// # Errors
    /// [`BackupError::NotFound`], [`BackupError::NotOne`], [`BackupError::Damaged`].
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let (mut file, size) = open(path)?;
        let mut start = [0; 12];
        if size < 12 + ENDS || file.read_exact(&mut start).is_err() || !start.starts_with(MAGIC) {
            return Err(BackupError::NotOne.into());
        }
        let length = u32::from_le_bytes([start[8], start[9], start[10], start[11]]);
        let begins = 12 + u64::from(length);
        if length as usize > MAX_HEADER || begins + ENDS > size {
            return Err(BackupError::Damaged.into());
        }
        let mut header = vec![0; length as usize];
        file.read_exact(&mut header).map_err(StoreError::io(path))?;
        let header = codec::decode(&header, MAX_HEADER).map_err(|_| BackupError::Damaged)?;
        Ok(Self { path: path.to_owned(), size, header, begins })
    }

    /// Reads the whole file and compares its checksum.
    ///
    /// # Errors
    /// [`BackupError::Damaged`].
    pub fn check(&self, told: &Told) -> Result<(), StoreError> {
        let (mut file, size) = open(&self.path)?;
        let mut hasher = blake3::Hasher::new();
        let mut left = size.saturating_sub(HASH as u64);
        pass(&mut file, &mut left, &self.path, |bytes, done| {
            hasher.update(bytes);
            told(Progress { step: Step::Check, done, total: size });
            Ok(())
        })?;
        let mut end = [0; HASH];
        file.read_exact(&mut end).map_err(|_| BackupError::Damaged)?;
        if hasher.finalize() == end { Ok(()) } else { Err(BackupError::Damaged.into()) }
    }

    /// Writes the copy of the database out, which opens under `keys`.
    ///
    /// # Errors
    /// [`BackupError::Damaged`] when it is not what was made under these keys; nothing is left then.
    pub(super) fn extract(&self, to: &Path, keys: &Keys, told: &Told) -> Result<(), StoreError> {
        let written = self.write_out(to, keys, told);
        if written.is_err() {
            // whoever cannot write may not be able to delete: what is left is written over next time
            let _ = std::fs::remove_file(to);
        }
        written
    }

    fn write_out(&self, to: &Path, keys: &Keys, told: &Told) -> Result<(), StoreError> {
        let (mut file, size) = open(&self.path)?;
        let mut proof = blake3::Hasher::new_keyed(&keys.purpose("zuclubit 1 backup proof"));
        let mut copy = BufWriter::new(File::create(to).map_err(StoreError::io(to))?);
        let mut left = self.begins;
        pass(&mut file, &mut left, &self.path, |bytes, _| {
            proof.update(bytes);
            Ok(())
        })?;
        left = size.checked_sub(self.begins + ENDS).ok_or(BackupError::Damaged)?;
        pass(&mut file, &mut left, &self.path, |bytes, done| {
            proof.update(bytes);
            told(Progress { step: Step::Read, done, total: size });
            copy.write_all(bytes).map_err(StoreError::io(to))
        })?;
        let mut end = [0; HASH];
        file.read_exact(&mut end).map_err(|_| BackupError::Damaged)?;
        if proof.finalize() != end {
            return Err(BackupError::Damaged.into());
        }
        let copy = copy.into_inner().map_err(|error| StoreError::io(to)(error.into_error()))?;
        copy.sync_all().map_err(StoreError::io(to))
    }
}

/// Writes a backup beside its place, reads it back, and only then gives it its name: what bears one is whole.
pub(super) fn write(copy: &Path, to: &Path, header: Header, keys: &Keys, told: &Told) -> Result<Backup, StoreError> {
    let beside = beside(to);
    let written = write_beside(copy, &beside, &header, keys, told).and_then(|(begins, size)| {
        let written = Backup { path: beside.clone(), size, header, begins };
        written.check(told)?;
        std::fs::rename(&beside, to).map_err(at_folder(to))?;
        sync_folder(to)?;
        Ok(Backup { path: to.to_owned(), ..written })
    });
    if written.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    written
}

fn write_beside(
    copy: &Path,
    beside: &Path,
    header: &Header,
    keys: &Keys,
    told: &Told,
) -> Result<(u64, u64), StoreError> {
    let (mut from, size) = open(copy)?;
    let header = codec::encode(header, MAX_HEADER).map_err(|_| StoreError::corrupt("control", "bytes", "header"))?;
    let mut start = MAGIC.to_vec();
    start.extend_from_slice(&u32::try_from(header.len()).unwrap_or(0).to_le_bytes());
    start.extend_from_slice(&header);
    let begins = start.len() as u64;
    let mut file = BufWriter::new(private(beside)?);
    let mut proof = blake3::Hasher::new_keyed(&keys.purpose("zuclubit 1 backup proof"));
    let mut sum = blake3::Hasher::new();
    let mut put = |bytes: &[u8], proven: bool| {
        if proven {
            proof.update(bytes);
        }
        sum.update(bytes);
        file.write_all(bytes).map_err(at_folder(beside))
    };
    put(&start, true)?;
    let mut left = size;
    pass(&mut from, &mut left, copy, |bytes, done| {
        told(Progress { step: Step::Write, done, total: size });
        put(bytes, true)
    })?;
    let end = *proof.finalize().as_bytes();
    sum.update(&end);
    file.write_all(&end).map_err(at_folder(beside))?;
    file.write_all(sum.finalize().as_bytes()).map_err(at_folder(beside))?;
    let file = file.into_inner().map_err(|error| at_folder(beside)(error.into_error()))?;
    file.sync_all().map_err(at_folder(beside))?;
    Ok((begins, begins + size + ENDS))
}

/// Reads `left` bytes piece by piece; a file that ends before is damaged.
fn pass(
    file: &mut impl Read,
    left: &mut u64,
    path: &Path,
    mut each: impl FnMut(&[u8], u64) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut buffer = vec![0; CHUNK];
    let mut done = 0;
    while *left > 0 {
        let wanted = usize::try_from(*left).map_or(CHUNK, |left| left.min(CHUNK));
        let read = file.read(&mut buffer[..wanted]).map_err(StoreError::io(path))?;
        if read == 0 {
            return Err(BackupError::Damaged.into());
        }
        *left -= read as u64;
        done += read as u64;
        each(&buffer[..read], done)?;
    }
    Ok(())
}

fn open(path: &Path) -> Result<(BufReader<File>, u64), StoreError> {
    let opened = File::open(path).and_then(|file| file.metadata().map(|about| (file, about)));
    match opened {
        Ok((_, about)) if !about.is_file() => Err(BackupError::NotOne.into()),
        Ok((file, about)) => Ok((BufReader::new(file), about.len())),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Err(BackupError::NotFound.into()),
        Err(cause) => Err(StoreError::io(path)(cause)),
    }
}
