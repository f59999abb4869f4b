//! A log whose beginning was dropped: what devices say that they hold, from where on entries are still here, and how they
//! come back.
//!
//! Of an entry that is dropped everything stays but its bytes, so that numbers, repetitions, marks and chains are answered
//! as before. The store judges nobody's word; whoever calls has. What it makes sure of by itself: nothing is dropped but
//! for the snapshot that was waited for, in the transaction that finds the membership where it was judged; and nothing
//! comes back but what the chain proves.

use async_trait::async_trait;
use zuc_protocol::chain;

use crate::{ChainHash, CompanyId, ControlHash, DeviceId, Hash, LogKind, Scope, StoreError};

/// What a device was last noted to be there is a day, in milliseconds.
pub const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// From where on a scope's log is here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogBegin {
    /// The last entry that was dropped; 0 for none.
    pub seq: u64,
    /// The snapshot for which it was, which stays.
    pub manifest: Option<Hash>,
    /// The snapshot for which more is to be dropped; it stays too.
    pub waits: Option<Waits>,
}

/// A snapshot that is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waits {
    /// Names it.
    pub manifest: Hash,
    /// Since when, in milliseconds of the Unix epoch.
    pub since_ms: i64,
}

/// An entry whose bytes may have been dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// What it is.
    pub kind: LogKind,
    /// Author and number of a batch.
    pub batch: Option<(DeviceId, u64)>,
    /// The bytes.
    pub bytes: Vec<u8>,
}

impl Body {
    /// Whether it is the entry between two chains.
    pub fn leads(&self, before: ChainHash, after: ChainHash) -> bool {
        chain::next(before, self.kind, &self.bytes) == after
    }
}

/// Logs that begin later.
#[async_trait]
pub trait CompactStore: Send + Sync {
    /// Keeps what a device says of a scope, over what it said before.
    async fn put_held(
        &self,
        company: CompanyId,
        scope: Scope,
        device: DeviceId,
        word: Vec<u8>,
    ) -> Result<(), StoreError>;

    /// The last word of every device on a scope.
    async fn held(&self, company: CompanyId, scope: Scope) -> Result<Vec<Vec<u8>>, StoreError>;

    /// Notes that a device was there, to the day; an earlier day changes nothing.
    async fn note_seen(&self, company: CompanyId, device: DeviceId, at_ms: i64) -> Result<(), StoreError>;

    /// When each device was last there, the beginning of that day; one that was never noted is not among them.
    async fn seen(&self, company: CompanyId) -> Result<Vec<(DeviceId, i64)>, StoreError>;

    /// From where on a scope's log is here.
    async fn log_begin(&self, company: CompanyId, scope: Scope) -> Result<LogBegin, StoreError>;

    /// The chain at a place, also at one whose entry was dropped; that of the start at 0, none beyond the end.
    async fn chain_at(&self, company: CompanyId, scope: Scope, seq: u64) -> Result<Option<ChainHash>, StoreError>;

    /// Waits for a snapshot, or for none.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where it is not here.
    async fn wait_for(&self, company: CompanyId, scope: Scope, waits: Option<Waits>) -> Result<(), StoreError>;

    /// The log begins behind the snapshot that was waited for from now on; nothing is waited for any more.
    ///
    /// # Errors
    /// [`StoreError::ControlMoved`] as for [`crate::LogStore::append`]; [`StoreError::NotFound`] where another is waited for, or none.
    async fn begin_at(
        &self,
        company: CompanyId,
        control_head: ControlHash,
        scope: Scope,
        manifest: Hash,
    ) -> Result<(), StoreError>;

    /// Drops the bytes of entries that lie before the begin, of `max` at most; of how many. To be called until it is none.
    async fn clear_bodies(&self, company: CompanyId, scope: Scope, max: u32) -> Result<u64, StoreError>;

    /// Takes back bytes that were dropped, as far as the chain proves them; where all are here again up to the begin, the log
    /// begins earlier. Of how many entries.
    async fn refill(&self, company: CompanyId, scope: Scope, bodies: Vec<Body>) -> Result<u64, StoreError>;
}

/// The day in which a time lies, its beginning.
pub const fn day(at_ms: i64) -> i64 {
    at_ms - at_ms.rem_euclid(DAY_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight() {
        assert_eq!((day(0), day(DAY_MS - 1), day(DAY_MS)), (0, 0, DAY_MS));
        assert_eq!(day(-1), -DAY_MS);
    }
}
