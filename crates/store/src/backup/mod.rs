//! Backups: a copy of the database without its read tables in one file, the keys of persons beside it, and the way back.

mod copy;
mod disk;
mod error;
mod file;
mod files;
mod people;
mod restore;
mod shelf;
mod tables;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::ZonedDateTime;
#[cfg(test)]
use sqlx::AssertSqlSafe;
use sqlx::SqliteConnection;
use zuc_protocol::ids::{CompanyId, DeviceId};

use crate::keys::{Entropy, Keys};
use crate::{Store, StoreError};
use copy::Copied;
use disk::at_folder;
use people::People;

pub(crate) use copy::{ASIDE, remove, sweep};

pub use error::BackupError;
pub use file::{Backup, Header, Reason};
pub use restore::{Restored, Tried};
pub use shelf::backups_in;

/// Setting: the folders in which backups lie, as JSON; an erasure reaches the keys of persons in each.
const FOLDERS: &str = "backup_folders";
/// Setting: those of them that were not there when the keys of persons had to be written anew.
const OWED: &str = "backup_folders_owed";
/// Setting: the folder that a person chose; without it the home's own.
pub const FOLDER: &str = "backup_folder";

/// What a backup or a restoration is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The database is copied.
    Copy,
    /// The backup is written.
    Write,
    /// It is read back.
    Check,
    /// It is read.
    Read,
    /// Read tables are made again.
    Project,
    /// What came of it is verified.
    Verify,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What it is at.
    pub step: Step,
    /// Bytes of this step; 0 of 0 where nobody can say.
    pub done: u64,
    /// All of them.
    pub total: u64,
}

/// Who is told of it.
pub type Told = dyn Fn(Progress) + Send + Sync;

/// A backup to be made.
#[derive(Debug, Clone)]
pub struct BackupOrder {
    /// Into which folder; it is made where it is the home's own.
    pub folder: PathBuf,
    /// When, by the calendar of those who will look for it.
    pub at: ZonedDateTime,
    /// Why.
    pub reason: Reason,
}

impl Store {
    /// Makes a backup; work goes on meanwhile. Older ones of this laptop in the folder that are not kept are deleted.
    ///
    /// # Errors
    /// [`BackupError`] for what is wrong with the folder, [`StoreError::DiskFull`] where the home's own disk is full;
    /// [`StoreError::ReadOnly`].
    pub async fn back_up(&self, order: &BackupOrder, told: Arc<Told>) -> Result<Backup, StoreError> {
        // which tables of a later version hold names, and must not be in it, this one does not know
        self.writable()?;
        let home = self.home().ok_or(StoreError::NoIdentity)?;
        let _one = self.inner.backing.lock().await;
        prepare(&order.folder, &home.own_backups())?;
        told(Progress { step: Step::Copy, done: 0, total: 0 });
        // before the copy: what is taken back knows where its backups lie, for whoever is forgotten then
        self.remember_backups_in(&order.folder).await?;
        let from = self.reader().acquire().await?.detach();
        let copied = copy::make(from, &self.inner.keys, &home.backups()).await?.ok_or(StoreError::NoIdentity)?;
        let made = self.shelve(&copied, order, told).await;
        remove(&copied.path);
        made
    }

    async fn shelve(&self, copied: &Copied, order: &BackupOrder, told: Arc<Told>) -> Result<Backup, StoreError> {
        // before the backup: its names must never be without their keys. As they are by now: who was forgotten
        // meanwhile stays forgotten
        self.put_people(&order.folder, (copied.company, copied.device)).await?;
        self.put_files_beside(&order.folder).await?;
        shelve(copied, &self.inner.keys, self.inner.entropy.as_ref(), order, told).await
    }

    async fn put_people(&self, folder: &Path, whose: (CompanyId, DeviceId)) -> Result<(), StoreError> {
        let _one = self.inner.people.lock().await;
        // rows and the keys of their bags as one moment has them
        let mut tx = self.reader().begin().await?;
        let people = People::of(&mut tx, &self.inner.keys).await?;
        tx.rollback().await?;
        people.write(folder, whose, &self.inner.keys, self.inner.entropy.as_ref())
    }

    /// Remembers that backups of this laptop lie in a folder: an erasure reaches the keys of persons beside them.
    pub async fn remember_backups_in(&self, folder: &Path) -> Result<(), StoreError> {
        let mut folders = self.folders(FOLDERS).await?;
        if !folders.iter().any(|known| known == folder) {
            folders.push(folder.to_owned());
            self.set_setting(FOLDERS, &serde_json::to_string(&folders)?).await?;
        }
        Ok(())
    }

    async fn folders(&self, setting: &str) -> Result<Vec<PathBuf>, StoreError> {
        let folders = self.setting(setting).await?;
        Ok(folders.map(|folders| serde_json::from_str(&folders)).transpose()?.unwrap_or_default())
    }

    /// Writes the keys of persons anew wherever backups of this laptop lie; folders that are not there now are owed it.
    pub(crate) async fn renew_people(&self) -> Result<(), StoreError> {
        let folders = self.folders(FOLDERS).await?;
        self.renew_people_in(folders).await
    }

    /// The same in the folders that were not there then. How many still are not.
    pub async fn renew_owed_people(&self) -> Result<usize, StoreError> {
        let owed = self.folders(OWED).await?;
        if owed.is_empty() {
            return Ok(0);
        }
        self.renew_people_in(owed).await?;
        Ok(self.folders(OWED).await?.len())
    }

    async fn renew_people_in(&self, folders: Vec<PathBuf>) -> Result<(), StoreError> {
        let Some(identity) = self.identity().filter(|_| !folders.is_empty()) else { return Ok(()) };
        let whose = (CompanyId::from_uuid(identity.company.0), DeviceId::from_uuid(identity.device.0));
        let gone = self.forgotten_files().await?;
        let mut owed = Vec::new();
        for folder in folders {
            if people::place(&folder, whose.1).exists() {
                let put = self.put_people(&folder, whose).await;
                if let Err(error) = put.and_then(|()| files::forget(&folder, &gone)) {
                    tracing::warn!(code = error.code(), "keys of persons beside backups could not be written anew");
                    owed.push(folder);
                }
            } else {
                owed.push(folder);
            }
        }
        if owed.is_empty() {
            self.delete_setting(OWED).await
        } else {
            self.set_setting(OWED, &serde_json::to_string(&owed)?).await
        }
    }

    /// Writes a copy beside, encrypted under the same key (`VACUUM INTO`): never a copy of a live file.
    pub async fn copy_to(&self, path: &Path) -> Result<(), StoreError> {
        let path = path.to_string_lossy().into_owned();
        sqlx::query("VACUUM INTO ?").bind(path).execute(&self.inner.pools.writer).await?;
        Ok(())
    }

    /// Every page in clear: only to look for what must not be there.
    #[cfg(test)]
    pub(crate) async fn export_plain(&self, path: &Path) -> Result<(), StoreError> {
        let mut conn = self.inner.pools.writer.acquire().await?;
        let path = path.to_string_lossy().replace('\'', "''");
        for sql in [
            format!("ATTACH DATABASE '{path}' AS plain KEY ''"),
            "SELECT sqlcipher_export('plain')".to_owned(),
            "DETACH DATABASE plain".to_owned(),
        ] {
            sqlx::query(AssertSqlSafe(sql)).execute(&mut *conn).await?;
        }
        Ok(())
    }
}

/// Makes a backup of a database that a migration is about to change: in the folder that a person chose, or where that is
/// not there, in the home's own. Nothing where no company is in it yet.
pub(crate) async fn before_migration(
    mut from: SqliteConnection,
    home: &crate::keys::Home,
    keys: &Keys,
    entropy: &dyn Entropy,
    at: &ZonedDateTime,
) -> Result<(), StoreError> {
    let chosen =
        sqlx::query_scalar!("SELECT value FROM setting WHERE name = ?", FOLDER).fetch_optional(&mut from).await?;
    let own = home.own_backups();
    let Some(copied) = copy::make(from, keys, &home.backups()).await? else { return Ok(()) };
    let told: Arc<Told> = Arc::new(|_| {});
    let mut made = Err(BackupError::FolderGone.into());
    for folder in chosen.map(PathBuf::from).into_iter().chain([own.clone()]) {
        let order = BackupOrder { folder, at: at.clone(), reason: Reason::Migration };
        let whose = (copied.company, copied.device);
        made = match prepare(&order.folder, &own) {
            Ok(()) => match copied
                .people
                .write(&order.folder, whose, keys, entropy)
                .and_then(|()| files::put_beside(&home.attachments(), &order.folder))
            {
                Ok(()) => shelve(&copied, keys, entropy, &order, told.clone()).await,
                Err(error) => Err(error),
            },
            Err(error) => Err(error),
        };
        if made.is_ok() {
            break;
        }
    }
    remove(&copied.path);
    let made = made?;
    tracing::info!(schema = made.header.schema, "a backup was made before a migration");
    Ok(())
}

async fn shelve(
    copied: &Copied,
    keys: &Keys,
    entropy: &dyn Entropy,
    order: &BackupOrder,
    told: Arc<Told>,
) -> Result<Backup, StoreError> {
    let made = (order.at.timestamp().as_millisecond(), order.reason, copied.schema);
    let header = Header::new((copied.company, copied.device), &copied.root, keys, entropy, made)?;
    let to = shelf::place(&order.folder, order.at.datetime(), copied.device);
    let (copy, keys) = (copied.path.clone(), keys.clone());
    // a slow disk must not hold up whatever else this thread does
    let written = tokio::task::spawn_blocking(move || file::write(&copy, &to, header, &keys, told.as_ref()));
    let backup = written.await.map_err(|_| BackupError::FolderGone)??;
    // the one that is about to be taken back may be the oldest
    let gone = match order.reason {
        Reason::Restore => 0,
        _ => shelf::prune(&order.folder, copied.device, order.at.time_zone())?,
    };
    if gone > 0 {
        tracing::info!(backups = gone, "older backups were deleted");
    }
    Ok(backup)
}

/// The home's own folder is made; any other must be there: a disk that is not plugged in leaves no folder of its name.
fn prepare(folder: &Path, own: &Path) -> Result<(), StoreError> {
    if folder == own {
        return crate::keys::make_private(folder);
    }
    let is_folder = std::fs::metadata(folder).map_err(at_folder(folder))?.is_dir();
    if is_folder { Ok(()) } else { Err(BackupError::FolderGone.into()) }
}
