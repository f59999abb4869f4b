//! What a proposal refuses.

use jiff::civil::Date;
use thiserror::Error;

use super::approval::Approver;
use super::state::ProposalState;
use crate::shared::PricingError;

/// A rule of proposals broke.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum ProposalError {
    /// A proposal needs a title.
    #[error("the proposal has no title")]
    TitleMissing,
    /// It has no lines.
    #[error("the proposal has no lines")]
    NoLines,
    /// The document is full.
    #[error("a proposal has at most {} lines", super::MAX_LINES)]
    TooManyLines,
    /// A line cannot be priced.
    #[error(transparent)]
    Pricing(#[from] PricingError),
    /// The state machine has no such edge.
    #[error("a proposal does not go from {from} to {to}")]
    NoSuchStep {
        /// Where it stands.
        from: ProposalState,
        /// Where it should go.
        to: ProposalState,
    },
    /// The matrix asks for an approval first.
    #[error("the proposal must be approved first")]
    ApprovalRequired {
        /// By whom.
        approver: Approver,
    },
    /// Its last day passed.
    #[error("the proposal expired on {valid_until}")]
    Expired {
        /// The last day.
        valid_until: Date,
    },
    /// Its last day has not passed.
    #[error("the proposal is valid until {valid_until}")]
    StillValid {
        /// The last day.
        valid_until: Date,
    },
    /// It was not sent, or was answered.
    #[error("the proposal does not await an answer")]
    NotAwaitingAnswer,
    /// There is a newer version.
    #[error("version {latest} is the latest")]
    NotLatestVersion {
        /// The latest.
        latest: u32,
    },
    /// What was shown is not what is written.
    #[error("the content changed since it was shown")]
    ContentChanged,
    /// The signature lacks something.
    #[error("the signature lacks {missing}")]
    SignatureIncomplete {
        /// `name`, `role`, `consent`, `image` or `document`.
        missing: &'static str,
    },
    /// Nothing changes.
    #[error("nothing changes")]
    Unchanged,
}

impl ProposalError {
    /// Stable code of this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TitleMissing => "proposal.title_missing",
            Self::NoLines => "proposal.no_lines",
            Self::TooManyLines => "proposal.too_many_lines",
            Self::Pricing(error) => error.code(),
            Self::NoSuchStep { .. } => "proposal.no_such_step",
            Self::ApprovalRequired { .. } => "proposal.approval_required",
            Self::Expired { .. } => "proposal.expired",
            Self::StillValid { .. } => "proposal.still_valid",
            Self::NotAwaitingAnswer => "proposal.not_awaiting_answer",
            Self::NotLatestVersion { .. } => "proposal.not_latest_version",
            Self::ContentChanged => "proposal.content_changed",
            Self::SignatureIncomplete { .. } => "proposal.signature_incomplete",
            Self::Unchanged => "proposal.unchanged",
        }
    }
}
