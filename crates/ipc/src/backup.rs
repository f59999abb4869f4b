//! Backups of this device, and taking one back.

use serde::{Deserialize, Serialize};

/// One backup of the folder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupRow {
    /// Where it lies.
    pub path: String,
    /// RFC 3339.
    pub at: String,
    /// `daily`, `manual`, `migration`, `restore`: before another took its place.
    pub reason: String,
    /// In bytes.
    pub size: u64,
    /// Whether this laptop made it.
    pub own: bool,
}

/// How the backups of this device stand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupView {
    /// The folder.
    pub folder: String,
    /// Whether it is the one inside the data, on this very disk.
    pub inside: bool,
    /// Newest first; none while the folder is not there.
    pub rows: Vec<BackupRow>,
    /// Code of why the last try failed, when it did.
    pub failed: Option<String>,
    /// RFC 3339 of that try.
    pub failed_at: String,
    /// The one that was made just now, when one was.
    pub made: Option<BackupRow>,
    /// RFC 3339 of the last trial that went well, empty when there was none.
    pub tried_at: String,
    /// Whether that, or the first backup, is a month ago.
    pub trial_due: bool,
    /// Files of records that are not on this computer: no backup of it has their bytes.
    pub files_elsewhere: u64,
}

/// Where to; empty for the folder that is set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupTo {
    /// A folder.
    pub folder: String,
}

/// How far a backup, a trial or a restoration is; sent as the event `backup-progress`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupProgress {
    /// `copy`, `write`, `check`, `read`, `project`, `verify`.
    pub step: String,
    /// Bytes of this step; 0 of 0 where nobody can say.
    pub done: u64,
    /// All of them.
    pub total: u64,
}

/// What came of trying the newest backup.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupTried {
    /// RFC 3339 of the backup.
    pub at: String,
    /// Documents and facts in it.
    pub records: u64,
    /// Whether it holds what it was made of, and nothing is wrong.
    pub good: bool,
    /// `code: detail` of what is not as it must be.
    pub problems: Vec<String>,
    /// Spanish, one sentence.
    pub text: String,
}

/// A backup to be taken back. Not printed.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoreAsk {
    /// The file.
    pub file: String,
    /// The recovery code, where the keys of this device do not open it; else empty.
    pub code: String,
    /// Without the names of persons, whose keys are not beside it.
    pub nameless: bool,
}

/// What was taken back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoreDone {
    /// RFC 3339 of the backup.
    pub at: String,
    /// Persons who were forgotten since.
    pub forgotten: u64,
    /// Changes of the data before that were not sent: they are in what was set aside only.
    pub unsent: u64,
    /// Where the data before are now; empty where there were none.
    pub aside: String,
    /// Where the backup of them is that was made before; empty where there was nothing that opens.
    pub before: String,
    /// Spanish, one sentence.
    pub text: String,
}
