//! What a deal refuses.

use thiserror::Error;

use super::Stage;

/// A rule of the pipeline broke.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum OpportunityError {
    /// It already stands there.
    #[error("the deal already stands in {0}")]
    SameStage(Stage),
    /// A closed deal is left only by someone who may reopen it.
    #[error("the deal is closed as {0}")]
    Closed(Stage),
    /// Winning and losing have their own commands.
    #[error("{0} is entered by closing the deal")]
    ClosingStage(Stage),
    /// A deal needs a name.
    #[error("a deal needs a name")]
    NameMissing,
}

impl OpportunityError {
    /// Stable code of this error.
    pub const fn code(self) -> &'static str {
        match self {
            Self::SameStage(_) => "opportunity.same_stage",
            Self::Closed(_) => "opportunity.closed",
            Self::ClosingStage(_) => "opportunity.closing_stage",
            Self::NameMissing => "opportunity.name_missing",
        }
    }
}
