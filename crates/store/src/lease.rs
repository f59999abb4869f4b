//! A fenced lease: for a while this device, and no other, does a job. What is done under it is committed while it runs, and
//! carries its number.

use jiff::{SignedDuration, Timestamp};

use crate::StoreError;
use crate::tx::Tx;

/// A lease as the relay gave it, measured on this device's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    fence: u64,
    asked: Timestamp,
    until: Timestamp,
}

impl Lease {
    /// A lease that was asked for at `asked`, and runs for so long from the moment at which it was given. It ends here a little
    /// before it does at the relay: by the time that the answer took.
    pub fn granted(fence: u64, asked: Timestamp, lasts_ms: i64) -> Self {
        let lasts = SignedDuration::from_millis(lasts_ms.max(0));
        Self { fence, asked, until: asked.checked_add(lasts).unwrap_or(asked) }
    }

    /// Grows with each holder: of two that did the same, the later counts.
    pub const fn fence(&self) -> u64 {
        self.fence
    }

    /// Whether it runs. A clock that was set back does not say how long it was, so then it does not.
    pub fn runs_at(&self, now: Timestamp) -> bool {
        self.asked <= now && now < self.until
    }
}

impl Tx {
    /// Commits what was done under a lease. A laptop that slept over its end writes nothing.
    ///
    /// # Errors
    /// [`StoreError::LeaseOver`], and nothing was written; those of [`Tx::commit`].
    pub async fn commit_under(self, lease: &Lease, now: Timestamp) -> Result<(), StoreError> {
        if !lease.runs_at(now) {
            return Err(StoreError::LeaseOver);
        }
        self.commit().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_ends_when_its_time_is_over_or_the_clock_was_set_back() {
        let at = |second: i64| Timestamp::from_second(1_790_000_000 + second).unwrap();
        let lease = Lease::granted(3, at(0), 120_000);
        assert_eq!(
            [-1, 0, 119, 120, 90_000].map(|second| lease.runs_at(at(second))),
            [false, true, true, false, false]
        );
        assert!(!Lease::granted(3, at(0), -5).runs_at(at(0)), "one that was over when it came");
        assert!(!Lease::granted(3, at(0), i64::MAX).runs_at(at(0)), "longer than time");
    }
}
