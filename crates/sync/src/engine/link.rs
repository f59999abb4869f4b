//! The connection: greeting, silence, and another log at the relay.

use zuc_protocol::ids::{ControlHash, LogId};
use zuc_protocol::messages::{ClientFrame, ScopeCursor, ScopeHead, StandingLoss};
use zuc_protocol::scope::Scope;
use zuc_protocol::suite;

use crate::alarm::{Alarm, Wrong};
use crate::effect::Effect;
use crate::engine::earlier::Earlier;
use crate::engine::lane::Inbound;
use crate::engine::{Engine, Link};

/// So often a relay that goes back is told so in one connection. One that is honest takes another name at the first; an answer
/// that is on its way twice is none.
const TOLD: u8 = 3;

impl Engine {
    pub(super) fn connected(&mut self, token: String, effects: &mut Vec<Effect>) {
        self.disconnected();
        self.link = Link::Greeting;
        self.stale = 0;
        self.failed = None;
        self.greeted_anew = true;
        self.offered.clear();
        self.given.clear();
        self.said_behind = 0;
        self.asks_the_name = false;
        self.last_heard = self.now;
        let (version, control) = (suite::VERSION, self.log.head());
        effects.push(Effect::Send(ClientFrame::Hello { version, token, control, log: self.relay_log }));
    }

    pub(super) fn disconnected(&mut self) {
        self.link = Link::Down;
        self.bags_due.clear();
        self.offering.clear();
        self.whole.clear();
        self.checkup = None;
        self.glances.clear();
        self.begins.clear();
        self.earlier.values_mut().for_each(Earlier::begin);
        for lane in self.outbound.values_mut() {
            lane.unsend();
            lane.stopped = false;
            lane.gap = false;
        }
        for lane in self.inbound.values_mut() {
            lane.asked = None;
            lane.fetching = None;
            lane.by_segments = true;
            lane.held = false;
            lane.stuck = false;
        }
    }

    /// A relay that does not speak this version is told nothing: it would refuse for good what it cannot read.
    pub(super) fn understands(&mut self, version: u8) -> bool {
        let understands = version >= suite::VERSION;
        if !understands {
            self.failed = Some("sync.relay_too_old");
        }
        understands
    }

    pub(super) fn welcome(
        &mut self,
        log: LogId,
        control: ControlHash,
        control_len: u64,
        heads: &[ScopeHead],
        effects: &mut Vec<Effect>,
    ) {
        let behind = heads.iter().find_map(|head| {
            let applied = self.inbound.get(&head.scope)?.applied;
            let is_behind = applied.seq > head.seq || (applied.seq == head.seq && applied.chain != head.chain);
            is_behind.then_some(ScopeHead { scope: head.scope, seq: applied.seq, chain: applied.chain })
        });
        let is_other = self.relay_log.is_some_and(|known| known != log);
        // A name that it had before: its disk went back to before it was renamed.
        let came_back = is_other && self.earlier_logs.contains(&log);
        if came_back && self.said_behind < TOLD {
            self.said_behind += 1;
            effects.push(Effect::Send(ClientFrame::Followed { log }));
            return;
        }
        if let Some(at) = behind.filter(|_| !is_other && self.said_behind < TOLD) {
            // It greets again, under another name, so that everybody reads the log that stands now.
            self.said_behind += 1;
            effects.push(Effect::Send(ClientFrame::Behind { log, at }));
            return;
        }
        if behind.is_some() || is_other {
            if let Some(at) = behind.filter(|_| !is_other) {
                // It goes back and will not say so: under one name it has shown two logs.
                self.raise(at.scope, Alarm { wrong: Wrong::Forked, seq: at.seq, author: None }, effects);
            }
            let read = self.furthest().filter(|_| came_back);
            self.log_changed(log, heads, effects);
            if let Some((scope, seq)) = read {
                // It was told that others follow, and keeps the name: some of us are shown this log, some another.
                self.raise(scope, Alarm { wrong: Wrong::Renamed, seq, author: None }, effects);
            }
        } else if self.relay_log.is_none() {
            effects.push(Effect::LogNamed { log });
        }
        // if one stands still, that is said next
        self.note_loss(None, effects);
        self.relay_log = Some(log);
        let readable = self.ring.readable(&self.log);
        for head in heads.iter().filter(|head| readable.contains(&head.scope)) {
            let lane = self.lane(head.scope);
            lane.head = head.seq;
            if (lane.applied.seq, lane.applied.chain) == (head.seq, head.chain) {
                self.ends_here(head.scope, effects);
            }
        }
        self.link = Link::Control;
        self.compare_control(control, control_len, effects);
    }

    /// The scope of which most was read, and how much.
    fn furthest(&self) -> Option<(Scope, u64)> {
        self.inbound.iter().map(|(scope, lane)| (*scope, lane.applied.seq)).max_by_key(|(_, seq)| *seq)
    }

    /// The log leads elsewhere than what was read of it, up to a place. One that was put back and has grown past it since looks like that:
    /// the relay is told once how far this device had come.
    pub(super) fn leads_elsewhere(&mut self, scope: Scope, seq: u64, answer: bool, effects: &mut Vec<Effect>) {
        let applied = self.lane(scope).applied;
        let Some(log) = self.relay_log.filter(|_| self.said_behind == 0 && applied.seq > 0) else {
            self.does_not_fit(scope, Wrong::Broken.code(), seq, answer, effects);
            return;
        };
        self.said_behind += 1;
        let at = ScopeHead { scope, seq: applied.seq, chain: applied.chain };
        effects.push(Effect::Send(ClientFrame::Behind { log, at }));
    }

    pub(super) fn note_loss(&mut self, loss: Option<StandingLoss>, effects: &mut Vec<Effect>) {
        if self.loss != loss {
            self.loss.clone_from(&loss);
            effects.push(Effect::Loss(loss));
        }
    }

    /// The relay's log was lost or restored: read it from the start, and give back what is held here, whoever wrote it.
    fn log_changed(&mut self, log: LogId, heads: &[ScopeHead], effects: &mut Vec<Effect>) {
        effects.push(Effect::LogChanged { log });
        let scopes: Vec<Scope> = self.inbound.keys().copied().chain(heads.iter().map(|head| head.scope)).collect();
        let renamed = self.relay_log != Some(log);
        self.earlier_logs.extend(self.relay_log.filter(|_| renamed));
        for scope in scopes {
            let start = self.start(scope);
            let alarm = self.inbound.get(&scope).and_then(|lane| lane.alarm).filter(|_| !renamed);
            self.inbound.insert(scope, Inbound::at(start));
            self.lane(scope).alarm = alarm;
            if let Some(alarm) = alarm {
                // it begins anew under the name under which it has shown something else
                self.raise(scope, Alarm { wrong: Wrong::Forked, ..alarm }, effects);
            }
        }
        self.authors.clear();
        self.checkup = None;
        self.begins.clear();
        self.earlier.clear();
        for lane in self.outbound.values_mut() {
            lane.unsend();
            lane.until = None;
        }
        self.offers_due = true;
        self.offering.clear();
        self.given.clear();
    }

    /// The control log is the relay's: let batches flow.
    pub(super) fn ready(&mut self, effects: &mut Vec<Effect>) {
        self.ring.learn(&self.log);
        self.link = Link::Ready;
        let (now, readable) = (self.now, self.ring.readable(&self.log));
        for scope in &readable {
            self.list_bag(*scope, effects);
        }
        // after the bags: what is taken in then finds its keys
        self.look_for_snapshots(&readable, effects);
        let (mut cursors, mut far) = (Vec::new(), Vec::new());
        for scope in readable.iter().copied() {
            let (known, is_far, begins) = (self.log.len(), self.is_far(scope), self.begins.contains_key(&scope));
            let lane = self.lane(scope);
            // Where no record came, what it waits for is withheld, or still to be signed.
            lane.stuck = lane.held && lane.held_at == Some(known);
            lane.held = lane.stuck;
            if let Some(hole) = &mut lane.hole {
                hole.is_asked(now);
            }
            if begins {
                continue;
            }
            if is_far {
                far.push(scope);
                continue;
            }
            // what did not fit is asked for along with the rest
            lane.asked = lane.hole.map(|_| now).or(lane.asked);
            cursors.push(ScopeCursor { scope, seq: lane.received.seq });
        }
        self.give_credit(effects);
        effects.push(Effect::Send(ClientFrame::Subscribe { cursors }));
        for scope in far {
            self.pull(scope, effects);
        }
        self.offer_all(effects);
        for scope in &readable {
            self.push(*scope, effects);
        }
        self.need_outbox(effects);
        if std::mem::take(&mut self.greeted_anew) {
            self.resend_authored(effects);
        }
    }

    pub(super) fn heads(&mut self, heads: &[ScopeHead], effects: &mut Vec<Effect>) {
        let readable = self.ring.readable(&self.log);
        for head in heads.iter().filter(|head| readable.contains(&head.scope)) {
            let now = self.now;
            let retry = self.config.retry_ms;
            let lane = self.lane(head.scope);
            lane.head = lane.head.max(head.seq);
            if lane.applied.seq == head.seq {
                if lane.applied.chain == head.chain {
                    self.ends_here(head.scope, effects);
                } else {
                    self.leads_elsewhere(head.scope, head.seq, false, effects);
                }
            }
            let lane = self.lane(head.scope);
            if lane.received.seq < head.seq && lane.asked.is_none_or(|asked| asked + retry <= now) {
                self.pull(head.scope, effects);
            }
        }
    }

    pub(super) fn pull(&mut self, scope: Scope, effects: &mut Vec<Effect>) {
        if self.begins.contains_key(&scope) {
            return;
        }
        let (now, max) = (self.now, self.config.pull_max);
        let lane = self.lane(scope);
        let due = lane.hole.is_none_or(|hole| hole.is_due(now));
        if lane.broken.is_some() || lane.held || !due || lane.fetching.is_some() {
            return;
        }
        if self.is_far(scope) {
            self.fetch(scope, effects);
        } else {
            let lane = self.lane(scope);
            lane.asked = Some(now);
            effects.push(Effect::Send(ClientFrame::Pull { scope, from: lane.received.seq, max }));
        }
    }

    pub(super) fn tick(&mut self, now: i64, effects: &mut Vec<Effect>) {
        self.now = now;
        if self.link == Link::Down {
            self.last_heard = now;
            return;
        }
        if std::mem::take(&mut self.asks_the_name) || now - self.last_heard > self.config.silence_ms {
            self.disconnected();
            effects.push(Effect::Reconnect);
            return;
        }
        if self.link != Link::Ready {
            return;
        }
        if now - self.last_heads >= self.config.heads_ms {
            self.last_heads = now;
            self.pings += 1;
            effects.push(Effect::Send(ClientFrame::Ping(self.pings)));
            self.give_credit(effects);
            effects.push(Effect::Send(ClientFrame::Heads));
            self.ask_for_lost_bags(effects);
        }
        self.offer_late(effects);
        self.begin_late(effects);
        self.read_earlier(effects);
        self.check_up(effects);
        let scopes: Vec<Scope> = self.inbound.keys().chain(self.outbound.keys()).copied().collect();
        for scope in scopes {
            self.push(scope, effects);
        }
        let retry = self.config.retry_ms;
        let late: Vec<Scope> = self
            .inbound
            .iter()
            .filter(|(_, lane)| lane.asked.is_some_and(|asked| asked + retry <= now))
            .map(|(scope, _)| *scope)
            .collect();
        for scope in late {
            self.pull(scope, effects);
        }
        self.mend(effects);
    }
}
