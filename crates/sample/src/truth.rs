//! What a right import finds in a sample list.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The truth about a list; rows are counted from 1 under the header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Truth {
    /// Rows in all.
    pub rows: u32,
    /// Rows that become records.
    pub accepted: u32,
    /// Rows that are an earlier row in disguise.
    pub duplicates_of_earlier_rows: Vec<DuplicateTruth>,
    /// Rows that stay out.
    pub rejected: Vec<RowTruth>,
    /// Rows that come in with a warning.
    pub warned: Vec<RowTruth>,
    /// `utf-8`, `utf-16le` or `cp1252`.
    pub encoding: String,
    /// The character between fields.
    pub delimiter: String,
    /// The field that each header stands for, where it is known.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
}

/// A row that is an earlier one in disguise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DuplicateTruth {
    /// The later row.
    pub row: u32,
    /// The earlier row.
    pub of: u32,
    /// `same_email_case`, `same_phone_format`, `same_rfc` or `suffix_variant`.
    pub how: String,
}

/// A row and the code of what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowTruth {
    /// The row.
    pub row: u32,
    /// The code, as the import reports it.
    pub why: String,
}
