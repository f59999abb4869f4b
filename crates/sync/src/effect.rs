//! What to do, in this order.

use zuc_protocol::Blob;
use zuc_protocol::chain::{LogEntry, LogKind};
use zuc_protocol::control::{Mark, SignedControl};
use zuc_protocol::envelope::BatchKind;
use zuc_protocol::fingerprint::Fingerprint;
use zuc_protocol::glance::Glance;
use zuc_protocol::ids::{BagId, BatchHash, ChainHash, DeviceId, Incarnation, KeyId, LogId, PersonId, RequestId};
use zuc_protocol::item::Item;
use zuc_protocol::manifest::{Manifest, Unfit};
use zuc_protocol::messages::{AuthorTip, ClientFrame, StandingLoss};
use zuc_protocol::person_key::{BagKeyWraps, BagRow};
use zuc_protocol::receipt::SignedReceipt;
use zuc_protocol::scope::{Rights, Scope};
use zuc_protocol::stamping::StampView;

use crate::alarm::Alarm;
use crate::input::{AuthorCursor, Cursor, StoredBatch};
use crate::status::SyncStatus;

/// Who wrote a batch, and what they could do at the control record that it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Writer {
    /// The device.
    pub device: DeviceId,
    /// Whose it is.
    pub person: PersonId,
    /// The place of that record.
    pub seen: u64,
    /// What the person held there.
    pub rights: Rights,
}

/// Who wrote an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A device.
    Device {
        /// Which, and as what.
        writer: Writer,
        /// In which incarnation.
        incarnation: Incarnation,
        /// What its items are.
        kind: BatchKind,
        /// Its batch.
        hash: BatchHash,
        /// Whether it is this device: most often there is nothing new in it, after a restore there is.
        own: bool,
    },
    /// The relay.
    Relay {
        /// The receipt that the fact carries.
        receipt: Option<SignedReceipt>,
    },
}

/// Cursors that move in the same transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advance {
    /// The scope's log is applied up to here.
    pub seq: u64,
    /// The chain hash here.
    pub chain: ChainHash,
    /// The author's own chain is read up to here.
    pub author: Option<(DeviceId, AuthorCursor)>,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Say this to the relay.
    Send(ClientFrame),
    /// Close the socket and open another.
    Reconnect,
    /// The relay takes this device for no member, or for one that is stopped, and ended the connection: it is not tried again
    /// at once.
    Stopped,
    /// Put a sealed batch on disk, then answer [`crate::Input::SealedStored`].
    StoreSealed(StoredBatch),
    /// The relay has a batch on disk: its outbox rows are done. In one transaction with `advance`.
    MarkAcked {
        /// The scope.
        scope: Scope,
        /// The batch.
        number: u64,
        /// The same.
        hash: BatchHash,
        /// Its place in the log.
        seq: u64,
        /// The outbox rows in it.
        outbox: Vec<i64>,
        /// Set when the log is known without a gap up to this batch.
        advance: Option<Advance>,
        /// Set with `advance`: the batch is not read from the log any more, so it is judged now.
        writer: Option<Writer>,
    },
    /// Apply an entry, its projection and its cursors in one transaction, then answer [`crate::Input::Applied`].
    Apply {
        /// The scope.
        scope: Scope,
        /// Cursors to move.
        advance: Advance,
        /// Who wrote it.
        source: Source,
        /// What the log entry is.
        kind: LogKind,
        /// The sealed bytes, to keep verbatim.
        bytes: Vec<u8>,
        /// What was in it.
        items: Vec<Item>,
    },
    /// An entry that does not count: keep it apart, move the cursors, then answer [`crate::Input::Applied`].
    Quarantine {
        /// The scope.
        scope: Scope,
        /// Cursors to move.
        advance: Advance,
        /// What the log entry is.
        kind: LogKind,
        /// The sealed bytes.
        bytes: Vec<u8>,
        /// Why, as `sync.beyond_mark`.
        code: &'static str,
    },
    /// The relay will never take these outbox rows: to the conflict inbox.
    OutboxRefused {
        /// The scope.
        scope: Scope,
        /// The sealed batch to delete, when it was sealed at all.
        number: Option<u64>,
        /// The rows.
        outbox: Vec<i64>,
        /// Why.
        code: &'static str,
    },
    /// Delete these sealed batches: their rows are unsealed again and will be sealed under other numbers or another key.
    Unseal {
        /// The scope.
        scope: Scope,
        /// Their numbers.
        numbers: Vec<u64>,
        /// Their rows.
        outbox: Vec<i64>,
    },
    /// Feed unsealed rows of this scope, if there are any ([`crate::Input::OutboxReady`]).
    NeedOutbox {
        /// The scope.
        scope: Scope,
    },
    /// Read a scope's log above a place to the end of its segment, beside the connection; feed its pages, then say
    /// [`crate::Input::SegmentRead`]. Of a connection that is gone nothing more needs to be read.
    NeedSegment {
        /// Whose log.
        scope: Scope,
        /// The last entry that is here.
        from: u64,
    },
    /// Feed own batches above a number, as they were sent ([`crate::Input::Reoffer`]): the relay has lost them.
    NeedReoffer {
        /// The scope.
        scope: Scope,
        /// The last that the relay has.
        above: u64,
    },
    /// Take in a snapshot of a scope of which nothing is here, or which is begun anew, whole and in one transaction with its cursors, if it holds what
    /// the manifest says; then answer [`crate::Input::Begun`]. The manifest may be begun at, and names these packs.
    Begin {
        /// The manifest.
        manifest: Box<Manifest>,
        /// Its packs, in its order.
        packs: Vec<Blob>,
        /// Whether it takes the place of what is here, upon which this device's own work goes on: the relay has dropped what comes
        /// next.
        anew: bool,
    },
    /// Keep entries from before a snapshot that was begun at, whose content is here, and how far they are read with that.
    KeepEarlier {
        /// The scope.
        scope: Scope,
        /// The entries.
        entries: Vec<LogEntry>,
        /// How far.
        read: Cursor,
        /// The last entry before them that is not here and that the relay has dropped; 0 for none.
        begins: u64,
    },
    /// Look whether the entries here are what was read, of a scope of which that is due; where they are not, answer
    /// [`crate::Input::Spoiled`].
    NeedCheckup,
    /// Make the fingerprint of the same places as this one of the relay's, and answer [`crate::Input::Compared`].
    Compare(Fingerprint),
    /// Put entries that the relay gave once more where others lie or none, as far as the chain proves them right, and nothing
    /// else. It may be none at all.
    Repair {
        /// The scope.
        scope: Scope,
        /// In no order; what is here already may be among them.
        entries: Vec<LogEntry>,
    },
    /// No snapshot of a scope was good, or none was whole: its log is read instead.
    SnapshotRefused {
        /// The scope.
        scope: Scope,
        /// Why.
        why: Unfit,
    },
    /// A scope's log is not trusted any more: remember it ([`crate::Resume::alarms`]) until [`Effect::AlarmOver`], or a
    /// [`Effect::LogChanged`] that brings another name.
    Alarm {
        /// The scope.
        scope: Scope,
        /// Why.
        alarm: Alarm,
    },
    /// A scope's log has proved right.
    AlarmOver {
        /// The scope.
        scope: Scope,
    },
    /// The relay's log is another: set all cursors to the start (entries are read and applied again, to no effect), remember
    /// until [`Effect::OffersDone`] that what is held here is to be given back ([`crate::Resume::offers_due`]), and for ever
    /// the name that it had ([`crate::Resume::earlier_logs`]).
    LogChanged {
        /// The new log.
        log: LogId,
    },
    /// Remember the name of the relay's log: the first that this device reads.
    LogNamed {
        /// The log.
        log: LogId,
    },
    /// Feed entries of a scope, of whatever author, above what the relay holds, as they were read or sent and in
    /// that order ([`crate::Input::Offer`]). Own ones that were never acknowledged are pushed, not given back.
    NeedOffer {
        /// The scope.
        scope: Scope,
        /// What the relay holds.
        above: Vec<AuthorTip>,
        /// Where the page before ended; 0 for the first.
        after: u64,
    },
    /// The relay was given all that is held here.
    OffersDone,
    /// One more control record.
    StoreControl {
        /// Its place.
        seq: u64,
        /// The record.
        record: SignedControl,
    },
    /// Two records of membership follow one: keep both, which prove it. Whoever folds the control log offers it both again,
    /// so that the fork stands until a record settles it.
    Forked {
        /// The place of both.
        seq: u64,
        /// The one that counts here, and the other.
        records: Vec<SignedControl>,
    },
    /// The records from a place on never counted, and others follow: no author has named one of them any more. Keep them, and
    /// answer [`crate::Input::ReadAnew`] for each scope of which something was set aside by what they said.
    BranchLeft {
        /// The place of the first of them.
        from: u64,
        /// All of them, in their order.
        records: Vec<SignedControl>,
    },
    /// A record that this device signed was not taken: sign again on the new head, or drop it.
    ControlRefused {
        /// Why, as `sync.control_conflict` or `sync.mark_stale`.
        code: String,
    },
    /// Rows and key wraps of a bag of the current generation; where there are wraps, answer [`crate::Input::BagKept`].
    StoreBag {
        /// The scope.
        scope: Scope,
        /// Its generation.
        bag: BagId,
        /// Verified.
        wraps: Vec<BagKeyWraps>,
        /// New rows.
        rows: Vec<BagRow>,
    },
    /// The relay lacks rows of a bag that this device has: feed them ([`crate::Input::BagRows`]).
    NeedBagRows {
        /// The scope.
        scope: Scope,
        /// Which.
        keys: Vec<KeyId>,
    },
    /// The relay has every row of a bag that is here: it is in doubt no more ([`crate::Resume::bags_unsure`]).
    BagWhole {
        /// The scope.
        scope: Scope,
    },
    /// A bag has another generation: delete the rows and wraps of every other one (`secure_delete`).
    ReplaceBag {
        /// The scope.
        scope: Scope,
        /// The generation that stays.
        bag: BagId,
    },
    /// These persons are erased: purge their keys and every clear value that came of them.
    Erase {
        /// Their keys.
        keys: Vec<KeyId>,
    },
    /// A scope may no longer be read: purge its rows.
    PurgeScope {
        /// The scope.
        scope: Scope,
    },
    /// The company has removed this device; what it may not read any more was purged before. A wish to wipe it is for the program, which asks nobody but the person here.
    Removed {
        /// Whether to wipe.
        wipe: bool,
    },
    /// A device's last accepted numbers, as a removal needs them.
    Marks(Vec<Mark>),
    /// Somebody looks at something; it is shown for a while, and kept nowhere.
    Glance {
        /// At which device.
        device: DeviceId,
        /// Who.
        person: PersonId,
        /// The scope of what they look at.
        scope: Scope,
        /// What.
        glance: Glance,
    },
    /// The relay answered a claim.
    Receipt(SignedReceipt),
    /// The relay says where a stamping stands.
    Stamp(Box<StampView>),
    /// The relay refused something that was asked.
    Refused {
        /// What.
        request: Option<RequestId>,
        /// Why.
        code: String,
    },
    /// The relay's clock, milliseconds since 1970.
    RelayTime(i64),
    /// The relay's log follows a lost one, and who is waited for; or that is over.
    Loss(Option<StandingLoss>),
    /// What the status bar says; only when it changes.
    Status(SyncStatus),
}
