//! What the relay keeps, as traits: the log of sealed entries and its snapshots, the control log, key wraps, enrolments,
//! decisions, the stamping ledger and idempotency keys.
//!
//! A maker (SQLite, PostgreSQL) implements [`RelayStore`]; the feature `conformance` holds the suite that tells
//! whether it kept the promises. The store judges no membership and opens no seal: it orders, counts and remembers.
//! Every method takes the company first, and no answer ever holds a row of another.

pub mod archive;
pub mod attachment;
pub mod compact;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod control;
pub mod decision;
pub mod enrolment;
pub mod error;
pub mod id;
pub mod idempotency;
pub mod keys;
pub mod ledger;
pub mod left;
pub mod log;
pub mod loss;
pub mod snapshot;
pub mod stamp;

pub use archive::{Archive, move_company};
pub use attachment::{AttachmentHead, AttachmentPiece, AttachmentStore, PieceOutcome};
pub use compact::{Body, CompactStore, LogBegin, Waits};
pub use control::{ControlAppend, ControlHead, ControlRecord, ControlStore};
pub use decision::{Decided, DecisionStore, Folio, FolioState, Sign, Signed};
pub use enrolment::{Enrolment, EnrolmentState, EnrolmentStore, Invite};
pub use error::StoreError;
pub use id::{BatchHash, ChainHash, CompanyId, ControlHash, DeviceId, Hash, LogEntry, LogId, LogKind, Scope, label};
pub use idempotency::{IdempotencyStore, Remembered, StoredAnswer};
pub use keys::{Bag, BagReplacement, BagRow, KeyStore};
pub use ledger::{Ledger, StampedBefore};
pub use left::{LeftStore, NewLeft, StoredLeft};
pub use log::{AppendOutcome, AuthorHead, LogHead, LogStore, NewEntry, Page, RelayFact};
pub use loss::{FROZEN, GaveBack, Loss, LossStore};
pub use snapshot::{KEPT_OF_ONE, NewManifest, SnapshotStore, StoredManifest};
pub use stamp::{Attempt, ClaimedAttempt, NewAttempt, Outcome, Receipted, ReceiveOutcome, StampLedger, Timbre};

use async_trait::async_trait;

/// Everything the relay keeps, behind one object.
#[async_trait]
pub trait RelayStore:
    LogStore
    + LossStore
    + ControlStore
    + KeyStore
    + EnrolmentStore
    + DecisionStore
    + StampLedger
    + SnapshotStore
    + CompactStore
    + IdempotencyStore
    + AttachmentStore
    + LeftStore
    + Archive
    + Send
    + Sync
{
    /// The companies that have a genesis record here and did not leave, in no order.
    async fn companies(&self) -> Result<Vec<CompanyId>, StoreError>;

    /// Answers when the store can read and write; what `/health` asks.
    async fn ping(&self) -> Result<(), StoreError>;

    /// The random name of this company's log: a device that meets another name than the one it remembers knows
    /// that the log was lost or rolled back and offers its entries again.
    async fn log_id(&self, company: CompanyId) -> Result<LogId, StoreError>;

    /// The database's clock in milliseconds of the Unix epoch; leases and deadlines are measured on it.
    async fn clock_ms(&self, company: CompanyId) -> Result<i64, StoreError>;
}
