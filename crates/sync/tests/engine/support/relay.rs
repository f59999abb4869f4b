//! A relay in memory, which is fed by hand.

use std::collections::BTreeMap;

use zuc_protocol::Blob;
use zuc_protocol::chain::{self, LogEntry, LogKind};
use zuc_protocol::control::ControlLog;
use zuc_protocol::envelope::SealedBatch;
use zuc_protocol::ids::{ChainHash, DeviceId, LogId};
use zuc_protocol::messages::{
    Acked, AuthorTip, ClientFrame, Offered, Refusal, RefusalCode, ScopeHead, ServerFrame, Stored,
};
use zuc_protocol::person_key::{BagKeyWraps, held_rows};
use zuc_protocol::scope::Scope;
use zuc_protocol::suite;

/// A relay that keeps the rules a story needs, in memory.
pub(crate) struct Relay {
    pub(crate) version: u8,
    pub(crate) log_id: LogId,
    pub(crate) control: ControlLog,
    pub(crate) scopes: BTreeMap<Scope, Vec<LogEntry>>,
    pub(crate) numbers: BTreeMap<(Scope, DeviceId), Vec<Stored>>,
    pub(crate) bag_wraps: Vec<BagKeyWraps>,
}

impl Relay {
    pub(crate) fn new(control: ControlLog) -> Self {
        Self {
            version: suite::VERSION,
            log_id: LogId([1; 16]),
            control,
            scopes: BTreeMap::new(),
            numbers: BTreeMap::new(),
            bag_wraps: vec![],
        }
    }

    pub(crate) fn chain(&self, scope: Scope, seq: u64) -> ChainHash {
        let start = chain::start(self.control.company(), scope);
        let entries = self.scopes.get(&scope).map_or(&[][..], Vec::as_slice);
        chain::extend(start, &entries[..usize::try_from(seq).unwrap()])
    }

    pub(crate) fn head(&self, scope: Scope) -> ScopeHead {
        let seq = self.scopes.get(&scope).map_or(0, Vec::len) as u64;
        ScopeHead { scope, seq, chain: self.chain(scope, seq) }
    }

    pub(crate) fn append(&mut self, scope: Scope, kind: LogKind, bytes: Vec<u8>) -> Acked {
        let log = self.scopes.entry(scope).or_default();
        let seq = log.len() as u64 + 1;
        let hash = zuc_protocol::envelope::batch_hash(&bytes);
        log.push(LogEntry { seq, kind, bytes: Blob(bytes) });
        Acked { hash, seq, chain: self.chain(scope, seq) }
    }

    pub(crate) fn entries(&self, scope: Scope, from: u64) -> ServerFrame {
        let all = self.scopes.get(&scope).cloned().unwrap_or_default();
        let head = all.len() as u64;
        let entries: Vec<_> = all.into_iter().filter(|entry| entry.seq > from).collect();
        ServerFrame::Entries { scope, from, entries, head, chain: self.chain(scope, head) }
    }

    pub(crate) fn control_from(&self, from: u64) -> ServerFrame {
        ServerFrame::ControlRecords { from, records: self.control.records_from(from).to_vec(), len: self.control.len() }
    }

    /// Answers one frame of a device.
    pub(crate) fn answer(&mut self, frame: ClientFrame) -> Vec<ServerFrame> {
        match frame {
            ClientFrame::Hello { .. } | ClientFrame::Behind { .. } | ClientFrame::Followed { .. } => {
                vec![ServerFrame::Welcome {
                    version: self.version,
                    log: self.log_id,
                    time_ms: 5,
                    control: self.control.head(),
                    control_len: self.control.len(),
                    heads: Scope::FIRST.map(|scope| self.head(scope)).to_vec(),
                }]
            }
            ClientFrame::Push { scope, batches, .. } => self.push(scope, batches),
            ClientFrame::Pull { scope, from, .. } => vec![self.entries(scope, from)],
            ClientFrame::Subscribe { cursors } => {
                cursors.iter().map(|cursor| self.entries(cursor.scope, cursor.seq)).collect()
            }
            ClientFrame::Control { from } => vec![self.control_from(from)],
            ClientFrame::ControlAppend { record, .. } => match self.control.append(record) {
                Ok(hash) => vec![ServerFrame::ControlAccepted { seq: self.control.last_seq(), hash }],
                Err(_) => {
                    vec![ServerFrame::ControlConflict { head: self.control.head(), len: self.control.len() }]
                }
            },
            ClientFrame::ControlOffer { records } => {
                for record in records {
                    self.control.append(record).unwrap();
                }
                vec![ServerFrame::ControlAccepted { seq: self.control.last_seq(), hash: self.control.head() }]
            }
            ClientFrame::Holds { scope } => {
                let of_scope = self.numbers.iter().filter(|((of, _), _)| *of == scope);
                let tip = |((_, author), known): (&(Scope, DeviceId), &Vec<Stored>)| AuthorTip {
                    author: *author,
                    number: known.len() as u64,
                };
                vec![ServerFrame::Holds { scope, authors: of_scope.map(tip).collect() }]
            }
            ClientFrame::Offer { scope, entries, last } => {
                for entry in entries {
                    self.take_back(scope, entry);
                }
                vec![ServerFrame::Offered { scope, last }]
            }
            ClientFrame::Heads => {
                vec![ServerFrame::Heads { heads: Scope::FIRST.map(|scope| self.head(scope)).to_vec() }]
            }
            ClientFrame::Bag { scope, have, .. } => {
                let wraps = self.bag_wraps.iter().filter(|wraps| wraps.scope == scope).cloned().collect();
                // it has just what the asker says, and nothing where the asker says nothing
                vec![ServerFrame::Bag { scope, wraps, rows: vec![], more: false, listing: have == held_rows([]) }]
            }
            ClientFrame::Ping(number) => vec![ServerFrame::Pong { number, time_ms: 6 }],
            _ => vec![],
        }
    }

    fn take_back(&mut self, scope: Scope, entry: Offered) {
        let header = SealedBatch::parse(&entry.bytes.0).unwrap().header().clone();
        let last = self.numbers.entry((scope, header.author)).or_default().len() as u64;
        if header.number == last + 1 {
            let ack = self.append(scope, entry.kind, entry.bytes.0);
            let stored = Stored { hash: ack.hash, seq: ack.seq };
            self.numbers.entry((scope, header.author)).or_default().push(stored);
        }
    }

    fn push(&mut self, scope: Scope, batches: Vec<Blob>) -> Vec<ServerFrame> {
        let mut acks = Vec::new();
        let mut answers = Vec::new();
        for bytes in batches {
            let batch = SealedBatch::parse(&bytes.0).unwrap();
            let header = batch.header().clone();
            let known = self.numbers.entry((scope, header.author)).or_default().clone();
            let last_accepted = known.len() as u64;
            let refuse = |code, stored| Refusal { hash: batch.hash(), code, stored, last_accepted };
            let stored = known.get(usize::try_from(header.number - 1).unwrap()).copied();
            let refusal = match (stored, self.control.gate(&header)) {
                (Some(stored), _) if stored.hash == batch.hash() => {
                    acks.push(Acked { hash: stored.hash, seq: stored.seq, chain: self.chain(scope, stored.seq) });
                    continue;
                }
                (Some(stored), _) => refuse(RefusalCode::NumberTaken, Some(stored)),
                (None, Err(code)) => refuse(code, None),
                (None, Ok(())) if header.number != last_accepted + 1 => refuse(RefusalCode::NumberGap, None),
                (None, Ok(())) => {
                    let ack = self.append(scope, LogKind::Batch, bytes.0);
                    let stored = Stored { hash: ack.hash, seq: ack.seq };
                    self.numbers.entry((scope, header.author)).or_default().push(stored);
                    acks.push(ack);
                    continue;
                }
            };
            answers.push(ServerFrame::Refused { scope, refusal });
            break;
        }
        answers.insert(0, ServerFrame::Ack { scope, acks });
        answers
    }
}
