//! Why a control record does not stand.

use crate::error::ProtocolError;
use crate::ids::ControlHash;

/// Why a control record is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ControlError {
    /// The bytes or the signature are wrong.
    #[error(transparent)]
    Protocol(#[from] ProtocolError),
    /// The head is another: pull and sign again.
    #[error("the control log has moved on")]
    Conflict {
        /// The head.
        head: ControlHash,
    },
    /// The author may not do this.
    #[error("the author has no right to this act")]
    NotAllowed,
    /// The act contradicts the log: a device that exists, a person that does not, a wrap to somebody without the right.
    #[error("the act contradicts the log: {0}")]
    Contradiction(&'static str),
    /// A mark below what the relay has acknowledged.
    #[error("a mark lies below an acknowledged batch")]
    MarkStale,
    /// Two successors of one head: only the recovery code settles it.
    #[error("the control log has forked")]
    Forked,
}

impl ControlError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Protocol(error) => error.code(),
            Self::Conflict { .. } => "sync.control_conflict",
            Self::NotAllowed => "sync.control_not_allowed",
            Self::Contradiction(_) => "sync.control_contradiction",
            Self::MarkStale => "sync.mark_stale",
            Self::Forked => "sync.control_forked",
        }
    }
}
