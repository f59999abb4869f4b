//! What a home notes of its database outside of it.

use std::collections::BTreeMap;
use std::io::Write;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::home::{Home, write_atomically};
use crate::StoreError;

const MARK: &str = "boot.mark";
const SEALED: &str = "boot.sealed";
/// A scope and a number.
const NOTE: usize = 16;

/// The mark of a boot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BootMark {
    /// Random; the database has the same.
    pub(crate) mark: String,
    /// The file that the database lies in, where the system numbers files: a folder that was copied back has others.
    pub(crate) file: Option<u64>,
    /// Whose home it is.
    pub(crate) company: Uuid,
}

impl Home {
    /// The mark of the last boot; one that cannot be read is none.
    pub(crate) fn boot_mark(&self) -> Option<BootMark> {
        serde_json::from_slice(&std::fs::read(self.root().join(MARK)).ok()?).ok()
    }

    /// The company whose home it is, as the last boot noted.
    pub fn company(&self) -> Option<Uuid> {
        self.boot_mark().map(|mark| mark.company)
    }

    pub(crate) fn set_boot_mark(&self, mark: &BootMark) -> Result<(), StoreError> {
        write_atomically(&self.root().join(MARK), &serde_json::to_vec(mark)?)?;
        self.forget_sealed()
    }

    /// Forgets the mark: another database is put here.
    pub(super) fn forget_boot(&self) -> Result<(), StoreError> {
        super::home::remove(&self.root().join(MARK))?;
        self.forget_sealed()
    }

    fn forget_sealed(&self) -> Result<(), StoreError> {
        super::home::remove(&self.root().join(SEALED))
    }

    /// The number of the file of the database, where the system has one.
    #[cfg(unix)]
    pub(crate) fn file_of_database(&self) -> Option<u64> {
        let about = std::fs::metadata(self.database()).ok()?;
        Some(std::os::unix::fs::MetadataExt::ino(&about))
    }

    /// The number of the file of the database, where the system has one.
    #[cfg(not(unix))]
    #[expect(clippy::unused_self, reason = "where files have numbers, it is this home's that is asked for")]
    pub(crate) fn file_of_database(&self) -> Option<u64> {
        None
    }

    /// Notes that a batch is about to leave. Not synced: it must outlive the program, not the power.
    pub(crate) fn note_sealed(&self, scope: i64, number: i64) -> Result<(), StoreError> {
        let path = self.root().join(SEALED);
        let note = [scope.to_le_bytes(), number.to_le_bytes()].concat();
        let file = std::fs::OpenOptions::new().create(true).append(true).open(&path);
        file.and_then(|mut file| file.write_all(&note)).map_err(StoreError::io(&path))
    }

    /// The highest number of each scope that was noted since the last mark.
    pub(crate) fn sealed_since(&self) -> BTreeMap<i64, i64> {
        let mut sealed = BTreeMap::new();
        for note in std::fs::read(self.root().join(SEALED)).unwrap_or_default().chunks_exact(NOTE) {
            let (Some(scope), Some(number)) = (note.first_chunk(), note.last_chunk()) else { continue };
            let highest = sealed.entry(i64::from_le_bytes(*scope)).or_insert(0);
            *highest = i64::from_le_bytes(*number).max(*highest);
        }
        sealed
    }
}
