//! The frames between device and relay, on a socket or in the body of an HTTP call.

use serde::{Deserialize, Serialize};

use crate::bytes::Blob;
use crate::chain::{LogEntry, LogKind};
use crate::codec::{self, MAX_FRAME};
use crate::control::{Mark, SignedControl};
use crate::error::ProtocolError;
use crate::fingerprint::{Fingerprint, Stretch};
use crate::glance::SealedGlance;
use crate::holding::HeldWord;
use crate::ids::{
    AttachmentId, BatchHash, ChainHash, ControlHash, DeviceId, Digest32, HeldRows, KeyId, LogId, RequestId,
};
use crate::left::{KeptLeft, SealedLeft};
use crate::manifest::{KeptManifest, Witness};
use crate::person_key::{BagKeyWraps, BagReplacement, BagRow};
use crate::receipt::{ClaimRequest, SignedReceipt};
use crate::scope::Scope;
use crate::stamping::{StampCommand, StampJob, StampView};

/// Where a reader stands in a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopeCursor {
    /// The scope.
    pub scope: Scope,
    /// The last entry it has; 0 for none.
    pub seq: u64,
}

/// Where a scope's log stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopeHead {
    /// The scope.
    pub scope: Scope,
    /// The last entry; 0 for none.
    pub seq: u64,
    /// The chain hash there.
    pub chain: ChainHash,
}

/// One batch is durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acked {
    /// Which.
    pub hash: BatchHash,
    /// Its place in the log.
    pub seq: u64,
    /// The chain hash there.
    pub chain: ChainHash,
}

/// What the relay holds under a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored {
    /// The batch.
    pub hash: BatchHash,
    /// Its place in the log.
    pub seq: u64,
}

/// Why the relay refuses a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum RefusalCode {
    /// The scope has a newer epoch: seal again.
    EpochStale,
    /// Another batch stands under this number.
    NumberTaken,
    /// A number before this one is missing, or `prev` is not its predecessor.
    NumberGap,
    /// The author may not write the scope.
    NotAllowed,
    /// The author is frozen or removed.
    Revoked,
    /// The batch names a control head that the relay does not know, or an older one than the author's last.
    ControlHead,
    /// Not a batch, or not the author's signature.
    Malformed,
    /// It names an erased person key.
    ErasedKey,
    /// The company's quota is spent.
    Quota,
}

impl RefusalCode {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::EpochStale => "sync.epoch_stale",
            Self::NumberTaken => "sync.number_taken",
            Self::NumberGap => "sync.number_gap",
            Self::NotAllowed => "sync.not_allowed",
            Self::Revoked => "sync.revoked",
            Self::ControlHead => "sync.control_head",
            Self::Malformed => "sync.malformed",
            Self::ErasedKey => "sync.erased_key",
            Self::Quota => "sync.quota",
        }
    }
}

/// One batch is not taken; none after it in the same push is either.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Which.
    pub hash: BatchHash,
    /// Why.
    pub code: RefusalCode,
    /// What stands under its number, when the number is taken.
    pub stored: Option<Stored>,
    /// The author's last accepted number in the scope.
    pub last_accepted: u64,
}

/// An entry of a log that is lost, given back by whoever holds it: its bytes are what its author, or the relay, signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offered {
    /// What it is.
    pub kind: LogKind,
    /// As it stood in the log.
    pub bytes: Blob,
}

/// How much of an author's batches the relay holds in a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorTip {
    /// Whose.
    pub author: DeviceId,
    /// The last number.
    pub number: u64,
}

/// Device to relay. A frame's number on the wire is its place here: new ones are added at the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClientFrame {
    /// First on a socket.
    Hello {
        /// The newest version that the device speaks ([`crate::suite::VERSION`]).
        version: u8,
        /// The session's token.
        token: String,
        /// The last control record known.
        control: ControlHash,
        /// The log that was last seen.
        log: Option<LogId>,
    },
    /// Sealed batches of one scope, in the order of their numbers, and the bag rows that they first name.
    Push {
        /// The scope.
        scope: Scope,
        /// Sealed batches.
        batches: Vec<Blob>,
        /// Rows that travel with them.
        bag_rows: Vec<BagRow>,
    },
    /// Entries above `from`.
    Pull {
        /// The scope.
        scope: Scope,
        /// The last entry that the reader has.
        from: u64,
        /// How many at most.
        max: u32,
    },
    /// Entries of these scopes as they come, from these cursors on.
    Subscribe {
        /// Where the reader stands.
        cursors: Vec<ScopeCursor>,
    },
    /// Control records from a place on.
    Control {
        /// The first wanted.
        from: u64,
    },
    /// One more control record, if its `prev` is the head; with what travels outside the log.
    ControlAppend {
        /// The record.
        record: SignedControl,
        /// New generations of bags.
        replacements: Vec<BagReplacement>,
        /// Bag keys to a device that joins.
        wraps: Vec<BagKeyWraps>,
    },
    /// Key wraps and rows of a scope's bag, in the order of their key ids.
    Bag {
        /// The scope.
        scope: Scope,
        /// The rows of the current generation that the device knows the relay to have: where it has no others, it
        /// sends none.
        have: HeldRows,
        /// The last row of the page before; `None` for the first page.
        after: Option<KeyId>,
    },
    /// A bag's rows and wraps, offered.
    BagOffer {
        /// Key wraps, when the sender may give them.
        wraps: Option<BagKeyWraps>,
        /// Rows.
        rows: Vec<BagRow>,
    },
    /// Where all logs stand.
    Heads,
    /// A device's last accepted numbers.
    Marks {
        /// Whose.
        device: DeviceId,
    },
    /// Something only the relay decides.
    Claim(ClaimRequest),
    /// A CFDI to stamp.
    Stamp(Box<StampJob>),
    /// Something else about stamping.
    StampCommand {
        /// Asking again under this id does it once.
        id: RequestId,
        /// What.
        command: StampCommand,
    },
    /// Proof of life.
    Ping(u64),
    /// The log of this name reached a place where the relay's ends before it, or has another chain: it went back. Answered
    /// by a [`ServerFrame::Welcome`].
    Behind {
        /// The log that both name.
        log: LogId,
        /// Where the device has read it to.
        at: ScopeHead,
    },
    /// Control records that the relay has lost, in order, above those that it has. They stood once: nothing travels with them.
    ControlOffer {
        /// The records.
        records: Vec<SignedControl>,
    },
    /// What the relay holds of a scope, before it is offered the rest.
    Holds {
        /// The scope.
        scope: Scope,
    },
    /// Entries of a scope whose log is lost, of whatever author, in the order in which the device had read them: each after
    /// those that it builds upon, and each author's by number.
    Offer {
        /// The scope.
        scope: Scope,
        /// At most a frame full.
        entries: Vec<Offered>,
        /// Whether the device holds nothing more.
        last: bool,
    },
    /// How many frames more the device takes without having asked for each: entries and rows of bags as they come. It takes
    /// the place of what was left of the one before; without it none are sent.
    Credit {
        /// How many; more than [`MAX_CREDIT`] are that many.
        frames: u32,
    },
    /// How much of a file the relay holds. Answered by a [`ServerFrame::Attachment`].
    Attachment {
        /// The scope of the record that it is attached to.
        scope: Scope,
        /// The file.
        id: AttachmentId,
    },
    /// The next bytes of a file, sealed. Answered by a [`ServerFrame::Attachment`], which says where to go on: what is not
    /// sent from there is not taken.
    AttachmentPut {
        /// The scope of the record that it is attached to.
        scope: Scope,
        /// The file.
        id: AttachmentId,
        /// How long it is.
        size: u64,
        /// Where these bytes begin.
        at: u64,
        /// At most [`crate::attachment::MAX_CARRIED`].
        bytes: Blob,
    },
    /// Bytes of a file that the relay holds whole. Answered by a [`ServerFrame::AttachmentBytes`].
    AttachmentGet {
        /// The scope of the record that it is attached to.
        scope: Scope,
        /// The file.
        id: AttachmentId,
        /// Where the wanted bytes begin.
        at: u64,
    },
    /// The snapshots of a scope.
    Manifests {
        /// The scope.
        scope: Scope,
    },
    /// One pack of a snapshot.
    Pack {
        /// The scope.
        scope: Scope,
        /// The manifest that names it.
        manifest: Digest32,
        /// Which.
        hash: Digest32,
    },
    /// A snapshot that this device has made, without its packs.
    ManifestOffer {
        /// The manifest's bytes.
        manifest: Blob,
        /// The device's own word that it is right.
        witness: Witness,
    },
    /// A pack that a manifest names which was offered before.
    PackOffer {
        /// The scope.
        scope: Scope,
        /// The manifest.
        manifest: Digest32,
        /// The pack's bytes.
        pack: Blob,
    },
    /// This device's word on a manifest of another's.
    Testify {
        /// The scope.
        scope: Scope,
        /// The manifest.
        manifest: Digest32,
        /// The word.
        witness: Witness,
    },
    /// What the relay holds in a stretch of a scope's log. Answered by a [`ServerFrame::Fingerprint`].
    Fingerprint {
        /// The scope.
        scope: Scope,
        /// At most [`crate::fingerprint::MAX_STRETCH`] places: of more it is the first of them.
        stretch: Stretch,
    },
    /// Where the person at this device looks. Answered by nothing, kept by nobody, and lost where there is no room for it.
    Glance {
        /// The scope of the record.
        scope: Scope,
        /// Sealed.
        glance: SealedGlance,
    },
    /// What this device holds of a scope's log. Answered by a [`ServerFrame::HeldBy`].
    Held {
        /// Its word.
        word: HeldWord,
    },
    /// Who holds what of a scope's log. Answered by a [`ServerFrame::HeldBy`].
    HeldBy {
        /// The scope.
        scope: Scope,
    },
    /// Nothing opens a file any more: the relay is to forget its bytes for good, and to take them from nobody again. Answered by
    /// a [`ServerFrame::Attachment`] of nothing; of a file that it does not hold it keeps that it is not to come.
    AttachmentDrop {
        /// The scope of the record that it is attached to.
        scope: Scope,
        /// The file.
        id: AttachmentId,
    },
    /// This device has read a log that followed the one of this name: the relay went back to before it was renamed. Answered
    /// by a [`ServerFrame::Welcome`].
    Followed {
        /// The name that the relay greeted with.
        log: LogId,
    },
    /// What this device could not send before it was taken out because its person left: once for a scope. Answered by a
    /// [`ServerFrame::LeftKept`].
    Leave {
        /// Sealed.
        left: SealedLeft,
    },
    /// What others left behind in a scope. Answered by a [`ServerFrame::LeftBehind`].
    LeftBehind {
        /// The scope.
        scope: Scope,
        /// The author of the one before; `None` for the first.
        after: Option<DeviceId>,
    },
    /// What a device left behind in a scope is dealt with: the relay is to forget it, and to take it from nobody again. Answered
    /// by a [`ServerFrame::LeftBehind`] of nothing.
    SettleLeft {
        /// The scope.
        scope: Scope,
        /// Whose.
        device: DeviceId,
    },
}

/// Frames that a relay sends ahead at most.
pub const MAX_CREDIT: u32 = 64;

/// What a relay that has lost its data waits for. Until then it gives no folio and stamps nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandingLoss {
    /// When it was noticed, by the relay's clock; milliseconds since 1970.
    pub since_ms: i64,
    /// Devices that may hold receipts and have not given back what they hold; none where nobody who read them has come.
    pub waits: Vec<DeviceId>,
}

/// Relay to device. A frame's number on the wire is its place here: new ones are added at the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ServerFrame {
    /// Answers [`ClientFrame::Hello`].
    Welcome {
        /// The newest version that the relay speaks; nothing newer is said to it.
        version: u8,
        /// The relay's log.
        log: LogId,
        /// The relay's clock, milliseconds since 1970.
        time_ms: i64,
        /// The head of the control log.
        control: ControlHash,
        /// How many control records there are.
        control_len: u64,
        /// Where the logs of the readable scopes stand.
        heads: Vec<ScopeHead>,
    },
    /// These batches are durable.
    Ack {
        /// The scope.
        scope: Scope,
        /// In the order of the push.
        acks: Vec<Acked>,
    },
    /// One batch is not taken, nor what came after it.
    Refused {
        /// The scope.
        scope: Scope,
        /// Which and why.
        refusal: Refusal,
    },
    /// Entries of one scope, dense above `from`.
    Entries {
        /// The scope.
        scope: Scope,
        /// The entry before the first of these.
        from: u64,
        /// At most a frame full.
        entries: Vec<LogEntry>,
        /// The last entry of the log.
        head: u64,
        /// The chain hash after the last of these entries.
        chain: ChainHash,
    },
    /// Control records; also sent unasked when one is appended.
    ControlRecords {
        /// Place of the first.
        from: u64,
        /// In order.
        records: Vec<SignedControl>,
        /// How many there are in all.
        len: u64,
    },
    /// The record stands.
    ControlAccepted {
        /// Its place.
        seq: u64,
        /// Its hash.
        hash: ControlHash,
    },
    /// The head is another: pull and sign again.
    ControlConflict {
        /// The head.
        head: ControlHash,
        /// How many records there are.
        len: u64,
    },
    /// A page of a scope's bag; also sent unasked, before the entries that name new rows.
    Bag {
        /// The scope.
        scope: Scope,
        /// Who has its key.
        wraps: Vec<BagKeyWraps>,
        /// Rows, in the order of their key ids.
        rows: Vec<BagRow>,
        /// Whether another page follows.
        more: bool,
        /// Whether these are a page of all that the relay has; if not, the asker has just these already, or they were
        /// added meanwhile.
        listing: bool,
    },
    /// Where all logs stand.
    Heads {
        /// Of the readable scopes.
        heads: Vec<ScopeHead>,
    },
    /// A device's last accepted numbers.
    Marks {
        /// Per scope.
        marks: Vec<Mark>,
    },
    /// A claim's receipt; the same for the same id.
    Receipt(SignedReceipt),
    /// Where a stamping stands.
    Stamp(Box<StampView>),
    /// Something asked was refused.
    Error {
        /// The claim or command, when one was asked.
        request: Option<RequestId>,
        /// The stable code, as `relay.frozen`.
        code: String,
    },
    /// Come back by HTTP.
    GoAway {
        /// Why, as `relay.no_credit`.
        code: String,
    },
    /// Answers [`ClientFrame::Ping`].
    Pong {
        /// The ping's number.
        number: u64,
        /// The relay's clock, milliseconds since 1970.
        time_ms: i64,
    },
    /// Answers [`ClientFrame::Holds`].
    Holds {
        /// The scope.
        scope: Scope,
        /// Every author of whom there is a batch.
        authors: Vec<AuthorTip>,
    },
    /// Answers [`ClientFrame::Offer`]: whatever of it counts is durable.
    Offered {
        /// The scope.
        scope: Scope,
        /// As it was asked.
        last: bool,
    },
    /// The log follows a lost one; sent after the greeting, and again when it changes. Nothing says that it is over, and
    /// so does the next greeting without it.
    Lost {
        /// How that stands.
        loss: Option<StandingLoss>,
    },
    /// How much of a file is here, durably; it is whole where both are the same and not 0.
    Attachment {
        /// The file.
        id: AttachmentId,
        /// How long it is; 0 where nothing of it is here.
        size: u64,
        /// How much of it is here.
        have: u64,
    },
    /// Answers [`ClientFrame::AttachmentGet`].
    AttachmentBytes {
        /// The file.
        id: AttachmentId,
        /// Where these bytes begin.
        at: u64,
        /// At most [`crate::attachment::MAX_CARRIED`], and one at least.
        bytes: Blob,
    },
    /// Answers [`ClientFrame::Manifests`]: snapshots of the log that stands of which every pack is here, newest first.
    Manifests {
        /// The scope.
        scope: Scope,
        /// At most [`crate::manifest::MAX_KEPT`].
        kept: Vec<KeptManifest>,
    },
    /// Answers [`ClientFrame::Pack`].
    Pack {
        /// The scope.
        scope: Scope,
        /// Its bytes; `None` where it is not here any more.
        pack: Option<Blob>,
    },
    /// Answers [`ClientFrame::ManifestOffer`], [`ClientFrame::PackOffer`] and [`ClientFrame::Testify`]: it is durable.
    ManifestKept {
        /// The scope.
        scope: Scope,
        /// Which.
        manifest: Digest32,
        /// Packs of it that are not here yet.
        lacks: Vec<Digest32>,
    },
    /// Answers [`ClientFrame::Fingerprint`], of as much of the stretch as was looked at in one go.
    Fingerprint(Fingerprint),
    /// Where somebody else looks; unasked, and never twice.
    Glance {
        /// The scope of the record.
        scope: Scope,
        /// Sealed.
        glance: SealedGlance,
    },
    /// A scope's log begins later than it was asked for: the relay has dropped what lies before, which others hold.
    Begins {
        /// The scope.
        scope: Scope,
        /// The last entry that is not there.
        at: u64,
        /// The chain there.
        chain: ChainHash,
        /// The last entry of the log.
        head: u64,
    },
    /// Who holds what of a scope's log.
    HeldBy {
        /// The scope.
        scope: Scope,
        /// The last entry that the relay has dropped; 0 for none.
        begins: u64,
        /// Whether it wants what it has dropped back ([`ClientFrame::Offer`]): too few hold it.
        wants: bool,
        /// The last word of each device that reads the scope, at most [`crate::holding::MAX_WORDS`].
        words: Vec<HeldWord>,
    },
    /// Answers [`ClientFrame::Leave`]: it is durable.
    LeftKept {
        /// The scope.
        scope: Scope,
        /// Until when it is kept if nobody deals with it, by the relay's clock; milliseconds since 1970.
        until_ms: i64,
    },
    /// Answers [`ClientFrame::LeftBehind`] and [`ClientFrame::SettleLeft`].
    LeftBehind {
        /// The scope.
        scope: Scope,
        /// The next in the order of the devices; `None` where there are no more.
        left: Option<KeptLeft>,
    },
}

macro_rules! framed {
    ($($frame:ident),+) => {$(
        impl $frame {
            /// As one binary message.
            ///
            /// # Errors
            /// [`ProtocolError::TooLarge`] above 1 MiB.
            pub fn to_bytes(&self) -> Result<Vec<u8>, ProtocolError> {
                codec::encode(self, MAX_FRAME)
            }

            /// Reads one binary message.
            ///
            /// # Errors
            /// [`ProtocolError::TooLarge`] or [`ProtocolError::Malformed`].
            pub fn from_bytes(bytes: &[u8]) -> Result<Self, ProtocolError> {
                codec::decode(bytes, MAX_FRAME)
            }
        }
    )+};
}
framed!(ClientFrame, ServerFrame);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::LogKind;

    #[test]
    fn frames_go_round() {
        let frame = ServerFrame::Entries {
            scope: Scope::Sales(1),
            from: 4,
            entries: vec![LogEntry { seq: 5, kind: LogKind::Batch, bytes: Blob(vec![1, 2, 3]) }],
            head: 5,
            chain: ChainHash([9; 32]),
        };
        assert_eq!(ServerFrame::from_bytes(&frame.to_bytes().unwrap()).unwrap(), frame);
        let json = serde_json::to_string(&frame).unwrap();
        assert_eq!(serde_json::from_str::<ServerFrame>(&json).unwrap(), frame);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_or_refused_without_a_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..400)) {
            let _ = ClientFrame::from_bytes(&bytes);
            let _ = ServerFrame::from_bytes(&bytes);
        }
    }
}
