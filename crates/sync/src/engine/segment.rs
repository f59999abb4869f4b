//! Scopes that are far behind: their log is read in segments beside the connection, and as it comes once they are near its end.

use zuc_protocol::messages::{ClientFrame, ScopeCursor};
use zuc_protocol::scope::Scope;

use crate::effect::Effect;
use crate::engine::{Engine, Link};

impl Engine {
    /// Whether a scope is too far behind to be read over the connection, which others need.
    pub(super) fn is_far(&self, scope: Scope) -> bool {
        let far = self.config.far;
        let behind = |lane: &super::Inbound| lane.head.saturating_sub(lane.received.seq) > far;
        self.inbound.get(&scope).is_some_and(|lane| lane.by_segments && behind(lane))
    }

    /// Asks for the segment above what was received.
    pub(super) fn fetch(&mut self, scope: Scope, effects: &mut Vec<Effect>) {
        let lane = self.lane(scope);
        lane.asked = None;
        lane.fetching = Some(lane.received.seq);
        effects.push(Effect::NeedSegment { scope, from: lane.received.seq });
    }

    /// A segment was read, to its end or as far as it came. One that brought nothing is not asked for again in this
    /// connection: a page of the connection then says what is wrong.
    pub(super) fn segment_read(&mut self, scope: Scope, effects: &mut Vec<Effect>) {
        let lane = self.lane(scope);
        let Some(from) = lane.fetching.take() else { return };
        lane.by_segments = lane.received.seq > from;
        if self.link != Link::Ready {
            return;
        }
        if self.is_far(scope) {
            self.pull(scope, effects);
        } else {
            let seq = self.lane(scope).received.seq;
            effects.push(Effect::Send(ClientFrame::Subscribe { cursors: vec![ScopeCursor { scope, seq }] }));
        }
    }
}
