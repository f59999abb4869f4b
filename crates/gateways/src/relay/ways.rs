//! How the relay is reached: by a socket, or where something on the way kills those by asking again and again.

use std::{
    sync::atomic::{AtomicU8, Ordering},
    time::Duration,
};

/// Sockets that failed in a row before it is done without.
const FAILED: u8 = 2;
/// The longest pause between two looks whether sockets pass again.
const LONGEST: Duration = Duration::from_mins(15);

/// What this process knows of the way to one relay.
#[derive(Debug)]
pub(super) struct Ways {
    failed: AtomicU8,
    /// The first pause before it is looked whether sockets pass again; each is twice the one before.
    first: Duration,
}

impl Ways {
    pub(super) const fn new(first: Duration) -> Self {
        Self { failed: AtomicU8::new(0), first }
    }

    /// A socket that did not open, though the relay was there a moment ago, or that ended before anything came through it.
    pub(super) fn socket_failed(&self) {
        let failed = self.failed.load(Ordering::Relaxed);
        self.failed.store(failed.saturating_add(1), Ordering::Relaxed);
    }

    /// Something came through a socket.
    pub(super) fn socket_passed(&self) {
        self.failed.store(0, Ordering::Relaxed);
    }

    /// Whether it is done without sockets.
    pub(super) fn polls(&self) -> bool {
        self.failed.load(Ordering::Relaxed) >= FAILED
    }

    /// The pauses between looks whether sockets pass again.
    pub(super) fn looks(&self) -> impl Iterator<Item = Duration> {
        let first = self.first;
        (0..).map(move |time: u32| (first * 2_u32.pow(time.min(10))).min(LONGEST))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_sockets_that_fail_in_a_row_are_enough_and_one_that_passes_ends_the_row() {
        let ways = Ways::new(Duration::from_mins(1));
        ways.socket_failed();
        ways.socket_passed();
        ways.socket_failed();
        assert!(!ways.polls());
        ways.socket_failed();
        assert!(ways.polls());
        ways.socket_passed();
        assert!(!ways.polls());
        let minutes: Vec<u64> = ways.looks().take(6).map(|pause| pause.as_secs() / 60).collect();
        assert_eq!(minutes, [1, 2, 4, 8, 15, 15]);
    }
}
