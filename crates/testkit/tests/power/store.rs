//! The product's store over a disk that forgets: the acknowledgement of a command is a promise.

use std::path::Path;

use zuc_store::keys::Home;
use zuc_testkit::disk::{Disk, Failure, Fault};

use crate::figures::{Draw, Figures, Outcome, Stopwatch, from_env, say, synced};
use crate::home::{DATABASE, Day, adopt, open};

const POINTS: u64 = 200;

/// A home whose company exists: most of a laptop's life happens after that.
async fn settled() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), None, true, 0).await.unwrap();
    adopt(&store).await.unwrap();
    store.close().await;
    folder
}

fn copy_of(home: &Path) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(home.join(DATABASE), folder.path().join(DATABASE)).unwrap();
    folder
}

async fn run(label: &str, durable: bool, first: u64, points: u64) -> Figures {
    let watch = Stopwatch::start();
    let base = settled().await;
    let mut figures = Figures::default();
    for seed in first..first + points {
        let mut draw = Draw::new(seed);
        // The WAL is folded into the file after a thousand pages, each of which is two writes.
        let cut = if draw.below(5) == 0 { 1900 + draw.below(1200) } else { draw.below(1200) };
        let folder = copy_of(base.path());
        let disk = Disk::register(&format!("{label}-{seed}"), folder.path()).unwrap();
        disk.cut_after(cut);
        let mut day = Day::new();
        if let Ok(store) = open(folder.path(), Some(disk.name()), durable, seed).await {
            day.until_it_fails(&store, &mut draw).await;
            store.close().await;
        }
        assert!(!disk.powered(), "seed {seed}: the day ended before the power did");
        figures.point(day.acknowledged());
        let after = tempfile::tempdir().unwrap();
        let crash = disk.crash_image(seed, after.path()).unwrap();
        figures.image(seed, cut, crash, &day.compare(after.path()).await);
    }
    say(format_args!(
        "{label}: seeds {first} to {}, {:.1} s\n{figures}",
        first + points - 1,
        watch.elapsed().as_secs_f64()
    ));
    figures
}

#[tokio::test(flavor = "multi_thread")]
async fn acknowledged_commands_survive_every_power_cut() {
    let (seed, points) = (from_env("ZUC_DISK_SEED", 1), from_env("ZUC_DISK_POINTS", POINTS));
    let figures = run("store", synced(), seed, points).await;
    assert_eq!(figures.bad(), 0, "{}", figures.first_bad.join("\n"));
    assert!(figures.biting() > figures.images / 2, "most images have something to lose");
}

/// The same run with `durable` off must turn red.
#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_does_not_sync_loses_acknowledged_commands() {
    let (seed, points) = (from_env("ZUC_DISK_SEED", 1), from_env("ZUC_DISK_POINTS", 60));
    let figures = run("store-off", false, seed, points).await;
    assert!(figures.lost > 0, "acknowledged commands are lost without fsync");
    assert!(figures.bad() > figures.images / 4, "only {} of {} images are bad", figures.bad(), figures.images);
}

/// The power fails while the file is made and its schema comes to be: the next start makes it, or finishes it.
#[tokio::test(flavor = "multi_thread")]
async fn a_home_cut_short_while_it_is_made_opens_at_the_next_start() {
    let watch = Stopwatch::start();
    let whole = {
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk::register("making", folder.path()).unwrap();
        open(folder.path(), Some("making"), true, 0).await.unwrap().close().await;
        disk.points()
    };
    let (seed, points) = (from_env("ZUC_DISK_SEED", 1), 30);
    for seed in seed..seed + points {
        let mut draw = Draw::new(seed);
        let cut = draw.below(whole);
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk::register(&format!("making-{seed}"), folder.path()).unwrap();
        disk.cut_after(cut);
        if let Ok(store) = open(folder.path(), Some(disk.name()), true, seed).await {
            store.close().await;
        }
        let after = tempfile::tempdir().unwrap();
        let crash = disk.crash_image(seed, after.path()).unwrap();
        let store = open(after.path(), None, true, seed)
            .await
            .unwrap_or_else(|error| panic!("seed {seed}, cut after {cut} of {whole}, {crash}: {error}"));
        adopt(&store).await.unwrap();
        let mut day = Day::new();
        day.command(&store, &mut draw).await.unwrap();
        store.close().await;
    }
    say(format_args!(
        "making: {points} cuts from seed {seed} in {whole} operations, {:.1} s",
        watch.elapsed().as_secs_f64()
    ));
}

/// Space runs out in the middle of a command: it fails whole, reading goes on, and when there is space again the next
/// command goes through without a restart. Likewise when syncing or writing fails.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_or_failing_disk_refuses_commands_and_is_forgiven() {
    let watch = Stopwatch::start();
    let seed = from_env("ZUC_DISK_SEED", 1);
    let base = settled().await;
    for fault in [Fault::NoSpace, Fault::Write, Fault::ShortWrite, Fault::Sync] {
        let (mut refused, mut codes) = (0, std::collections::BTreeSet::new());
        // A command has one sync and some tens of writes.
        let (to, step) = if fault == Fault::Sync { (6, 1) } else { (60, 4) };
        for from in (1..to).step_by(step) {
            let name = format!("forgiven-{fault:?}-{from}");
            let folder = copy_of(base.path());
            let disk = Disk::register(&name, folder.path()).unwrap();
            let mut draw = Draw::new(seed + from);
            let store = open(folder.path(), Some(&name), true, seed + from).await.unwrap();
            let mut day = Day::new();
            for _ in 0..2 {
                day.command(&store, &mut draw).await.unwrap();
            }
            disk.fail(Failure { fault, from, times: u64::MAX });
            for _ in 0..4 {
                if let Err(error) = day.command(&store, &mut draw).await {
                    codes.insert(error.code());
                    refused += 1;
                    let read = day.found(&store).await.unwrap();
                    assert!(&read == day.newest(), "{fault:?} from {from}: reading goes on and nothing changed");
                }
            }
            disk.heal();
            for _ in 0..2 {
                day.command(&store, &mut draw)
                    .await
                    .unwrap_or_else(|error| panic!("{fault:?} from {from}: on a mended disk: {error}"));
            }
            let after = tempfile::tempdir().unwrap();
            let crash = disk.crash_image(from, after.path()).unwrap();
            let outcome = day.compare(after.path()).await;
            assert_eq!(outcome, Outcome::Whole, "{fault:?} from {from}, {crash}");
            store.close().await;
        }
        say(format_args!("store, {fault:?}: seed {seed}, {refused} commands refused with {codes:?}"));
        assert!(refused > 0, "{fault:?}");
        if fault == Fault::NoSpace {
            assert_eq!(codes.into_iter().collect::<Vec<_>>(), ["store.disk_full"]);
        }
    }
    say(format_args!("store faults: {:.1} s", watch.elapsed().as_secs_f64()));
}

#[test]
fn the_database_is_where_the_copies_look_for_it() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(Home::open(folder.path()).unwrap().database(), folder.path().join(DATABASE));
}
