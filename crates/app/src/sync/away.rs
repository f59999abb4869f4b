//! When the relay sends this device away: it is none of the company's any more, or it is stopped.

use std::{sync::Arc, time::Duration};

use zuc_protocol::{control::ControlLog, ids::DeviceId};

use super::driver::Driver;
use crate::{AppError, Office};

/// First pause after the relay has sent this device away; each is twice the one before. Whoever takes a device out stops it
/// first: the record that follows a moment later shall be heard soon.
const FIRST: Duration = Duration::from_millis(200);
/// The longest: a device that was stopped may be let go again.
const LONGEST: Duration = Duration::from_mins(1);
/// Looks of a connection that lasted, until what was before it is forgotten.
const CALM: u32 = 20;
/// Between two looks at nothing of a device that was removed: only its person can still ask something of it.
const REMOVED: Duration = Duration::from_hours(1);

/// How this device stands with its company.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Of it.
    #[default]
    In,
    /// Taken out.
    Out,
    /// Taken out, and told to wipe itself.
    Wipe,
}

impl Standing {
    /// Of a device, by the control log.
    pub(super) fn of(device: DeviceId, control: &ControlLog) -> Self {
        match control.device(device).and_then(|device| device.removed) {
            None => Self::In,
            Some(removal) if removal.wipe => Self::Wipe,
            Some(_) => Self::Out,
        }
    }
}

/// How often the relay has sent this device away in a row, and whether that was waited out.
#[derive(Default)]
pub(super) struct Away {
    times: u32,
    calm: u32,
    waited: bool,
}

impl Away {
    /// It did so again.
    pub(super) fn again(&mut self) {
        *self = Self { times: self.times.saturating_add(1), calm: 0, waited: false };
    }

    /// How long to wait before it is asked again, unless that was done.
    pub(super) fn pause(&self) -> Option<Duration> {
        let doubled = || FIRST * 2_u32.pow(self.times.saturating_sub(1).min(16));
        (self.times > 0 && !self.waited).then(|| doubled().min(LONGEST))
    }

    /// The pause is over, or somebody wants to know now.
    pub(super) fn waited(&mut self) {
        self.waited = true;
    }

    /// A connection stands.
    pub(super) fn lasts(&mut self) {
        self.calm += 1;
        if self.calm >= CALM {
            *self = Self::default();
        }
    }
}

impl Driver {
    /// How long nothing is to be asked of the relay.
    pub(super) fn rest(&self, office: &Office) -> Option<Duration> {
        if self.failed {
            return Some(self.failing.rest());
        }
        if office.exchange.standing() == Standing::In { self.away.pause() } else { Some(REMOVED) }
    }

    /// Whoever waits for an act of membership hears that it will not be taken.
    pub(super) fn answer_all(&mut self, code: &str, detail: &'static str) {
        for (_, answer) in self.authoring.drain(..) {
            // who asked may have gone
            let _ = answer.send(Err(AppError::new(code, detail)));
        }
    }

    /// The connection is not wanted any more.
    pub(super) fn sent_away(&mut self, office: &Arc<Office>, code: &str) {
        self.away.again();
        self.status = Some(self.engine.status());
        self.answer_all(code, "this device may not act for the company");
        if self.link.take().is_some() {
            office.set_online(false);
            office.exchange.line(office.now(), "disconnected", zuc_ipc::words::say("sync.disconnected").to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_sent_away_asks_again_soon_then_ever_more_seldom_and_at_once_when_told_to() {
        let mut away = Away::default();
        assert_eq!(away.pause(), None);
        let mut pauses = Vec::new();
        for _ in 0..12 {
            away.again();
            pauses.extend(away.pause().map(|pause| pause.as_millis()));
            away.waited();
            assert_eq!(away.pause(), None, "once");
        }
        assert_eq!(pauses[..4], [200, 400, 800, 1_600]);
        assert_eq!(pauses[11], 60_000);
        for _ in 0..CALM {
            away.lasts();
        }
        away.again();
        assert_eq!(away.pause(), Some(FIRST), "a connection that lasted ends the row");
    }
}
