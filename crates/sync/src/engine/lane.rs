//! What the engine remembers of each scope, in either direction.

use std::collections::{BTreeSet, VecDeque};

use zuc_protocol::envelope::SeenTip;
use zuc_protocol::ids::{BatchHash, ChainHash};

use crate::alarm::Alarm;
use crate::engine::repair::Hole;
use crate::input::{Cursor, StoredBatch};

/// How many chain hashes back an author's claim can be compared.
pub const REMEMBERED: usize = 4_096;
/// About how many bytes a bag row takes on the wire.
const BAG_ROW: usize = 112;

/// What an entry waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Lacking {
    /// A record of membership that it names: with it, the keys of every scope may be another's.
    Record,
    /// The key that it is sealed under, which whoever holds it may still give.
    Key,
}

/// One scope's log, as it comes in.
pub(super) struct Inbound {
    /// On disk.
    pub(super) applied: Cursor,
    /// Handed out to be applied; at or after `applied`.
    pub(super) received: Cursor,
    /// The last entry that the relay has told of.
    pub(super) head: u64,
    /// Waits for a control record or a key.
    pub(super) held: bool,
    /// Which of them, while it is held.
    pub(super) lacking: Lacking,
    /// How many control records there were when it was held: without a new one it stays held.
    pub(super) held_at: Option<u64>,
    /// It was held, control records were asked for, and none came.
    pub(super) stuck: bool,
    /// What lies behind `received` did not fit, and is asked for again.
    pub(super) hole: Option<Hole>,
    /// This program is too old for what comes: nothing more is read in this process.
    pub(super) broken: Option<&'static str>,
    /// It is not trusted, as the disk remembers too: read on, but seal nothing.
    pub(super) alarm: Option<Alarm>,
    /// When entries were asked for and have not come.
    pub(super) asked: Option<i64>,
    /// The place above which a segment is being read.
    pub(super) fetching: Option<u64>,
    /// Segments of it bring something, as far as this connection knows.
    pub(super) by_segments: bool,
    remembered: VecDeque<(u64, ChainHash)>,
}

impl Inbound {
    pub(super) fn at(cursor: Cursor) -> Self {
        Self {
            applied: cursor,
            received: cursor,
            head: cursor.seq,
            held: false,
            lacking: Lacking::Record,
            held_at: None,
            stuck: false,
            hole: None,
            broken: None,
            alarm: None,
            asked: None,
            fetching: None,
            by_segments: true,
            remembered: VecDeque::from([(cursor.seq, cursor.chain)]),
        }
    }

    /// A place that was read before this process began; the newest come first.
    pub(super) fn remember_earlier(&mut self, place: Cursor) {
        let earlier = self.remembered.front().is_none_or(|(seq, _)| place.seq < *seq);
        if earlier && self.remembered.len() < REMEMBERED {
            self.remembered.push_front((place.seq, place.chain));
        }
    }

    pub(super) fn advance(&mut self, cursor: Cursor) {
        self.hole = None;
        self.received = cursor;
        self.head = self.head.max(cursor.seq);
        self.remembered.push_back((cursor.seq, cursor.chain));
        if self.remembered.len() > REMEMBERED {
            self.remembered.pop_front();
        }
    }

    /// Whether an author saw the same log as this device, as far as this device remembers.
    pub(super) fn agrees(&self, seen: &SeenTip) -> bool {
        self.remembered.iter().rev().find(|(seq, _)| *seq == seen.seq).is_none_or(|(_, chain)| seen.agrees_with(chain))
    }
}

struct Waiting {
    batch: StoredBatch,
    on_disk: bool,
    sent: Option<i64>,
}

/// This device's own batches of a scope, as they go out.
#[derive(Default)]
pub(super) struct Outbound {
    acked: u64,
    acked_hash: Option<BatchHash>,
    waiting: VecDeque<Waiting>,
    /// Nothing is sealed before this entry of the log has been read.
    pub(super) until: Option<u64>,
    /// A number before those that wait is missing at the relay, and was asked of the store.
    pub(super) gap: bool,
    /// Nothing is pushed any more.
    pub(super) stopped: bool,
}

impl Outbound {
    /// A batch that the relay has.
    pub(super) fn acked(&mut self, number: u64, hash: BatchHash) {
        if number > self.acked {
            self.acked = number;
            self.acked_hash = Some(hash);
        }
    }

    /// A batch that is on disk already.
    pub(super) fn keep(&mut self, batch: StoredBatch) {
        self.waiting.push_back(Waiting { batch, on_disk: true, sent: None });
    }

    /// A batch that will be on disk soon.
    pub(super) fn sealed(&mut self, batch: StoredBatch) {
        self.waiting.push_back(Waiting { batch, on_disk: false, sent: None });
    }

    /// It is on disk.
    pub(super) fn stored(&mut self, number: u64) {
        for waiting in self.waiting.iter_mut().filter(|waiting| waiting.batch.number == number) {
            waiting.on_disk = true;
        }
    }

    /// Number and predecessor of the next batch.
    pub(super) fn next(&self) -> (u64, BatchHash) {
        match self.waiting.back() {
            Some(last) => (last.batch.number + 1, last.batch.hash),
            None => (self.acked + 1, self.acked_hash.unwrap_or(BatchHash::NONE)),
        }
    }

    /// The batches that wait.
    pub(super) fn batches(&self) -> impl Iterator<Item = &StoredBatch> {
        self.waiting.iter().map(|waiting| &waiting.batch)
    }

    /// Outbox rows that are sealed and not acknowledged.
    pub(super) fn rows(&self) -> usize {
        self.waiting.iter().map(|waiting| waiting.batch.outbox.len()).sum()
    }

    pub(super) fn is_idle(&self) -> bool {
        self.waiting.is_empty()
    }

    /// The rows that are sealed, so that none is sealed twice.
    pub(super) fn sealed_rows(&self) -> BTreeSet<i64> {
        self.waiting.iter().flat_map(|waiting| waiting.batch.outbox.iter().copied()).collect()
    }

    /// The next batches to send: on disk, not sent since `before`, in order, without a hole; those with rows of the bag
    /// only `with_rows`.
    pub(super) fn choose(
        &mut self,
        now: i64,
        before: i64,
        count: usize,
        bytes: usize,
        with_rows: bool,
    ) -> Vec<StoredBatch> {
        let mut chosen: Vec<StoredBatch> = Vec::new();
        let mut size = 0;
        let due = |sent: Option<i64>| sent.is_none_or(|sent| sent <= before);
        // What is first in line decides: if it is due again, everything after it goes again too.
        let again = self.waiting.front().is_some_and(|first| first.sent.is_some() && due(first.sent));
        for waiting in &mut self.waiting {
            if !waiting.on_disk || !(with_rows || waiting.batch.bag_rows.is_empty()) {
                break;
            }
            if waiting.sent.is_some() && !again {
                continue;
            }
            let next = waiting.batch.bytes.len() + BAG_ROW * waiting.batch.bag_rows.len();
            if chosen.len() == count || (!chosen.is_empty() && size + next > bytes) {
                break;
            }
            size += next;
            waiting.sent = Some(now);
            chosen.push(waiting.batch.clone());
        }
        chosen
    }

    /// The connection is gone: whatever is not acknowledged goes again.
    pub(super) fn unsend(&mut self) {
        for waiting in &mut self.waiting {
            waiting.sent = None;
        }
    }

    /// Takes out an acknowledged batch. One before which others wait is acknowledged again after them: were it let go
    /// first, a log that is lost now would get back what builds upon them, and not take it.
    pub(super) fn take(&mut self, hash: BatchHash) -> Option<StoredBatch> {
        let waiting = self.waiting.pop_front_if(|first| first.batch.hash == hash)?;
        self.acked(waiting.batch.number, hash);
        Some(waiting.batch)
    }

    /// The bytes of the batch that is first in line, if it is this one.
    pub(super) fn first(&self, hash: BatchHash) -> Option<&[u8]> {
        self.waiting.front().filter(|first| first.batch.hash == hash).map(|first| first.batch.bytes.as_slice())
    }

    /// The number of a batch that waits.
    pub(super) fn number_of(&self, hash: BatchHash) -> Option<u64> {
        self.waiting.iter().find(|waiting| waiting.batch.hash == hash).map(|waiting| waiting.batch.number)
    }

    /// Whether a batch waits under this hash.
    pub(super) fn holds(&self, hash: BatchHash) -> bool {
        self.waiting.iter().any(|waiting| waiting.batch.hash == hash)
    }

    /// Takes out everything that waits.
    pub(super) fn take_all(&mut self) -> Vec<StoredBatch> {
        self.waiting.drain(..).map(|waiting| waiting.batch).collect()
    }

    /// Puts batches that the relay has lost before those that wait.
    pub(super) fn put_back(&mut self, batches: Vec<StoredBatch>) {
        for batch in batches.into_iter().rev() {
            if !self.holds(batch.hash) {
                self.waiting.push_front(Waiting { batch, on_disk: true, sent: None });
            }
        }
    }
}

impl Inbound {
    /// What is wrong with this log and stops every scope, if something is: there is another log beside it, or a record
    /// of membership that somebody names is withheld.
    pub(super) fn stops_all(&self) -> Option<&'static str> {
        let forked = self.alarm.filter(|alarm| alarm.wrong.stops_all());
        let withheld = (self.stuck && self.lacking == Lacking::Record).then_some("sync.control_withheld");
        forked.map(|alarm| alarm.wrong.code()).or(withheld)
    }

    /// What is wrong with this log, if that is told.
    pub(super) fn trouble(&self) -> Option<&'static str> {
        let alarm = self.alarm.map(|alarm| alarm.wrong.code());
        let keyless = self.lacks_key().then_some("sync.key_withheld");
        self.stops_all().or(self.broken).or(alarm).or(self.hole.and_then(|hole| hole.told())).or(keyless)
    }

    /// Whether it waits for a key that did not come with what was asked for. Nothing is built upon it, and nothing else waits.
    pub(super) fn lacks_key(&self) -> bool {
        self.stuck && self.lacking == Lacking::Key
    }

    /// Whether it is read on and may be built upon.
    pub(super) fn is_sound(&self) -> bool {
        self.broken.is_none() && self.alarm.is_none() && self.hole.is_none()
    }

    /// Whether what comes next can be taken.
    pub(super) fn takes_more(&self) -> bool {
        self.broken.is_none() && self.hole.is_none() && !self.held
    }

    /// The chain hash at an entry, while it is remembered.
    pub(super) fn chain_at(&self, seq: u64) -> Option<ChainHash> {
        self.remembered.iter().rev().find(|(known, _)| *known == seq).map(|(_, chain)| *chain)
    }
}
