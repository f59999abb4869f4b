//! Whether the newest backup should be tried: a backup that nobody ever opened is a hope.

use jiff::{SignedDuration, Timestamp};

use super::{SINCE, TRIED};
use crate::{AppError, Office};

/// How long a trial that went well counts.
const COUNTS: SignedDuration = SignedDuration::from_hours(30 * 24);

impl Office {
    /// Whether there have been backups here for a month and none of them was tried in that time.
    pub(crate) async fn trial_due(&self) -> Result<bool, AppError> {
        let tried = self.millis(TRIED).await?.and_then(|millis| Timestamp::from_millisecond(millis).ok());
        let since = self.millis(SINCE).await?.and_then(|millis| Timestamp::from_millisecond(millis).ok());
        Ok(is_due(tried, since, self.now()))
    }
}

/// Whether the last trial that went well, or without one the first backup, is a month ago. One that a clock noted which was
/// ahead counts for nothing.
fn is_due(tried: Option<Timestamp>, since: Option<Timestamp>, now: Timestamp) -> bool {
    let Some(since) = since else { return false };
    let tried = tried.filter(|tried| *tried <= now);
    now.duration_since(tried.unwrap_or(since)) >= COUNTS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + day * 86_400).unwrap()
    }

    #[test]
    fn a_trial_is_due_a_month_after_the_last_and_without_one_a_month_after_the_first_backup() {
        assert!(!is_due(None, None, day(400)), "where there is no backup nothing can be tried");
        assert!(!is_due(None, Some(day(0)), day(29)));
        assert!(is_due(None, Some(day(0)), day(30)));
        assert!(!is_due(Some(day(20)), Some(day(0)), day(49)));
        assert!(is_due(Some(day(20)), Some(day(0)), day(50)));
    }

    #[test]
    fn a_trial_that_a_wrong_clock_noted_for_later_counts_for_nothing() {
        assert!(is_due(Some(day(900)), Some(day(0)), day(50)));
        assert!(!is_due(Some(day(900)), Some(day(0)), day(29)));
    }
}
