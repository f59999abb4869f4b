//! Power cuts at random points of random transactions.

use sqlx::sqlite::SqliteSynchronous;
use zuc_testkit::disk::Disk;

use crate::figures::{Draw, Figures, Stopwatch, from_env, say, synced};
use crate::story::Story;

const POINTS: u64 = 200;
/// The same cut, with other un-synced operations surviving.
const IMAGES: u64 = 3;

async fn run(label: &str, synchronous: SqliteSynchronous, first: u64, points: u64) -> Figures {
    let watch = Stopwatch::start();
    let mut figures = Figures::default();
    for seed in first..first + points {
        let mut draw = Draw::new(seed);
        // A quarter of the cuts fall into the making of the file, its first WAL and its schema.
        let cut = if draw.below(4) == 0 { draw.below(80) } else { draw.below(1500) };
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk::register(&format!("{label}-{seed}"), folder.path()).unwrap();
        disk.cut_after(cut);
        let story = Story::until_the_end(folder.path(), disk.name(), synchronous, seed).await;
        assert!(!disk.powered(), "seed {seed}: the story ended before the power did");
        assert_eq!(disk.points(), cut, "seed {seed}");
        figures.point(story.acknowledged());
        for image in 0..IMAGES {
            let after = tempfile::tempdir().unwrap();
            let crash = disk.crash_image(seed * IMAGES + image, after.path()).unwrap();
            let outcome = story.compare(after.path()).await;
            figures.image(seed, cut, crash, &outcome);
        }
    }
    say(format_args!(
        "{label}: seeds {first} to {}, {:.1} s\n{figures}",
        first + points - 1,
        watch.elapsed().as_secs_f64()
    ));
    figures
}

#[tokio::test(flavor = "multi_thread")]
async fn synced_commits_survive_every_power_cut() {
    let synchronous = if synced() { SqliteSynchronous::Full } else { SqliteSynchronous::Off };
    let figures = run("full", synchronous, from_env("ZUC_DISK_SEED", 1), from_env("ZUC_DISK_POINTS", POINTS)).await;
    assert_eq!(figures.bad(), 0, "{}", figures.first_bad.join("\n"));
    assert!(figures.biting() > figures.images / 2, "most images have something to lose");
}

/// The same run must turn red when nothing is synced: else the one above would prove nothing.
#[tokio::test(flavor = "multi_thread")]
async fn without_syncs_the_same_run_finds_losses() {
    let figures =
        run("off", SqliteSynchronous::Off, from_env("ZUC_DISK_SEED", 1), from_env("ZUC_DISK_POINTS", POINTS)).await;
    assert!(figures.lost > 0, "acknowledged transactions are lost without fsync");
    assert!(figures.lost_transactions > 0);
    assert!(figures.bad() > figures.images / 4, "only {} of {} images are bad", figures.bad(), figures.images);
}

/// WAL with `synchronous=NORMAL` syncs at checkpoints only: it forgets commits, and never mixes them.
#[tokio::test(flavor = "multi_thread")]
async fn normal_loses_the_newest_commits_and_nothing_else() {
    let figures =
        run("normal", SqliteSynchronous::Normal, from_env("ZUC_DISK_SEED", 1), from_env("ZUC_DISK_POINTS", 60)).await;
    assert!(figures.lost > 0, "that is why commands are committed with FULL");
    assert_eq!(figures.mixed + figures.damaged, 0, "{}", figures.first_bad.join("\n"));
}
