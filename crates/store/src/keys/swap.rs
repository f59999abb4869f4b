//! Putting a restored database into a home: the one that stands is moved aside, never deleted.
//!
//! The swap is written down before its first step; whoever opens the home next ends it, should it have been cut short.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::home::{Home, remove, write_atomically};
use crate::StoreError;

const PENDING: &str = "restore.pending";
const MOVED: [&str; 3] = ["zuclubit.db", "zuclubit.db-wal", "zuclubit.db-shm"];

#[derive(Serialize, Deserialize)]
struct Pending {
    /// The name under which the keys of the restored database were put away.
    id: String,
    /// Which of those that were set aside.
    n: u32,
}

impl Home {
    /// Where a database is made of a backup.
    pub fn restoring(&self) -> PathBuf {
        self.root().join("restoring.db")
    }

    /// Puts the database at [`Home::restoring`] in the place of the one that stands, which goes to `backups` with the name
    /// of its keys; those of the new one lie under the name that follows from `id`. Nobody has either open. Where the old
    /// one is now; `None` where there was none.
    ///
    /// # Errors
    /// [`StoreError::Io`]; what was begun is ended when the home is opened next.
    pub fn swap_in(&self, id: &[u8; 16]) -> Result<Option<PathBuf>, StoreError> {
        let aside = |n: u32| self.aside(n, MOVED[0]);
        let n = (1..u32::MAX).find(|n| MOVED.iter().all(|name| !self.aside(*n, name).exists())).unwrap_or(u32::MAX);
        let stood = self.database().exists();
        let pending = Pending { id: hex::encode(id), n };
        write_atomically(&self.root().join(PENDING), &serde_json::to_vec(&pending)?)?;
        self.finish_swap()?;
        Ok(stood.then(|| aside(n)))
    }

    /// Ends a swap that was cut short.
    pub(super) fn finish_swap(&self) -> Result<(), StoreError> {
        let path = self.root().join(PENDING);
        let pending: Pending = match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)?,
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(cause) => return Err(StoreError::io(&path)(cause)),
        };
        let restoring = self.restoring();
        if restoring.exists() {
            for name in MOVED {
                rename(&self.root().join(name), &self.aside(pending.n, name))?;
            }
            if let Ok(old) = std::fs::read(self.root().join("home.id")) {
                write_atomically(&self.aside(pending.n, "home.id"), &old)?;
            }
            rename(&restoring, &self.database())?;
        }
        write_atomically(&self.root().join("home.id"), pending.id.as_bytes())?;
        self.forget_boot()?;
        remove(&path)
    }

    /// Moves a key file that cannot be read any more into `backups`.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn set_keys_aside(&self) -> Result<(), StoreError> {
        let aside = |n: u32| self.aside(n, "keys.sealed");
        let n = (1..u32::MAX).find(|n| !aside(*n).exists()).unwrap_or(u32::MAX);
        rename(&self.sealed_keys(), &aside(n))
    }

    fn aside(&self, n: u32, name: &str) -> PathBuf {
        self.backups().join(format!("replaced-{n}-{name}"))
    }
}

/// Renames what is there.
fn rename(from: &Path, to: &Path) -> Result<(), StoreError> {
    match std::fs::rename(from, to) {
        Ok(()) => Ok(()),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(cause) => Err(StoreError::io(from)(cause)),
    }
}
