//! What is found out about the relay's logs, and until when it stands.

use zuc_protocol::scope::Scope;

use crate::alarm::{Alarm, Wrong};
use crate::effect::Effect;
use crate::engine::Engine;

impl Engine {
    /// Why what the relay says is not to be built upon, if it is not: it shows two histories of the membership, or a log of
    /// its is not trusted. A restart does not end it.
    pub fn distrust(&self) -> Option<&'static str> {
        let forked = self.log.fork().map(|_| "sync.control_forked");
        forked.or_else(|| self.inbound.values().find_map(|lane| lane.alarm).map(|alarm| alarm.wrong.code()))
    }

    /// A scope's log is not trusted any more: on disk before anything follows from what showed it. Of two reasons the one
    /// stays that does not pass by itself, of two places the later.
    pub(super) fn raise(&mut self, scope: Scope, alarm: Alarm, effects: &mut Vec<Effect>) {
        let lane = self.lane(scope);
        let is_more = |known: Alarm| known.wrong == Wrong::Broken && (alarm.wrong.stops_all() || alarm.seq > known.seq);
        if lane.alarm.is_none_or(is_more) {
            lane.alarm = Some(alarm);
            effects.push(Effect::Alarm { scope, alarm });
        }
    }

    /// What the relay shows of a scope continues what was read of it: where it once did not, it has proved right when
    /// it is read past that place.
    pub(super) fn continues(&mut self, scope: Scope, effects: &mut Vec<Effect>) {
        let lane = self.lane(scope);
        let passed = |alarm: Alarm| alarm.wrong == Wrong::Broken && alarm.seq <= lane.received.seq;
        if lane.broken.is_some() || lane.hole.is_some() || !lane.alarm.is_some_and(passed) {
            return;
        }
        lane.alarm = None;
        effects.push(Effect::AlarmOver { scope });
        let lanes: Vec<Scope> = self.outbound.keys().copied().collect();
        for scope in lanes {
            self.push(scope, effects);
        }
        self.need_outbox(effects);
    }
}
