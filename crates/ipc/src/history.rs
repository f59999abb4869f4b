//! The history of one record.

use serde::{Deserialize, Serialize};

/// What a field was and became, in Spanish.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryEdit {
    /// The field, as it is restored.
    pub field: String,
    /// What it is called.
    pub label: String,
    /// Before; empty where nothing was.
    pub from: String,
    /// After; empty where it was taken out.
    pub to: String,
    /// The value before may be written again.
    pub restorable: bool,
    /// What the field says now, where it may be: whoever restores it hands this back as [`HistoryRestore::seen`].
    pub stands: String,
}

/// One change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryRow {
    /// The change.
    pub change: String,
    /// RFC 3339, by the clock of whoever made it.
    pub at: String,
    /// Who; empty where nobody saw which laptop it came from.
    pub by: String,
    /// It was made on this laptop.
    pub here: bool,
    /// The first letters of the laptop's id; empty as [`Self::by`].
    pub device: String,
    /// It began the record.
    pub begins: bool,
    /// What it changed; nothing that is shown, where it only counted or computed.
    pub edits: Vec<HistoryEdit>,
}

/// The history of a record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// `lead`, `customer`, `contract`, `opportunity`, `product`, `proposal`, `invoice`.
    pub kind: String,
    /// Newest first.
    pub rows: Vec<HistoryRow>,
    /// There are older ones.
    pub more: bool,
}

/// Writes again what a field was before a change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryRestore {
    /// The record.
    pub id: String,
    /// The change.
    pub change: String,
    /// The field.
    pub field: String,
    /// What the person saw that it says, as [`HistoryEdit::stands`] had it.
    pub seen: String,
}
