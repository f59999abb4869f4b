//! Why a backup was not made or not taken back.

/// What is wrong with a backup, its folder or its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BackupError {
    /// No file is there.
    #[error("there is no such file")]
    NotFound,
    /// The file is something else.
    #[error("the file is not a backup")]
    NotOne,
    /// The file was a backup and its bytes changed since.
    #[error("the backup is damaged")]
    Damaged,
    /// The keys of this home do not open it: it takes the recovery code.
    #[error("the backup was made by another home: it takes the recovery code")]
    NeedsCode,
    /// The recovery code is not that of the company that made it.
    #[error("the recovery code does not open the backup")]
    WrongCode,
    /// It is another company's, and this home has one.
    #[error("the backup is another company's")]
    OtherCompany,
    /// The keys of persons are not beside it.
    #[error("the keys of persons are not beside the backup")]
    NamesMissing,
    /// The folder for backups is not there.
    #[error("the folder for backups is not there")]
    FolderGone,
    /// The folder cannot be written to.
    #[error("the folder for backups cannot be written to")]
    FolderShut,
    /// The folder's disk has no room.
    #[error("no room where the backup goes")]
    NoRoom,
    /// There is none to try.
    #[error("there is no backup yet")]
    None,
}

impl BackupError {
    /// The stable code that the UI turns into a Spanish sentence.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotFound => "backup.not_found",
            Self::NotOne => "backup.not_one",
            Self::Damaged => "backup.damaged",
            Self::NeedsCode => "backup.needs_code",
            Self::WrongCode => "backup.wrong_code",
            Self::OtherCompany => "backup.other_company",
            Self::NamesMissing => "backup.names_missing",
            Self::FolderGone => "backup.folder_gone",
            Self::FolderShut => "backup.folder_shut",
            Self::NoRoom => "backup.no_room",
            Self::None => "backup.none",
        }
    }
}
