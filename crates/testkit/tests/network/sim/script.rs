//! What happens next.

use zuc_testkit::disk::{Failure, Fault};

use super::people::Draw;
use crate::spoil::Spoil;

/// One thing that happens.
#[derive(Clone, Debug)]
pub(super) enum Event {
    /// Somebody works for a while.
    Work { laptop: usize, commands: usize },
    /// Two who know nothing of each other convert one lead.
    ConvertApart { one: usize, other: usize },
    /// Somebody makes two leads one, whatever others do to them.
    Merge { laptop: usize },
    /// Somebody lets a lead go to the other team.
    Move { laptop: usize },
    /// Frames travel, in any order between laptops; some twice, some late.
    Traffic { frames: usize },
    /// A connection breaks, and what was on its way is lost.
    Break { laptop: usize },
    /// These reach no relay for a while.
    Partition { laptops: Vec<usize> },
    /// What these send and are sent stands still, and comes later all the same.
    Clog { laptops: Vec<usize> },
    /// One of those that stand still goes on.
    Unclog,
    /// A page of a log that is on its way to a laptop is spoiled.
    Spoil { laptop: usize, how: Spoil },
    /// The program is killed.
    Kill { laptop: usize },
    /// The power goes in the middle of work.
    PowerCut { laptop: usize, after: u64, seed: u64 },
    /// A disk fails for a while.
    Failure { laptop: usize, failure: Failure },
    /// A backup is made, where there is room for one.
    BackUp { laptop: usize },
    /// A laptop that has a backup becomes what it was when the last was made.
    Restore,
    /// A clock is set, wrong by so many seconds.
    Clock { laptop: usize, skew: i64 },
    /// Somebody asks to be the one who does a job.
    AskLease { laptop: usize, process: u8 },
    /// Somebody who was given a job does it, perhaps after a night.
    WorkUnderLease { laptop: usize, process: u8 },
    /// The relay is killed.
    KillRelay,
    /// The relay's power goes in the middle of traffic.
    CutRelay { after: u64, seed: u64 },
    /// The relay's disk fails for a while.
    FailRelay { failure: Failure },
    /// The relay's data are gone, or become those of its last copy, if there is one.
    LoseRelay { wiped: bool },
    /// The founder gives the team's scope a new key, if the relay is there.
    Rotate,
    /// Everything is mended.
    Heal,
}

const DAY: i64 = 24 * 3_600;
const YEAR: i64 = 365 * DAY;

impl Event {
    pub(super) fn draw(draw: &mut Draw, laptops: usize) -> Self {
        let laptop = draw.below(laptops);
        match draw.below(100) {
            0..2 => Self::ConvertApart { one: laptop, other: (laptop + 1) % laptops },
            2..33 => Self::Work { laptop, commands: 1 + draw.below(3) },
            33 => Self::Move { laptop },
            34..36 => Self::Merge { laptop },
            36..38 => Self::BackUp { laptop },
            38..40 => Self::Restore,
            40..43 => Self::AskLease { laptop, process: process(draw) },
            43..46 => Self::WorkUnderLease { laptop, process: process(draw) },
            46..64 => Self::Traffic { frames: 3 + draw.below(25) },
            64..68 => Self::Break { laptop },
            68..71 => Self::Partition { laptops: some(draw, laptops) },
            71..74 => Self::Clog { laptops: some(draw, laptops) },
            74..76 => Self::Unclog,
            76 => Self::Spoil { laptop, how: [Spoil::Hole, Spoil::Chain, Spoil::Bit][draw.below(3)] },
            77..80 => Self::Kill { laptop },
            80..83 => Self::PowerCut { laptop, after: draw.number() % 60, seed: draw.number() },
            83..86 => Self::Failure { laptop, failure: failure(draw) },
            86..88 => Self::Clock { laptop, skew: skew(draw) },
            88..90 => Self::KillRelay,
            90..92 => Self::CutRelay { after: draw.number() % 40, seed: draw.number() },
            92..94 => Self::FailRelay { failure: failure(draw) },
            94..97 => Self::Rotate,
            97..98 => Self::LoseRelay { wiped: draw.percent(50) },
            _ => Self::Heal,
        }
    }
}

/// One of two.
fn process(draw: &mut Draw) -> u8 {
    u8::from(draw.percent(50))
}

fn some(draw: &mut Draw, laptops: usize) -> Vec<usize> {
    (0..laptops).filter(|_| draw.percent(50)).collect()
}

/// Up to a day wrong, and sometimes five years.
fn skew(draw: &mut Draw) -> i64 {
    match draw.below(4) {
        0 => 0,
        1 => draw.span(10 * YEAR) - 5 * YEAR,
        _ => draw.span(2 * DAY) - DAY,
    }
}

fn failure(draw: &mut Draw) -> Failure {
    let faults = [Fault::NoSpace, Fault::Write, Fault::ShortWrite, Fault::Sync];
    let fault = faults[draw.below(faults.len())];
    Failure { fault, from: 1 + draw.number() % 20, times: 1 + draw.number() % 8 }
}

/// How long passes before the next thing happens, in milliseconds: most often no time, sometimes a night.
pub(super) fn pause(draw: &mut Draw) -> i64 {
    match draw.below(10) {
        0 => draw.span(30 * 3_600_000),
        1..4 => draw.span(60 * 60_000),
        _ => draw.span(2_000),
    }
}
