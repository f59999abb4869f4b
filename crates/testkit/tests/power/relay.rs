//! The relay's store over a disk that forgets: an acknowledged push stays, and so does every step of a stamping, above
//! all the one that says that bytes may have left for the PAC.

mod day;
mod look;

use std::path::Path;
use std::time::Duration;

use zuc_relay_sqlite::{Options, SqliteStore};
use zuc_testkit::disk::Disk;

use crate::figures::{Draw, Figures, Stopwatch, from_env, say, synced};

use day::Day;

const POINTS: u64 = 200;
/// The same cut, with other un-synced operations surviving.
const IMAGES: u64 = 2;

async fn open(folder: &Path, vfs: &str, durable: bool) -> SqliteStore {
    let options = Options {
        gather: Duration::from_millis(1),
        synchronous_full: durable,
        vfs: Some(vfs.to_owned()),
        ..Options::default()
    };
    SqliteStore::open(folder, options).await.unwrap()
}

async fn run(label: &str, durable: bool, first: u64, points: u64) -> Figures {
    let watch = Stopwatch::start();
    let mut figures = Figures::default();
    for seed in first..first + points {
        let mut draw = Draw::new(seed);
        // A tenth of the cuts fall into the making of the file and its schema; some come after the WAL was folded into
        // the file, at a thousand pages, each of which is two writes.
        let cut = match draw.below(10) {
            0 => draw.below(200),
            1 | 2 => 1900 + draw.below(1200),
            _ => draw.below(1400),
        };
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk::register(&format!("{label}-{seed}"), folder.path()).unwrap();
        disk.cut_after(cut);
        let mut day = Day::new();
        day.until_it_fails(open(folder.path(), disk.name(), durable).await, &mut draw).await;
        assert!(!disk.powered(), "seed {seed}: the day ended before the power did");
        figures.point(day.acknowledged());
        for image in 0..IMAGES {
            let after = tempfile::tempdir().unwrap();
            let crash = disk.crash_image(seed * IMAGES + image, after.path()).unwrap();
            figures.image(seed, cut, crash, &day.compare(after.path()).await);
        }
    }
    say(format_args!(
        "{label}: seeds {first} to {}, {:.1} s\n{figures}",
        first + points - 1,
        watch.elapsed().as_secs_f64()
    ));
    figures
}

#[tokio::test]
async fn what_the_relay_acknowledged_survives_every_power_cut() {
    let (seed, points) = (from_env("ZUC_DISK_SEED", 1), from_env("ZUC_DISK_POINTS", POINTS));
    let figures = run("relay", synced(), seed, points).await;
    assert_eq!(figures.bad(), 0, "{}", figures.first_bad.join("\n"));
    assert!(figures.biting() > figures.images / 2, "most images have something to lose");
}

/// The same run without syncs must turn red.
#[tokio::test]
async fn a_relay_that_does_not_sync_loses_what_it_acknowledged() {
    let (seed, points) = (from_env("ZUC_DISK_SEED", 1), from_env("ZUC_DISK_POINTS", 60));
    let figures = run("relay-off", false, seed, points).await;
    assert!(figures.lost > 0, "acknowledged transactions are lost without fsync");
    assert!(figures.bad() > figures.images / 4, "only {} of {} images are bad", figures.bad(), figures.images);
}
