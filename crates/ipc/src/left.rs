//! What somebody who left the company could not send.

use serde::{Deserialize, Serialize};

/// What the computer of somebody who left could not send in one scope.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// The computer.
    pub device: String,
    /// The scope.
    pub scope: String,
    /// Whose it was.
    pub who: String,
    /// RFC 3339 of when it came to the relay.
    pub came: String,
    /// How many changes more there were, for which there was no room.
    pub beyond: u64,
    /// Why it cannot be read here; empty where it can.
    pub code: String,
    /// The same in words.
    pub why: String,
    /// What it is, in the order in which it was written.
    pub changes: Vec<LeftChange>,
}

/// One piece of it, which is taken over as one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftChange {
    /// Its number.
    pub n: u32,
    /// `lead`, `customer`, …; `call`, `mail`, `meeting`, `note`, `whatsapp`; any other fact's own kind.
    pub kind: String,
    /// The record that it is about.
    pub record: String,
    /// What that is called, where it is known here.
    pub title: String,
    /// RFC 3339 of when it was written, by the clock of that computer; empty where it does not say.
    pub at: String,
    /// `open`: can be taken over; `there`: stands already; `changed`: somebody wrote it since; `waits`: for its record, which was
    /// left behind too; `read`: can only be read.
    pub state: String,
    /// Nobody has the record: it would be a new one.
    pub new: bool,
    /// What it says, a line a field.
    pub said: Vec<String>,
}

/// Which piece is taken over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftTake {
    /// The computer.
    pub device: String,
    /// The scope.
    pub scope: String,
    /// The number of the piece.
    pub n: u32,
    /// Also over what somebody wrote since.
    pub over: bool,
}

/// Whose is thrown away, in which scope.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftDiscard {
    /// The computer.
    pub device: String,
    /// The scope.
    pub scope: String,
}
