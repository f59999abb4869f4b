//! When a backup is made by itself: every day at eight in the evening, or as soon after as the program is open.

use jiff::{SignedDuration, Timestamp, ZonedDateTime, civil::time};
use zuc_store::Reason;

use super::{FAILED, Failed, MADE};
use crate::{AppError, Office};

/// The hour, by the company's clock.
const HOUR: i8 = 20;
/// How long after a try that failed the next one comes.
const AGAIN: SignedDuration = SignedDuration::from_hours(1);

impl Office {
    /// Makes the day's backup where it is due, and writes the keys of persons anew where they are owed. What fails is noted
    /// for the page and tried again later; nothing waits for it.
    pub(crate) async fn back_up_if_due(&self) -> Result<(), AppError> {
        self.store.renew_owed_people().await?;
        let now = self.now().to_zoned_datetime(self.zone.clone());
        let made = self.millis(MADE).await?.and_then(|millis| Timestamp::from_millisecond(millis).ok());
        let failed: Option<Failed> = self.setting(FAILED).await?.and_then(|json| serde_json::from_str(&json).ok());
        let failed = failed.and_then(|failed| Timestamp::from_millisecond(failed.at_ms).ok());
        if is_due(made, failed, &now) {
            let folder = self.backup_folder().await?;
            self.back_up(folder, Reason::Daily).await?;
        }
        Ok(())
    }
}

/// Whether the last eight o'clock has no backup after it, and the last try that failed is long enough ago. A clock that
/// was ahead when the last one was made does not put the next one off for long.
fn is_due(made: Option<Timestamp>, failed: Option<Timestamp>, now: &ZonedDateTime) -> bool {
    let today = now.date().to_datetime(time(HOUR, 0, 0, 0)).to_zoned_datetime(now.time_zone().clone());
    let Ok(today) = today else { return false };
    let last = if today <= *now { Ok(today) } else { today.yesterday() };
    let Ok(last) = last.map(|last| last.timestamp()) else { return false };
    let now = now.timestamp();
    let missing = made.is_none_or(|made| made < last || made > now);
    missing && failed.is_none_or(|failed| failed > now || now.duration_since(failed) >= AGAIN)
}

#[cfg(test)]
mod tests {
    use jiff::tz::{self, TimeZone};

    use super::*;

    fn at(day: i8, hour: i8, minute: i8) -> ZonedDateTime {
        let zone = TimeZone::fixed(tz::offset(-6));
        jiff::civil::date(2026, 11, day).at(hour, minute, 0, 0).to_zoned_datetime(zone).unwrap()
    }

    #[test]
    fn one_is_due_at_eight_or_as_soon_as_the_program_is_open_again() {
        let due =
            |made: Option<ZonedDateTime>, now: ZonedDateTime| is_due(made.map(|made| made.timestamp()), None, &now);
        assert!(due(None, at(29, 9, 0)), "the first");
        assert!(!due(Some(at(28, 20, 1)), at(29, 19, 59)));
        assert!(due(Some(at(28, 20, 1)), at(29, 20, 0)));
        assert!(due(Some(at(27, 20, 1)), at(29, 9, 0)), "it was closed last evening");
        assert!(!due(Some(at(29, 9, 0)), at(29, 10, 0)));
        assert!(due(Some(at(29, 9, 0)), at(29, 20, 30)));
        assert!(due(Some(at(30, 9, 0)), at(29, 21, 0)), "made tomorrow: that clock was wrong");
    }

    #[test]
    fn what_failed_is_tried_again_after_an_hour() {
        let due = |failed: ZonedDateTime, now: ZonedDateTime| is_due(None, Some(failed.timestamp()), &now);
        assert!(!due(at(29, 20, 0), at(29, 20, 59)));
        assert!(due(at(29, 20, 0), at(29, 21, 0)));
        assert!(due(at(30, 20, 0), at(29, 21, 0)));
    }
}
