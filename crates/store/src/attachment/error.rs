//! Why a file is not taken, or not given.

/// Why a file is not taken, or not given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AttachmentError {
    /// Longer than a file may be.
    #[error("the file is longer than 25 MiB")]
    TooLarge,
    /// Its bytes are not on this laptop yet.
    #[error("the file's bytes are not here yet")]
    NotHere,
    /// Its bytes are not what its name says, or its key does not open them.
    #[error("the file's bytes are not what was attached")]
    Altered,
    /// The store lies in no folder, which files need.
    #[error("the store has no folder")]
    NoFolder,
}

impl AttachmentError {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLarge => "attachment.too_large",
            Self::NotHere => "attachment.not_here",
            Self::Altered => "attachment.altered",
            Self::NoFolder => "store.no_identity",
        }
    }
}
