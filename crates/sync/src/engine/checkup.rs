//! What lies spoiled on this disk, or is not there any more: found by comparing fingerprints with the relay, and pulled again.
//!
//! The disk looks first, by itself: what it holds of a scope's log has to lead to the chain that it remembers. Where it does
//! not, the relay is asked where the two differ. It is believed nothing: what it gives is taken only where it makes the chain
//! right again (`Effect::Repair`), and what is here goes for nothing else.

use zuc_protocol::chain::LogEntry;
use zuc_protocol::fingerprint::{Fingerprint, Stretch};
use zuc_protocol::messages::ClientFrame;
use zuc_protocol::scope::Scope;

use crate::effect::Effect;
use crate::engine::{Engine, Link};
use crate::status::SyncStatus;

/// So few places are pulled rather than compared again.
const FEW: u64 = 16;
/// Questions of one check-up: a relay that answers ever less is not asked for ever.
const MAX_ASKED: u32 = 8_192;
/// Entries and bytes of them that one check-up brings. What is left is found by the next.
const MAX_FOUND: usize = 4_096;
const MAX_WEIGHT: usize = 16 << 20;

/// A scope whose entries here are not what its chain says.
pub(super) struct Checkup {
    scope: Scope,
    /// Still to be compared; the next is the last.
    left: Vec<Stretch>,
    step: Step,
    /// When the relay was asked.
    at: i64,
    asked: u32,
    found: Vec<LogEntry>,
    weight: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    /// The relay was asked for its fingerprint.
    Theirs(Stretch),
    /// The disk was asked for its own.
    Ours(Stretch),
    /// The relay was asked for the entries.
    Pulled(Stretch),
}

impl Engine {
    /// Has the disk look, from time to time, where nothing else is to be done; and lets go of a check-up that nobody answers.
    pub(super) fn check_up(&mut self, effects: &mut Vec<Effect>) {
        let now = self.now;
        if let Some(checkup) = &self.checkup {
            if !matches!(checkup.step, Step::Ours(_)) && checkup.at + self.config.retry_ms <= now {
                self.checkup = None;
            }
            return;
        }
        if now < self.next_checkup || self.status() != SyncStatus::UpToDate {
            return;
        }
        self.next_checkup = now + self.config.check_ms;
        effects.push(Effect::NeedCheckup);
    }

    /// The disk has found that its entries of a scope, in one of these stretches, are not what they were.
    pub(super) fn spoiled(&mut self, scope: Scope, stretches: &[Stretch], effects: &mut Vec<Effect>) {
        if self.link != Link::Ready || self.checkup.is_some() || !self.ring.reads(&self.log, scope) {
            return;
        }
        let left = stretches.iter().flat_map(|stretch| stretch.parts()).rev().collect();
        let step = Step::Ours(Stretch { after: 0, up_to: 0 });
        self.checkup = Some(Checkup { scope, left, step, at: self.now, asked: 0, found: vec![], weight: 0 });
        self.compare_next(effects);
    }

    fn compare_next(&mut self, effects: &mut Vec<Effect>) {
        let now = self.now;
        let Some(checkup) = &mut self.checkup else { return };
        let has_room = checkup.asked < MAX_ASKED && checkup.found.len() < MAX_FOUND && checkup.weight < MAX_WEIGHT;
        if let Some(stretch) = checkup.left.pop().filter(|_| has_room) {
            (checkup.step, checkup.at) = (Step::Theirs(stretch), now);
            checkup.asked += 1;
            effects.push(Effect::Send(ClientFrame::Fingerprint { scope: checkup.scope, stretch }));
        } else {
            let Some(Checkup { scope, found, .. }) = self.checkup.take() else { return };
            effects.push(Effect::Repair { scope, entries: found });
        }
    }

    /// The relay says what it holds of the stretch that it was asked for, or of its beginning.
    pub(super) fn fingerprint(&mut self, theirs: Fingerprint, effects: &mut Vec<Effect>) {
        let Some(checkup) = self.checkup.as_mut().filter(|checkup| checkup.scope == theirs.scope) else { return };
        let Step::Theirs(asked) = checkup.step else { return };
        let said = theirs.stretch;
        if said.after != asked.after || said.is_empty() || said.up_to > asked.up_to {
            return;
        }
        if said.up_to < asked.up_to {
            checkup.left.push(Stretch { after: said.up_to, ..asked });
        }
        checkup.step = Step::Ours(said);
        effects.push(Effect::Compare(theirs));
    }

    /// The disk has made its own of the same places.
    pub(super) fn compared(&mut self, theirs: &Fingerprint, ours: &Fingerprint, effects: &mut Vec<Effect>) {
        let (now, stretch) = (self.now, theirs.stretch);
        let Some(checkup) = self.checkup.as_mut().filter(|checkup| checkup.scope == theirs.scope) else { return };
        if checkup.step != Step::Ours(stretch) {
            return;
        }
        if theirs == ours {
            self.compare_next(effects);
            return;
        }
        if let Some((left, right)) = stretch.halves().filter(|_| stretch.len() > FEW) {
            checkup.left.extend([right, left]);
            self.compare_next(effects);
            return;
        }
        (checkup.step, checkup.at) = (Step::Pulled(stretch), now);
        checkup.asked += 1;
        let max = u32::try_from(stretch.len()).unwrap_or(u32::MAX);
        effects.push(Effect::Send(ClientFrame::Pull { scope: checkup.scope, from: stretch.after, max }));
    }

    /// What the relay has dropped cannot be compared with it; whether that is what was asked for here.
    pub(super) fn checkup_begins(&mut self, scope: Scope, at: u64, effects: &mut Vec<Effect>) -> bool {
        let Some(checkup) = self.checkup.as_mut().filter(|checkup| checkup.scope == scope) else { return false };
        let (Step::Theirs(asked) | Step::Pulled(asked)) = checkup.step else { return false };
        if asked.after >= at {
            return false;
        }
        checkup.left.push(asked);
        for stretch in &mut checkup.left {
            stretch.after = stretch.after.max(at);
        }
        checkup.left.retain(|stretch| !stretch.is_empty());
        self.compare_next(effects);
        true
    }

    /// Whether a page is one that was asked for here.
    pub(super) fn is_pulled_again(&self, scope: Scope, from: u64) -> bool {
        let is_it = |checkup: &Checkup| {
            checkup.scope == scope && matches!(checkup.step, Step::Pulled(stretch) if stretch.after == from)
        };
        self.checkup.as_ref().is_some_and(is_it)
    }

    pub(super) fn pulled_again(&mut self, mut entries: Vec<LogEntry>, effects: &mut Vec<Effect>) {
        let Some(checkup) = &mut self.checkup else { return };
        let Step::Pulled(stretch) = checkup.step else { return };
        let dense = entries.iter().zip(stretch.after + 1..).all(|(entry, seq)| entry.seq == seq);
        entries.retain(|entry| dense && stretch.covers(entry.seq));
        if let Some(last) = entries.last().filter(|last| last.seq < stretch.up_to) {
            checkup.left.push(Stretch { after: last.seq, ..stretch });
        }
        checkup.weight += entries.iter().map(|entry| entry.bytes.0.len()).sum::<usize>();
        checkup.found.append(&mut entries);
        self.compare_next(effects);
    }
}
