//! A lock on a home: its keys behind a passphrase, and where there is a keyring, behind a half that the keyring holds.

use std::path::PathBuf;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::home::{Home, remove};
use super::{Entropy, Keys, SealedFile, SecretStore};
use crate::StoreError;

/// Puts a lock on a home, gives it another passphrase, and takes it off. The home may be open meanwhile: its keys stay the
/// same. Every call blocks on Argon2.
pub struct Lock {
    root: PathBuf,
    keyring: Option<Arc<dyn SecretStore>>,
    entropy: Arc<dyn Entropy>,
}

impl Lock {
    /// Of the home at `root`.
    pub fn new(root: PathBuf, keyring: Option<Arc<dyn SecretStore>>, entropy: Arc<dyn Entropy>) -> Self {
        Self { root, keyring, entropy }
    }

    /// Whether the keys lie behind a passphrase.
    pub fn is_on(&self) -> bool {
        self.file().exists()
    }

    /// Whether a keyring answers.
    pub fn has_keyring(&self) -> bool {
        self.keyring.is_some()
    }

    /// Whether this passphrase opens the keys; nothing is changed. Without a lock every one does.
    ///
    /// # Errors
    /// [`StoreError::WrongPassphrase`]; of the keyring and the disk.
    pub fn prove(&self, current: &str) -> Result<(), StoreError> {
        let name = Home::name_at(&self.root)?.ok_or(StoreError::KeyMissing)?;
        if self.is_on() {
            self.behind(current).get(&name)?.ok_or(StoreError::KeyMissing)?;
        }
        Ok(())
    }

    /// Locks the keys behind `new`. Where they are behind another passphrase, `current` is that one.
    ///
    /// # Errors
    /// [`StoreError::WrongPassphrase`] when `current` is not; of the keyring and the disk. Nothing is lost on the way: the
    /// keys leave their place once the new one was read back.
    pub fn put(&self, current: &str, new: &str) -> Result<(), StoreError> {
        let name = Home::name_at(&self.root)?.ok_or(StoreError::KeyMissing)?;
        let keys = self.keys(&name, current)?;
        self.put_keys(&name, &keys, new)
    }

    /// Locks keys that came from elsewhere, with the recovery code. They open the database: [`Keys::fit`].
    ///
    /// # Errors
    /// As [`Lock::put`].
    pub fn reset(&self, keys: &Keys, new: &str) -> Result<(), StoreError> {
        let name = Home::name_at(&self.root)?.ok_or(StoreError::KeyMissing)?;
        self.put_keys(&name, &keys.both(), new)
    }

    /// Takes the lock off: the keyring holds the keys again.
    ///
    /// # Errors
    /// [`StoreError::WrongPassphrase`]; [`StoreError::SecretsUnavailable`] where no keyring could take them.
    pub fn take_off(&self, current: &str) -> Result<(), StoreError> {
        let name = Home::name_at(&self.root)?.ok_or(StoreError::KeyMissing)?;
        let keys = self.keys(&name, current)?;
        let keyring = self.keyring.as_ref().ok_or_else(no_keyring)?;
        if !self.is_on() {
            return Ok(());
        }
        keyring.set(&name, &keys)?;
        let back = keyring.get(&name)?;
        if back.is_none_or(|back| *back != *keys) {
            return Err(no_keyring());
        }
        let half = SealedFile::half_of(&self.file());
        remove(&self.file())?;
        remove(&self.root.join("code.sealed"))?;
        if let Some(half) = half {
            // it opens nothing any more
            let _ = keyring.delete(&half);
        }
        Ok(())
    }

    /// Forgets what a lock that was cut short left in the keyring. The passphrase has opened the home.
    ///
    /// # Errors
    /// Of the keyring.
    pub fn settle(&self) -> Result<(), StoreError> {
        match (&self.keyring, Home::name_at(&self.root)?) {
            (Some(keyring), Some(name)) if SealedFile::half_of(&self.file()).is_some() => keyring.delete(&name),
            _ => Ok(()),
        }
    }

    fn put_keys(&self, name: &str, keys: &[u8], new: &str) -> Result<(), StoreError> {
        let before = SealedFile::half_of(&self.file());
        self.behind(new).replace(name, keys)?;
        if self.behind(new).get(name)?.is_none_or(|back| *back != *keys) {
            return Err(StoreError::KeyFileDamaged);
        }
        if let Some(keyring) = &self.keyring {
            keyring.delete(name)?;
            if let Some(before) = before {
                // it opens nothing any more
                let _ = keyring.delete(&before);
            }
        }
        Ok(())
    }

    /// The keys, from behind the passphrase or out of the keyring.
    fn keys(&self, name: &str, current: &str) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        let keys = if self.is_on() {
            self.behind(current).get(name)?
        } else {
            self.keyring.as_ref().ok_or_else(no_keyring)?.get(name)?
        };
        keys.ok_or(StoreError::KeyMissing)
    }

    fn behind(&self, passphrase: &str) -> SealedFile {
        SealedFile::new(self.file(), passphrase.to_owned(), self.entropy.clone()).with_half_in(self.keyring.clone())
    }

    fn file(&self) -> PathBuf {
        self.root.join("keys.sealed")
    }
}

fn no_keyring() -> StoreError {
    StoreError::SecretsUnavailable("no keyring answers".to_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Mutex;

    use super::*;
    use crate::testing::Counter;

    #[derive(Default)]
    struct Place(Mutex<BTreeMap<String, Vec<u8>>>);

    impl SecretStore for Place {
        fn get(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
            Ok(self.0.lock().unwrap().get(name).cloned().map(Zeroizing::new))
        }

        fn set(&self, name: &str, secret: &[u8]) -> Result<(), StoreError> {
            self.0.lock().unwrap().insert(name.to_owned(), secret.to_vec());
            Ok(())
        }

        fn delete(&self, name: &str) -> Result<(), StoreError> {
            self.0.lock().unwrap().remove(name);
            Ok(())
        }
    }

    struct World {
        folder: tempfile::TempDir,
        place: Arc<Place>,
        entropy: Arc<dyn Entropy>,
        keys: Keys,
    }

    impl World {
        fn new() -> Self {
            let (folder, place) = (tempfile::tempdir().unwrap(), Arc::new(Place::default()));
            let entropy: Arc<dyn Entropy> = Arc::new(Counter::default());
            let home = Home::open(folder.path()).unwrap();
            let keys = Keys::obtain(&home, place.as_ref(), entropy.as_ref()).unwrap();
            Self { folder, place, entropy, keys }
        }

        fn lock(&self) -> Lock {
            Lock::new(self.folder.path().to_owned(), Some(self.place.clone()), self.entropy.clone())
        }

        /// What a passphrase opens, with what the keyring holds now.
        fn opened_by(&self, passphrase: &str) -> Result<Keys, StoreError> {
            let home = Home::open(self.folder.path()).unwrap();
            let file = SealedFile::new(home.sealed_keys(), passphrase.to_owned(), self.entropy.clone());
            Keys::held(&home, &file.with_half_in(Some(self.place.clone()))).map(|keys| keys.expect("the file has them"))
        }

        fn held(&self) -> Vec<String> {
            self.place.0.lock().unwrap().keys().cloned().collect()
        }
    }

    #[test]
    fn neither_the_passphrase_nor_the_keyring_opens_a_locked_home_alone() {
        let world = World::new();
        world.lock().put("", "primera frase").unwrap();
        let held = world.held();
        assert!(matches!(&held[..], [half] if half.starts_with("lock.")), "{held:?}");
        assert_eq!(world.opened_by("primera frase").unwrap().vault, world.keys.vault);
        assert_eq!(world.opened_by("otra").unwrap_err().code(), "store.wrong_passphrase");
        let half = world.place.get(&held[0]).unwrap().unwrap();
        world.place.set(&held[0], &[1; 32]).unwrap();
        assert_eq!(world.opened_by("primera frase").unwrap_err().code(), "store.wrong_passphrase");
        world.place.delete(&held[0]).unwrap();
        assert_eq!(world.opened_by("primera frase").unwrap_err().code(), "store.key_half_missing");
        world.place.set(&held[0], &half).unwrap();
        world.opened_by("primera frase").unwrap();
    }

    #[test]
    fn a_passphrase_is_proved_without_changing_anything() {
        let world = World::new();
        world.lock().prove("lo que sea").unwrap();
        world.lock().put("", "primera frase").unwrap();
        let held = world.held();
        assert_eq!(world.lock().prove("no es").unwrap_err().code(), "store.wrong_passphrase");
        world.lock().prove("primera frase").unwrap();
        assert_eq!(world.held(), held);
    }

    #[test]
    fn another_passphrase_needs_the_one_that_stands_and_the_code_needs_none() {
        let world = World::new();
        world.lock().put("", "primera frase").unwrap();
        assert_eq!(world.lock().put("no es", "segunda").unwrap_err().code(), "store.wrong_passphrase");
        world.opened_by("primera frase").unwrap();
        world.lock().put("primera frase", "segunda frase").unwrap();
        assert_eq!(world.opened_by("primera frase").unwrap_err().code(), "store.wrong_passphrase");
        world.lock().reset(&world.keys, "tercera frase").unwrap();
        assert_eq!(world.opened_by("tercera frase").unwrap().database, world.keys.database);
        assert_eq!(world.held().len(), 1, "halves of before are forgotten");
    }

    #[test]
    fn taken_off_the_keyring_holds_the_keys_again_and_nothing_else() {
        let world = World::new();
        world.lock().put("", "primera frase").unwrap();
        assert_eq!(world.lock().take_off("no es").unwrap_err().code(), "store.wrong_passphrase");
        world.lock().take_off("primera frase").unwrap();
        assert!(!world.lock().is_on());
        let home = Home::open(world.folder.path()).unwrap();
        assert_eq!(Keys::held(&home, world.place.as_ref()).unwrap().unwrap().database, world.keys.database);
        assert_eq!(world.held().len(), 1);
    }

    #[test]
    fn cut_off_between_the_two_places_the_passphrase_rules() {
        let world = World::new();
        let entry = world.held().remove(0);
        let keys = world.place.get(&entry).unwrap().unwrap();
        world.lock().put("", "primera frase").unwrap();
        // as if the keyring's entry had not gone yet
        world.place.set(&entry, &keys).unwrap();
        assert!(world.lock().is_on());
        world.lock().settle().unwrap();
        assert!(matches!(&world.held()[..], [half] if half.starts_with("lock.")));
    }
}
