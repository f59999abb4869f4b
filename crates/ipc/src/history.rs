//! The history of one record.

use serde::{Deserialize, Serialize};

/// What becomes of a piece of a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PieceKind {
    /// It stays.
    #[default]
    Same,
    /// It was taken out.
    Out,
    /// It was put in.
    In,
}

/// A piece of a text that was changed: some words of it, with the spaces between them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// What became of it.
    pub kind: PieceKind,
    /// As it is written.
    pub text: String,
}

/// Asks for the history of a record, or for what is older than a change of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryAsk {
    /// The record.
    pub id: String,
    /// The last change that is known, as [`HistoryRow::change`]; empty for the newest.
    pub before: String,
}

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
    /// Of a text that was changed in part, both as one, word by word; else nothing.
    pub pieces: Vec<Piece>,
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
    /// It was made without a connection to the relay.
    pub offline: bool,
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
