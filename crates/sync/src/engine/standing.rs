//! Where this device stands, as the status bar says it.

use zuc_protocol::messages::RefusalCode;
use zuc_protocol::scope::Scope;

use crate::engine::lane::{Inbound, Outbound};
use crate::engine::{Engine, Link};
use crate::status::SyncStatus;

impl Engine {
    /// Whether batches flow.
    pub fn is_ready(&self) -> bool {
        self.link == Link::Ready
    }

    /// Whether this device is at the head of every scope that it may read: what a lease asks for.
    pub fn at_head(&self) -> bool {
        let at_head = |lane: &Inbound| lane.applied.seq >= lane.head && !lane.held && lane.is_sound();
        self.is_ready()
            && self.offering.is_empty()
            && self.is_out().or(self.failed).is_none()
            && self.ring.readable(&self.log).iter().filter_map(|scope| self.inbound.get(scope)).all(at_head)
    }

    /// Whether this device knows what the others have written, whatever it has still to send itself: what a debt of keys is
    /// paid upon. A lane that waits for a key is no reason to wait, for the debt may be just that.
    pub fn is_caught_up(&self) -> bool {
        let read = |lane: &Inbound| lane.held || lane.applied.seq >= lane.head;
        self.is_ready()
            && self.is_out().or(self.failed).is_none()
            && self.log.fork().is_none()
            && self.authored.is_empty()
            && self.bags_due.is_empty()
            && self.bags_asked.is_empty()
            && self.offering.is_empty()
            && self.inbound.values().all(Inbound::is_sound)
            && self.ring.readable(&self.log).iter().filter_map(|scope| self.inbound.get(scope)).all(read)
    }

    /// Why this device is none of the company's, if it is none: it was removed, or it is stopped.
    pub fn is_out(&self) -> Option<&'static str> {
        let me = self.log.device(self.me)?;
        if me.removed.is_some() {
            return Some(RefusalCode::Revoked.code());
        }
        me.frozen_at(self.log.last_seq()).then_some("sync.stopped")
    }

    /// Whether a scope waits for a new key, for somebody has the current one who may not read it any more, or for a bag that
    /// follows an erasure.
    pub fn is_stale(&self) -> bool {
        self.log.scopes().any(|scope| self.log.is_stale(scope) || self.log.owes_erasure(scope))
    }

    /// Scopes whose bag is on its way: the relay has not answered for it, nobody has sealed its key for this device, or
    /// there are rows that the relay is to be given.
    fn keys_coming(&self) -> u64 {
        let asked = |scope: &Scope| self.bags_due.contains(scope) || self.bags_asked.contains(scope);
        let due = |scope: &&Scope| asked(scope) || self.lacks_bag(**scope);
        self.ring.readable(&self.log).iter().filter(due).count() as u64
    }

    /// Where this device stands. Records of membership that the relay has not taken are still to go.
    pub fn status(&self) -> SyncStatus {
        if let Some(code) = self.trouble() {
            return SyncStatus::Failed(code);
        }
        let sealed: usize = self.outbound.values().map(Outbound::rows).sum();
        let out = self.waiting.max(sealed as u64);
        if self.link == Link::Down {
            return SyncStatus::Offline(out);
        }
        let coming: u64 = self.inbound.values().map(|lane| lane.head.saturating_sub(lane.applied.seq)).sum();
        let holes = self.inbound.values().filter(|lane| lane.hole.is_some()).count();
        match out + coming + self.keys_coming() + (self.authored.len() + self.offering.len() + holes) as u64 {
            0 if self.link == Link::Ready => SyncStatus::UpToDate,
            left => SyncStatus::Syncing(left),
        }
    }

    /// What is told, if something is wrong: first what stops every scope.
    fn trouble(&self) -> Option<&'static str> {
        self.stops_all().or_else(|| self.inbound.values().find_map(Inbound::trouble))
    }

    /// Why nothing is sealed in any scope, if that is so. What is wrong with one scope's log alone stops only that one.
    pub(super) fn stops_all(&self) -> Option<&'static str> {
        if self.log.fork().is_some() {
            return Some("sync.control_forked");
        }
        self.is_out().or(self.failed).or_else(|| self.inbound.values().find_map(Inbound::stops_all))
    }
}
