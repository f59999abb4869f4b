//! The machine's clock.

use jiff::Timestamp;
use zuc_app::ports::Clock;

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        now()
    }
}

/// Now, UTC, for a composition root.
#[expect(clippy::disallowed_methods, reason = "this is the clock that the rest is given")]
pub fn now() -> Timestamp {
    Timestamp::now()
}
