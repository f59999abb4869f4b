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

/// What is here of a file whose record can be read.
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
        /// The relay's log that was last asked was seen to hold it whole.
        at_relay: bool,
    },
    /// All of it, and the relay takes it no more: it was let go, and somebody brought it back.
    Alone,
    /// Nothing, for good: it was let go.
    Gone,
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
    /// The relay's log was seen to hold it whole.
    pub seen: bool,
}

impl Store {
    pub(super) fn folder(&self) -> Result<Folder, StoreError> {
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
        let (scope, hash) = (scope_number(attachment.scope), attachment.hash.0.as_slice());
        let row = sqlx::query!(
            r#"SELECT relay_log, let_go AS "let_go!: bool" FROM attachment WHERE scope = ? AND hash = ?"#,
            scope,
            hash,
        )
        .fetch_optional(self.reader())
        .await?;
        let is_over = row.as_ref().is_some_and(|row| row.let_go);
        let log = self.relay_log().await?;
        let seen = row.and_then(|row| row.relay_log);
        let at_relay = seen.is_some() && seen == log.map(|log| log.0.to_vec());
        Ok(match (folder.has(attachment.hash), is_over) {
            (true, true) => HeldFile::Alone,
            (false, true) => HeldFile::Gone,
            (true, false) if at_relay => HeldFile::Safe,
            (true, false) => HeldFile::Unsent,
            (false, false) => {
                let have = folder.has_of(attachment.hash);
                HeldFile::Coming { have, of: sealed_size(attachment.size), at_relay }
            }
        })
    }

    /// Files that the log `log` of the relay's was not seen to hold, and those that are not here; what is small first.
    pub async fn owed_files(&self, log: LogId) -> Result<Vec<OwedFile>, StoreError> {
        let folder = self.folder()?;
        let log = log.0.as_slice();
        let rows = sqlx::query!(
            r#"SELECT scope, hash, size, relay_log IS ? AS "seen!: bool" FROM attachment
               WHERE let_go = 0 AND (key_id IS NULL OR key_id NOT IN (SELECT key_id FROM person_erased))
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
                let size = u64::try_from(row.size).unwrap_or(0);
                owed.push(OwedFile { scope, hash, size, is_here, seen: row.seen });
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

    /// Whether all of a file is here.
    pub fn has_file(&self, hash: FileHash) -> Result<bool, StoreError> {
        Ok(self.folder()?.has(hash))
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

    /// Files that are to be here; one that was let go and brought back by somebody for whom it was not is.
    pub(crate) async fn known_files(&self) -> Result<BTreeSet<FileHash>, StoreError> {
        let rows = sqlx::query_scalar!(
            "SELECT hash FROM attachment WHERE NOT (let_go = 1 AND away_at IS NOT NULL)
                 AND (key_id IS NULL OR key_id NOT IN (SELECT key_id FROM person_erased))"
        )
        .fetch_all(self.reader())
        .await?;
        rows.iter().map(|hash| hash_of(hash)).collect()
    }

    /// Files that nothing opens any more: of persons who were forgotten, and those whose time in the bin is over.
    pub(crate) async fn forgotten_files(&self) -> Result<BTreeSet<FileHash>, StoreError> {
        let rows = sqlx::query_scalar!(
            "SELECT hash FROM attachment WHERE let_go = 1 AND away_at IS NOT NULL
                 OR key_id IN (SELECT key_id FROM person_erased)"
        )
        .fetch_all(self.reader())
        .await?;
        let mut gone = rows.iter().map(|hash| hash_of(hash)).collect::<Result<BTreeSet<_>, _>>()?;
        // what another record names as well is not gone
        let known = self.known_files().await?;
        gone.retain(|hash| !known.contains(hash));
        Ok(gone)
    }

    /// Deletes every file that no fact of this device names any more, or that nothing opens. A store without a
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

pub(super) fn hash_of(bytes: &[u8]) -> Result<FileHash, StoreError> {
    bytes.try_into().map(FileHash).map_err(|_| StoreError::corrupt("attachment", "hash", hex::encode(bytes)))
}
