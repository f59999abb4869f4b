//! What the fold of the control log remembers of devices, persons and keys.

use crate::bytes::Blob;
use crate::control::act::{KeyWrap, RemoveReason};
use crate::control::record::ControlAuthor;
use crate::identity::DevicePublic;
use crate::ids::{EpochId, PersonId, ReceiveKey};
use crate::scope::{Rights, Scope};

/// A device, from its record on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceState {
    /// Whose.
    pub person: PersonId,
    /// Its keys.
    pub public: DevicePublic,
    /// Its name, sealed under the index key.
    pub label: Blob,
    /// Who let it in.
    pub added_by: ControlAuthor,
    /// The record that added it.
    pub added_at: u64,
    /// The record that removed it, and how.
    pub removed: Option<Removal>,
    /// Spans of records in which it is stopped; the last may be open.
    pub(crate) frozen: Vec<(u64, Option<u64>)>,
}

/// How a device left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Removal {
    /// The record.
    pub at: u64,
    /// Whether it wipes itself on contact.
    pub wipe: bool,
    /// Why.
    pub reason: RemoveReason,
}

impl DeviceState {
    /// Whether it is a member after record `seq`, stopped or not.
    pub fn member_at(&self, seq: u64) -> bool {
        self.added_at <= seq && self.removed.is_none_or(|removal| seq < removal.at)
    }

    /// Whether it is stopped after record `seq`.
    pub fn frozen_at(&self, seq: u64) -> bool {
        self.frozen.iter().any(|(from, to)| *from <= seq && to.is_none_or(|to| seq < to))
    }
}

/// A person: rights over time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonState {
    /// Each with the record from which it holds.
    pub(crate) history: Vec<(u64, Rights)>,
}

impl PersonState {
    /// What they may do after record `seq`.
    pub fn rights_at(&self, seq: u64) -> Option<&Rights> {
        self.history.iter().rev().find(|(from, _)| *from <= seq).map(|(_, rights)| rights)
    }
}

/// A key of a scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Epoch {
    /// Made of the hash of the record that began it.
    pub id: EpochId,
    /// Whose key.
    pub scope: Scope,
    /// The record that began it.
    pub at: u64,
    /// To which the relay seals facts.
    pub public: ReceiveKey,
    /// The key to those who may read.
    pub wraps: Vec<KeyWrap>,
    /// The key before it, sealed under it.
    pub previous: Option<Blob>,
}
