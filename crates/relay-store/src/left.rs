//! What devices whose persons left could not send: sealed, one of each device in a scope, for a time.
//!
//! The store judges nobody; whoever calls has. What it makes sure of by itself: the first one stays the only one, also once it
//! was dealt with, and none comes long after its device was taken out.

use async_trait::async_trait;

use crate::{CompanyId, DeviceId, Hash, Scope, StoreError};

/// The code of a second one.
pub const TWICE: &str = "left.twice";
/// The code of one that comes too long after its device was taken out.
pub const TOO_LATE: &str = "left.too_late";
/// How long after it was taken out a device may bring it, and how long it is kept, in milliseconds: thirty days.
pub const KEPT_MS: i64 = 30 * 24 * 60 * 60 * 1_000;

/// What a device could not send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewLeft {
    /// In which scope.
    pub scope: Scope,
    /// The device.
    pub device: DeviceId,
    /// The control record that took it out.
    pub removed_at: u64,
    /// Names the bytes, also when they are gone.
    pub digest: Hash,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// One that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredLeft {
    /// Whose.
    pub device: DeviceId,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// When it came, in milliseconds of the Unix epoch.
    pub at_ms: i64,
}

/// What is left behind.
#[async_trait]
pub trait LeftStore: Send + Sync {
    /// Keeps one, durably; the same again changes nothing, whatever became of it. Gives when it came first.
    ///
    /// # Errors
    /// [`StoreError::Refused`] [`TWICE`], [`TOO_LATE`]; [`StoreError::NotFound`] where no record has that place.
    async fn put_left(&self, company: CompanyId, left: NewLeft) -> Result<i64, StoreError>;

    /// The one of the next device, in the order of their ids, that was neither dealt with nor is older than [`KEPT_MS`].
    async fn left_after(
        &self,
        company: CompanyId,
        scope: Scope,
        after: Option<DeviceId>,
    ) -> Result<Option<StoredLeft>, StoreError>;

    /// Forgets the bytes of one that was dealt with, durably; one that is not here is none to forget.
    async fn settle_left(&self, company: CompanyId, scope: Scope, device: DeviceId) -> Result<(), StoreError>;

    /// Forgets the bytes of those that came before a time, in milliseconds of the Unix epoch; how many that were.
    async fn drop_left_before(&self, company: CompanyId, before_ms: i64) -> Result<u64, StoreError>;
}

/// Whether one may come at `now_ms`, given when its device was taken out and the digest of the one that came before, if any.
///
/// # Errors
/// [`StoreError::Refused`] [`TWICE`], [`TOO_LATE`].
pub fn may_come(removed_ms: i64, now_ms: i64, before: Option<&[u8]>, digest: &Hash) -> Result<(), StoreError> {
    match before {
        Some(before) if before == digest => Ok(()),
        Some(_) => Err(StoreError::Refused(TWICE)),
        None if now_ms.saturating_sub(removed_ms) > KEPT_MS => Err(StoreError::Refused(TOO_LATE)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_comes_in_time_and_the_same_again_at_any() {
        let code = |outcome: Result<(), StoreError>| outcome.err().map(|error| error.code());
        let digest = [1; 32];
        assert_eq!(code(may_come(5, 5 + KEPT_MS, None, &digest)), None);
        assert_eq!(code(may_come(5, 6 + KEPT_MS, None, &digest)), Some(TOO_LATE));
        assert_eq!(code(may_come(5, 9 * KEPT_MS, Some(&[1; 32]), &digest)), None, "its answer was lost");
        assert_eq!(code(may_come(5, 6, Some(&[2; 32]), &digest)), Some(TWICE));
    }
}
