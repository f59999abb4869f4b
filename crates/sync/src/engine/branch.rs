//! A fork of the membership: kept as it was found, and left for the branch that the root says counts.

use zuc_protocol::control::SignedControl;
use zuc_protocol::envelope::SealedBatch;
use zuc_protocol::scope::Scope;

use crate::effect::Effect;
use crate::engine::Engine;

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
        let len = ours.len();
        let parted = ours.iter().zip(&records).take_while(|(ours, theirs)| ours.hash() == theirs.hash()).count();
        if self.log.adopt(records.clone()).is_err() {
            return false;
        }
        if parted < len {
            self.leave_branch(parted as u64, effects);
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
    fn leave_branch(&mut self, from: u64, effects: &mut Vec<Effect>) {
        effects.push(Effect::BranchLeft { from });
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
}
