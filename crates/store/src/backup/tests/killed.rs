//! SIGKILL in the middle of a migration, from databases of every earlier version, in a process of its own: whoever looks next
//! finds the old database or the new one and nothing between, and the backup that was made before.
//!
//! `ZUC_KILLS` is the number of all kills of a run; this takes a sixth, and one of each version's where that is more.
//! `ZUC_KILL_SEED` says which.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use sqlx::Connection as _;

use super::golden::{as_of, earlier_versions};
use super::*;
use crate::keys::Home;
use crate::open;

/// Names the home that the process is to open.
const HOME: &str = "ZUC_MIGRATED_HOME";
const PROSPECTS: u128 = 120;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "the process that the test beside it kills"]
async fn a_home_that_is_named_is_opened() {
    let Some(home) = std::env::var_os(HOME) else { return };
    let store = open_at(Path::new(&home), 1).await.unwrap();
    store.close().await;
}

/// This very program, as the process that opens a home.
fn opening(home: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "backup::tests::killed::a_home_that_is_named_is_opened", "--ignored"])
        .env(HOME, home)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

/// Chance from a seed, in a thousandth.
fn thousandth(seed: u64, turn: u64) -> u64 {
    let hash = blake3::hash(&[seed.to_le_bytes(), turn.to_le_bytes()].concat());
    u64::from_le_bytes(hash.as_bytes()[..8].try_into().unwrap()) % 1000
}

/// A home whose database is of an earlier version.
async fn home_of(version: i64, now: &Path, root: &Path) {
    drop(Home::open(root).unwrap());
    as_of(version, &now.join("zuclubit.db"), &root.join("zuclubit.db")).await;
}

/// The newest migration of the database of a home that nobody has open.
async fn schema_of(root: &Path) -> i64 {
    let mut conn = open::lone(&root.join("zuclubit.db"), &keys_of(1).database).await.unwrap();
    let schema = open::schema(&mut conn).await.unwrap();
    conn.close().await.unwrap();
    schema
}

fn backups_of(root: &Path) -> Vec<Backup> {
    let folder = root.join("respaldos");
    if folder.exists() { backups_in(&folder).unwrap() } else { Vec::new() }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_killed_while_migrating_leaves_the_old_database_or_the_new_and_a_backup_of_the_old() {
    let folder = tempfile::tempdir().unwrap();
    let now = folder.path().join("ahora");
    let store = founded_at(&now, 1).await;
    for id in 1..=PROSPECTS {
        capture(&store, id, &format!("Persona {id:03}")).await;
    }
    let digests = store.digests().await.unwrap();
    store.close().await;
    drop(store);
    let versions: Vec<i64> = earlier_versions().collect();

    // how long one lives that is left alone
    let root = folder.path().join("larga");
    home_of(versions[0], &now, &root).await;
    let whole = lived(opening(&root));

    let seed = number("ZUC_KILL_SEED").unwrap_or_else(|| u64::from(std::process::id()));
    let kills = number("ZUC_KILLS").unwrap_or(0).div_ceil(6).max(versions.len() as u64);
    eprintln!("ZUC_KILL_SEED={seed}, {kills} kills over {whole:?}");
    let (mut old, mut new, mut shelved) = (0, 0, 0);
    for turn in 0..kills {
        let version = versions[usize::try_from(turn).unwrap() % versions.len()];
        let root = folder.path().join(format!("muerta-{turn}"));
        home_of(version, &now, &root).await;
        let moment = whole * u32::try_from(thousandth(seed, turn) + 50).unwrap() / 1000;
        killed(opening(&root), moment);

        let found = schema_of(&root).await;
        assert!(
            found == version || found == open::newest(),
            "turn {turn}: {found} is neither {version} nor the newest"
        );
        let backups = backups_of(&root);
        for backup in &backups {
            backup.check(quiet().as_ref()).unwrap();
            assert_eq!((backup.header.schema, backup.header.reason), (version, Reason::Migration), "turn {turn}");
        }
        if found == version {
            old += 1;
            shelved += u64::from(!backups.is_empty());
        } else {
            new += 1;
            assert!(!backups.is_empty(), "turn {turn}: it was migrated without a backup");
        }
        assert_whole(&root, &digests, turn).await;
        std::fs::remove_dir_all(&root).unwrap();
    }
    eprintln!("found old {old}, of them with a backup already {shelved}; new {new}");
    assert_eq!(old + new, kills);
}

/// The next opening ends what was begun, with nothing lost and a backup of the old beside it.
async fn assert_whole(root: &Path, digests: &[crate::ScopeDigest], turn: u64) {
    let store = open_at(root, 1).await.unwrap();
    assert_eq!(store.verify().await.unwrap(), [], "turn {turn}");
    assert_eq!(store.digests().await.unwrap(), digests, "turn {turn}");
    store.close().await;
    drop(store);
    assert!(!backups_of(root).is_empty(), "turn {turn}");
    let left: Vec<PathBuf> = ["copy.db", "copy-whole.db"].map(|name| root.join("backups").join(name)).to_vec();
    assert!(left.iter().all(|path| !path.exists()), "turn {turn}: what was half made is swept");
}

#[expect(clippy::disallowed_methods, reason = "how long a process lives is what is measured")]
fn lived(mut child: Child) -> Duration {
    let began = Instant::now();
    assert!(child.wait().unwrap().success(), "a process that nobody kills opens the home");
    began.elapsed()
}

fn killed(mut child: Child, moment: Duration) {
    std::thread::sleep(moment);
    // one that ended in this moment is as good
    let _ = child.kill();
    child.wait().unwrap();
}
