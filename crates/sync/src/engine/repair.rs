//! What comes of a scope and does not fit what was read of it: nothing of it is taken, and it is asked for again from the
//! last place that fits.

use zuc_protocol::scope::Scope;

use crate::alarm::{Alarm, Wrong};
use crate::effect::Effect;
use crate::engine::Engine;

/// So often it is asked for in vain before that is told.
const TRIES: u32 = 3;
/// The longest pause between two tries, in milliseconds: whoever mends a relay shall not have to start every laptop again.
const LONGEST_MS: i64 = 5 * 60_000;

/// What lies behind a scope's last place that fits, as it came.
#[derive(Clone, Copy)]
pub(super) struct Hole {
    code: &'static str,
    tries: u32,
    /// When it is asked for again; milliseconds of the engine's clock.
    again: i64,
}

impl Hole {
    /// What is told of it: nothing while the next answer may well fill it.
    pub(super) fn told(&self) -> Option<&'static str> {
        (self.tries >= TRIES).then_some(self.code)
    }

    /// Whether it is time to ask.
    pub(super) fn is_due(&self, now: i64) -> bool {
        self.again <= now
    }

    /// A new connection asks at once.
    pub(super) fn is_asked(&mut self, now: i64) {
        self.again = self.again.min(now);
    }
}

impl Engine {
    /// What came of a scope, up to a place, does not fit; `answer` where it had been asked for. What nobody asked for counts
    /// once, or a relay that says one thing twice would be judged for two.
    pub(super) fn does_not_fit(
        &mut self,
        scope: Scope,
        code: &'static str,
        seq: u64,
        answer: bool,
        effects: &mut Vec<Effect>,
    ) {
        let (now, retry) = (self.now, self.config.retry_ms);
        let lane = self.lane(scope);
        lane.asked = None;
        if lane.alarm.is_none() && lane.hole.is_some() && !answer {
            return;
        }
        let tries = lane.hole.map_or(0, |hole| hole.tries).saturating_add(1);
        // at once, then ever more seldom
        let pause = if tries == 1 { 0 } else { retry.saturating_mul(1 << (tries - 2).min(16)).min(LONGEST_MS) };
        let hole = Hole { code, tries, again: now.saturating_add(pause) };
        lane.hole = Some(hole);
        let distrusted = lane.alarm.is_some() || hole.told().is_some();
        if code == Wrong::Broken.code() && distrusted {
            self.raise(scope, Alarm { wrong: Wrong::Broken, seq, author: None }, effects);
        }
        self.pull(scope, effects);
    }

    /// The relay's log of a scope ends where this device has read to: nothing lies behind.
    pub(super) fn ends_here(&mut self, scope: Scope, effects: &mut Vec<Effect>) {
        let filled = self.lane(scope).hole.take().is_some();
        self.continues(scope, effects);
        if filled {
            self.goes_on(scope, effects);
        }
    }

    /// What waited for a scope's log to be sound is sealed and sent.
    pub(super) fn goes_on(&mut self, scope: Scope, effects: &mut Vec<Effect>) {
        self.push(scope, effects);
        if self.may_seal(scope) {
            effects.push(Effect::NeedOutbox { scope });
        }
    }

    /// Asks again for what did not fit, where it is time.
    pub(super) fn mend(&mut self, effects: &mut Vec<Effect>) {
        let now = self.now;
        let due = |lane: &super::Inbound| lane.asked.is_none() && lane.hole.is_some_and(|hole| hole.is_due(now));
        let due: Vec<Scope> = self.inbound.iter().filter(|(_, lane)| due(lane)).map(|(scope, _)| *scope).collect();
        for scope in due {
            self.pull(scope, effects);
        }
    }
}
