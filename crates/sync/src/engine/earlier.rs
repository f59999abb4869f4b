//! The entries before a snapshot that was begun at: read a page at a time while there is nothing else to do. They are kept
//! and not applied, for what they make is here.
//!
//! Of a log that the relay has cut they are read from where it begins. Whoever lacks what lies before cannot compare the
//! snapshot with it, and looks once a connection whether it has come back.

use zuc_protocol::chain::{self, LogEntry};
use zuc_protocol::ids::ChainHash;
use zuc_protocol::messages::ClientFrame;
use zuc_protocol::scope::Scope;

use crate::alarm::{Alarm, Wrong};
use crate::effect::Effect;
use crate::engine::Engine;
use crate::input::Cursor;
use crate::status::SyncStatus;

/// A scope that was begun at a snapshot.
pub(super) struct Earlier {
    /// Where.
    pub(super) at: Cursor,
    /// How far what lies before is read.
    pub(super) read: Cursor,
    /// The last entry that is not here and that the relay has dropped; 0 for none.
    pub(super) begins: u64,
    /// When the next page was asked for.
    pub(super) asked: Option<i64>,
    /// Whether what was dropped may have come back: this connection has not asked.
    pub(super) look: bool,
}

impl Earlier {
    /// As far as the disk says.
    pub(super) fn of(at: Cursor, read: Cursor, begins: u64) -> Self {
        Self { at, read, begins, asked: None, look: begins > 0 }
    }

    /// There is a new connection.
    pub(super) fn begin(&mut self) {
        self.asked = None;
        self.look = self.begins > 0;
    }

    /// The place above which the next page is asked for.
    fn from(&self) -> u64 {
        if self.look { 0 } else { self.read.seq }
    }
}

impl Engine {
    /// Asks for the next page of one scope, where nothing else is to be done.
    pub(super) fn read_earlier(&mut self, effects: &mut Vec<Effect>) {
        if self.status() != SyncStatus::UpToDate {
            return;
        }
        let (now, late) = (self.now, self.now - self.config.retry_ms);
        let readable = self.ring.readable(&self.log);
        let lacking = |(scope, earlier): &(&Scope, &mut Earlier)| {
            readable.contains(scope) && (earlier.look || earlier.read.seq < earlier.at.seq)
        };
        let Some((scope, earlier)) = self.earlier.iter_mut().find(lacking) else { return };
        if earlier.asked.is_some_and(|asked| asked > late) {
            return;
        }
        earlier.asked = Some(now);
        let from = earlier.from();
        let left = u32::try_from(earlier.at.seq - from).unwrap_or(u32::MAX);
        let max = self.config.pull_max.min(left);
        effects.push(Effect::Send(ClientFrame::Pull { scope: *scope, from, max }));
    }

    /// Whether a page is one that was asked for here.
    pub(super) fn is_earlier(&self, scope: Scope, from: u64) -> bool {
        self.earlier
            .get(&scope)
            .is_some_and(|earlier| earlier.asked.is_some() && earlier.from() == from && from < earlier.at.seq)
    }

    /// Goes on from where the log begins, if that is what was asked for here.
    pub(super) fn earlier_begins(&mut self, scope: Scope, at: Cursor, effects: &mut Vec<Effect>) -> bool {
        let Some(earlier) = self.earlier.get_mut(&scope) else { return false };
        if earlier.asked.is_none() || at.seq <= earlier.from() {
            return false;
        }
        earlier.asked = None;
        if std::mem::take(&mut earlier.look) {
            return true;
        }
        // of a begin behind what was begun at nothing before that can be read
        earlier.read = if at.seq < earlier.at.seq { at } else { earlier.at };
        earlier.begins = earlier.read.seq;
        if earlier.read.seq == earlier.at.seq && at.seq == earlier.at.seq && at.chain != earlier.at.chain {
            let alarm = Alarm { wrong: Wrong::Forked, seq: at.seq, author: None };
            self.raise(scope, alarm, effects);
            return true;
        }
        let (read, begins) = (earlier.read, earlier.begins);
        effects.push(Effect::KeepEarlier { scope, entries: vec![], read, begins });
        true
    }

    pub(super) fn earlier_entries(
        &mut self,
        scope: Scope,
        mut entries: Vec<LogEntry>,
        chain: ChainHash,
        effects: &mut Vec<Effect>,
    ) {
        let start = self.start(scope);
        let Some(earlier) = self.earlier.get_mut(&scope) else { return };
        earlier.asked = None;
        if std::mem::take(&mut earlier.look) {
            // it has come back
            (earlier.read, earlier.begins) = (start, 0);
        }
        let from = earlier.read;
        let dense = entries.iter().zip(from.seq + 1..).all(|(entry, seq)| entry.seq == seq);
        // a page that does not lead where it says is asked for again: nothing was built upon it
        if !dense || entries.is_empty() || chain::extend(from.chain, &entries) != chain {
            return;
        }
        entries.retain(|entry| entry.seq <= earlier.at.seq);
        let seq = entries.last().map_or(from.seq, |entry| entry.seq);
        let read = Cursor { seq, chain: chain::extend(from.chain, &entries) };
        if read.seq == earlier.at.seq && read.chain != earlier.at.chain {
            // two persons signed upon another log than the relay shows here
            let alarm = Alarm { wrong: Wrong::Forked, seq: earlier.at.seq, author: None };
            self.raise(scope, alarm, effects);
            return;
        }
        earlier.read = read;
        let begins = earlier.begins;
        effects.push(Effect::KeepEarlier { scope, entries, read, begins });
    }
}
