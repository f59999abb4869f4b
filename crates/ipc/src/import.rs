//! Bringing a list in: look, dry run, commit, undo.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A file to look at, with the person's corrections of the mapping.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ImportSource {
    /// Path the file dialog returned.
    pub path: String,
    /// Header → field, only where the person changed it; `""` leaves a column out.
    pub mapping: BTreeMap<String, String>,
}

/// What was recognised.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportFormat {
    /// `utf-8`, `cp1252`, `utf-16le`, `xlsx`…
    pub encoding: String,
    /// Field separator.
    pub delimiter: String,
    /// Header → field.
    pub mapping: BTreeMap<String, String>,
    /// Headers in the order of the file.
    pub headers: Vec<String>,
    /// A few values under each header.
    pub samples: BTreeMap<String, Vec<String>>,
}

/// What will happen with one row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportRow {
    /// 1 = first row under the header.
    pub row: u64,
    /// `created`, `merged`, `probable_duplicate`, `rejected`.
    pub outcome: String,
    /// Earlier row of this file it repeats.
    pub of: Option<u64>,
    /// Record already there that it repeats.
    pub of_id: Option<String>,
    /// Name of that record.
    pub of_name: Option<String>,
    /// Codes.
    pub reasons: Vec<String>,
    /// Codes.
    pub warnings: Vec<String>,
    /// Fields of the record already there that it fills, as a mapping names them.
    #[serde(default)]
    pub fills: Vec<String>,
    /// Company and contact as read, to recognise the row.
    pub company: String,
    /// Contact.
    pub full_name: String,
    /// E-mail.
    pub email: String,
    /// Phone.
    pub phone: String,
}

/// Rows by outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportTotals {
    /// All rows under the header.
    pub rows: u64,
    /// New leads.
    pub created: u64,
    /// Certain duplicates.
    pub merged: u64,
    /// Held for a person.
    pub probable_duplicate: u64,
    /// Stay out.
    pub rejected: u64,
    /// Come in with a warning.
    pub warned: u64,
    /// Certain duplicates that fill something in the record already there.
    pub filled: u64,
}

/// The dry run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportPreview {
    /// File name without its folder.
    pub file: String,
    /// What was recognised.
    pub format: ImportFormat,
    /// Rows by outcome.
    pub totals: ImportTotals,
    /// First rows, to show at once.
    pub rows: Vec<ImportRow>,
}

/// A window of the dry run's rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ImportRowsQuery {
    /// Only this outcome; empty = all.
    pub outcome: String,
    /// First row wanted.
    pub offset: u64,
    /// Most rows wanted.
    pub limit: u32,
}

/// Progress of a long import, sent as the event `import-progress`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportProgress {
    /// `reading`, `matching`, `writing`.
    pub phase: String,
    /// Rows done.
    pub done: u64,
    /// Rows in all; 0 while unknown.
    pub total: u64,
}

/// A row that stayed out, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectedRow {
    /// 1 = first row under the header.
    pub row: u64,
    /// Codes.
    pub reasons: Vec<String>,
    /// The same in Spanish, to be read.
    pub why: String,
}

/// What an import left.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportDone {
    /// Batch id, the undo token.
    pub batch: String,
    /// Rows by outcome.
    pub totals: ImportTotals,
    /// Of a list of products, which is not looked at before, the rows that stayed out.
    #[serde(default)]
    pub rejected: Vec<RejectedRow>,
    /// What to reload.
    pub changes: crate::shared::Changes,
}

/// A row held because it probably repeats a record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldRow {
    /// Id of the held row.
    pub id: String,
    /// As read.
    pub incoming: ImportRow,
    /// Record it may repeat.
    pub existing_id: String,
    /// Its company and contact.
    pub existing: String,
    /// 0–100.
    pub likeness: u8,
}

/// A person's word on a held row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldDecision {
    /// Id of the held row.
    pub id: String,
    /// `merge`, `create`, `discard`.
    pub decision: String,
}
