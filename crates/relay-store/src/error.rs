//! Why the store refused.

use zuc_protocol::receipt::StampState;

use crate::ControlHash;

/// Why the store refused.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No company has this id here.
    #[error("no such company")]
    UnknownCompany,
    /// A company with this genesis stands already.
    #[error("the company exists already")]
    CompanyExists,
    /// The control log is not where the caller believed: it must look again and decide again.
    #[error("the control log moved on")]
    ControlMoved {
        /// Where the control log ends now.
        head: ControlHash,
    },
    /// A fence or a state was not the one the caller held: somebody else acted meanwhile.
    #[error("the attempt is {state:?} now and no longer the caller's")]
    Fenced {
        /// What the attempt is now.
        state: StampState,
    },
    /// No row has this key.
    #[error("not found: {0}")]
    NotFound(&'static str),
    /// A rule of the ledgers; the code is stable.
    #[error("refused by a ledger's rule: {0}")]
    Refused(&'static str),
    /// What is stored breaks a rule of the store itself.
    #[error("the table {table} holds a value that cannot be: {column}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
    },
    /// The database does not answer.
    #[error("the storage does not answer")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl StoreError {
    /// A stable code for clients.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownCompany => "relay.unknown_company",
            Self::CompanyExists => "relay.company_exists",
            Self::ControlMoved { .. } => "sync.control_moved",
            Self::Fenced { .. } => "stamp.fenced",
            Self::NotFound(_) => "relay.not_found",
            Self::Refused(code) => code,
            Self::Corrupt { .. } => "relay.storage_corrupt",
            Self::Unavailable(_) => "relay.storage_unavailable",
        }
    }
}
