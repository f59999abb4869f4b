//! Databases as each earlier version left them: backed up, then brought to the newest schema, row by row what a fresh
//! projection makes.

use sqlx::Connection as _;

use super::*;
use crate::open;

/// Writes the database at `from` anew, as a version whose newest migration was `version` would have left it.
pub(super) async fn as_of(version: i64, from: &Path, to: &Path) {
    let keys = keys_of(1);
    std::fs::write(to, b"").unwrap();
    let mut conn = open::lone(to, &keys.database).await.unwrap();
    sqlx::query("PRAGMA foreign_keys = 0").execute(&mut conn).await.unwrap();
    open::up_to(version).run(&mut conn).await.unwrap();
    let attach = format!("ATTACH '{}' AS new KEY \"x'{}'\"", from.display(), hex::encode(keys.database.as_slice()));
    sqlx::query(AssertSqlSafe(attach)).execute(&mut conn).await.unwrap();
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_sqlx_%'
         AND name NOT LIKE '%_search_%' AND name NOT IN ('lead_search', 'lead_facet', 'lead_total', 'outbox_count',
             'financial_receivable', 'schema_floor')",
    )
    .fetch_all(&mut conn)
    .await
    .unwrap();
    for table in tables {
        // columns that both have; what triggers keep is kept by them
        let common: Vec<String> = sqlx::query_scalar(
            "SELECT old.name FROM pragma_table_info(?1, 'main') old JOIN pragma_table_info(?1, 'new') new USING (name)
             ORDER BY old.cid",
        )
        .bind(&table)
        .fetch_all(&mut conn)
        .await
        .unwrap();
        let rowid = if table.ends_with("_search") { "rowid, " } else { "" };
        let columns = format!("{rowid}{}", common.join(", "));
        if table == "lead_row" && version >= 8 {
            // a row names its facet by number
            let facets = "INSERT INTO main.lead_facet SELECT * FROM new.lead_facet";
            sqlx::query(facets).execute(&mut conn).await.unwrap();
        }
        let copy = format!("INSERT INTO main.{table} ({columns}) SELECT {columns} FROM new.{table}");
        sqlx::query(AssertSqlSafe(copy)).execute(&mut conn).await.unwrap();
    }
    conn.close().await.unwrap();
}

/// Every migration before the newest that some version ended at. The first four made the tables: no version was without them;
/// and a number that was passed over is none.
pub(super) fn earlier_versions() -> impl Iterator<Item = i64> {
    let ends_at = |version: &i64| open::up_to(*version).iter().any(|migration| migration.version == *version);
    (5..open::newest()).filter(ends_at)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_each_earlier_version_is_backed_up_and_becomes_what_a_fresh_projection_makes() {
    let folder = tempfile::tempdir().unwrap();
    let now = folder.path().join("ahora");
    let store = founded_at(&now, 1).await;
    let canary = capture(&store, 1, "Canario Zalaquett").await;
    for id in 2..=30 {
        capture(&store, id, &format!("Persona {id:02}")).await;
    }
    store.erase_keys(&store.person_keys_of(canary.id).await.unwrap()).await.unwrap();
    let digests = store.digests().await.unwrap();
    store.close().await;
    drop(store);

    for version in earlier_versions() {
        let root = folder.path().join(format!("v{version}"));
        drop(crate::keys::Home::open(&root).unwrap());
        as_of(version, &now.join("zuclubit.db"), &root.join("zuclubit.db")).await;
        let store = open_at(&root, 1).await.unwrap();
        assert_eq!(store.verify().await.unwrap(), [], "version {version}");
        assert_eq!(store.digests().await.unwrap(), digests, "version {version}");
        let backups = backups_in(&root.join("respaldos")).unwrap();
        assert_eq!(backups.len(), 1, "version {version}");
        assert_eq!((backups[0].header.schema, backups[0].header.reason), (version, Reason::Migration));

        let into = folder.path().join("otra.db");
        let restored = backups[0].unpack(&into, &keys_of(1), false, entropy(), quiet()).await.unwrap();
        assert_eq!(restored.store.digests().await.unwrap(), digests, "from the backup of version {version}");
        assert_eq!(restored.try_out().await.unwrap().problems, []);
        restored.store.close().await;

        store.close().await;
        drop(store);
        let again = open_at(&root, 1).await.unwrap();
        assert_eq!(backups_in(&root.join("respaldos")).unwrap().len(), 1, "one, before the migration");
        again.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_versions_database_and_backup_are_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = backed_up(folder.path()).await;
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                 VALUES (9999, 'of tomorrow', 1, x'00', 0)";
    sqlx::query(newer).execute(&store.inner.pools.writer).await.unwrap();
    let made = store.back_up(&order(&folder.path().join("casa/respaldos"), 30), quiet()).await.unwrap();
    let into = folder.path().join("otra.db");
    let refused = made.unpack(&into, &keys_of(1), false, entropy(), quiet()).await.unwrap_err();
    assert_eq!(refused.code(), "store.too_new");
    store.close().await;
    drop(store);
    assert_eq!(open_at(&folder.path().join("casa"), 1).await.unwrap_err().code(), "store.too_new");
}
