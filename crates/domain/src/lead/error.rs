//! What a lead refuses.

use thiserror::Error;

use super::state::LeadState;
use crate::shared::LeadId;

/// A rule of leads broke.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum LeadError {
    /// Neither person nor company.
    #[error("a lead needs a name or a company")]
    NoNameNoCompany,
    /// The lead was merged away.
    #[error("the lead was merged into another one")]
    Merged {
        /// Where it lives on.
        survivor: LeadId,
    },
    /// Converted leads are read-only.
    #[error("the lead is converted and read-only")]
    Converted,
    /// The state machine has no such edge.
    #[error("a lead does not go from {from} to {to}")]
    NoSuchStep {
        /// Where it stands.
        from: LeadState,
        /// Where it should go.
        to: LeadState,
    },
    /// The qualification gate is closed.
    #[error("the lead does not qualify yet: {} missing", missing.join(", "))]
    GateNotPassed {
        /// What is missing: `contact`, `name`, `need`, `budget_authority_or_timeline`.
        missing: Vec<&'static str>,
    },
    /// The reason "other" without a note.
    #[error("the reason needs a note")]
    NoteMissing,
    /// Nurturing without a day to come.
    #[error("nurturing needs a day in the future")]
    NurtureDayMissing,
    /// The activity belongs to another record.
    #[error("the activity belongs to another record")]
    ForeignActivity,
    /// A merge needs another lead of the same scope that is still open.
    #[error("these leads cannot be merged")]
    NotMergeable,
    /// A lead goes to another sales team.
    #[error("the lead is of that team already, or it is no sales team")]
    SameTeam,
    /// Nothing to take back.
    #[error("the lead is not converted")]
    NotConverted,
    /// The field already has this value.
    #[error("nothing changes")]
    Unchanged,
}

impl LeadError {
    /// Stable code of this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoNameNoCompany => "lead.no_name_no_company",
            Self::Merged { .. } => "lead.merged",
            Self::Converted => "lead.converted",
            Self::NoSuchStep { .. } => "lead.no_such_step",
            Self::GateNotPassed { .. } => "lead.gate_not_passed",
            Self::NoteMissing => "lead.note_missing",
            Self::NurtureDayMissing => "lead.nurture_day_missing",
            Self::ForeignActivity => "lead.foreign_activity",
            Self::NotMergeable => "lead.not_mergeable",
            Self::SameTeam => "lead.same_team",
            Self::NotConverted => "lead.not_converted",
            Self::Unchanged => "lead.unchanged",
        }
    }
}
