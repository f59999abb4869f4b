//! Own batches going out: sealed, stored, sent, acknowledged, or sealed again.

use std::collections::VecDeque;

use zuc_protocol::bytes::Blob;
use zuc_protocol::chain::{self, LogKind};
use zuc_protocol::envelope::SeenTip;
use zuc_protocol::ids::BatchHash;
use zuc_protocol::messages::{Acked, ClientFrame, Refusal, RefusalCode};
use zuc_protocol::scope::Scope;

use crate::effect::{Advance, Effect, Writer};
use crate::engine::control::pull_control;
use crate::engine::{Engine, Link};
use crate::input::{AuthorCursor, Cursor, OutboxItem, StoredBatch};
use crate::legality::Illegal;
use crate::sealer::{self, Place};

impl Engine {
    /// Whether something may be sealed and sent: nothing wrong with the membership or this scope's log, a member.
    pub(super) fn may_seal(&self, scope: Scope) -> bool {
        self.link == Link::Ready
            && self.stops_all().is_none()
            && self.inbound.get(&scope).is_none_or(|lane| lane.is_sound() && !lane.lacks_key())
            && self.log.rights(self.me).is_some_and(|rights| rights.may_write(scope))
            && self.ring.current(&self.log, scope).is_some()
            && !self.log.is_stale(scope)
            && !self.offering.contains_key(&scope)
            && self.outbound.get(&scope).is_none_or(|lane| !lane.stopped && lane.until.is_none())
    }

    pub(super) fn need_outbox(&mut self, effects: &mut Vec<Effect>) {
        for scope in self.log.scopes().collect::<Vec<_>>() {
            if self.may_seal(scope) {
                effects.push(Effect::NeedOutbox { scope });
            }
        }
    }

    pub(super) fn outbox_ready(
        &mut self,
        scope: Scope,
        mut items: Vec<OutboxItem>,
        fresh: &mut dyn FnMut() -> [u8; 32],
        effects: &mut Vec<Effect>,
    ) {
        let Some(log) = self.relay_log.filter(|_| self.may_seal(scope)) else { return };
        let sealed = self.outbound.entry(scope).or_default().sealed_rows();
        items.retain(|item| !sealed.contains(&item.id));
        self.keep_what_is_ours(scope, &mut items, effects);
        self.name_nobody_erased(&mut items);
        let mut groups: VecDeque<_> = sealer::group(items).into();
        let mut refused = false;
        while let Some(group) = groups.pop_front() {
            let received = self.lane(scope).received;
            let (number, prev) = self.outbound.entry(scope).or_default().next();
            let place = Place { scope, number, prev, seen: SeenTip::new(&log, received.seq, &received.chain) };
            let random = fresh();
            let mut nonce = [0; 24];
            nonce.copy_from_slice(&random[..24]);
            match sealer::seal(&self.log, &self.ring, self.me, place, group, &nonce) {
                Ok(batch) => {
                    self.outbound.entry(scope).or_default().sealed(batch.clone());
                    effects.push(Effect::StoreSealed(batch));
                }
                // one that cannot be sealed must not take along those beside it
                Err((_, group)) if group.len() > 1 => {
                    for item in group.into_iter().rev() {
                        groups.push_front(vec![item]);
                    }
                }
                Err((error, group)) => {
                    let outbox = group.iter().map(|item| item.id).collect();
                    // what else waits of a record may build upon it: that is asked for once the disk has parted them
                    let record = group[0].item.id();
                    for group in &mut groups {
                        group.retain(|row| row.item.id() != record);
                    }
                    groups.retain(|group| !group.is_empty());
                    refused = true;
                    effects.push(Effect::OutboxRefused { scope, number: None, outbox, code: error.code() });
                }
            }
        }
        if refused {
            effects.push(Effect::NeedOutbox { scope });
        }
    }

    /// What another role writes, nobody would take from this person: it is not sealed. It was written before a role went.
    fn keep_what_is_ours(&self, scope: Scope, items: &mut Vec<OutboxItem>, effects: &mut Vec<Effect>) {
        let Some(rights) = self.log.rights(self.me) else { return };
        let others: Vec<i64> =
            items.extract_if(.., |item| !item.item.is_for(rights, scope)).map(|item| item.id).collect();
        if !others.is_empty() {
            let code = Illegal::OthersKind.code();
            effects.push(Effect::OutboxRefused { scope, number: None, outbox: others, code });
        }
    }

    /// A person who was erased since is not named any more: nobody takes a batch that does, whatever else it carries.
    fn name_nobody_erased(&self, items: &mut [OutboxItem]) {
        for item in items {
            item.item.forget(|key| self.log.is_erased(key));
            item.bag_rows.retain(|row| !self.log.is_erased(row.key));
        }
    }

    /// Sends what is on disk and not on its way.
    pub(super) fn push(&mut self, scope: Scope, effects: &mut Vec<Effect>) {
        if !self.may_seal(scope) {
            return;
        }
        let (now, config) = (self.now, self.config);
        // A relay without the bag that rows belong to would lose them: it is given the bag's wraps first.
        let bag_known = !self.bags_due.contains(&scope);
        let Some(lane) = self.outbound.get_mut(&scope) else { return };
        loop {
            let chosen = lane.choose(now, now - config.retry_ms, config.push_batches, config.push_bytes, bag_known);
            if chosen.is_empty() {
                return;
            }
            let bag_rows = chosen.iter().flat_map(|batch| batch.bag_rows.iter().cloned()).collect();
            let batches = chosen.into_iter().map(|batch| Blob(batch.bytes)).collect();
            effects.push(Effect::Send(ClientFrame::Push { scope, batches, bag_rows }));
        }
    }

    pub(super) fn acked(&mut self, scope: Scope, acks: &[Acked], effects: &mut Vec<Effect>) {
        for ack in acks {
            if !self.fits(scope, ack) {
                // It waits on: sent again, it is answered with its true place, or read there before that.
                self.leads_elsewhere(scope, ack.seq, false, effects);
                break;
            }
            let Some(batch) = self.outbound.entry(scope).or_default().take(ack.hash) else { continue };
            self.stale = 0;
            self.bag_keys.entry(scope).or_default().extend(batch.bag_rows.iter().map(|row| row.key));
            self.outbound.entry(scope).or_default().gap = false;
            let lane = self.lane(scope);
            let advance = (ack.seq == lane.received.seq + 1 && lane.takes_more()).then(|| Cursor {
                seq: ack.seq,
                chain: chain::next(lane.received.chain, LogKind::Batch, &batch.bytes),
            });
            if let Some(cursor) = advance {
                lane.advance(cursor);
                lane.applied = cursor;
                let author = AuthorCursor {
                    number: batch.number,
                    hash: batch.hash,
                    control_seq: self.own_control_seq(scope, &batch),
                    blocked: false,
                    upon_this: self.authors.get(&(scope, self.me)).is_some_and(|last| last.upon_this),
                };
                self.authors.insert((scope, self.me), author);
                let advance = Advance { seq: cursor.seq, chain: cursor.chain, author: Some((self.me, author)) };
                let writer = self.own_writer(author.control_seq);
                effects.push(mark_acked(scope, batch, ack.seq, Some(advance), writer));
            } else {
                lane.head = lane.head.max(ack.seq);
                effects.push(mark_acked(scope, batch, ack.seq, None, None));
                if self.lane(scope).asked.is_none() {
                    self.pull(scope, effects);
                }
            }
        }
        self.push(scope, effects);
        if self.outbound.entry(scope).or_default().is_idle() && self.may_seal(scope) {
            effects.push(Effect::NeedOutbox { scope });
        }
    }

    /// Whether a batch can stand where the relay says, as far as the log is known here: the chain at that place is the one that
    /// was read, or what the batch makes of it.
    fn fits(&mut self, scope: Scope, ack: &Acked) -> bool {
        let received = self.lane(scope).received;
        let Some(bytes) = self.outbound.get(&scope).and_then(|lane| lane.first(ack.hash)) else { return true };
        let chain = if ack.seq == received.seq + 1 {
            Some(chain::next(received.chain, LogKind::Batch, bytes))
        } else {
            self.inbound.get(&scope).and_then(|lane| lane.chain_at(ack.seq))
        };
        chain.is_none_or(|chain| chain == ack.chain)
    }

    /// Who this device was at a control record.
    fn own_writer(&self, seen: u64) -> Option<Writer> {
        let person = self.log.device(self.me)?.person;
        Some(Writer { device: self.me, person, seen, rights: self.log.rights_at(self.me, seen)?.clone() })
    }

    /// The control record that an own batch names.
    fn own_control_seq(&self, scope: Scope, batch: &StoredBatch) -> u64 {
        let before = self.authors.get(&(scope, self.me)).map_or(0, |cursor| cursor.control_seq);
        zuc_protocol::envelope::SealedBatch::parse(&batch.bytes)
            .ok()
            .and_then(|batch| self.log.seq_of(batch.header().control_head))
            .map_or(before, |seen| seen.max(before))
    }

    /// An own batch was read from the log: its acknowledgement may have been lost, or this database is a restored one.
    pub(super) fn own_came_back(&mut self, scope: Scope, cursor: AuthorCursor, seq: u64, effects: &mut Vec<Effect>) {
        let lane = self.outbound.entry(scope).or_default();
        if let Some(batch) = lane.take(cursor.hash) {
            self.bag_keys.entry(scope).or_default().extend(batch.bag_rows.iter().map(|row| row.key));
            effects.push(mark_acked(scope, batch, seq, None, None));
        } else {
            lane.acked(cursor.number, cursor.hash);
        }
    }

    /// After a page was read: own batches sealed under numbers that the log already has are sealed again, and what
    /// waited for own entries to come back goes on.
    pub(super) fn after_reading(&mut self, scope: Scope, effects: &mut Vec<Effect>) {
        let read = self.lane(scope).received.seq;
        let lane = self.outbound.entry(scope).or_default();
        if lane.until.is_some_and(|until| read >= until) {
            lane.until = None;
            if self.may_seal(scope) {
                effects.push(Effect::NeedOutbox { scope });
            }
        }
        self.push(scope, effects);
    }

    pub(super) fn refused(&mut self, scope: Scope, refusal: &Refusal, effects: &mut Vec<Effect>) {
        let lane = self.outbound.entry(scope).or_default();
        if !lane.holds(refusal.hash) {
            // An answer to something sent twice.
            return;
        }
        if refusal.code != RefusalCode::NumberTaken
            && lane.number_of(refusal.hash).is_some_and(|number| number <= refusal.last_accepted)
        {
            // The log has this number already and the answer was lost: read it first, then go on from there.
            lane.unsend();
            self.pull(scope, effects);
            return;
        }
        match refusal.code {
            RefusalCode::NumberTaken if refusal.stored.is_some_and(|stored| stored.hash == refusal.hash) => {
                // It had it all along.
                let Some(batch) = lane.take(refusal.hash) else { return };
                let seq = refusal.stored.map_or(0, |stored| stored.seq);
                effects.push(mark_acked(scope, batch, seq, None, None));
                self.lane(scope).head = self.lane(scope).head.max(seq);
                self.pull(scope, effects);
                self.push(scope, effects);
            }
            RefusalCode::NumberTaken => {
                // This database went back: first the own entries come back, then the rest is sealed above them.
                lane.until = refusal.stored.map(|stored| stored.seq);
                self.unseal(scope, effects);
                if let Some(stored) = refusal.stored {
                    self.lane(scope).head = self.lane(scope).head.max(stored.seq);
                }
                self.pull(scope, effects);
                self.after_reading(scope, effects);
            }
            RefusalCode::EpochStale | RefusalCode::ErasedKey => {
                self.unseal(scope, effects);
                self.stale += 1;
                if self.stale > 3 {
                    // Again and again, and no newer record: somebody withholds it.
                    self.failed = Some(refusal.code.code());
                    return;
                }
                // Sealed again once the new key, or the erasure, is here: `ready` asks for the rows.
                self.link = Link::Control;
                pull_control(self.log.len(), effects);
            }
            RefusalCode::NumberGap if lane.gap => {
                // What lies between is not here any more: only a person can say what happened.
                lane.stopped = true;
                self.failed = Some(RefusalCode::NumberGap.code());
            }
            RefusalCode::NumberGap => {
                lane.gap = true;
                effects.push(Effect::NeedReoffer { scope, above: refusal.last_accepted });
            }
            RefusalCode::ControlHead => {
                // The relay lacks records that this device has, or holds others: the next greeting compares them.
                lane.stopped = true;
                self.failed = Some(RefusalCode::ControlHead.code());
                pull_control(0, effects);
            }
            RefusalCode::Revoked => {
                lane.stopped = true;
                self.failed = Some(RefusalCode::Revoked.code());
                pull_control(self.log.len(), effects);
            }
            RefusalCode::Quota => {
                // What waits is sent again after a while.
            }
            RefusalCode::NotAllowed | RefusalCode::Malformed => {
                if let Some(batch) = self.remove_refused(scope, refusal.hash, effects) {
                    effects.push(Effect::OutboxRefused {
                        scope,
                        number: Some(batch.number),
                        outbox: batch.outbox,
                        code: refusal.code.code(),
                    });
                }
                if self.may_seal(scope) {
                    effects.push(Effect::NeedOutbox { scope });
                }
            }
        }
    }

    /// Takes a refused batch out; what was sealed after it is sealed again, for the numbers are dense.
    fn remove_refused(&mut self, scope: Scope, hash: BatchHash, effects: &mut Vec<Effect>) -> Option<StoredBatch> {
        let lane = self.outbound.entry(scope).or_default();
        let all = lane.take_all();
        let (mut refused, mut again) = (None, Vec::new());
        for batch in all {
            if batch.hash == hash {
                refused = Some(batch);
            } else if refused.is_none() {
                lane.keep(batch);
            } else {
                again.push(batch);
            }
        }
        if !again.is_empty() {
            effects.push(unsealed(scope, again));
        }
        refused
    }

    pub(super) fn unseal(&mut self, scope: Scope, effects: &mut Vec<Effect>) {
        let all = self.outbound.entry(scope).or_default().take_all();
        if !all.is_empty() {
            effects.push(unsealed(scope, all));
        }
    }

    pub(super) fn reoffer(&mut self, scope: Scope, batches: Vec<StoredBatch>, effects: &mut Vec<Effect>) {
        let lane = self.outbound.entry(scope).or_default();
        lane.put_back(batches);
        lane.unsend();
        self.push(scope, effects);
    }
}

fn mark_acked(scope: Scope, batch: StoredBatch, seq: u64, advance: Option<Advance>, writer: Option<Writer>) -> Effect {
    let StoredBatch { number, hash, outbox, .. } = batch;
    Effect::MarkAcked { scope, number, hash, seq, outbox, advance, writer }
}

fn unsealed(scope: Scope, batches: Vec<StoredBatch>) -> Effect {
    let numbers = batches.iter().map(|batch| batch.number).collect();
    let outbox = batches.into_iter().flat_map(|batch| batch.outbox).collect();
    Effect::Unseal { scope, numbers, outbox }
}
