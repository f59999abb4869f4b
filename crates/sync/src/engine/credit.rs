//! How much the relay may say ahead: what this device has taken in makes room for more.

use zuc_protocol::messages::{ClientFrame, ServerFrame};

use crate::effect::Effect;
use crate::engine::{Engine, Link};

/// Frames that may be on their way here unasked.
const WINDOW: u32 = 32;

impl Engine {
    /// The relay may say so much ahead, whatever it might before.
    pub(super) fn give_credit(&mut self, effects: &mut Vec<Effect>) {
        self.taken = 0;
        effects.push(Effect::Send(ClientFrame::Credit { frames: WINDOW }));
    }

    /// After a frame was taken in, and after what followed from it: half a window makes room for a whole one.
    pub(super) fn took_in(&mut self, counts: bool, effects: &mut Vec<Effect>) {
        self.taken += u32::from(counts);
        if self.taken >= WINDOW / 2 && self.link == Link::Ready {
            self.give_credit(effects);
        }
    }
}

/// Whether the relay may have sent a frame without having been asked for just this one.
pub(super) fn costs(frame: &ServerFrame) -> bool {
    matches!(frame, ServerFrame::Entries { .. } | ServerFrame::Bag { .. })
}
