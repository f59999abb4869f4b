//! The folder after the power cut.

use std::fmt;
use std::io;
use std::path::Path;

use super::chance::Chance;
use super::state::{Change, State, apply};

/// What the disk's controller writes or loses as one.
const SECTOR: usize = 512;

/// How much of what was not synced got through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Policy {
    /// None of it.
    Nothing,
    /// All of it: what a killed process leaves.
    Everything,
    /// The first so many operations, in order.
    Prefix(u64),
    /// Each operation by itself, in so many of a hundred cases: late ones may be there without early ones.
    Subset(u8),
    /// The first so many, and of the next some sectors.
    Torn(u64),
    /// Each sector of each write by itself.
    Scattered,
}

impl Policy {
    /// Its name without its number.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Everything => "everything",
            Self::Prefix(_) => "prefix",
            Self::Subset(_) => "subset",
            Self::Torn(_) => "torn",
            Self::Scattered => "scattered",
        }
    }

    pub(super) fn draw(state: &State, chance: &mut Chance) -> Self {
        let pending = orders(state).len() as u64;
        match chance.below(10) {
            0 => Self::Nothing,
            1 => Self::Everything,
            2 | 3 => Self::Prefix(chance.below(pending + 1)),
            4 | 5 => Self::Subset(if chance.percent(33) { 10 } else { 50 + 40 * u8::from(chance.percent(50)) }),
            6 | 7 => Self::Torn(chance.below(pending + 1)),
            _ => Self::Scattered,
        }
    }
}

/// What a crash image holds of what was not durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crash {
    /// How it was chosen.
    pub policy: Policy,
    /// Operations that no sync had covered.
    pub unsynced: usize,
    /// How many of them are in the image, whole or in part.
    pub kept: usize,
}

impl fmt::Display for Crash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:?}: {} of {} un-synced operations kept", self.policy, self.kept, self.unsynced)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Lost,
    Kept,
    InSectors,
}

/// The place in the order of all of everything that is not durable.
fn orders(state: &State) -> Vec<u64> {
    let mut orders: Vec<u64> = state
        .bodies
        .iter()
        .flat_map(|body| body.pending.iter().map(|(order, _)| *order))
        .chain(state.names.values().flat_map(|name| name.pending.iter().map(|(order, _)| *order)))
        .collect();
    orders.sort_unstable();
    orders
}

pub(super) fn write(state: &State, policy: Policy, chance: &mut Chance, into: &Path) -> io::Result<Crash> {
    let orders = orders(state);
    let mut crash = Crash { policy, unsynced: orders.len(), kept: 0 };
    let mut fate = |order: u64, chance: &mut Chance| {
        let place = orders.partition_point(|other| *other < order) as u64;
        let fate = match policy {
            Policy::Everything => Fate::Kept,
            Policy::Prefix(count) | Policy::Torn(count) if place < count => Fate::Kept,
            Policy::Subset(share) if chance.percent(share) => Fate::Kept,
            Policy::Torn(count) if place == count => Fate::InSectors,
            Policy::Scattered => Fate::InSectors,
            Policy::Nothing | Policy::Prefix(_) | Policy::Subset(_) | Policy::Torn(_) => Fate::Lost,
        };
        if fate != Fate::Lost {
            crash.kept += 1;
        }
        fate
    };
    for (name, entry) in &state.names {
        let mut meaning = entry.durable;
        for (order, body) in &entry.pending {
            match fate(*order, chance) {
                Fate::Kept => meaning = *body,
                // A name has no sectors: it is there or not.
                Fate::InSectors if chance.percent(50) => meaning = *body,
                Fate::InSectors | Fate::Lost => {}
            }
        }
        let Some(body) = meaning.and_then(|id| state.bodies.get(id)) else { continue };
        let mut bytes = body.durable.clone();
        for (order, change) in &body.pending {
            match fate(*order, chance) {
                Fate::Lost => {}
                Fate::Kept => apply(&mut bytes, change),
                Fate::InSectors => tear(&mut bytes, change, chance),
            }
        }
        let path = into.join(name);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(path, bytes)?;
    }
    Ok(crash)
}

/// Some sectors of a write. The file may have grown for those that did not come: they read as zeros.
fn tear(file: &mut Vec<u8>, change: &Change, chance: &mut Chance) {
    let Change::Write { at, bytes } = change else {
        if chance.percent(50) {
            apply(file, change);
        }
        return;
    };
    let end = at + bytes.len();
    if file.len() < end && chance.percent(50) {
        file.resize(end, 0);
    }
    let mut from = *at;
    while from < end {
        let to = ((from / SECTOR + 1) * SECTOR).min(end);
        if chance.percent(50) {
            apply(file, &Change::Write { at: from, bytes: bytes[from - at..to - at].to_vec() });
        }
        from = to;
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    const NAME: &str = "a.db";

    fn image(state: &State, policy: Policy, seed: u64) -> (Crash, Option<Vec<u8>>) {
        let folder = tempfile::tempdir().unwrap();
        let crash = write(state, policy, &mut Chance::new(seed), folder.path()).unwrap();
        (crash, std::fs::read(folder.path().join(NAME)).ok())
    }

    fn put(state: &mut State, body: usize, at: usize, byte: u8, len: usize) {
        state.changed(body, Change::Write { at, bytes: vec![byte; len] });
    }

    #[test]
    fn what_was_synced_is_there_and_the_rest_as_the_policy_says() {
        let mut state = State::new(PathBuf::from("/nowhere"));
        let body = state.opened(NAME.into(), None);
        put(&mut state, body, 0, 1, 1024);
        state.synced(body);
        assert_eq!(image(&state, Policy::Nothing, 0).1, None, "the name itself is not durable before its folder");
        state.folder_synced();
        put(&mut state, body, 0, 2, 1024);
        put(&mut state, body, 1024, 3, 512);

        let durable = vec![1; 1024];
        let one = vec![2; 1024];
        let both = [vec![2; 1024], vec![3; 512]].concat();
        assert_eq!(image(&state, Policy::Nothing, 0).1.unwrap(), durable);
        assert_eq!(image(&state, Policy::Prefix(1), 0).1.unwrap(), one);
        assert_eq!(image(&state, Policy::Everything, 0).1.unwrap(), both);
        let (crash, bytes) = image(&state, Policy::Prefix(0), 0);
        assert_eq!((crash.unsynced, crash.kept, bytes.unwrap()), (2, 0, durable));

        let late_alone = (0..64)
            .map(|seed| image(&state, Policy::Subset(50), seed).1.unwrap())
            .any(|bytes| bytes[..1024] == [1; 1024] && bytes.len() == 1536 && bytes[1024..] == [3; 512]);
        assert!(late_alone, "a late write may come without an early one");
    }

    #[test]
    fn a_torn_write_changes_whole_sectors_and_nothing_else() {
        let mut state = State::new(PathBuf::from("/nowhere"));
        let body = state.opened(NAME.into(), Some(vec![1; 2048]));
        put(&mut state, body, 500, 2, 1036);
        let mut half_done = 0;
        for seed in 0..64 {
            let bytes = image(&state, Policy::Torn(0), seed).1.unwrap();
            assert_eq!(bytes.len(), 2048);
            assert!(bytes[..500].iter().chain(&bytes[1536..]).all(|byte| *byte == 1), "bytes outside are untouched");
            let sectors = [&bytes[500..512], &bytes[512..1024], &bytes[1024..1536]];
            assert!(sectors.iter().all(|sector| sector.iter().all(|byte| *byte == sector[0])));
            let kept = sectors.iter().filter(|sector| sector[0] == 2).count();
            half_done += usize::from((1..3).contains(&kept));
        }
        assert!(half_done > 20, "{half_done} of 64 are torn");
    }

    #[test]
    fn a_deletion_is_not_durable_before_the_folder_is_synced() {
        let mut state = State::new(PathBuf::from("/nowhere"));
        state.opened(NAME.into(), Some(vec![1; 10]));
        state.deleted(NAME.into());
        assert_eq!(image(&state, Policy::Nothing, 0).1, Some(vec![1; 10]));
        assert_eq!(image(&state, Policy::Everything, 0).1, None);
        let again = state.opened(NAME.into(), None);
        put(&mut state, again, 0, 9, 3);
        state.synced(again);
        assert_eq!(image(&state, Policy::Prefix(1), 0).1, None);
        assert_eq!(image(&state, Policy::Everything, 0).1, Some(vec![9; 3]));
        state.folder_synced();
        assert_eq!(image(&state, Policy::Nothing, 0).1, Some(vec![9; 3]));
    }
}
