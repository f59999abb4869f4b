//! Bytes that change while nobody looks: whatever becomes of a home's files, it is told or does no harm.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::figures::{Draw, Outcome, Stopwatch, from_env, say};
use crate::home::{DATABASE, Day, adopt, open};

const CHANGES: u64 = 1_000;
const PAGE: u64 = 4096;

/// Commands of each half of the day whose home rots.
const COMMANDS: u64 = 12;

/// What happens to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rot {
    Bit,
    Noise,
    ZeroPage,
    PageOfAnother,
    Shorter,
    Longer,
}

const ROTS: [Rot; 6] = [Rot::Bit, Rot::Noise, Rot::ZeroPage, Rot::PageOfAnother, Rot::Shorter, Rot::Longer];

fn spoil(bytes: &mut Vec<u8>, rot: Rot, draw: &mut Draw) {
    let size = bytes.len() as u64;
    let place = |at: u64| usize::try_from(at).unwrap();
    match rot {
        Rot::Bit => bytes[place(draw.below(size))] ^= 1 << draw.below(8),
        Rot::Noise => {
            let (from, len) = (draw.below(size), 1 + draw.below(600));
            let noise = draw.bytes(place(len.min(size - from)));
            bytes[place(from)..place(from) + noise.len()].copy_from_slice(&noise);
        }
        Rot::ZeroPage => {
            let page = place(draw.below(size / PAGE) * PAGE);
            bytes[page..page + place(PAGE)].fill(0);
        }
        Rot::PageOfAnother => {
            let [from, to] = [(); 2].map(|()| place(draw.below(size / PAGE) * PAGE));
            bytes.copy_within(from..from + place(PAGE), to);
        }
        Rot::Shorter => bytes.truncate(place(draw.below(size))),
        Rot::Longer => {
            let len = place(1 + draw.below(3 * PAGE));
            let noise = draw.bytes(len);
            bytes.extend(noise);
        }
    }
}

/// The files of a home where a day was worked, and that day. The last of it lies in the log of writes, as after a crash.
async fn worked(to: &Path) -> Day {
    let folder = tempfile::tempdir().unwrap();
    let (mut day, mut draw) = (Day::new(), Draw::new(0));
    let store = open(folder.path(), None, true, 0).await.unwrap();
    adopt(&store).await.unwrap();
    for _ in 0..COMMANDS {
        day.command(&store, &mut draw).await.unwrap();
    }
    store.close().await;
    drop(store);
    let store = open(folder.path(), None, true, 1).await.unwrap();
    for _ in 0..COMMANDS {
        day.command(&store, &mut draw).await.unwrap();
    }
    for name in [DATABASE.to_owned(), format!("{DATABASE}-wal")] {
        fs::copy(folder.path().join(&name), to.join(&name)).unwrap();
    }
    store.close().await;
    day
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spoiled_file_is_told_or_does_no_harm() {
    let watch = Stopwatch::start();
    let (first, changes) = (from_env("ZUC_DISK_SEED", 1), from_env("ZUC_DISK_POINTS", CHANGES));
    let kept = tempfile::tempdir().unwrap();
    let day = worked(kept.path()).await;
    let files = [DATABASE.to_owned(), format!("{DATABASE}-wal")];
    let mut seen: BTreeMap<&str, u64> = BTreeMap::new();
    for seed in first..first + changes {
        let mut draw = Draw::new(seed);
        let which = usize::from(draw.below(4) == 0);
        let rot = ROTS[usize::try_from(draw.below(6)).unwrap()];
        let folder = tempfile::tempdir().unwrap();
        for name in &files {
            fs::copy(kept.path().join(name), folder.path().join(name)).unwrap();
        }
        let path = folder.path().join(&files[which]);
        let mut bytes = fs::read(&path).unwrap();
        spoil(&mut bytes, rot, &mut draw);
        fs::write(&path, &bytes).unwrap();
        let outcome = day.compare(folder.path()).await;
        let word = match &outcome {
            Outcome::Whole => "harmless",
            Outcome::Damaged(_) => "told",
            // of the log of writes SQLite believes what its sums hold together, and takes the rest for a cut
            Outcome::Lost(_) if which == 1 => "the log's end gone",
            _ => panic!("seed {seed}: {rot:?} of {}: {outcome:?}", files[which]),
        };
        *seen.entry(word).or_default() += 1;
    }
    say(format_args!(
        "rot: seeds {first} to {}, {:.1} s, {seen:?}",
        first + changes - 1,
        watch.elapsed().as_secs_f64()
    ));
    assert!(seen.get("told").is_some_and(|told| *told > changes / 4), "{seen:?}");
}
