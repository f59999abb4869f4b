//! Secrets in one file under a passphrase: the keyring of a machine that has none, or the lock of one that has.
//!
//! `"ZUCKEYS1" ‖ m ‖ t ‖ p (u32 LE) ‖ salt (16) ‖ nonce (24) ‖ XChaCha20-Poly1305(JSON of the secrets)`, the header as
//! associated data. Argon2id with RFC 9106's second profile: 64 MiB, three passes, four lanes. In `"ZUCKEYS2"` the key
//! follows from what Argon2id gives and from a random half that the OS keyring holds under a name made of the salt: neither
//! a stolen disk nor a guessed passphrase opens it alone.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::{Zeroize, Zeroizing};

use super::home::write_atomically;
use super::{Entropy, SecretStore, random};
use crate::StoreError;

const ALONE: &[u8; 8] = b"ZUCKEYS1";
const HALVED: &[u8; 8] = b"ZUCKEYS2";
/// What the key of a halved file is for.
const PURPOSE: &str = "zuclubit 1 keys under a passphrase and a half";
const HEADER: usize = 8 + 12 + 16;

#[derive(Clone, Copy, PartialEq, Eq)]
struct Cost {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

impl Cost {
    const OURS: Self = Self { memory_kib: 64 * 1024, passes: 3, lanes: 4 };
    /// What hundreds of processes of the tests pay, each of which opens a home. No other program makes such a file or opens one.
    const OF_TESTS: Self = Self { memory_kib: 1024, passes: 1, lanes: 4 };

    /// The only one that is written and taken: [`Self::OF_TESTS`] where a program that is not a release is told so by
    /// `ZUC_CHEAP_PASSPHRASES`.
    fn taken() -> Self {
        let of_tests = cfg!(debug_assertions) && std::env::var_os("ZUC_CHEAP_PASSPHRASES").is_some();
        if of_tests { Self::OF_TESTS } else { Self::OURS }
    }
}

struct Unlocked {
    magic: &'static [u8; 8],
    salt: [u8; 16],
    key: Zeroizing<[u8; 32]>,
    secrets: BTreeMap<String, Vec<u8>>,
}

impl Drop for Unlocked {
    fn drop(&mut self) {
        self.secrets.values_mut().for_each(Zeroize::zeroize);
    }
}

/// Secrets in a file sealed under a passphrase.
///
/// The passphrase is stretched once; then the file is read from memory and written whole at each change.
pub struct SealedFile {
    path: PathBuf,
    passphrase: Zeroizing<String>,
    /// Holds the other half of the key.
    keyring: Option<Arc<dyn SecretStore>>,
    entropy: Arc<dyn Entropy>,
    unlocked: Mutex<Option<Unlocked>>,
}

impl std::fmt::Debug for SealedFile {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("SealedFile").field("path", &self.path).finish_non_exhaustive()
    }
}

impl SealedFile {
    /// A key file at `path`, made at the first secret set, under the passphrase alone.
    pub fn new(path: impl Into<PathBuf>, passphrase: String, entropy: Arc<dyn Entropy>) -> Self {
        Self {
            path: path.into(),
            passphrase: Zeroizing::new(passphrase),
            keyring: None,
            entropy,
            unlocked: Mutex::new(None),
        }
    }

    /// The same; one that is made has its other half in `keyring`, and one that was made so finds it there.
    #[must_use]
    pub fn with_half_in(self, keyring: Option<Arc<dyn SecretStore>>) -> Self {
        Self { keyring, ..self }
    }

    /// Whether the file at `path` needs a keyring beside its passphrase.
    pub fn is_halved(path: &Path) -> bool {
        Self::half_of(path).is_some()
    }

    /// The name under which a keyring holds the other half of the file at `path`; `None` where it has none, or there is no
    /// such file.
    pub(crate) fn half_of(path: &Path) -> Option<String> {
        let file = std::fs::read(path).ok()?;
        let header = file.first_chunk::<HEADER>()?;
        header.starts_with(HALVED).then(|| half_name(&header[20..]))
    }

    fn with<T>(&self, work: impl FnOnce(&mut Unlocked) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let mut slot = self.unlocked.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if slot.is_none() {
            *slot = Some(self.unlock()?);
        }
        let unlocked = slot.as_mut().ok_or(StoreError::KeyFileDamaged)?;
        work(unlocked)
    }

    fn unlock(&self) -> Result<Unlocked, StoreError> {
        let file = match std::fs::read(&self.path) {
            Ok(file) => file,
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => {
                return self.begin();
            }
            Err(cause) => return Err(StoreError::io(&self.path)(cause)),
        };
        let (header, body) = file.split_at_checked(HEADER).ok_or(StoreError::KeyFileDamaged)?;
        // A file that asks for a cheaper derivation than ours was not written by us.
        let magic = [ALONE, HALVED].into_iter().find(|magic| header.starts_with(*magic));
        let magic = magic.filter(|_| header[8..20] == cost_bytes(Cost::taken())).ok_or(StoreError::KeyFileDamaged)?;
        let salt: [u8; 16] = header[20..].try_into().map_err(|_| StoreError::KeyFileDamaged)?;
        let (nonce, sealed) = body.split_at_checked(24).ok_or(StoreError::KeyFileDamaged)?;
        let nonce: [u8; 24] = nonce.try_into().map_err(|_| StoreError::KeyFileDamaged)?;
        let mut key = stretch(&self.passphrase, &salt)?;
        if magic == HALVED {
            let gone = || StoreError::SecretsUnavailable("no keyring answers".to_owned());
            let half = self.keyring.as_ref().ok_or_else(gone)?.get(&half_name(&salt))?;
            key = joined(&key, &half.ok_or(StoreError::KeyHalfMissing)?);
        }
        let clear = cipher(&key)
            .decrypt(&XNonce::from(nonce), Payload { msg: sealed, aad: header })
            .map_err(|_| StoreError::WrongPassphrase)?;
        let clear = Zeroizing::new(clear);
        let secrets = serde_json::from_slice(&clear).map_err(|_| StoreError::KeyFileDamaged)?;
        Ok(Unlocked { magic, salt, key, secrets })
    }

    /// The key of a file that is not there yet; its half is in the keyring before anything is sealed with it.
    fn begin(&self) -> Result<Unlocked, StoreError> {
        let salt = random(self.entropy.as_ref());
        let key = stretch(&self.passphrase, &salt)?;
        let Some(keyring) = &self.keyring else {
            return Ok(Unlocked { magic: ALONE, salt, key, secrets: BTreeMap::new() });
        };
        let half = Zeroizing::new(random::<32>(self.entropy.as_ref()));
        keyring.set(&half_name(&salt), half.as_slice())?;
        if keyring.get(&half_name(&salt))?.is_none_or(|kept| *kept != half.as_slice()) {
            return Err(StoreError::SecretsUnavailable("the keyring keeps nothing".to_owned()));
        }
        Ok(Unlocked { magic: HALVED, salt, key: joined(&key, half.as_slice()), secrets: BTreeMap::new() })
    }

    /// Puts `secret` alone into a file under this passphrase that takes the place of the one that is there, which need not
    /// open. The half of that one stays in the keyring: [`Self::half_of`], asked before.
    ///
    /// # Errors
    /// Of the keyring and the disk: the old file stays.
    pub(super) fn replace(&self, name: &str, secret: &[u8]) -> Result<(), StoreError> {
        let mut slot = self.unlocked.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut unlocked = self.begin()?;
        unlocked.secrets.insert(name.to_owned(), secret.to_vec());
        self.write(&unlocked)?;
        *slot = Some(unlocked);
        Ok(())
    }

    fn write(&self, unlocked: &Unlocked) -> Result<(), StoreError> {
        let mut file = Vec::with_capacity(256);
        file.extend_from_slice(unlocked.magic);
        file.extend_from_slice(&cost_bytes(Cost::taken()));
        file.extend_from_slice(&unlocked.salt);
        let clear = Zeroizing::new(serde_json::to_vec(&unlocked.secrets)?);
        let nonce: [u8; 24] = random(self.entropy.as_ref());
        let sealed = cipher(&unlocked.key)
            .encrypt(&XNonce::from(nonce), Payload { msg: &clear, aad: &file })
            .map_err(|_| StoreError::KeyFileDamaged)?;
        file.extend_from_slice(&nonce);
        file.extend_from_slice(&sealed);
        write_atomically(&self.path, &file)
    }
}

impl SecretStore for SealedFile {
    fn get(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
        self.with(|unlocked| Ok(unlocked.secrets.get(name).cloned().map(Zeroizing::new)))
    }

    fn set(&self, name: &str, secret: &[u8]) -> Result<(), StoreError> {
        self.with(|unlocked| {
            unlocked.secrets.insert(name.to_owned(), secret.to_vec());
            self.write(unlocked)
        })
    }

    fn delete(&self, name: &str) -> Result<(), StoreError> {
        self.with(|unlocked| match unlocked.secrets.remove(name) {
            Some(mut gone) => {
                gone.zeroize();
                self.write(unlocked)
            }
            None => Ok(()),
        })
    }
}

fn cost_bytes(cost: Cost) -> [u8; 12] {
    let mut bytes = [0; 12];
    bytes[..4].copy_from_slice(&cost.memory_kib.to_le_bytes());
    bytes[4..8].copy_from_slice(&cost.passes.to_le_bytes());
    bytes[8..].copy_from_slice(&cost.lanes.to_le_bytes());
    bytes
}

fn stretch(passphrase: &str, salt: &[u8; 16]) -> Result<Zeroizing<[u8; 32]>, StoreError> {
    let unavailable = |error: argon2::Error| StoreError::SecretsUnavailable(error.to_string());
    let cost = Cost::taken();
    let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(32)).map_err(unavailable)?;
    let mut key = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.as_bytes(), salt, key.as_mut_slice())
        .map_err(unavailable)?;
    Ok(key)
}

fn half_name(salt: &[u8]) -> String {
    format!("lock.{}", hex::encode(salt))
}

fn joined(stretched: &[u8; 32], half: &[u8]) -> Zeroizing<[u8; 32]> {
    let both = Zeroizing::new([stretched.as_slice(), half].concat());
    Zeroizing::new(blake3::derive_key(PURPOSE, &both))
}

fn cipher(key: &[u8; 32]) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&(*key).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{Home, Keys};

    fn entropy() -> Arc<dyn Entropy> {
        Arc::new(crate::testing::Counter::default())
    }

    #[test]
    fn keys_come_back_with_the_passphrase_and_not_with_another() {
        let folder = tempfile::tempdir().unwrap();
        let first = {
            let home = Home::open(folder.path()).unwrap();
            let file = SealedFile::new(home.sealed_keys(), "correcta".into(), entropy());
            Keys::obtain(&home, &file, entropy().as_ref()).unwrap()
        };
        let home = Home::open(folder.path()).unwrap();
        let again = SealedFile::new(home.sealed_keys(), "correcta".into(), entropy());
        let second = Keys::obtain(&home, &again, entropy().as_ref()).unwrap();
        assert_eq!(first.database, second.database);
        assert_eq!(first.vault, second.vault);

        let wrong = SealedFile::new(home.sealed_keys(), "otra".into(), entropy());
        let error = Keys::obtain(&home, &wrong, entropy().as_ref()).unwrap_err();
        assert_eq!(error.code(), "store.wrong_passphrase");
        let on_disk = std::fs::read(home.sealed_keys()).unwrap();
        assert!(!on_disk.windows(32).any(|window| window == first.database.as_slice()));
    }

    #[test]
    fn no_new_key_is_made_over_an_old_database() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::open(folder.path()).unwrap();
        std::fs::write(home.database(), b"an old database").unwrap();
        let file = SealedFile::new(home.sealed_keys(), "correcta".into(), entropy());
        let error = Keys::obtain(&home, &file, entropy().as_ref()).unwrap_err();
        assert_eq!(error.code(), "store.key_missing");
        assert!(!home.sealed_keys().exists());

        // The home has its name, the keyring has been emptied.
        home.name_secret(&[7; 16]).unwrap();
        let error = Keys::obtain(&home, &file, entropy().as_ref()).unwrap_err();
        assert_eq!(error.code(), "store.key_missing");
    }

    #[test]
    fn a_file_with_a_cheaper_derivation_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.sealed");
        SealedFile::new(&path, "p".into(), entropy()).set("a", b"secret").unwrap();
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[8..12].copy_from_slice(&32_u32.to_le_bytes());
        std::fs::write(&path, bytes).unwrap();
        let error = SealedFile::new(&path, "p".into(), entropy()).get("a").unwrap_err();
        assert_eq!(error.code(), "store.key_file_damaged");
    }

    #[test]
    fn the_second_process_on_a_home_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let held = Home::open(folder.path()).unwrap();
        let error = Home::open(folder.path()).unwrap_err();
        assert_eq!(error.code(), "store.home_in_use");
        drop(held);
        Home::open(folder.path()).unwrap();
    }
}
