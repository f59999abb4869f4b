//! Entries coming in: chained, judged, opened, handed out.

use zuc_protocol::chain::{self, LogEntry, LogKind};
use zuc_protocol::envelope::{SealedBatch, SeenTip};
use zuc_protocol::error::ProtocolError;
use zuc_protocol::ids::{ChainHash, DeviceId};
use zuc_protocol::item::Item;
use zuc_protocol::messages::ClientFrame;
use zuc_protocol::relay_fact::{SealedRelayFact, relay_may_write};
use zuc_protocol::scope::Scope;

use crate::alarm::{Alarm, Wrong};
use crate::effect::{Advance, Effect, Source, Writer};
use crate::engine::Engine;
use crate::engine::lane::Lacking;
use crate::input::{AuthorCursor, Cursor};
use crate::legality::{Illegal, Verdict, judge, names_erased};

/// What is opened of one page at most before the next is asked for, in bytes: a page of a MiB can hold hundreds.
const PAGE_OPENED: usize = 4 << 20;

/// What an entry is, once judged.
enum Judged {
    Apply {
        source: Source,
        items: Vec<Item>,
        author: Option<(DeviceId, AuthorCursor)>,
    },
    Quarantine {
        code: &'static str,
        author: Option<(DeviceId, AuthorCursor)>,
    },
    /// A control record or a key is missing: the entry is asked for again when it is there.
    Hold(Lacking),
    /// Something before it is missing: it is asked for again from the last place that fits.
    Gap(&'static str),
    /// This program is too old for it: nothing more is read of the scope until the next start.
    TooOld(&'static str),
}

impl Engine {
    pub(super) fn applied(&mut self, scope: Scope, seq: u64) {
        let lane = self.lane(scope);
        if seq > lane.applied.seq && seq <= lane.received.seq {
            lane.applied = if seq == lane.received.seq {
                lane.received
            } else {
                Cursor { seq, chain: lane.chain_at(seq).unwrap_or(lane.applied.chain) }
            };
        }
    }

    pub(super) fn entries(
        &mut self,
        scope: Scope,
        from: u64,
        mut entries: Vec<LogEntry>,
        head: u64,
        chain: ChainHash,
        effects: &mut Vec<Effect>,
    ) {
        if !self.ring.reads(&self.log, scope) || self.begins.contains_key(&scope) {
            return;
        }
        if self.is_pulled_again(scope, from) {
            self.pulled_again(entries, effects);
            return;
        }
        if self.is_earlier(scope, from) {
            self.earlier_entries(scope, entries, chain, effects);
            return;
        }
        let lane = self.lane(scope);
        lane.head = lane.head.max(head);
        if lane.broken.is_some() || lane.held {
            return;
        }
        let (received, answer) = (lane.received, lane.asked.is_some());
        if from > received.seq {
            // Something before these is missing.
            if lane.asked.is_none() {
                self.pull(scope, effects);
            }
            return;
        }
        if entries.iter().zip(from + 1..).any(|(entry, seq)| entry.seq != seq) {
            let end = from + entries.len() as u64;
            self.does_not_fit(scope, "sync.seq_gap", end, answer, effects);
            return;
        }
        self.lane(scope).asked = None;
        entries.retain(|entry| entry.seq > received.seq);
        if entries.is_empty() {
            let ends_here = from == received.seq && head == received.seq;
            match (ends_here, chain == received.chain) {
                (true, true) => self.ends_here(scope, effects),
                (true, false) => self.leads_elsewhere(scope, head, answer, effects),
                (false, _) => self.more(scope, effects),
            }
            return;
        }
        // The whole frame must lead to the chain hash it names before anything of it is taken.
        if chain::extend(received.chain, &entries) != chain {
            let end = entries.last().map_or(received.seq, |entry| entry.seq);
            self.leads_elsewhere(scope, end, answer, effects);
            return;
        }
        let filled = self.lane(scope).hole.is_some();
        if self.take_page(scope, entries, answer, effects) {
            self.more(scope, effects);
            self.continues(scope, effects);
            self.after_reading(scope, effects);
            if filled {
                self.goes_on(scope, effects);
            }
        }
    }

    /// Judges entries that lead on from what was received, and hands them out; `false` where one of them stops the scope.
    fn take_page(&mut self, scope: Scope, entries: Vec<LogEntry>, answer: bool, effects: &mut Vec<Effect>) -> bool {
        let mut opened = 0;
        for entry in entries {
            if opened > PAGE_OPENED {
                break;
            }
            let cursor = Cursor {
                seq: entry.seq,
                chain: chain::next(self.lane(scope).received.chain, entry.kind, &entry.bytes.0),
            };
            let judged = match entry.kind {
                LogKind::Batch => self.judge_batch(scope, &entry, effects),
                LogKind::RelayFact => self.judge_relay_fact(scope, &entry),
            };
            let author = match &judged {
                Judged::Apply { author, .. } | Judged::Quarantine { author, .. } => *author,
                Judged::Hold(lacking) => {
                    let known = self.log.len();
                    let lane = self.lane(scope);
                    lane.held = true;
                    lane.lacking = *lacking;
                    lane.held_at = Some(known);
                    effects.push(Effect::Send(ClientFrame::Control { from: known }));
                    return false;
                }
                Judged::Gap(code) => {
                    self.does_not_fit(scope, code, entry.seq, answer, effects);
                    return false;
                }
                Judged::TooOld(code) => {
                    self.lane(scope).broken = Some(code);
                    return false;
                }
            };
            if let Some((device, cursor)) = author {
                self.authors.insert((scope, device), cursor);
            }
            self.lane(scope).advance(cursor);
            let advance = Advance { seq: cursor.seq, chain: cursor.chain, author };
            let (kind, bytes) = (entry.kind, entry.bytes.0);
            match judged {
                Judged::Apply { source, items, .. } => {
                    opened += items.iter().map(Item::weight).sum::<usize>();
                    effects.push(Effect::Apply { scope, advance, source, kind, bytes, items });
                }
                Judged::Quarantine { code, .. } => {
                    effects.push(Effect::Quarantine { scope, advance, kind, bytes, code });
                }
                Judged::Hold(_) | Judged::Gap(_) | Judged::TooOld(_) => {}
            }
            if let Some((_, cursor)) = author.filter(|(device, _)| *device == self.me) {
                self.own_came_back(scope, cursor, entry.seq, effects);
            }
        }
        true
    }

    /// Asks for the next page, after the effects of this one.
    fn more(&mut self, scope: Scope, effects: &mut Vec<Effect>) {
        let lane = self.lane(scope);
        if lane.received.seq < lane.head && lane.asked.is_none() {
            self.pull(scope, effects);
        }
    }

    fn judge_batch(&mut self, scope: Scope, entry: &LogEntry, effects: &mut Vec<Effect>) -> Judged {
        let nobody = |code| Judged::Quarantine { code, author: None };
        let batch = match SealedBatch::parse(&entry.bytes.0) {
            Ok(batch) => batch,
            Err(error) => return unreadable(&error),
        };
        let (header, hash) = (batch.header(), batch.hash());
        if header.scope != scope {
            return nobody("sync.other_scope");
        }
        let last = self.authors.get(&(scope, header.author)).copied();
        let verdict = judge(&self.log, header, hash, last.as_ref());
        let Some(device) = self.log.device(header.author) else {
            return if verdict == Verdict::Unknown {
                Judged::Hold(Lacking::Record)
            } else {
                nobody("sync.unknown_device")
            };
        };
        let (public, person) = (device.public, device.person);
        if let Err(error) = batch.verify(self.log.company(), &public.verify) {
            return nobody(error.code());
        }
        // From here on it is the author's: their chain moves on even where the batch does not count.
        let (before, prev) = last.map_or((0, zuc_protocol::ids::BatchHash::NONE), |last| (last.number, last.hash));
        if let Some(last) = last.filter(|last| header.number <= last.number) {
            if header.number == last.number && hash == last.hash {
                return nobody("sync.replayed");
            }
            // An earlier number again: a replay, or a second batch under it. Both count for nothing, and whoever signs
            // two under one number is stopped until a removal names the branch that stays.
            let known = header.number < last.number;
            let blocked = AuthorCursor { blocked: last.blocked || !known, ..last };
            return Judged::Quarantine {
                code: if known { "sync.replayed" } else { Illegal::Split.code() },
                author: Some((header.author, blocked)),
            };
        }
        if header.number > before + 1 {
            return Judged::Gap("sync.author_gap");
        }
        let seen = match verdict {
            Verdict::Unknown => return Judged::Hold(Lacking::Record),
            Verdict::Legal(seen) => seen,
            Verdict::Illegal(_) => last.map_or(0, |last| last.control_seq),
        };
        let split = header.prev != prev;
        let cursor = AuthorCursor {
            number: header.number,
            hash,
            control_seq: seen,
            blocked: split || last.is_some_and(|last| last.blocked),
            upon_this: last.is_some_and(|last| last.upon_this),
        };
        let author = Some((header.author, cursor));
        if split {
            return Judged::Quarantine { code: Illegal::Split.code(), author };
        }
        if let Verdict::Illegal(why) = verdict {
            return Judged::Quarantine { code: why.code(), author };
        }
        let Some(epoch) = self.log.epoch_by_id(header.epoch).filter(|epoch| epoch.scope == scope) else {
            // Its control record is known, so the epoch should be.
            return Judged::Quarantine { code: "sync.unknown_epoch", author };
        };
        let Some(key) = self.ring.epoch(epoch.id) else { return Judged::Hold(Lacking::Key) };
        let body = match batch.open_verified(self.log.company(), key, &public) {
            Ok(body) => body,
            Err(error) => return Judged::Quarantine { code: error.code(), author },
        };
        let of_this = self.relay_log.is_some_and(|log| body.seen.is_of(&log));
        let wrong = if of_this {
            self.saw_another(scope, entry.seq, &body.seen).then_some(Wrong::Forked)
        } else {
            (cursor.upon_this || self.knew_this_log(seen)).then_some(Wrong::Renamed)
        };
        if let Some(wrong) = wrong {
            self.raise(scope, Alarm { wrong, seq: entry.seq, author: Some(header.author) }, effects);
            // A relay that took another name a moment ago says so when it greets, and that ends it.
            self.asks_the_name |= wrong == Wrong::Renamed;
        }
        let author = Some((header.author, AuthorCursor { upon_this: of_this || cursor.upon_this, ..cursor }));
        if names_erased(&self.log, &body.items, seen) {
            return Judged::Quarantine { code: Illegal::ErasedKey.code(), author };
        }
        let Some(rights) = self.log.rights_at(header.author, seen).cloned() else {
            return Judged::Quarantine { code: Illegal::NotMember.code(), author };
        };
        let source = Source::Device {
            writer: Writer { device: header.author, person, seen, rights },
            incarnation: header.incarnation,
            kind: header.kind,
            hash,
            own: header.author == self.me,
        };
        Judged::Apply { source, items: body.items, author }
    }

    /// Whether an author saw another log under this one's name: the relay shows two devices two things, or the author lies.
    fn saw_another(&self, scope: Scope, place: u64, seen: &SeenTip) -> bool {
        seen.seq >= place || self.inbound.get(&scope).is_some_and(|lane| !lane.agrees(seen))
    }

    /// Whether whoever names this control record knew that this log stands. What was sealed upon one that is no more, and offered
    /// to this one, names none; and nobody who knew goes back to that.
    fn knew_this_log(&self, seen: u64) -> bool {
        self.relay_log.and_then(|log| self.log.thawed_at(log)).is_some_and(|at| at <= seen)
    }

    fn judge_relay_fact(&mut self, scope: Scope, entry: &LogEntry) -> Judged {
        let quarantine = |code| Judged::Quarantine { code, author: None };
        let sealed = match SealedRelayFact::from_bytes(&entry.bytes.0) {
            Ok(sealed) => sealed,
            Err(error) => return unreadable(&error),
        };
        if sealed.header.scope != scope {
            return quarantine("sync.other_scope");
        }
        let Some(epoch) = self.log.epoch_by_id(sealed.header.epoch).filter(|epoch| epoch.scope == scope) else {
            // The relay seals to epochs that it has records of: this device's are older.
            return if self.log.len() < self.relay_control_len {
                Judged::Hold(Lacking::Record)
            } else {
                quarantine("sync.unknown_epoch")
            };
        };
        let Some(key) = self.ring.epoch(epoch.id) else { return Judged::Hold(Lacking::Key) };
        let company = self.log.company();
        let mut opened = None;
        for relay in self.log.relay_keys() {
            opened = Some(sealed.open(company, key, relay));
            if matches!(opened, Some(Ok(_))) {
                break;
            }
        }
        match opened {
            Some(Ok(fact)) if !relay_may_write(&fact.kind) => quarantine("sync.not_the_relays_role"),
            Some(Ok(fact)) => Judged::Apply {
                source: Source::Relay { receipt: sealed.header.receipt },
                items: vec![Item::Fact(fact)],
                author: None,
            },
            Some(Err(error)) => quarantine(error.code()),
            // No admin has entered the relay's key, as far as this device knows.
            None => Judged::Hold(Lacking::Record),
        }
    }
}

/// An entry that cannot be read is nobody's. One of a newer version is somebody's, and will be read by the program that
/// knows it: set aside, it would be lost.
fn unreadable(error: &ProtocolError) -> Judged {
    match error {
        ProtocolError::TooNew { .. } => Judged::TooOld(error.code()),
        _ => Judged::Quarantine { code: error.code(), author: None },
    }
}
