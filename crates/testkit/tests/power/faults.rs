//! A disk that fails while the application runs: it is told so, loses nothing, and works on when the disk does.

use std::collections::BTreeMap;

use sqlx::sqlite::{SqliteConnectOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, SqliteConnection};
use zuc_testkit::disk::{Disk, Failure, Fault, Policy};

use crate::figures::{Draw, Stopwatch, from_env, say};
use crate::story::{Rows, Work, create, look, options, rows};

const TRANSACTIONS: usize = 12;

/// What came of one run of the work with one failure in it.
struct Run {
    disk: Disk,
    /// How many operations were made to fail; none when the work is over before the failure's turn.
    failed: u64,
    /// How many calls of the application got an error. The others failed in a checkpoint, which is tried again.
    told: u64,
    /// How many connections were beyond use after the disk worked again.
    given_up: u64,
    newest: Rows,
}

struct Application {
    options: SqliteConnectOptions,
    conn: SqliteConnection,
    failure: Failure,
    given_up: u64,
}

impl Application {
    /// What the application reads once the disk works again: on the connection it has, unless a page could not be
    /// read, after which SQLCipher refuses everything until the file is opened anew.
    async fn rows_after_mending(&mut self) -> Rows {
        let failure = self.failure;
        match rows(&mut self.conn).await {
            Ok(rows) => rows,
            Err(_) if failure.fault == Fault::Read => {
                self.given_up += 1;
                self.conn = self.options.connect().await.unwrap_or_else(|error| panic!("{failure:?}: {error}"));
                rows(&mut self.conn).await.unwrap_or_else(|error| panic!("{failure:?}: {error}"))
            }
            Err(error) => panic!("{failure:?}: reading on a mended disk: {error}"),
        }
    }

    async fn attempt(&mut self, work: &Work) -> Result<(), sqlx::Error> {
        let conn = &mut self.conn;
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
}

/// Twelve transactions, while `failure` strikes. Whatever fails must fail whole, and the next attempt on a disk that
/// works again must go through.
async fn work_under(failure: Failure, name: &str, seed: u64) -> Run {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::register(name, folder.path()).unwrap();
    let options = options(folder.path(), Some(name), SqliteSynchronous::Full);
    let mut draw = Draw::new(seed);
    let mut told = 0;
    disk.fail(failure);
    let conn = if let Ok(conn) = options.connect().await {
        conn
    } else {
        told += 1;
        disk.heal();
        options.connect().await.unwrap_or_else(|error| panic!("{failure:?}: opening again: {error}"))
    };
    let mut app = Application { options, conn, failure, given_up: 0 };
    if create(&mut app.conn).await.is_err() {
        told += 1;
        disk.heal();
        assert_eq!(app.rows_after_mending().await, None, "{failure:?}: half a table");
        create(&mut app.conn).await.unwrap_or_else(|error| panic!("{failure:?}: creating again: {error}"));
    }
    let mut newest: Rows = Some(BTreeMap::new());
    for _ in 0..TRANSACTIONS {
        let work = Work::draw(&mut draw);
        let after = Some(work.after(&newest));
        if app.attempt(&work).await.is_err() {
            told += 1;
            if failure.fault != Fault::Read {
                let read = rows(&mut app.conn).await.unwrap_or_else(|error| panic!("{failure:?}: reading: {error}"));
                assert!(read == newest, "{failure:?}: reading goes on over a disk that cannot be written");
            }
            disk.heal();
            assert!(app.rows_after_mending().await == newest, "{failure:?}: what failed left no trace");
            app.attempt(&work).await.unwrap_or_else(|error| panic!("{failure:?}: the same again: {error}"));
        }
        newest = after;
    }
    let failed = disk.failed();
    disk.heal();
    assert!(app.rows_after_mending().await == newest, "{failure:?}");
    // Not closed in order: the crash that follows finds the file in the middle of its life.
    Run { disk, failed, told, given_up: app.given_up, newest }
}

/// `fault` at every place of the work, once; and at every fourth, until the application was told and mended it.
async fn sweep(fault: Fault) {
    let watch = Stopwatch::start();
    let seed = from_env("ZUC_DISK_SEED", 1);
    for (times, step) in [(1, 1), (u64::MAX, 4)] {
        let (mut places, mut failed, mut told, mut given_up) = (0, 0, 0, 0);
        for from in (1..).step_by(step) {
            let name = format!("fault-{fault:?}-{times}-{from}");
            let run = work_under(Failure { fault, from, times }, &name, seed).await;
            if run.failed == 0 {
                break;
            }
            (places, failed) = (places + 1, failed + run.failed);
            (told, given_up) = (told + run.told, given_up + run.given_up);
            for policy in [Policy::Nothing, Policy::Everything] {
                let after = tempfile::tempdir().unwrap();
                run.disk.crash_image_under(policy, from, after.path()).unwrap();
                let (complaint, found) = look(after.path()).await.unwrap();
                assert_eq!(complaint, None, "{fault:?} {from} {policy:?}");
                assert!(found == run.newest, "{fault:?} {from} {policy:?}: acknowledged and gone");
            }
        }
        let long = if times == 1 { "once" } else { "until mended" };
        say(format_args!(
            "{fault:?} {long}: seed {seed}, {places} places, {failed} operations failed, {told} errors told, \
             {given_up} connections given up, {:.1} s",
            watch.elapsed().as_secs_f64()
        ));
        assert!(places >= 5 && told > 0, "{fault:?} {long}: {places} places, {told} told");
        // But for reads: the last of them may be those of a checkpoint, which nobody waits for.
        let noticed = times == 1 || fault == Fault::Read || told == places;
        assert!(noticed, "{fault:?}: a disk that stays broken is noticed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_at_every_write() {
    sweep(Fault::NoSpace).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_at_every_write() {
    sweep(Fault::Write).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_write_at_every_write() {
    sweep(Fault::ShortWrite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_at_every_sync() {
    sweep(Fault::Sync).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_at_every_read() {
    sweep(Fault::Read).await;
}
