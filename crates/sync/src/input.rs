//! What happened.

use zuc_protocol::fingerprint::{Fingerprint, Stretch};
use zuc_protocol::glance::Glance;
use zuc_protocol::ids::{BatchHash, ChainHash, DeviceId, Incarnation, KeyId};
use zuc_protocol::item::Item;
use zuc_protocol::manifest::Unfit;
use zuc_protocol::messages::{Offered, ServerFrame};
use zuc_protocol::person_key::BagRow;
use zuc_protocol::scope::Scope;

use crate::membership::ControlStep;

/// How far a scope's log has been applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The last entry; 0 for none.
    pub seq: u64,
    /// The chain hash there.
    pub chain: ChainHash,
}

/// A scope that was begun at a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Begun {
    /// The scope.
    pub scope: Scope,
    /// Where.
    pub at: Cursor,
    /// How far the entries before it have been read since.
    pub read: Cursor,
    /// The last entry that is not here and that the relay had dropped; 0 for none.
    pub begins: u64,
}

/// How far an author's own chain in a scope has been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuthorCursor {
    /// The last batch number.
    pub number: u64,
    /// That batch.
    pub hash: BatchHash,
    /// Place of the newest control record that the author has named: it never goes back.
    pub control_seq: u64,
    /// Two batches stood under one number: nothing later counts until the device is removed with a mark.
    pub blocked: bool,
    /// They have sealed upon the log that stands: one of another name that they seal upon later stands beside it.
    pub upon_this: bool,
}

/// The last of this device's own batches that the relay has acknowledged in a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnHead {
    /// The scope.
    pub scope: Scope,
    /// Its number.
    pub number: u64,
    /// Its hash.
    pub hash: BatchHash,
}

/// One row of the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxItem {
    /// The row.
    pub id: i64,
    /// The incarnation in which the change was made (its Automerge actor follows from it).
    pub incarnation: Incarnation,
    /// What is to be sent.
    pub item: Item,
    /// Person keys that this item names first: they travel with it.
    pub bag_rows: Vec<BagRow>,
}

/// A sealed batch that is stored and not yet acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredBatch {
    /// Its scope.
    pub scope: Scope,
    /// Its number.
    pub number: u64,
    /// Names its bytes.
    pub hash: BatchHash,
    /// What is sent, always these.
    pub bytes: Vec<u8>,
    /// The outbox rows in it.
    pub outbox: Vec<i64>,
    /// Person keys that travel with it.
    pub bag_rows: Vec<BagRow>,
}

/// What happened.
#[derive(Clone, Debug)]
pub enum Input {
    /// A socket is open.
    Connected {
        /// The session's token.
        token: String,
    },
    /// The socket is gone.
    Disconnected,
    /// The relay said something.
    Frame(ServerFrame),
    /// There are outbox rows of a scope that are not sealed, in their order. Those that the engine cannot seal now it
    /// asks for again with [`crate::Effect::NeedOutbox`].
    OutboxReady {
        /// The scope.
        scope: Scope,
        /// Some or all of its unsealed rows, oldest first.
        items: Vec<OutboxItem>,
    },
    /// How many outbox rows are not acknowledged, for the status.
    Waiting(u64),
    /// A sealed batch is on disk: its bytes may leave.
    SealedStored {
        /// The scope.
        scope: Scope,
        /// Its number.
        number: u64,
    },
    /// An entry and its cursor are on disk.
    Applied {
        /// The scope.
        scope: Scope,
        /// The entry.
        seq: u64,
    },
    /// A segment was read, after [`crate::Effect::NeedSegment`]: its pages came as [`Input::Frame`] before. It may have ended early.
    SegmentRead {
        /// Whose log.
        scope: Scope,
    },
    /// The disk has forgotten how far a scope's log was read, after [`crate::Effect::BranchLeft`]: it is read from its start,
    /// to no effect where it counts as before.
    ReadAnew {
        /// The scope.
        scope: Scope,
    },
    /// This device's own earlier batches, after [`crate::Effect::NeedReoffer`], in the order of their numbers.
    Reoffer {
        /// The scope.
        scope: Scope,
        /// Sealed, as they were sent.
        batches: Vec<StoredBatch>,
    },
    /// Entries that the relay has lost, after [`crate::Effect::NeedOffer`]; each after those that it builds upon.
    Offer {
        /// The scope.
        scope: Scope,
        /// As many as fit a frame.
        entries: Vec<Offered>,
        /// Where the page ends, where there are more.
        next: Option<u64>,
    },
    /// The wraps of [`crate::Effect::StoreBag`] are on disk. Rows that lay here under the bag key before were wrapped
    /// under the new one: whoever made it may not have had them.
    BagKept {
        /// Whose bag.
        scope: Scope,
        /// Their keys; most often none.
        keys: Vec<KeyId>,
    },
    /// Rows of a bag that the relay lacks, after [`crate::Effect::NeedBagRows`].
    BagRows {
        /// Whose bag.
        scope: Scope,
        /// Those that are still here.
        rows: Vec<BagRow>,
    },
    /// What came of [`crate::Effect::Begin`].
    Begun {
        /// The scope.
        scope: Scope,
        /// How far every author is read there; or why nothing of the snapshot is on disk.
        outcome: Result<Vec<(DeviceId, AuthorCursor)>, Unfit>,
    },
    /// The person at this device looks at something.
    Look {
        /// The scope of the record.
        scope: Scope,
        /// What.
        glance: Glance,
    },
    /// The entries of a scope here are not what was read, after [`crate::Effect::NeedCheckup`].
    Spoiled {
        /// The scope.
        scope: Scope,
        /// Where its entries lie.
        stretches: Vec<Stretch>,
    },
    /// What lies here of a stretch, after [`crate::Effect::Compare`].
    Compared {
        /// The relay's.
        theirs: Fingerprint,
        /// This disk's.
        ours: Fingerprint,
    },
    /// An admin has signed a record on this device. Several are sent one after the other, each when the one before it
    /// stands; when one is refused, so are those after it.
    ControlAuthored(ControlStep),
    /// The time went on; milliseconds of any steady clock.
    Tick(i64),
}
