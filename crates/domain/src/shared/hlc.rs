//! The hybrid logical clock written into records: shows order, breaks ties, decides nothing else.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::id::DeviceId;

/// How far a received clock may push one's own beyond one's wall clock: five minutes.
const MAX_LEAD_MILLIS: i64 = 5 * 60 * 1000;

/// Milliseconds since 1970 (UTC), a counter inside the millisecond, and the device as the last tie.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Hlc {
    /// Wall clock of the writer, or the highest it had seen.
    pub millis: i64,
    /// Order inside one millisecond.
    pub counter: u16,
    /// The writer.
    pub device: DeviceId,
}

impl Hlc {
    /// The next reading on `device` after `last`, when its wall clock shows `now_millis`.
    pub fn tick(last: Option<Self>, now_millis: i64, device: DeviceId) -> Self {
        let Some(last) = last.filter(|last| last.millis >= now_millis) else {
            return Self { millis: now_millis, counter: 0, device };
        };
        match last.counter.checked_add(1) {
            Some(counter) => Self { millis: last.millis, counter, device },
            None => Self { millis: last.millis.saturating_add(1), counter: 0, device },
        }
    }

    /// What this device remembers after seeing `remote`: never more than five minutes past its wall clock.
    #[must_use]
    pub fn receive(self, remote: Self, now_millis: i64) -> Self {
        let cap = now_millis.saturating_add(MAX_LEAD_MILLIS);
        if remote.millis > cap || (remote.millis, remote.counter) <= (self.millis, self.counter) {
            self
        } else {
            Self { device: self.device, ..remote }
        }
    }
}

impl fmt::Display for Hlc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Fixed widths: the text sorts as the clock does.
        write!(f, "{:015}-{:05}-{}", self.millis.max(0), self.counter, self.device.0.simple())
    }
}

/// The text is no clock reading.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("not a hybrid logical clock reading")]
pub struct InvalidHlc;

impl InvalidHlc {
    /// Stable code of this error.
    pub const fn code(self) -> &'static str {
        "hlc.invalid"
    }
}

impl FromStr for Hlc {
    type Err = InvalidHlc;

    fn from_str(text: &str) -> Result<Self, InvalidHlc> {
        let mut parts = text.splitn(3, '-');
        let mut part = || parts.next().ok_or(InvalidHlc);
        Ok(Self {
            millis: part()?.parse().map_err(|_| InvalidHlc)?,
            counter: part()?.parse().map_err(|_| InvalidHlc)?,
            device: part()?.parse().map_err(|_| InvalidHlc)?,
        })
    }
}

impl TryFrom<String> for Hlc {
    type Error = InvalidHlc;

    fn try_from(text: String) -> Result<Self, InvalidHlc> {
        text.parse()
    }
}

impl From<Hlc> for String {
    fn from(hlc: Hlc) -> Self {
        hlc.to_string()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const ANA: DeviceId = DeviceId(Uuid::from_u128(1));
    const LUIS: DeviceId = DeviceId(Uuid::from_u128(2));

    #[test]
    fn a_clock_that_stands_still_or_goes_back_still_counts_up() {
        let first = Hlc::tick(None, 1_000, ANA);
        let second = Hlc::tick(Some(first), 1_000, ANA);
        let third = Hlc::tick(Some(second), 900, ANA);
        assert!(first < second && second < third);
        let full = Hlc { counter: u16::MAX, ..third };
        assert!(Hlc::tick(Some(full), 900, ANA) > full);
    }

    #[test]
    fn a_received_clock_moves_ours_at_most_five_minutes_ahead() {
        let ours = Hlc::tick(None, 1_000, ANA);
        let near = Hlc::tick(None, 1_000 + MAX_LEAD_MILLIS, LUIS);
        assert_eq!(ours.receive(near, 1_000).millis, near.millis);
        let far = Hlc::tick(None, 1_001 + MAX_LEAD_MILLIS, LUIS);
        assert_eq!(ours.receive(far, 1_000), ours);
        assert_eq!(near.receive(ours, 1_000), near);
    }

    #[test]
    fn the_text_sorts_as_the_clock_does_and_reads_back() {
        let low = Hlc { millis: 9_999, counter: 10, device: LUIS };
        let high = Hlc { millis: 10_000, counter: 9, device: ANA };
        assert!(low < high && low.to_string() < high.to_string());
        assert_eq!(high.to_string().parse::<Hlc>().unwrap(), high);
    }
}
