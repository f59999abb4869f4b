//! What is told of a week: its figures, and of one that goes wrong what happened last.

use std::collections::VecDeque;
use std::fmt;

/// So many of the last events are told of a week that goes wrong.
const LAST: usize = 12;

/// What came of a week.
pub(super) struct Lived {
    pub(super) trace: blake3::Hash,
    pub(super) figures: Figures,
}

/// What a run is proud of.
#[derive(Default)]
pub(super) struct Figures {
    pub(super) weeks: u64,
    pub(super) events: u64,
    pub(super) commands: u64,
    pub(super) refused_by_a_disk: u64,
    pub(super) waits_for_keys: u64,
    pub(super) power_cuts: u64,
    pub(super) converted_twice: u64,
    pub(super) merged: u64,
    pub(super) moved: u64,
    pub(super) relays_lost: u64,
    pub(super) restored: u64,
    pub(super) spoiled: u64,
    pub(super) removed: u64,
    pub(super) healed: u64,
    pub(super) ignored: u64,
    pub(super) leases: u64,
    pub(super) leases_over: u64,
    pub(super) begun: u64,
    pub(super) lies: u64,
    pub(super) compacted: u64,
    pub(super) slowest_ms: i64,
}

impl Figures {
    pub(super) fn add(&mut self, other: &Self) {
        self.weeks += other.weeks;
        self.events += other.events;
        self.commands += other.commands;
        self.refused_by_a_disk += other.refused_by_a_disk;
        self.waits_for_keys += other.waits_for_keys;
        self.power_cuts += other.power_cuts;
        self.converted_twice += other.converted_twice;
        self.merged += other.merged;
        self.moved += other.moved;
        self.relays_lost += other.relays_lost;
        self.restored += other.restored;
        self.spoiled += other.spoiled;
        self.removed += other.removed;
        self.healed += other.healed;
        self.ignored += other.ignored;
        self.leases += other.leases;
        self.leases_over += other.leases_over;
        self.begun += other.begun;
        self.lies += other.lies;
        self.compacted += other.compacted;
        self.slowest_ms = self.slowest_ms.max(other.slowest_ms);
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{} weeks, {} events, {} commands, {} that a disk refused and {} that keys were not there for, {} power \
             cuts, {} relays that lost what they kept, {} laptops restored, {} pages spoiled, {} taken away, {} leads \
             converted by two at once, {} merged, {} that went to another team, {} steps that count nowhere, {} leases and {} works that came after their end, {} \
             laptops that began at a snapshot, {} of them at a lie, {} logs whose beginning was dropped, mended {} times \
             and equal at most {} ms after",
            self.weeks,
            self.events,
            self.commands,
            self.refused_by_a_disk,
            self.waits_for_keys,
            self.power_cuts,
            self.relays_lost,
            self.restored,
            self.spoiled,
            self.removed,
            self.converted_twice,
            self.merged,
            self.moved,
            self.ignored,
            self.leases,
            self.leases_over,
            self.begun,
            self.lies,
            self.compacted,
            self.healed,
            self.slowest_ms
        )
    }
}

/// What happened last in a week: told where the week goes wrong.
pub(super) struct Last {
    seed: u64,
    events: VecDeque<String>,
}

impl Last {
    pub(super) const fn of(seed: u64) -> Self {
        Self { seed, events: VecDeque::new() }
    }

    pub(super) fn add(&mut self, event: String) {
        self.events.truncate(LAST - 1);
        self.events.push_front(event);
    }
}

impl Drop for Last {
    #[expect(clippy::print_stderr, reason = "without its seed a week that fails is lost")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("seed {} went wrong; what happened, the last first: {:#?}", self.seed, self.events);
        }
    }
}
