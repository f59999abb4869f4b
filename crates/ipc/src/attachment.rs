//! Archivos: what hangs on a prospect or a customer.

use serde::{Deserialize, Serialize};

use crate::shared::Changes;

/// A file to hang on a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileNew {
    /// Prospect or customer.
    pub subject_id: String,
    /// Where it lies on this computer.
    pub path: String,
}

/// What was done with a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileDone {
    /// The file.
    pub id: String,
    /// What to reload.
    pub changes: Changes,
}

/// A file of a record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRow {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// Who attached it.
    pub by: String,
    /// When, RFC 3339.
    pub at: String,
    /// `safe`: here and at the relay; `unsent`: here, on its way up; `coming`: on its way here;
    /// `elsewhere`: at the relay, and fetched when it is opened; `missing`: the same, and the relay has not got it (again) yet;
    /// `fetching`: on its way because somebody opens it; `alone`: here, and the relay takes it no more; `gone`: nowhere any more.
    pub state: String,
    /// Of 100 that have gone up or come down, while some have.
    pub percent: u8,
    /// Whether the person may take it away.
    pub may_remove: bool,
}

/// What room files take on this computer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileSpace {
    /// Every file is kept here.
    pub all: bool,
    /// Else only those that are opened, within so many MiB; 0 where all are.
    pub limit_mib: u32,
    /// How many files are here.
    pub here: u64,
    /// Their bytes.
    pub here_bytes: u64,
    /// How many are not.
    pub elsewhere: u64,
    /// Their bytes.
    pub elsewhere_bytes: u64,
}

/// Which files to keep.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileSpaceSet {
    /// All of them.
    pub all: bool,
    /// Else the room for those that are opened, in MiB.
    pub limit_mib: u32,
}
