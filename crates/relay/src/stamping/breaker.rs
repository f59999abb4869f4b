//! A breaker before the PAC: it may delay a call, never repeat one.

use std::{sync::Mutex, time::Duration};

use tokio::time::Instant;

/// Opens after a number of failures in a row, lets one probe through after a while, closes on the first success.
pub(super) struct Breaker {
    failures: u32,
    open_for: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    failed: u32,
    /// Until when nobody passes; also while a probe is under way.
    shut_until: Option<Instant>,
}

impl Breaker {
    pub(super) fn new(failures: u32, open_for: Duration) -> Self {
        Self { failures: failures.max(1), open_for, state: Mutex::new(State::default()) }
    }

    /// Whether a call may be made now; an open breaker lets one through each time its while is over.
    pub(super) fn admits(&self) -> bool {
        let mut state = self.state.lock().expect("no holder panics");
        #[expect(clippy::disallowed_methods, reason = "how long to wait is measured, never what day it is")]
        let now = Instant::now();
        match state.shut_until {
            None => true,
            Some(until) if now < until => false,
            Some(_) => {
                state.shut_until = Some(now + self.open_for);
                true
            }
        }
    }

    pub(super) fn succeeded(&self) {
        *self.state.lock().expect("no holder panics") = State::default();
    }

    #[expect(clippy::disallowed_methods, reason = "how long to wait is measured, never what day it is")]
    pub(super) fn failed(&self) {
        let mut state = self.state.lock().expect("no holder panics");
        state.failed += 1;
        if state.failed >= self.failures {
            state.shut_until = Some(Instant::now() + self.open_for);
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.state.lock().expect("no holder panics").shut_until.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_opens_on_exactly_the_fifth_failure_and_lets_one_probe_through_each_minute() {
        let breaker = Breaker::new(5, Duration::from_mins(1));
        for _ in 0..4 {
            breaker.failed();
            assert!(breaker.admits());
        }
        breaker.failed();
        assert!(!breaker.admits() && !breaker.is_closed());
        tokio::time::advance(Duration::from_secs(59)).await;
        assert!(!breaker.admits());
        tokio::time::advance(Duration::from_secs(2)).await;
        assert!(breaker.admits(), "the probe");
        assert!(!breaker.admits(), "and nobody else");
        breaker.failed();
        tokio::time::advance(Duration::from_secs(61)).await;
        assert!(breaker.admits());
        breaker.succeeded();
        assert!(breaker.admits() && breaker.admits() && breaker.is_closed());
    }

    #[test]
    fn a_success_in_between_forgets_the_failures() {
        let breaker = Breaker::new(2, Duration::from_mins(1));
        breaker.failed();
        breaker.succeeded();
        breaker.failed();
        assert!(breaker.admits());
    }
}
