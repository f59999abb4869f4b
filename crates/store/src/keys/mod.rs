//! The two keys of a home, and where they are kept.
//!
//! The database key opens the SQLite file; the vault key seals what is worth more than the file (the CSD, tokens, epoch
//! keys), so that a leaked database key is not a leaked CSD. Both are random and live outside the database: in the OS
//! keyring, or in a file sealed under a passphrase. Nothing is ever written in clear.

mod boot;
pub(crate) mod by_code;
mod home;
mod lock;
mod sealed_file;
mod swap;

use zeroize::Zeroizing;

pub(crate) use boot::BootMark;
pub use by_code::keys_by_code;
pub use home::Home;
pub(crate) use home::make_private;
pub use lock::Lock;
pub use sealed_file::SealedFile;

use crate::StoreError;

/// Fills bytes from the caller's source of randomness: the store has none of its own.
pub trait Entropy: Send + Sync {
    /// Overwrites all of `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}

impl<F: Fn(&mut [u8]) + Send + Sync> Entropy for F {
    fn fill(&self, bytes: &mut [u8]) {
        self(bytes);
    }
}

/// `N` bytes from `entropy`.
pub fn random<const N: usize>(entropy: &dyn Entropy) -> [u8; N] {
    let mut bytes = [0; N];
    entropy.fill(&mut bytes);
    bytes
}

/// A place for small secrets: the OS keyring, or [`SealedFile`] where there is none.
///
/// Calls may block on D-Bus or on Argon2: not for an async thread.
pub trait SecretStore: Send + Sync {
    /// The secret under `name`, `None` when it was never set.
    ///
    /// # Errors
    /// [`StoreError::SecretsUnavailable`] when the store cannot be asked (no daemon, locked): not the same as absence.
    fn get(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError>;

    /// Sets or replaces the secret; durable when it returns.
    fn set(&self, name: &str, secret: &[u8]) -> Result<(), StoreError>;

    /// Forgets the secret; no error when there was none.
    fn delete(&self, name: &str) -> Result<(), StoreError>;
}

/// The two 256-bit keys of a home.
#[derive(Clone)]
pub struct Keys {
    /// SQLCipher's raw key.
    pub database: Zeroizing<[u8; 32]>,
    /// Seals the rows of the `vault` table.
    pub vault: Zeroizing<[u8; 32]>,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Keys(…)")
    }
}

impl Keys {
    /// Takes the keys of `home` from `secrets`, or makes them where neither keys nor database exist yet.
    ///
    /// # Errors
    /// [`StoreError::KeyMissing`] where a database exists and its key does not: a new one is never made over it.
    pub fn obtain(home: &Home, secrets: &dyn SecretStore, entropy: &dyn Entropy) -> Result<Self, StoreError> {
        let exists = home.database().exists();
        let Some(name) = home.secret_name()? else {
            if exists {
                return Err(StoreError::KeyMissing);
            }
            let name = home.name_secret(&random::<16>(entropy))?;
            return Self::make(&name, secrets, entropy);
        };
        match secrets.get(&name)? {
            Some(bytes) => Self::decode(&bytes),
            None if exists => Err(StoreError::KeyMissing),
            None => Self::make(&name, secrets, entropy),
        }
    }

    /// Two fresh keys that are kept nowhere: for a store that lives in memory.
    pub fn fresh(entropy: &dyn Entropy) -> Self {
        Self { database: Zeroizing::new(random(entropy)), vault: Zeroizing::new(random(entropy)) }
    }

    fn make(name: &str, secrets: &dyn SecretStore, entropy: &dyn Entropy) -> Result<Self, StoreError> {
        let keys = Self::fresh(entropy);
        secrets.set(name, &keys.both())?;
        Ok(keys)
    }

    /// The keys of `home`, where they are: nothing is made.
    ///
    /// # Errors
    /// Of the secret store.
    pub fn held(home: &Home, secrets: &dyn SecretStore) -> Result<Option<Self>, StoreError> {
        let Some(name) = home.secret_name()? else { return Ok(None) };
        secrets.get(&name)?.map(|bytes| Self::decode(&bytes)).transpose()
    }

    /// Asks the database of `home` whether these open it. Nobody has it open.
    ///
    /// # Errors
    /// [`StoreError::WrongKey`] where they do not.
    pub async fn fit(&self, home: &Home) -> Result<(), StoreError> {
        crate::open::fits(&home.database(), &self.database).await
    }

    /// Puts them away under the name that a home of this id asks for ([`Home::swap_in`]).
    ///
    /// # Errors
    /// Of the secret store.
    pub fn put_away(&self, id: &[u8; 16], secrets: &dyn SecretStore) -> Result<(), StoreError> {
        secrets.set(&home::secret_name(&hex::encode(id)), &self.both())
    }

    /// Both, one after the other.
    pub(crate) fn both(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(64));
        bytes.extend_from_slice(self.database.as_slice());
        bytes.extend_from_slice(self.vault.as_slice());
        bytes
    }

    /// A key for one purpose, that follows from the database's.
    pub(crate) fn purpose(&self, purpose: &str) -> [u8; 32] {
        blake3::derive_key(purpose, self.database.as_slice())
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, StoreError> {
        let both: [u8; 64] = bytes.try_into().map_err(|_| StoreError::KeyFileDamaged)?;
        let both = Zeroizing::new(both);
        let mut keys = Self { database: Zeroizing::new([0; 32]), vault: Zeroizing::new([0; 32]) };
        keys.database.copy_from_slice(&both[..32]);
        keys.vault.copy_from_slice(&both[32..]);
        Ok(keys)
    }
}
