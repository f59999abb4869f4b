//! The time.

use jiff::Timestamp;
use zuc_app::ports::Clock;

/// The clock of this machine.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the room of the clock")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}
