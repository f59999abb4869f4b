//! Why the store refused or failed.

use std::path::PathBuf;

/// What can go wrong between a use case and the disk.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A database is there and its key is nowhere: nothing is created over it.
    #[error("the database exists but its key is missing")]
    KeyMissing,
    /// The passphrase does not open the sealed key file.
    #[error("the passphrase does not open the key file")]
    WrongPassphrase,
    /// The half of the key that the keyring held is gone: the passphrase alone does not open the key file.
    #[error("the keyring does not hold the other half of the key")]
    KeyHalfMissing,
    /// The key that was found is not this database's.
    #[error("the key does not open the database")]
    WrongKey,
    /// The key file is there and is not one we can read.
    #[error("the key file is damaged")]
    KeyFileDamaged,
    /// The keyring or the key file cannot be reached.
    #[error("the secret store is unavailable: {0}")]
    SecretsUnavailable(String),
    /// Another process works on this home.
    #[error("the home folder is in use by another process")]
    HomeInUse,
    /// A newer program wrote this database; an older one does not touch it.
    #[error("the database was written by a newer version")]
    TooNew,
    /// A newer program wrote this database, and this one may only read it: nothing is written.
    #[error("the database was written by a newer version and is only read")]
    ReadOnly,
    /// A row breaks a rule that the store itself keeps: never bad input.
    #[error("corrupt {table}.{column} in {id}")]
    Corrupt {
        /// The table, or `doc` for a document.
        table: &'static str,
        /// The column or field.
        column: &'static str,
        /// Which row.
        id: String,
    },
    /// A change that breaks the rules of a document was not applied.
    #[error("change refused: {0}")]
    ChangeRefused(#[from] crate::doc::Refusal),
    /// The key of a person is not held here, or was destroyed.
    #[error("the person key is not held")]
    PersonKeyMissing,
    /// The bag of person keys of a scope was not given to this device: it does not write there.
    #[error("the scope's bag key is not held")]
    NoBag,
    /// No company was created or joined yet.
    #[error("the store belongs to no company yet")]
    NoIdentity,
    /// A file could not be read or written.
    #[error("{path}: {cause}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
    /// The disk is full: nothing was written, reading goes on.
    #[error("the disk is full")]
    DiskFull,
    /// The scope does not hold documents or facts of this kind: nobody would read it there.
    #[error("the scope does not hold this kind")]
    Misplaced,
    /// A statement of the transaction failed before: what it left is not kept.
    #[error("the transaction failed before")]
    Spoilt,
    /// The lease of what was being done is over.
    #[error("the lease is over")]
    LeaseOver,
    /// Another device moved the process under a later lease.
    #[error("a later lease moved the process")]
    Fenced,
    /// A backup was not made, or not taken back.
    #[error("{0}")]
    Backup(#[from] crate::backup::BackupError),
    /// A file is not taken, or not given.
    #[error("{0}")]
    Attachment(#[from] crate::attachment::AttachmentError),
    /// The database said no.
    #[error("database: {0}")]
    Database(sqlx::Error),
    /// A migration failed and was rolled back.
    #[error("migration: {0}")]
    Migration(sqlx::migrate::MigrateError),
    /// A value did not become JSON or did not come back from it.
    #[error("json: {0}")]
    Json(#[from] serde_json::Error),
    /// Automerge could not read or write a document.
    #[error("document: {0}")]
    Document(#[from] automerge::AutomergeError),
}

impl StoreError {
    /// The stable code that the UI turns into a Spanish sentence.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::KeyMissing => "store.key_missing",
            Self::WrongPassphrase => "store.wrong_passphrase",
            Self::KeyHalfMissing => "store.key_half_missing",
            Self::WrongKey => "store.wrong_key",
            Self::KeyFileDamaged => "store.key_file_damaged",
            Self::SecretsUnavailable(_) => "store.secrets_unavailable",
            Self::HomeInUse => "store.home_in_use",
            Self::TooNew => "store.too_new",
            Self::ReadOnly => "store.read_only",
            Self::Corrupt { .. } => "store.corrupt",
            Self::ChangeRefused(_) => "store.change_refused",
            Self::PersonKeyMissing => "store.person_key_missing",
            Self::NoBag => "store.no_bag",
            Self::NoIdentity => "store.no_identity",
            Self::Io { .. } => "store.io",
            Self::DiskFull => "store.disk_full",
            Self::Misplaced => "store.misplaced",
            Self::Spoilt => "store.spoilt",
            Self::LeaseOver => "lease.over",
            Self::Fenced => "lease.fenced",
            Self::Backup(error) => error.code(),
            Self::Attachment(error) => error.code(),
            Self::Database(_) => "store.database",
            Self::Migration(_) => "store.migration",
            Self::Json(_) => "store.json",
            Self::Document(_) => "store.document",
        }
    }

    /// Whether it speaks of what was to be written and not of this disk: the same again fails the same way.
    pub fn is_of_content(&self) -> bool {
        match self {
            Self::Corrupt { .. } | Self::ChangeRefused(_) | Self::Misplaced | Self::Json(_) | Self::Document(_) => true,
            Self::Database(error) => {
                let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
                let code = code.and_then(|code| code.parse::<u32>().ok()).map(|code| code & 0xff);
                // of SQLite: ERROR, TOOBIG, CONSTRAINT, MISMATCH, RANGE
                matches!(code, Some(1 | 18 | 19 | 20 | 25))
            }
            _ => false,
        }
    }

    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |cause| {
            if cause.kind() == std::io::ErrorKind::StorageFull { Self::DiskFull } else { Self::Io { path, cause } }
        }
    }

    pub(crate) fn corrupt(table: &'static str, column: &'static str, id: impl std::fmt::Display) -> Self {
        Self::Corrupt { table, column, id: id.to_string() }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        // SQLITE_NOTADB is what SQLCipher answers to a wrong key; SQLITE_FULL is a full disk; SQLITE_READONLY comes of a
        // connection that was opened only to read.
        match error.as_database_error().and_then(sqlx::error::DatabaseError::code).as_deref() {
            Some("26") => Self::WrongKey,
            Some("13") => Self::DiskFull,
            Some("8") => Self::ReadOnly,
            _ => Self::Database(error),
        }
    }
}
