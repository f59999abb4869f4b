//! The log of sealed entries: dense sequence and hash chain per company and scope.

use async_trait::async_trait;

use crate::{BatchHash, ChainHash, CompanyId, ControlHash, DeviceId, LogEntry, Scope, StoreError};

/// A sealed batch whose signature and legality the caller has judged.
#[derive(Clone, Debug)]
pub struct NewEntry {
    /// The scope.
    pub scope: Scope,
    /// The device that signed it.
    pub author: DeviceId,
    /// The author's dense number in this scope, from 1.
    pub number: u64,
    /// The hash of the author's batch before this one.
    pub previous: BatchHash,
    /// The place of the control record that the author had seen; it never goes back.
    pub control_seq: u64,
    /// The batch's own hash, by which it is acknowledged.
    pub hash: BatchHash,
    /// The bytes, kept verbatim.
    pub bytes: Vec<u8>,
}

/// What became of one entry of an append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AppendOutcome {
    /// It stands in the log now.
    Appended {
        /// Its place, dense from 1.
        seq: u64,
        /// The scope's chain after it.
        chain: ChainHash,
    },
    /// The number stands already, under this hash: the same one when the push is a repetition, another when the
    /// author went back in time.
    Known {
        /// The place of the one that stands.
        seq: u64,
        /// The hash of the one that stands.
        hash: BatchHash,
        /// The scope's chain after it.
        chain: ChainHash,
    },
    /// The author had seen a newer control record before.
    ControlHeadOld,
    /// The number is not the author's next, or it does not name the one before it.
    OutOfOrder {
        /// The author's last number here; 0 when it has none.
        last: u64,
        /// The hash of that last batch.
        last_hash: BatchHash,
    },
}

/// Where a scope's log ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogHead {
    /// The last place; 0 when the log is empty.
    pub seq: u64,
    /// The chain there.
    pub chain: ChainHash,
}

/// Some entries of a scope, and where they stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Dense, in order.
    pub entries: Vec<LogEntry>,
    /// The chain after the last of them.
    pub chain: ChainHash,
    /// The last place of the log.
    pub head: u64,
    /// The last entry that was dropped; 0 for none. Where the page was asked for before it there is nothing in it.
    pub begins: u64,
}

/// An author's last batch in one scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorHead {
    /// The scope.
    pub scope: Scope,
    /// The last accepted number.
    pub number: u64,
    /// Its hash.
    pub hash: BatchHash,
}

/// A fact the relay appends in the transaction that makes it true.
#[derive(Clone, Debug)]
pub struct RelayFact {
    /// Where it goes.
    pub scope: Scope,
    /// Sealed to the scope's epoch and signed by the relay.
    pub bytes: Vec<u8>,
    /// The control head by which the seal's epoch was chosen.
    pub control_head: ControlHash,
}

/// The log.
#[async_trait]
pub trait LogStore: Send + Sync {
    /// Appends in order, all in one transaction; durable when this returns.
    ///
    /// One outcome per entry: an entry that is refused does not stop those of other authors and scopes after it.
    ///
    /// # Errors
    /// [`StoreError::ControlMoved`] when the control log does not end at `control_head` in the appending transaction:
    /// the caller judged by a membership that holds no more.
    async fn append(
        &self,
        company: CompanyId,
        control_head: ControlHash,
        entries: Vec<NewEntry>,
    ) -> Result<Vec<AppendOutcome>, StoreError>;

    /// Appends facts of the relay's own that no other row depends on.
    ///
    /// # Errors
    /// [`StoreError::ControlMoved`] as for [`LogStore::append`].
    async fn append_facts(&self, company: CompanyId, facts: Vec<RelayFact>) -> Result<(), StoreError>;

    /// The entries after `after`, in order, at most `max` of them and about `max_bytes`; at least one if there is one.
    ///
    /// Beyond the end, and where what lies after `after` was dropped, the page is empty and its chain is that of the end.
    async fn read(
        &self,
        company: CompanyId,
        scope: Scope,
        after: u64,
        max: u32,
        max_bytes: usize,
    ) -> Result<Page, StoreError>;

    /// Where a scope's log ends; [`zuc_protocol`]'s start of the chain when it is empty.
    async fn head(&self, company: CompanyId, scope: Scope) -> Result<LogHead, StoreError>;

    /// The ends of all scopes that have an entry.
    async fn heads(&self, company: CompanyId) -> Result<Vec<(Scope, LogHead)>, StoreError>;

    /// The last batch of an author in each scope where it has one.
    async fn author_heads(&self, company: CompanyId, author: DeviceId) -> Result<Vec<AuthorHead>, StoreError>;
}
