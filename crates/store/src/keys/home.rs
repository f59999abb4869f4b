//! The folder of one device: what lies where, and the lock that keeps a second process out.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::StoreError;

/// An opened home. While it lives, no other process opens the same folder.
#[derive(Debug)]
pub struct Home {
    root: PathBuf,
    _lock: File,
}

impl Home {
    /// Opens or creates the folder (mode 0700) and takes its lock.
    ///
    /// # Errors
    /// [`StoreError::HomeInUse`] when another process holds it.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let root = root.into();
        make_private(&root)?;
        let path = root.join("lock");
        let lock =
            OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(StoreError::io(&path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StoreError::HomeInUse),
            Err(TryLockError::Error(cause)) => return Err(StoreError::io(&path)(cause)),
        }
        for folder in ["attachments", "backups", "logs"] {
            make_private(&root.join(folder))?;
        }
        let home = Self { root, _lock: lock };
        home.finish_swap()?;
        crate::backup::sweep(&home.backups(), &home.restoring());
        Ok(home)
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The encrypted database.
    pub fn database(&self) -> PathBuf {
        self.root.join("zuclubit.db")
    }

    /// Moves the database and its sealed keys into `backups`, beside older ones: a founding that did not come to its end must
    /// not stand in the way of the next, and nothing is thrown away. No store may be open over it.
    ///
    /// # Errors
    /// [`StoreError::Io`] when a file cannot be moved.
    pub fn set_aside(&self) -> Result<(), StoreError> {
        let moves = ["zuclubit.db", "zuclubit.db-wal", "zuclubit.db-shm", "keys.sealed"];
        // what was set aside before stays what it was
        let aside = |n: u32, name: &str| self.backups().join(format!("unfinished-{n}-{name}"));
        let n = (1..u32::MAX).find(|n| moves.iter().all(|name| !aside(*n, name).exists())).unwrap_or(u32::MAX);
        for name in moves {
            let file = self.root.join(name);
            match std::fs::rename(&file, aside(n, name)) {
                Ok(()) => {}
                Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => {}
                Err(cause) => return Err(StoreError::io(&file)(cause)),
            }
        }
        Ok(())
    }

    /// The key file of a home without a keyring.
    pub fn sealed_keys(&self) -> PathBuf {
        self.root.join("keys.sealed")
    }

    /// The keys once more, for the recovery code: where a passphrase locks them.
    pub(crate) fn keys_for_code(&self) -> PathBuf {
        self.root.join("code.sealed")
    }

    /// Files by the hash of their sealed bytes.
    pub fn attachments(&self) -> PathBuf {
        self.root.join("attachments")
    }

    /// What was set aside, and copies while a backup is made.
    pub fn backups(&self) -> PathBuf {
        self.root.join("backups")
    }

    /// The backups of a home whose person has chosen no other folder; made with the first of them.
    pub fn own_backups(&self) -> PathBuf {
        self.root.join("respaldos")
    }

    /// Log files, free of personal data.
    pub fn logs(&self) -> PathBuf {
        self.root.join("logs")
    }

    /// The name of this home's keys in a secret store; `None` before the first opening.
    pub(super) fn secret_name(&self) -> Result<Option<String>, StoreError> {
        Self::name_at(&self.root)
    }

    /// The same, of a folder that is not opened.
    pub(crate) fn name_at(root: &Path) -> Result<Option<String>, StoreError> {
        let path = root.join("home.id");
        match std::fs::read_to_string(&path) {
            Ok(text) if text.trim().len() == 32 => Ok(Some(secret_name(text.trim()))),
            Ok(_) => Err(StoreError::KeyFileDamaged),
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(StoreError::io(&path)(cause)),
        }
    }

    /// Gives this home its name: random, so that a copied folder does not guess another's.
    pub(super) fn name_secret(&self, id: &[u8; 16]) -> Result<String, StoreError> {
        let id = hex::encode(id);
        write_atomically(&self.root.join("home.id"), id.as_bytes())?;
        Ok(secret_name(&id))
    }
}

pub(super) fn secret_name(id: &str) -> String {
    format!("home.{id}")
}

pub(crate) fn make_private(path: &Path) -> Result<(), StoreError> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(StoreError::io(path))
}

/// Writes beside, syncs, renames, syncs the folder: after a crash the old file or the new one, never a half.
pub(super) fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let beside = path.with_extension("new");
    let mut options = OpenOptions::new();
    options.create(true).truncate(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside).map_err(StoreError::io(&beside))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(StoreError::io(&beside))?;
    std::fs::rename(&beside, path).map_err(StoreError::io(path))?;
    if let Some(folder) = path.parent() {
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(StoreError::io(folder))?;
    }
    Ok(())
}

/// Deletes a file that may not be there.
pub(super) fn remove(path: &Path) -> Result<(), StoreError> {
    match std::fs::remove_file(path) {
        // what was deleted does not come back after a power cut
        Ok(()) => match path.parent() {
            Some(folder) => File::open(folder).and_then(|folder| folder.sync_all()).map_err(StoreError::io(folder)),
            None => Ok(()),
        },
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(cause) => Err(StoreError::io(path)(cause)),
    }
}
