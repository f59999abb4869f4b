//! What was changed apart and waits for a person.

use serde::{Deserialize, Serialize};

/// A conflict in the list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConflictRow {
    /// The record.
    pub id: String,
    /// The field.
    pub field: String,
    /// `lead`, `customer`, `contract`, `opportunity`, `product`, `proposal`, `invoice`.
    pub kind: String,
    /// What the record is called.
    pub title: String,
    /// What the field is called.
    pub what: String,
    /// `Ana y tú`.
    pub who: String,
    /// RFC 3339 of the newest side.
    pub at: String,
}

/// One side.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConflictSide {
    /// Names it in [`ConflictSettle::side`].
    pub side: String,
    /// The person of this laptop wrote it.
    pub mine: bool,
    /// Who did.
    pub who: String,
    /// RFC 3339.
    pub at: String,
    /// What it says.
    pub text: String,
    /// Why, where a reason was given.
    pub note: String,
    /// It is the one that everybody sees meanwhile.
    pub shown: bool,
    /// It can be chosen.
    pub may: bool,
}

/// One conflict with its sides.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConflictView {
    /// As in the list.
    pub row: ConflictRow,
    /// The question, as a headline.
    pub question: String,
    /// What happened, in a sentence.
    pub story: String,
    /// The sides; the person's own first.
    pub sides: Vec<ConflictSide>,
    /// Both can stay, the one that is not chosen in a record of its own.
    pub both: bool,
    /// Another value can be written; what to call it.
    pub other: Option<String>,
    /// The person may decide.
    pub may: bool,
    /// The record whose page shows it: kind and id.
    pub page: (String, String),
}

/// Something that was written on this laptop and does not count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApartRow {
    /// The record; empty where nobody knows which.
    pub id: String,
    /// What it is, as [`ConflictRow::kind`]; empty where nobody knows.
    pub kind: String,
    /// What it is called.
    pub title: String,
    /// Why it does not count, in Spanish.
    pub why: String,
    /// The stable code of why.
    pub code: String,
    /// RFC 3339, when it was found out; empty where that was not noted.
    pub at: String,
    /// What it said, a line a field, where it is kept so: `Ciudad: Celaya → León`.
    pub said: Vec<String>,
}

/// Asks for one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConflictAsk {
    /// The record.
    pub id: String,
    /// The field.
    pub field: String,
}

/// A person's word.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConflictSettle {
    /// The record.
    pub id: String,
    /// The field.
    pub field: String,
    /// `side`: that one holds; `both`: that one holds and the other gets a record of its own; `other`: neither.
    pub choice: String,
    /// The side.
    pub side: String,
    /// What holds instead, as typed, for `other`.
    pub value: String,
}
