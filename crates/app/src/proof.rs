//! The passphrase asked again before what cannot be called back: an unlocked laptop that somebody left is no permission.

use std::sync::atomic::{AtomicI64, Ordering};

use crate::{AppError, Office};

/// For how long a passphrase that was typed stands for whoever typed it, in milliseconds: five minutes.
const FRESH_MS: i64 = 5 * 60_000;

/// When the passphrase was typed last, in Unix milliseconds.
pub(crate) struct Proof(AtomicI64);

impl Default for Proof {
    fn default() -> Self {
        Self(AtomicI64::new(i64::MIN))
    }
}

impl Proof {
    /// It was typed, and is right.
    pub(crate) fn given(&self, now_ms: i64) {
        self.0.store(now_ms, Ordering::Relaxed);
    }

    /// Whether that is not long ago. A clock that was put back makes nothing fresh.
    pub(crate) fn is_fresh(&self, now_ms: i64) -> bool {
        let age = now_ms.checked_sub(self.0.load(Ordering::Relaxed));
        age.is_some_and(|age| (0..FRESH_MS).contains(&age))
    }
}

impl Office {
    /// Refuses, where a passphrase opens the data, unless it was typed in the last minutes. A passphrase that is given from
    /// outside for scripts is given again with every question.
    ///
    /// # Errors
    /// `lock.ask`.
    pub fn ask_again(&self) -> Result<(), AppError> {
        let locked = self.store.home().is_some_and(|home| home.sealed_keys().exists());
        if !locked || self.ports.secrets.passphrase().is_some() || self.proof.is_fresh(self.now().as_millisecond()) {
            return Ok(());
        }
        Err(AppError::new("lock.ask", "the passphrase was not typed in the last minutes"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passphrase_stands_for_five_minutes_and_for_none_by_a_clock_that_was_put_back() {
        let proof = Proof::default();
        assert!(!proof.is_fresh(0) && !proof.is_fresh(i64::MAX), "nobody typed it");
        proof.given(1_000_000);
        let fresh = [1_000_000, 1_000_000 + FRESH_MS - 1, 1_000_000 + FRESH_MS, 999_999].map(|now| proof.is_fresh(now));
        assert_eq!(fresh, [true, true, false, false]);
        proof.given(2_000_000);
        assert!(proof.is_fresh(2_000_000 + FRESH_MS - 1));
    }
}
