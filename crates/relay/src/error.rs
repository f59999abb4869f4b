//! Why the relay refuses, with the stable code clients decide by.

use zuc_protocol::{ProtocolError, control::ControlError};
use zuc_relay_store::StoreError;

/// Why the relay refuses.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Bytes or signatures.
    #[error(transparent)]
    Protocol(#[from] ProtocolError),
    /// The control log.
    #[error(transparent)]
    Control(#[from] ControlError),
    /// A rule of the relay; the code is stable.
    #[error("refused: {0}")]
    Refused(&'static str),
    /// Who asks is not known, or their session is over.
    #[error("no session")]
    NoSession,
    /// Who asks may not.
    #[error("not allowed")]
    NotAllowed,
    /// There is no such thing.
    #[error("not found: {0}")]
    NotFound(&'static str),
    /// Too many requests.
    #[error("too many requests")]
    TooMany {
        /// When to come back.
        retry_after_s: u64,
    },
    /// The relay's own files.
    #[error("the relay's files cannot be used")]
    Files(#[source] std::io::Error),
}

impl RelayError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Store(error) => error.code(),
            Self::Protocol(error) => error.code(),
            Self::Control(error) => error.code(),
            Self::Refused(code) => code,
            Self::NoSession => "relay.no_session",
            Self::NotAllowed => "relay.not_allowed",
            Self::NotFound(_) => "relay.not_found",
            Self::TooMany { .. } => "relay.too_many_requests",
            Self::Files(_) => "relay.files",
        }
    }

    /// Whether it is the relay's fault and not the caller's.
    pub fn is_ours(&self) -> bool {
        matches!(self, Self::Files(_) | Self::Store(StoreError::Unavailable(_) | StoreError::Corrupt { .. }))
    }
}
