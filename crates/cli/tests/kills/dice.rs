//! Chance from a seed.

use std::time::Duration;

/// `SplitMix64`.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides.max(1)
    }

    pub(crate) fn between(&mut self, from: Duration, to: Duration) -> Duration {
        let span = u64::try_from(to.saturating_sub(from).as_micros()).unwrap_or(u64::MAX);
        from + Duration::from_micros(self.roll(span))
    }
}

/// How long a process lives when it is left alone: what kills are drawn over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Length {
    /// Until its home is open.
    pub(crate) opening: Duration,
    /// All of it.
    pub(crate) whole: Duration,
}

impl Length {
    /// A moment to kill it: one in five before the home is open, the others after that, to the very end.
    pub(crate) fn moment(self, dice: &mut Dice) -> Duration {
        if dice.roll(5) == 0 {
            dice.between(Duration::ZERO, self.opening)
        } else {
            dice.between(self.opening, self.whole + self.whole / 20)
        }
    }

    /// One was left alone again: the machine may have become slower or faster.
    pub(crate) fn saw(&mut self, lived: Duration) {
        self.whole = (self.whole + lived) / 2;
        // an opening that was measured in a slow moment would leave every kill too late
        self.opening = self.opening.min(self.whole);
    }
}
