//! Lists brought in from files: pure functions over bytes, no store, no clock, no waiting.
//!
//! [`Table::read`] finds out how a file was written, [`Mapping::guess`] what its columns mean, [`RowReader`] reads
//! rows into the domain's values and [`Plan::dry_run`] says row by row what an import would do. Nothing is saved here.

mod columns;
pub(crate) mod currency;
mod dates;
mod delimiter;
mod draft;
mod encoding;
mod error;
mod field;
mod flags;
mod headers;
mod identity;
mod known;
mod mapping;
mod plan;
mod product_draft;
mod product_field;
mod product_reason;
pub mod products;
mod reason;
mod register;
pub mod rejects;
mod report;
mod row;
mod shape;
mod sheet;
mod size;
mod table;
mod text_guard;
mod zip_guard;

#[cfg(test)]
mod accuracy;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod plan_tests;

pub use columns::Columns;
pub use dates::DateOrder;
pub use draft::LeadDraft;
pub use error::ImportError;
pub use field::LeadField;
pub use identity::{ExistingLeads, Identity, KnownLead, NoLeads};
pub use known::KnownLeads;
pub use mapping::{ColumnMapping, MappedBy, Mapping};
pub use plan::{Outcome, Plan, PlannedLead, PlannedRow, Progress, Totals};
pub use reason::{Reason, Warning};
pub use register::Origin;
pub use report::Report;
pub use row::{ReadRow, RowReader};
pub use table::{FileFormat, Row, Table};
pub use text_guard::{guarded, is_formula, is_html, unguarded};

/// Most columns of a file.
pub const MAX_COLUMNS: usize = 500;
/// Longest row of a file.
pub const MAX_ROW_BYTES: usize = 1024 * 1024;
/// Largest file.
pub const MAX_FILE_BYTES: usize = 200 * 1024 * 1024;
