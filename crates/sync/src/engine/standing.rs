//! Where this device stands, as the status bar says it.

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
        self.is_ready()
            && self.failed.is_none()
            && self
                .ring
                .readable(&self.log)
                .iter()
                .all(|scope| self.inbound.get(scope).is_none_or(|lane| lane.applied.seq >= lane.head && !lane.held))
    }

    /// Scopes whose bag is on its way: the relay has not answered for it, nobody has sealed its key for this device, or
    /// there are rows that the relay is to be given.
    fn keys_coming(&self) -> u64 {
        let lacking = |scope: &Scope| self.log.bag(*scope).is_some() && self.ring.bag(*scope).is_none();
        let asked = |scope: &Scope| self.bags_due.contains(scope) || self.bags_asked.contains(scope);
        let due = |scope: &&Scope| asked(scope) || lacking(scope);
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
        match out + coming + self.keys_coming() + self.authored.len() as u64 {
            0 if self.link == Link::Ready => SyncStatus::UpToDate,
            left => SyncStatus::Syncing(left),
        }
    }

    pub(super) fn trouble(&self) -> Option<&'static str> {
        if self.log.fork().is_some() {
            return Some("sync.control_forked");
        }
        self.failed.or_else(|| self.inbound.values().find_map(Inbound::trouble))
    }
}
