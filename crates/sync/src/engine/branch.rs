//! A fork of the membership: kept as it was found, and left for the branch that the root says counts.

use zuc_protocol::control::SignedControl;
use zuc_protocol::envelope::SealedBatch;
use zuc_protocol::scope::Scope;

use crate::effect::Effect;
use crate::engine::control::pull_control;
use crate::engine::lane::Inbound;
use crate::engine::{Engine, Link};

/// How many records are taken of a control log that is looked at whole; no company has as many.
const WHOLE: usize = 65_536;

impl Engine {
    /// Keeps both records of a fork.
    pub(super) fn keep_fork(&mut self, seq: u64, theirs: SignedControl, effects: &mut Vec<Effect>) {
        let ours = self.log.records_from(seq).first().cloned();
        effects.push(Effect::Forked { seq, records: ours.into_iter().chain([theirs]).collect() });
    }

    /// Takes a log in which the root has settled the fork, and carries out what it says of this device, as if each of its
    /// records had just come.
    pub(super) fn adopt(&mut self, records: Vec<SignedControl>, effects: &mut Vec<Effect>) -> bool {
        let before = self.before(true);
        let ours = self.log.records_from(0);
        let parted = ours.iter().zip(&records).take_while(|(ours, theirs)| ours.hash() == theirs.hash()).count();
        let left = ours[parted..].to_vec();
        if self.log.adopt(records.clone()).is_err() {
            return false;
        }
        if !left.is_empty() {
            self.leave_branch(parted as u64, left, effects);
        }
        for (seq, record) in (0..).zip(records).skip(parted) {
            effects.push(Effect::StoreControl { seq, record });
        }
        self.after_control(&before, effects);
        self.ready(effects);
        true
    }

    /// The records from a place on never counted. Whoever had named one of them goes on from those before, or what they
    /// write next would pass for older; what was sealed under one is sealed again, for the relay knows it no more; and
    /// what waited for a record waits for the others.
    fn leave_branch(&mut self, from: u64, records: Vec<SignedControl>, effects: &mut Vec<Effect>) {
        effects.push(Effect::BranchLeft { from, records });
        let last = from.saturating_sub(1);
        for cursor in self.authors.values_mut() {
            cursor.control_seq = cursor.control_seq.min(last);
        }
        for lane in self.inbound.values_mut() {
            lane.held_at = None;
        }
        let named = |bytes: &[u8]| SealedBatch::parse(bytes).ok().map(|batch| batch.header().control_head);
        let stands = |bytes: &[u8]| named(bytes).is_some_and(|head| self.log.seq_of(head).is_some());
        let void = self.outbound.iter().filter(|(_, lane)| !lane.batches().all(|batch| stands(&batch.bytes)));
        let void: Vec<Scope> = void.map(|(scope, _)| *scope).collect();
        for scope in void {
            self.unseal(scope, effects);
        }
    }

    /// Reads a scope's log from its start: what was set aside under the branch that is left is judged by the other.
    pub(super) fn read_anew(&mut self, scope: Scope, effects: &mut Vec<Effect>) {
        let start = self.start(scope);
        let lane = self.lane(scope);
        let mut anew = Inbound::at(start);
        (anew.head, anew.alarm) = (lane.head, lane.alarm);
        *lane = anew;
        self.authors.retain(|(of, _), _| *of != scope);
        if self.link == Link::Ready {
            self.pull(scope, effects);
        }
    }

    /// Takes in a page of the relay's whole control log; gives all of it once it is here.
    pub(super) fn gathered(
        &mut self,
        from: u64,
        records: Vec<SignedControl>,
        len: u64,
        effects: &mut Vec<Effect>,
    ) -> Option<Vec<SignedControl>> {
        if from == 0 {
            self.whole.clear();
        }
        let goes_on = !records.is_empty() && (self.whole.len() + records.len()) < WHOLE;
        self.whole.extend(records);
        let here = self.whole.len() as u64;
        if here >= len || !goes_on {
            return Some(std::mem::take(&mut self.whole));
        }
        pull_control(here, effects);
        None
    }
}
