//! What is held on one person, the copy of it, and forgetting them.

use serde::{Deserialize, Serialize};

use crate::shared::Changes;

/// A line of what is held, or of what stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonLine {
    /// What it is, in Spanish.
    pub what: String,
    /// How many, who, or why, in Spanish.
    pub text: String,
}

/// What is held on the person of a record, and what came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonHeld {
    /// The record that was asked for.
    pub record: String,
    /// What the person is called, to be typed before they are forgotten; empty once they are.
    pub name: String,
    /// Something of them is left to be read.
    pub held: bool,
    /// What is held, with how many of each.
    pub lines: Vec<PersonLine>,
    /// Who reads it: a group of data, and the people.
    pub readers: Vec<PersonLine>,
    /// What stays once they are forgotten, and why; what does already, where they were.
    pub stays: Vec<PersonLine>,
    /// Groups of data that this computer does not read: there may be more in them.
    pub not_read: Vec<String>,
    /// RFC 3339 since when they oppose being scored and written to by campaigns; empty where they do not.
    pub opposed_at: String,
    /// The person may make the copy, and forget them.
    pub may: bool,
    /// The erasure, where there was one.
    pub erased: Option<PersonErasure>,
}

/// What became of an erasure.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonErasure {
    /// RFC 3339 of the act.
    pub at: String,
    /// How many keys were destroyed.
    pub keys: u32,
    /// This computer has destroyed what it had.
    pub here: bool,
    /// Whose computers have, too.
    pub confirmed: Vec<String>,
    /// Whose have not said so yet.
    pub waiting: Vec<String>,
    /// Whose were taken out of the company before, and may have had them.
    pub removed: Vec<String>,
    /// Groups of data whose keys were made anew without the person's.
    pub cleared: Vec<String>,
    /// Groups of data whose keys have still to be, and who does it as soon as they connect.
    pub owed: Vec<PersonLine>,
}

/// Notes whether a person opposes being scored and written to by campaigns.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonOppose {
    /// A record of theirs.
    pub id: String,
    /// Whether they do.
    pub opposes: bool,
}

/// Forgets a person; what they are called was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonErase {
    /// A record of theirs.
    pub id: String,
    /// Their name as typed.
    pub typed: String,
}

/// A person was forgotten.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonErased {
    /// What is left.
    pub view: PersonHeld,
    /// What to reload.
    pub changes: Changes,
}

/// A receipt that was looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptView {
    /// Who signed it; empty where nobody knows.
    pub by: String,
    /// The company's name on it.
    pub company: String,
    /// RFC 3339 of the act.
    pub at: String,
    /// RFC 3339, when the receipt was written.
    pub issued_at: String,
    /// How many keys were destroyed.
    pub keys: u32,
    /// How many other computers had confirmed it by then.
    pub confirmed: u32,
    /// How many had not.
    pub waiting: u32,
}
