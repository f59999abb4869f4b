//! What of the files is to be here, what is, and what is owed to the relay or by it.

use std::collections::BTreeSet;
use std::io::{Read, Write};

use tokio::sync::MutexGuard;
use zuc_domain::attachment::{Attachment, FileHash};
use zuc_domain::shared::Scope;
use zuc_protocol::attachment::sealed_size;
use zuc_protocol::ids::LogId;

use super::AttachmentError;
use super::folder::{Folder, NewFile};
use crate::keys::random;
use crate::store::{scope_number, scope_of};
use crate::{Store, StoreError};

/// What is here of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeldFile {
    /// All of it, and the relay's log that was last asked holds it too.
    Safe,
    /// All of it; the relay has yet to get it.
    Unsent,
    /// So many of its sealed bytes.
    Coming {
        /// That are here.
        have: u64,
        /// Of all.
        of: u64,
    },
}

/// A file that the relay is owed, or owes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwedFile {
    /// Whose record it hangs on.
    pub scope: Scope,
    /// Names its sealed bytes.
    pub hash: FileHash,
    /// How many they are.
    pub size: u64,
    /// It is here, and goes up; else it is to come down.
    pub is_here: bool,
}

impl Store {
    fn folder(&self) -> Result<Folder, StoreError> {
        Ok(Folder(self.home().ok_or(AttachmentError::NoFolder)?.attachments()))
    }

    /// To be held from before a file is sealed until its fact is written: meanwhile no sweep takes it for nobody's.
    pub async fn attaching(&self) -> MutexGuard<'_, ()> {
        self.inner.attaching.lock().await
    }

    /// Seals what `source` gives onto this disk, under a fresh key; nothing of it is here for good before a fact names it.
    /// Blocks on the disk.
    ///
    /// # Errors
    /// [`AttachmentError::TooLarge`]; [`StoreError::DiskFull`], [`StoreError::Io`].
    pub fn seal_file(&self, source: &mut dyn Read) -> Result<NewFile, StoreError> {
        let entropy = self.inner.entropy.as_ref();
        self.folder()?.seal(source, random(entropy), random(entropy))
    }

    /// Opens a file into `out`. Blocks on the disk.
    ///
    /// # Errors
    /// [`AttachmentError::NotHere`]; [`AttachmentError::Altered`]: then whatever was written is worth nothing;
    /// [`StoreError::PersonKeyMissing`] where its key is not here.
    pub fn open_file(&self, attachment: &Attachment, out: &mut dyn Write) -> Result<(), StoreError> {
        let contents = attachment.contents().ok_or(StoreError::PersonKeyMissing)?;
        let file = NewFile { hash: attachment.hash, key: contents.key, size: attachment.size };
        self.folder()?.open(&file, out)
    }

    /// What is here of a file.
    pub async fn held_file(&self, attachment: &Attachment) -> Result<HeldFile, StoreError> {
        let folder = self.folder()?;
        if !folder.has(attachment.hash) {
            let have = folder.has_of(attachment.hash);
            return Ok(HeldFile::Coming { have, of: sealed_size(attachment.size) });
        }
        let (scope, hash) = (scope_number(attachment.scope), attachment.hash.0.as_slice());
        let seen = sqlx::query_scalar!("SELECT relay_log FROM attachment WHERE scope = ? AND hash = ?", scope, hash)
            .fetch_optional(self.reader())
            .await?
            .flatten();
        let log = self.relay_log().await?;
        let safe = seen.is_some() && seen == log.map(|log| log.0.to_vec());
        Ok(if safe { HeldFile::Safe } else { HeldFile::Unsent })
    }

    /// Files that the log `log` of the relay's was not seen to hold, and those that are not here; what is small first.
    pub async fn owed_files(&self, log: LogId) -> Result<Vec<OwedFile>, StoreError> {
        let folder = self.folder()?;
        let log = log.0.as_slice();
        let rows = sqlx::query!(
            r#"SELECT scope, hash, size, relay_log IS ? AS "seen!: bool" FROM attachment
               WHERE key_id IS NULL OR key_id NOT IN (SELECT key_id FROM person_erased)
               ORDER BY size, hash"#,
            log,
        )
        .fetch_all(self.reader())
        .await?;
        let mut owed = Vec::new();
        for row in rows {
            let (scope, hash) = (scope_of(row.scope)?, hash_of(&row.hash)?);
            let is_here = folder.has(hash);
            if !is_here || !row.seen {
                owed.push(OwedFile { scope, hash, size: u64::try_from(row.size).unwrap_or(0), is_here });
            }
        }
        Ok(owed)
    }

    /// Notes that a log of the relay's holds a file whole.
    pub async fn file_seen_at(&self, file: &OwedFile, log: LogId) -> Result<(), StoreError> {
        let (scope, hash, log) = (scope_number(file.scope), file.hash.0.as_slice(), log.0.as_slice());
        sqlx::query!("UPDATE attachment SET relay_log = ? WHERE scope = ? AND hash = ?", log, scope, hash)
            .execute(&self.inner.pools.writer)
            .await?;
        Ok(())
    }

    /// Sealed bytes of a file that is here, to carry them up. Blocks on the disk.
    pub fn read_sealed(&self, hash: FileHash, at: u64, max: usize) -> Result<Vec<u8>, StoreError> {
        self.folder()?.read(hash, at, max)
    }

    /// How much of a file that is coming is here.
    pub fn come_of(&self, hash: FileHash) -> Result<u64, StoreError> {
        Ok(self.folder()?.has_of(hash))
    }

    /// Adds bytes that came where a file ends. Once it is as long as it is to be it is taken, if it is what its name says.
    /// Blocks on the disk.
    ///
    /// # Errors
    /// [`AttachmentError::Altered`]: nothing of it is kept.
    pub fn take_sealed(&self, file: &OwedFile, bytes: &[u8]) -> Result<(), StoreError> {
        let folder = self.folder()?;
        folder.append(file.hash, bytes)?;
        let have = folder.has_of(file.hash);
        if have > file.size {
            folder.drop_part(file.hash)?;
            return Err(AttachmentError::Altered.into());
        }
        if have == file.size { folder.finish(file.hash) } else { Ok(()) }
    }

    /// Whether the bytes of a file that is here are still what its name says; if not they are thrown away, to be fetched
    /// again. Blocks on the disk.
    pub fn is_sound(&self, hash: FileHash) -> Result<bool, StoreError> {
        self.folder()?.is_sound(hash)
    }

    /// Files that are to be here.
    pub(crate) async fn known_files(&self) -> Result<BTreeSet<FileHash>, StoreError> {
        let rows = sqlx::query_scalar!(
            "SELECT hash FROM attachment WHERE key_id IS NULL OR key_id NOT IN (SELECT key_id FROM person_erased)"
        )
        .fetch_all(self.reader())
        .await?;
        rows.iter().map(|hash| hash_of(hash)).collect()
    }

    /// Files of persons who were forgotten.
    pub(crate) async fn forgotten_files(&self) -> Result<BTreeSet<FileHash>, StoreError> {
        let rows =
            sqlx::query_scalar!("SELECT hash FROM attachment WHERE key_id IN (SELECT key_id FROM person_erased)")
                .fetch_all(self.reader())
                .await?;
        rows.iter().map(|hash| hash_of(hash)).collect()
    }

    /// Deletes every file that no fact of this device names any more, or whose person was forgotten. A store without a
    /// folder has none.
    pub async fn sweep_files(&self) -> Result<(), StoreError> {
        let Ok(folder) = self.folder() else { return Ok(()) };
        let _nothing_is_attached = self.attaching().await;
        let kept = self.known_files().await?;
        let swept = tokio::task::spawn_blocking(move || folder.sweep(&kept)).await;
        let swept = swept.map_err(|_| AttachmentError::NoFolder)??;
        if swept > 0 {
            tracing::info!(files = swept, "files that nobody holds any more were deleted");
        }
        Ok(())
    }
}

fn hash_of(bytes: &[u8]) -> Result<FileHash, StoreError> {
    bytes.try_into().map(FileHash).map_err(|_| StoreError::corrupt("attachment", "hash", hex::encode(bytes)))
}
