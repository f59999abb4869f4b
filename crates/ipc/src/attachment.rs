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
    /// `safe`: here and at the relay; `unsent`: here, on its way up; `coming`: on its way here.
    pub state: String,
    /// Of 100 that have gone up or come down, while some have.
    pub percent: u8,
    /// Whether the person may take it away.
    pub may_remove: bool,
}
