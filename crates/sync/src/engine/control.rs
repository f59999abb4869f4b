//! The control log and the bags, as the relay tells of them.

use zuc_protocol::control::{ControlAct, ControlError, Offer, SignedControl};
use zuc_protocol::ids::{BagId, ControlHash, KeyId};
use zuc_protocol::messages::ClientFrame;
use zuc_protocol::person_key::BagReplacement;
use zuc_protocol::scope::Scope;

use crate::effect::Effect;
use crate::engine::bag::{OFFER, offer_rows};
use crate::engine::{Engine, Link};
use crate::membership::{ControlStep, lost_scopes};

/// Bytes of records in one frame; one more still fits.
const OFFER_BYTES: usize = 800 << 10;
/// What a record takes beside its bytes.
const RECORD_BESIDE: usize = 160;

/// What the membership was before records of it came.
pub(super) struct Before {
    erased: Vec<KeyId>,
    bags: Vec<(Scope, Option<BagId>)>,
    /// Scopes that this device had lost already; `None` where it cannot lose one.
    lost: Option<Vec<Scope>>,
    forks: usize,
}

impl Engine {
    /// Compares the control log with the relay's: pulls what is missing here, gives what is missing there.
    pub(super) fn compare_control(&mut self, head: ControlHash, len: u64, effects: &mut Vec<Effect>) {
        self.relay_control_len = len;
        if head == self.log.head() {
            self.ready(effects);
        } else if len > self.log.len() {
            pull_control(self.log.len(), effects);
        } else if self.log.seq_of(head.head()) == len.checked_sub(1) {
            // The relay went back: it gets what it lost. The records are their own proof.
            offer_control(self.log.records_from(len), effects);
            self.ready(effects);
        } else {
            // As long as ours and another, or shorter and another: the whole of it shows where they part.
            pull_control(0, effects);
        }
    }

    pub(super) fn control_records(
        &mut self,
        from: u64,
        records: Vec<SignedControl>,
        len: u64,
        effects: &mut Vec<Effect>,
    ) {
        self.relay_control_len = self.relay_control_len.max(len);
        // What is read from the genesis on is one that parts from ours: it is looked at whole.
        let is_whole = from == 0 || (!self.whole.is_empty() && from == self.whole.len() as u64);
        let (from, records) = if is_whole {
            let Some(records) = self.gathered(from, records, len, effects) else { return };
            (0, records)
        } else {
            (from, records)
        };
        // A log that begins at the genesis may be one in which the root has settled a fork against ours.
        if from == 0 && self.log.fork().is_some() && self.adopt(records.clone(), effects) {
            return;
        }
        let whole = records.clone();
        for record in records {
            let before = self.before(self.takes_from_me(&record));
            match self.log.offer(record.clone()) {
                Ok(Offer::Appended(_)) => {
                    effects.push(Effect::StoreControl { seq: self.log.last_seq(), record });
                    self.after_control(&before, effects);
                }
                Ok(Offer::Known) => {}
                Ok(Offer::Ahead) if from > 0 => {
                    pull_control(0, effects);
                    return;
                }
                Ok(Offer::Ahead) => self.failed = Some("sync.control_unknown"),
                // Sealing and stamping stop, the outbox stays; the status says so. Unless the root has settled it already.
                Ok(Offer::Forked(fork)) => {
                    if self.log.forks().len() > before.forks {
                        self.keep_fork(fork.seq, record, effects);
                    }
                    if from == 0 {
                        self.adopt(whole, effects);
                    }
                    return;
                }
                Err(error) => {
                    self.failed = Some(error.code());
                    return;
                }
            }
        }
        if self.link == Link::Down || self.link == Link::Greeting {
            return;
        }
        if self.log.len() < len {
            pull_control(self.log.len(), effects);
        } else {
            self.ready(effects);
        }
    }

    /// What a record may change here; `takes` where it may take scopes from this device.
    pub(super) fn before(&self, takes: bool) -> Before {
        Before {
            erased: self.log.erased().collect(),
            bags: self.log.scopes().map(|scope| (scope, self.log.bag(scope))).collect(),
            lost: takes.then(|| self.lost()),
            forks: self.log.forks().len(),
        }
    }

    /// Carries out what changed of the membership.
    pub(super) fn after_control(&mut self, before: &Before, effects: &mut Vec<Effect>) {
        self.ring.learn(&self.log);
        let erased: Vec<KeyId> = self.log.erased().filter(|key| !before.erased.contains(key)).collect();
        for (scope, before) in &before.bags {
            if let Some(bag) = self.log.bag(*scope).filter(|bag| Some(*bag) != *before) {
                self.bag_keys.remove(scope);
                self.bag_wraps.remove(scope);
                effects.push(Effect::ReplaceBag { scope: *scope, bag });
            }
        }
        if !erased.is_empty() {
            effects.push(Effect::Erase { keys: erased });
        }
        if let Some(before) = &before.lost {
            for scope in self.lost().into_iter().filter(|scope| !before.contains(scope)) {
                self.inbound.remove(&scope);
                self.outbound.entry(scope).or_default().take_all();
                self.offering.remove(&scope);
                self.begins.remove(&scope);
                self.earlier.remove(&scope);
                self.authors.retain(|(of, _), _| *of != scope);
                effects.push(Effect::PurgeScope { scope });
            }
        }
        let removed = self.log.device(self.me).and_then(|device| device.removed);
        if let Some(removal) = removed.filter(|_| before.lost.is_some()) {
            effects.push(Effect::Removed { wipe: removal.wipe });
        }
    }

    /// Whether a record may take scopes from this device: one that is stopped loses them when it is let go, or removed.
    fn takes_from_me(&self, record: &SignedControl) -> bool {
        record.decode().is_ok_and(|record| match record.act {
            ControlAct::Remove(remove) => remove.device == self.me,
            ControlAct::Freeze { device, on } => device == self.me && !on,
            ControlAct::Rights(rights) => self.log.device(self.me).is_some_and(|me| me.person == rights.person),
            _ => false,
        })
    }

    fn lost(&self) -> Vec<Scope> {
        lost_scopes(&self.log, self.me, self.log.scopes())
    }

    pub(super) fn control_authored(&mut self, step: ControlStep, effects: &mut Vec<Effect>) {
        self.authored.push_back(step);
        if self.authored.len() == 1 {
            self.send_authored(effects);
        }
    }

    /// After a new greeting: what the relay took before the connection broke is done, the rest is sent again.
    pub(super) fn resend_authored(&mut self, effects: &mut Vec<Effect>) {
        self.authored.retain(|step| self.log.seq_of(step.record.hash().head()).is_none());
        self.send_authored(effects);
    }

    fn send_authored(&self, effects: &mut Vec<Effect>) {
        if let Some(ControlStep { record, mut replacements, wraps }) = self.authored.front().cloned() {
            let mut room = OFFER;
            for replacement in &mut replacements {
                replacement.rows.truncate(room);
                room -= replacement.rows.len();
            }
            effects.push(Effect::Send(ClientFrame::ControlAppend { record, replacements, wraps }));
        }
    }

    pub(super) fn control_accepted(&mut self, hash: ControlHash, effects: &mut Vec<Effect>) {
        let Some(step) = self.authored.pop_front_if(|step| step.record.hash() == hash) else { return };
        let from = self.log.len();
        self.control_records(from, vec![step.record], from + 1, effects);
        let mut room = OFFER;
        for replacement in step.replacements {
            let BagReplacement { wraps, mut rows } = replacement;
            let sent = rows.len().min(room);
            room -= sent;
            self.take_bag(wraps.scope, vec![wraps], rows.clone(), effects);
            rows.drain(..sent);
            offer_rows(rows, effects);
        }
        for wraps in step.wraps {
            self.take_bag(wraps.scope, vec![wraps], vec![], effects);
        }
        self.send_authored(effects);
    }

    /// The head moved: what this device signed on the old head is void.
    pub(super) fn refuse_authored(&mut self, code: &str, effects: &mut Vec<Effect>) {
        if !self.authored.is_empty() {
            self.authored.clear();
            effects.push(Effect::ControlRefused { code: code.to_owned() });
        }
    }

    pub(super) fn control_conflict(&mut self, len: u64, effects: &mut Vec<Effect>) {
        let code = ControlError::Conflict { head: self.log.head() }.code();
        self.refuse_authored(code, effects);
        if len > self.log.len() {
            pull_control(self.log.len(), effects);
        }
    }
}

/// Gives records back in frames that fit.
fn offer_control(records: &[SignedControl], effects: &mut Vec<Effect>) {
    let mut page: Vec<SignedControl> = Vec::new();
    let mut bytes = 0;
    for record in records {
        if bytes + record.record.len() > OFFER_BYTES && !page.is_empty() {
            effects.push(Effect::Send(ClientFrame::ControlOffer { records: std::mem::take(&mut page) }));
            bytes = 0;
        }
        bytes += record.record.len() + RECORD_BESIDE;
        page.push(record.clone());
    }
    effects.push(Effect::Send(ClientFrame::ControlOffer { records: page }));
}

pub(super) fn pull_control(from: u64, effects: &mut Vec<Effect>) {
    effects.push(Effect::Send(ClientFrame::Control { from }));
}
