//! A disk that fails while the application runs: it is told so, loses nothing, and works on when the disk does.

use sqlx::sqlite::SqliteSynchronous;
use sqlx::{ConnectOptions, SqliteConnection};
use zuc_testkit::disk::{Disk, Failure, Fault, Policy};

use crate::figures::{Draw, Stopwatch, from_env};
use crate::story::{Rows, Work, create, look, options, rows};

/// What came of one run of the work with one failure in it.
struct Run {
    /// How many operations were made to fail; none when the work is over before the failure's turn.
    failed: u64,
    /// How many calls of the application got an error.
    told: usize,
    /// The disk's refusals the application did not hear of: a checkpoint that will be tried again.
    disk: Disk,
    newest: Rows,
    folder: tempfile::TempDir,
}

/// Twelve transactions, while `failure` strikes. Whatever fails must fail whole, and the next attempt on a disk that
/// works again must go through, on the same connection.
async fn work_under(failure: Failure, name: &str, seed: u64) -> Run {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::register(name, folder.path()).unwrap();
    let options = options(folder.path(), Some(name), SqliteSynchronous::Full);
    let mut draw = Draw::new(seed);
    let mut told = 0;
    disk.fail(failure);
    let mut conn = match options.connect().await {
        Ok(conn) => conn,
        Err(_) => {
            told += 1;
            disk.heal();
            options.connect().await.unwrap_or_else(|error| panic!("{failure:?}: opening again: {error}"))
        }
    };
    let mut newest: Rows = None;
    if create(&mut conn).await.is_err() {
        told += 1;
        disk.heal();
        newest = rows(&mut conn).await.unwrap_or_else(|error| panic!("{failure:?}: reading after the first: {error}"));
        if newest.is_none() {
            create(&mut conn).await.unwrap_or_else(|error| panic!("{failure:?}: creating again: {error}"));
        }
    }
    newest = newest.or(Some(std::collections::BTreeMap::new()));
    for _ in 0..12 {
        let work = Work::draw(&mut draw);
        let after = work.after(&newest);
        if attempt(&work, &mut conn).await.is_ok() {
            newest = after;
            continue;
        }
        told += 1;
        if failure.fault != Fault::Read {
            assert_eq!(rows(&mut conn).await.unwrap(), newest, "{failure:?}: reading goes on, and nothing changed");
        }
        disk.heal();
        assert_eq!(rows(&mut conn).await.unwrap(), newest, "{failure:?}: what failed left no trace");
        attempt(&work, &mut conn).await.unwrap_or_else(|error| panic!("{failure:?}: the same again: {error}"));
        newest = after;
    }
    let failed = disk.failed();
    disk.heal();
    assert_eq!(rows(&mut conn).await.unwrap(), newest, "{failure:?}");
    // Not closed: the crash below finds the file in the middle of its life.
    drop(conn);
    Run { failed, told, disk, newest, folder }
}

async fn attempt(work: &Work, conn: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let done = async {
        work.carry_out(conn).await?;
        sqlx::query("COMMIT").execute(&mut *conn).await?;
        Ok(())
    }
    .await;
    if done.is_err() {
        // SQLite may have rolled back by itself already.
        let _ = sqlx::query("ROLLBACK").execute(conn).await;
    }
    done
}

/// One failing operation, and a disk that fails from there until it is mended, at every place of the work.
#[tokio::test(flavor = "multi_thread")]
async fn every_operation_may_fail_once_or_for_long() {
    let watch = Stopwatch::start();
    let seed = from_env("ZUC_DISK_SEED", 1);
    println!("faults: seed {seed}");
    for fault in Fault::ALL {
        for times in [1, u64::MAX] {
            let (mut runs, mut failed, mut told) = (0, 0, 0);
            for from in 1.. {
                let name = format!("fault-{fault:?}-{times}-{from}");
                let run = work_under(Failure { fault, from, times }, &name, seed).await;
                if run.failed == 0 {
                    break;
                }
                (runs, failed, told) = (runs + 1, failed + run.failed, told + run.told);
                for policy in [Policy::Nothing, Policy::Everything] {
                    let after = tempfile::tempdir().unwrap();
                    run.disk.crash_image_under(policy, from, after.path()).unwrap();
                    let (complaint, found) = look(after.path()).await.unwrap();
                    assert_eq!(complaint, None, "{fault:?} {from} x{times} {policy:?}");
                    assert!(found == run.newest, "{fault:?} {from} x{times} {policy:?}: acknowledged and gone");
                }
                drop(run.folder);
            }
            let long = if times == 1 { "once" } else { "until mended" };
            println!("  {fault:?} {long}: {runs} places, {failed} operations failed, {told} errors told");
            assert!(runs > 10 && told > 0, "{fault:?} {long}: {runs} places, {told} told");
        }
    }
    println!("faults: {:.1} s", watch.elapsed().as_secs_f64());
}
