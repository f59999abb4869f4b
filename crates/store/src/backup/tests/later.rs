//! Databases of versions that do not exist yet: what this one may do with them is what their migrations say.

use sqlx::Connection as _;

use super::*;
use crate::open;

/// What a later version's migration may do: a table, a column, and a word on who is let in.
async fn migrate_to_tomorrow(home: &Path, said: Option<(i64, i64)>) {
    let mut conn = open::lone(&home.join("zuclubit.db"), &keys_of(1).database).await.unwrap();
    for sql in [
        "CREATE TABLE visit (id BLOB NOT NULL PRIMARY KEY, at INTEGER NOT NULL)",
        "ALTER TABLE lead_row ADD COLUMN visits INTEGER NOT NULL DEFAULT 0",
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'of tomorrow', 1, x'00', 0)",
    ] {
        sqlx::query(sql).execute(&mut conn).await.unwrap();
    }
    if let Some((reads, writes)) = said {
        let say = sqlx::query("INSERT INTO schema_floor (schema, reads, writes) VALUES (9999, ?, ?)");
        say.bind(reads).bind(writes).execute(&mut conn).await.unwrap();
    }
    conn.close().await.unwrap();
}

/// The program is brought up to date: it knows what that migration did.
async fn update(home: &Path) {
    let mut conn = open::lone(&home.join("zuclubit.db"), &keys_of(1).database).await.unwrap();
    for sql in [
        "DELETE FROM _sqlx_migrations WHERE version = 9999",
        "DELETE FROM schema_floor WHERE schema = 9999",
        "DROP TABLE visit",
        "ALTER TABLE lead_row DROP COLUMN visits",
    ] {
        sqlx::query(sql).execute(&mut conn).await.unwrap();
    }
    conn.close().await.unwrap();
}

/// A home with three prospects that were not sent, as a version of tomorrow left it.
async fn of_tomorrow(folder: &Path, said: Option<(i64, i64)>) -> PathBuf {
    let home = folder.join("casa");
    let store = founded_at(&home, 1).await;
    for id in 1..=3 {
        capture(&store, id, &format!("Persona {id}")).await;
    }
    store.close().await;
    drop(store);
    migrate_to_tomorrow(&home, said).await;
    home
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_later_version_lets_be_read_is_read_and_nothing_of_it_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let home = of_tomorrow(folder.path(), Some((open::newest(), 9999))).await;
    let before = std::fs::read(home.join("zuclubit.db")).unwrap();

    let store = open_at(&home, 1).await.unwrap();
    assert_eq!(store.newer(), Some(crate::Newer { schema: 9999, known: open::newest() }));
    assert_eq!(names(&store).await, ["Persona 1", "Persona 2", "Persona 3"]);
    assert_eq!(store.unsent().await.unwrap(), 3);
    assert_eq!(store.begin(at(0)).await.unwrap_err().code(), "store.read_only");
    assert_eq!(store.set_setting("relay", "https://otro").await.unwrap_err().code(), "store.read_only");
    assert_eq!(store.mark_boot().await.unwrap_err().code(), "store.read_only");
    let made = store.back_up(&order(&home.join("respaldos"), 30), quiet()).await;
    assert_eq!(made.unwrap_err().code(), "store.read_only", "what must not be in a backup this version does not know");
    store.close().await;
    drop(store);
    assert!(std::fs::read(home.join("zuclubit.db")).unwrap() == before, "not a byte");

    update(&home).await;
    let store = open_at(&home, 1).await.unwrap();
    assert_eq!(store.newer(), None);
    assert_eq!(
        store.outbox_ready(crate::testing::WIRE, 10).await.unwrap().len(),
        3,
        "all that waited is still to be sent"
    );
    capture(&store, 4, "Persona 4").await;
    assert_eq!(store.verify().await.unwrap(), []);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_later_version_lets_be_written_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let home = of_tomorrow(folder.path(), Some((open::newest(), open::newest()))).await;
    let store = open_at(&home, 1).await.unwrap();
    assert_eq!(store.newer(), None);
    capture(&store, 4, "Persona 4").await;
    assert_eq!(store.verify().await.unwrap(), []);
    store.close().await;
    drop(store);
    let mut conn = open::lone(&home.join("zuclubit.db"), &keys_of(1).database).await.unwrap();
    assert_eq!(open::schema(&mut conn).await.unwrap(), 9999, "it stays of tomorrow");
    conn.close().await.unwrap();
    assert!(!home.join("respaldos").exists(), "nothing was migrated");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_later_version_says_nothing_of_or_keeps_for_itself_is_not_opened() {
    for said in [None, Some((9999, 9999))] {
        let folder = tempfile::tempdir().unwrap();
        let home = of_tomorrow(folder.path(), said).await;
        assert_eq!(open_at(&home, 1).await.unwrap_err().code(), "store.too_new", "{said:?}");
    }
    // nor what lacks a migration of this version's: it is of another line
    let folder = tempfile::tempdir().unwrap();
    let home = of_tomorrow(folder.path(), Some((5, 5))).await;
    let mut conn = open::lone(&home.join("zuclubit.db"), &keys_of(1).database).await.unwrap();
    sqlx::query("DELETE FROM _sqlx_migrations WHERE version = 14").execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
    assert_eq!(open_at(&home, 1).await.unwrap_err().code(), "store.too_new");
}

#[tokio::test]
async fn every_migration_says_which_older_programs_it_lets_in() {
    let store = crate::testing::device(1).await;
    let silent: Vec<i64> = sqlx::query_scalar(
        "SELECT version FROM _sqlx_migrations WHERE version > 31 AND version NOT IN (SELECT schema FROM schema_floor)",
    )
    .fetch_all(store.reader())
    .await
    .unwrap();
    assert!(silent.is_empty(), "{silent:?}: a row of schema_floor for each, even where it lets nobody in");
}
