//! What room files take on this disk, and giving some of it up.

use std::collections::BTreeMap;

use jiff::Timestamp;
use zuc_domain::attachment::FileHash;
use zuc_domain::shared::Scope;
use zuc_protocol::ids::LogId;

use super::FileKey;
use super::files::hash_of;
use crate::store::{scope_number, scope_of};
use crate::{Store, StoreError};

/// Sealed files by where they are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FileSpace {
    /// How many are on this disk.
    pub here: u64,
    /// Their bytes.
    pub here_bytes: u64,
    /// How many are not.
    pub elsewhere: u64,
    /// Their bytes.
    pub elsewhere_bytes: u64,
}

/// A file on this disk that the relay was seen to hold, with every scope whose records name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpareFile {
    /// Names its sealed bytes.
    pub hash: FileHash,
    /// How many they are.
    pub size: u64,
    /// Whose records it hangs on.
    pub scopes: Vec<Scope>,
}

impl Store {
    /// Notes that a person wanted a file.
    pub async fn file_opened(&self, (scope, hash): FileKey, at: Timestamp) -> Result<(), StoreError> {
        let (scope, hash, at) = (scope_number(scope), hash.0.as_slice(), at.as_millisecond());
        sqlx::query!("UPDATE attachment SET opened_at = ? WHERE scope = ? AND hash = ?", at, scope, hash)
            .execute(&self.inner.pools.writer)
            .await?;
        Ok(())
    }

    /// What is here of the files that can be opened, and what is not.
    pub async fn file_space(&self) -> Result<FileSpace, StoreError> {
        let folder = self.folder()?;
        let rows = sqlx::query!(
            r#"SELECT hash AS "hash!: Vec<u8>", max(size) AS "size!: i64" FROM attachment WHERE let_go = 0
                   AND (key_id IS NULL OR key_id NOT IN (SELECT key_id FROM person_erased))
               GROUP BY hash"#
        )
        .fetch_all(self.reader())
        .await?;
        let mut space = FileSpace::default();
        for row in rows {
            let size = u64::try_from(row.size).unwrap_or(0);
            if folder.has(hash_of(&row.hash)?) {
                space.here += 1;
                space.here_bytes += size;
            } else {
                space.elsewhere += 1;
                space.elsewhere_bytes += size;
            }
        }
        Ok(space)
    }

    /// Files of more than `above` sealed bytes that are here and that the log `log` of the relay's was seen to hold for each of
    /// their scopes: what nobody wanted for longest first.
    pub async fn spare_files(&self, log: LogId, above: u64) -> Result<Vec<SpareFile>, StoreError> {
        let folder = self.folder()?;
        let (log, above) = (log.0.as_slice(), i64::try_from(above).unwrap_or(i64::MAX));
        let rows = sqlx::query!(
            r#"SELECT scope, hash, size, opened_at, relay_log IS ? AND size > ? AS "spare!: bool" FROM attachment
               WHERE let_go = 0 AND (key_id IS NULL OR key_id NOT IN (SELECT key_id FROM person_erased))"#,
            log,
            above,
        )
        .fetch_all(self.reader())
        .await?;
        let mut files: BTreeMap<FileHash, (bool, i64, SpareFile)> = BTreeMap::new();
        for row in rows {
            let (hash, size) = (hash_of(&row.hash)?, u64::try_from(row.size).unwrap_or(0));
            let none = || (true, 0, SpareFile { hash, size, scopes: Vec::new() });
            let (spare, opened, file) = files.entry(hash).or_insert_with(none);
            *spare &= row.spare;
            *opened = (*opened).max(row.opened_at.unwrap_or(0));
            file.scopes.push(scope_of(row.scope)?);
        }
        let spare = files.into_values().filter(|(spare, _, file)| *spare && folder.has(file.hash));
        let mut spare: Vec<_> = spare.map(|(_, opened, file)| (opened, file)).collect();
        spare.sort_by_key(|(opened, file)| (*opened, file.hash));
        Ok(spare.into_iter().map(|(_, file)| file).collect())
    }

    /// Takes a file off this disk. Its fact stays, and with it what fetches it again; nothing else is written, so that there is
    /// nothing to be cut between. Blocks on the disk.
    pub fn give_up(&self, hash: FileHash) -> Result<(), StoreError> {
        self.folder()?.give_up(hash)
    }
}
