//! The use cases: what a person can do, a folder a domain, over the ports of this process.

mod analytics;
mod attachment;
mod audit;
mod background;
mod backup;
mod company;
mod compliance;
mod conflicts;
mod customer;
mod desk;
mod error;
mod failpoint;
mod financial;
mod history;
pub mod import;
mod import_run;
mod jobs;
mod lead;
mod left;
mod money;
mod office;
pub mod ports;
mod privacy;
mod proof;
mod proposal;
mod sample_company;
mod sync;
mod undo;

use base64::{Engine as _, engine::general_purpose::STANDARD};

pub use analytics::{Checked, Found};
pub use audit::Head as AuditHead;
pub use company::{Branch, BranchAct};
pub use conflicts::Kept;
pub use desk::Desk;
pub use error::AppError;
pub use left::LeftTold;
pub use office::{Notice, Office};

/// What use cases do to leads in a transaction, for whoever tells stories without a window.
pub mod leads {
    pub use crate::lead::{Joined, Moved, catch_up, follow_origin, join, let_go, part, take_back};
}

pub use privacy::{Erased, PersonCopy, Receipt, ReceiptChecked, SignedReceipt};
pub use sync::{SnapshotOutcome, SnapshotRow};
pub use undo::{UNDO, Undo, Why};

/// A document to save where the person says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Name to propose.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Bytes as a command carries them.
pub fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Bytes as a command or a fact carried them.
pub(crate) fn from_base64(text: &str) -> Result<Vec<u8>, AppError> {
    STANDARD.decode(text).map_err(|_| AppError::new("app.invalid_input", "not base64"))
}
