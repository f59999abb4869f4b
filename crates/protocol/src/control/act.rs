//! What a control record can say.

use serde::{Deserialize, Serialize};

use crate::bytes::Blob;
use crate::identity::DevicePublic;
use crate::ids::{
    BagId, BatchHash, ControlHash, DeviceId, Digest32, EpochId, KeyId, LogId, PersonId, ReceiveKey, VerifyKey,
};
use crate::scope::{Rights, Scope};
use crate::seal::Wrapped;

/// To whom a key is wrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Recipient {
    /// A device.
    Device(DeviceId),
    /// The printed recovery code.
    Root,
}

/// The index key, wrapped to one recipient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexWrap {
    /// Who can open it.
    pub to: Recipient,
    /// The sealed key.
    pub wrap: Wrapped,
}

/// An epoch key, wrapped to one recipient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyWrap {
    /// Who can open it.
    pub to: Recipient,
    /// The sealed key.
    pub wrap: Wrapped,
}

/// A new key of a scope. Its id is made of the hash of the record that carries it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EpochStart {
    /// Whose key.
    pub scope: Scope,
    /// To which the relay seals facts; the private half is derived from the key.
    pub public: ReceiveKey,
    /// To every device that may read the scope, and to the root.
    pub wraps: Vec<KeyWrap>,
    /// The key before this one, sealed under this one; `None` at first, or where the author did not hold it.
    pub previous: Option<Blob>,
    /// The generation of the scope's bag of person keys, where this begins one; the bag itself is outside the log.
    pub bag: Option<BagId>,
}

/// A bag of person keys is replaced whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BagChange {
    /// Whose bag.
    pub scope: Scope,
    /// Its new generation; key wraps and rows travel outside the log ([`crate::person_key::BagReplacement`]).
    pub bag: BagId,
    /// Hash of that replacement.
    pub replacement: Digest32,
}

/// The first record; the company id is its hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Genesis {
    /// Random, so that two companies of one name differ.
    pub salt: [u8; 16],
    /// Hash of the company's public name, which is not written here.
    pub name: Digest32,
    /// Public halves of the recovery code.
    pub root: DevicePublic,
    /// The first person.
    pub person: PersonId,
    /// Their first device.
    pub device: DevicePublic,
    /// What they may do.
    pub rights: Rights,
    /// A name for the device, sealed under the index key.
    pub label: Blob,
    /// The index key, to the device and the root.
    pub index: Vec<IndexWrap>,
    /// The first epochs of all scopes.
    pub epochs: Vec<EpochStart>,
    /// Where the relay is, when there is one.
    pub relay_url: Option<String>,
}

/// A device joins a person, who may be new.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddDevice {
    /// The person.
    pub person: PersonId,
    /// Set when the person is new.
    pub rights: Option<Rights>,
    /// Its keys.
    pub device: DevicePublic,
    /// A name for it, sealed under the index key; opening it proves the enrolment before the first write.
    pub label: Blob,
    /// The index key to it.
    pub index: IndexWrap,
    /// Keys of the current epochs of the scopes it may read, as far as the author holds them.
    pub keys: Vec<(Scope, KeyWrap)>,
}

/// The last batch number that counts of a device in a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Whose batches.
    pub device: DeviceId,
    /// In which scope.
    pub scope: Scope,
    /// The last that counts; 0 when none does.
    pub number: u64,
    /// That batch, [`BatchHash::NONE`] where none counts: of two under one number it names the one that stays.
    pub last: BatchHash,
}

/// Why a device is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RemoveReason {
    /// The person left or the machine is retired: one quarantined upload is still taken.
    Left,
    /// Lost or stolen: nothing is taken any more.
    LostOrStolen,
}

/// A device leaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoveAct {
    /// Which.
    pub device: DeviceId,
    /// Its last batches that count; a scope that is not named counts none.
    pub marks: Vec<Mark>,
    /// Whether it wipes itself on contact.
    pub wipe: bool,
    /// Why.
    pub reason: RemoveReason,
    /// New bags of the scopes it could read.
    pub bags: Vec<BagChange>,
}

/// A person's roles change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RightsAct {
    /// Whose.
    pub person: PersonId,
    /// What they may do from here on.
    pub rights: Rights,
    /// For scopes that are taken away: the last batches that count.
    pub marks: Vec<Mark>,
    /// New bags of the scopes that can no longer be read.
    pub bags: Vec<BagChange>,
}

/// Keys that a device was entitled to and did not get when it joined.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantAct {
    /// The scope.
    pub scope: Scope,
    /// The epoch, by the record that began it.
    pub epoch: EpochId,
    /// Its key, to those who lacked it.
    pub wraps: Vec<KeyWrap>,
}

/// A person is erased: bags are replaced whole, without these keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EraseAct {
    /// The keys that are gone; refused by all from now on.
    pub keys: Vec<KeyId>,
    /// The bags that held them.
    pub bags: Vec<BagChange>,
}

/// One act of membership. Its number on the wire is its place here: new ones are added at the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ControlAct {
    /// The first record, signed by the first device and countersigned by the root inside it.
    Genesis(Genesis),
    /// A device joins.
    AddDevice(AddDevice),
    /// A device is stopped (or let go again) until its marks are known.
    Freeze {
        /// Which.
        device: DeviceId,
        /// Whether it is stopped.
        on: bool,
    },
    /// A device leaves.
    Remove(RemoveAct),
    /// A person's roles change.
    Rights(RightsAct),
    /// A scope has a new key.
    Epoch(EpochStart),
    /// A device gets a key it was entitled to.
    Grant(GrantAct),
    /// An admin enters the relay's signing key.
    RelayKey {
        /// Verifies its facts and receipts.
        key: VerifyKey,
        /// Where it is.
        url: String,
    },
    /// A person is erased.
    Erase(EraseAct),
    /// Apps below this schema only read.
    SchemaFloor(u32),
    /// The recovery code was used and is replaced.
    RootReplaced {
        /// Public halves of the new code.
        root: DevicePublic,
        /// The index key to it.
        index: IndexWrap,
        /// The current epochs' keys to it.
        keys: Vec<(Scope, KeyWrap)>,
    },
    /// The root settles a fork: the record with this hash, and all after it, never counted.
    Settle {
        /// The first record of the branch that is left.
        loser: ControlHash,
    },
    /// A log that follows a lost one gives folios and stamps, whatever receipts nobody has given back.
    Thaw {
        /// Which log; one that follows the next loss waits again.
        log: LogId,
    },
}
