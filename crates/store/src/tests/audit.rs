//! The audit record: whatever is changed in it is found, here by its chain, and elsewhere by what was told of it.

use std::collections::BTreeSet;

use sqlx::SqliteConnection;
use uuid::Uuid;

use super::capture;
use crate::testing::{SALES, at, device, pass};
use crate::{Store, audit};

/// Rows that the record has.
const ROWS: i64 = 10_000;
/// Changes that are tried.
const TRIALS: u64 = 48;

/// Writes rows into the record, a thousand a transaction.
async fn fill(store: &Store, rows: i64) {
    for turn in 0..rows / 1_000 {
        let mut tx = store.begin(at(turn)).await.unwrap();
        for row in 0..1_000_u128 {
            tx.note("person_exported", Uuid::from_u128(row), &[7; 32]).await.unwrap();
        }
        tx.commit().await.unwrap();
    }
}

async fn tell(store: &Store, second: i64) {
    let mut tx = store.begin(at(second)).await.unwrap();
    tx.tell_audit_head(SALES).await.unwrap();
    tx.commit().await.unwrap();
}

/// What a whole check finds of audit records; the log of these tests is none that chains are made of.
async fn codes(store: &Store) -> Vec<&'static str> {
    let problems = store.verify().await.unwrap();
    problems.iter().map(|problem| problem.code).filter(|code| code.starts_with("verify.audit")).collect()
}

/// What one look at the record finds.
async fn found(store: &Store, conn: &mut SqliteConnection) -> bool {
    let identity = store.identity().unwrap();
    audit::first_break(conn).await.unwrap().is_some()
        || !audit::contradictions(conn, &identity).await.unwrap().is_empty()
}

async fn run(conn: &mut SqliteConnection, sql: String) {
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(conn).await.unwrap();
}

#[tokio::test]
async fn any_row_of_ten_thousand_that_is_changed_taken_out_moved_or_cut_off_is_found() {
    let store = device(1).await;
    fill(&store, ROWS).await;
    tell(&store, 900).await;
    let mut seed = 2026_u64;
    let mut draw = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    let mut kinds = BTreeSet::new();
    for trial in 0..TRIALS {
        let row = i64::try_from(draw(10_000)).unwrap() + 1;
        let other = i64::try_from(draw(9_999)).unwrap() + 1;
        let other = if other == row { ROWS } else { other };
        let kind = trial % 4;
        let sql = match kind {
            0 => {
                let values = [
                    "prev = randomblob(32)",
                    "hash = randomblob(32)",
                    "at = at + 1",
                    "actor = randomblob(16)",
                    "action = action || '.'",
                    "object = randomblob(16)",
                    "before = x'00'",
                    "after = randomblob(32)",
                ];
                format!("UPDATE audit SET {} WHERE seq = {row}", values[usize::try_from(draw(8)).unwrap()])
            }
            1 => format!("DELETE FROM audit WHERE seq = {row}"),
            2 => format!(
                "UPDATE audit SET seq = -1 WHERE seq = {row}; UPDATE audit SET seq = {row} WHERE seq = {other};
                 UPDATE audit SET seq = {other} WHERE seq = -1"
            ),
            _ => format!("DELETE FROM audit WHERE seq >= {row}"),
        };
        let mut tx = store.inner.pools.writer.begin().await.unwrap();
        run(&mut tx, sql.clone()).await;
        assert!(found(&store, &mut tx).await, "trial {trial}: {sql}");
        tx.rollback().await.unwrap();
        kinds.insert(kind);
    }
    assert_eq!(kinds.len(), 4);
    let mut conn = store.inner.pools.writer.acquire().await.unwrap();
    assert!(!found(&store, &mut conn).await, "what nobody changed");
}

/// Makes the whole record anew, each hash right, as whoever has the database can.
async fn rewrite(store: &Store, rows: i64) {
    let mut conn = store.inner.pools.writer.acquire().await.unwrap();
    run(&mut conn, "DELETE FROM audit".to_owned()).await;
    let mut tip = audit::Tip { seq: 0, hash: [0; 32] };
    for row in 0..rows {
        let entry = audit::Entry {
            at: row,
            actor: at(0).person.0,
            action: "otra",
            object: Uuid::from_u128(1),
            before: &[],
            after: &[1; 32],
        };
        audit::append(&mut conn, &mut tip, &entry).await.unwrap();
    }
}

#[tokio::test]
async fn a_record_made_anew_contradicts_what_was_told_of_it_here_and_on_the_others_laptops() {
    let (ana, luis) = (device(1).await, device(2).await);
    let mut seq = 0;
    capture(&ana, 1, "Ana", "Una").await;
    tell(&ana, 10).await;
    pass(&ana, &luis, &mut seq).await;
    tell(&luis, 11).await;
    pass(&luis, &ana, &mut 0).await;
    assert_eq!((codes(&ana).await, codes(&luis).await), (vec![], vec![]));
    let heads = ana.audit_heads().await.unwrap();
    assert_eq!(heads.len(), 2, "each has told");
    assert!(heads.iter().any(|head| head.heard.len() == 1), "Luis has heard of Ana");

    rewrite(&ana, 9).await;
    assert_eq!(codes(&ana).await, ["verify.audit_head"]);
    assert_eq!(codes(&luis).await, [""; 0], "nothing was told since");
    tell(&ana, 20).await;
    pass(&ana, &luis, &mut seq).await;
    assert_eq!(codes(&luis).await, ["verify.audit_rewritten"]);

    // what she told is taken out of her own data too: what Luis heard comes back to her
    let pool = ana.inner.pools.writer.clone();
    sqlx::query("DELETE FROM fact WHERE author = (SELECT device FROM device_state)").execute(&pool).await.unwrap();
    assert!(codes(&ana).await.contains(&"verify.audit_head"));
}

#[tokio::test]
async fn a_record_that_goes_on_after_a_restoration_is_no_forged_one() {
    let ana = device(1).await;
    capture(&ana, 1, "Ana", "Una").await;
    tell(&ana, 10).await;
    let kept: i64 = sqlx::query_scalar("SELECT max(seq) FROM audit").fetch_one(ana.reader()).await.unwrap();
    capture(&ana, 2, "Eva", "Dos").await;
    tell(&ana, 20).await;
    // the database as it was: what was written since comes back from the relay, the rows of the record do not
    let identity = ana.identity().unwrap();
    let mut conn = ana.inner.pools.writer.acquire().await.unwrap();
    run(&mut conn, format!("DELETE FROM audit WHERE seq > {kept}")).await;
    audit::note_incarnation(&mut conn, identity.incarnation.0, [9; 16]).await.unwrap();
    drop(conn);
    ana.adopt(crate::Identity { incarnation: zuc_protocol::ids::Incarnation([9; 16]), ..identity }).await.unwrap();
    capture(&ana, 3, "Luis", "Tres").await;
    tell(&ana, 30).await;
    assert_eq!(codes(&ana).await, [""; 0]);
    // and what it kept still binds
    rewrite(&ana, 40).await;
    assert!(codes(&ana).await.contains(&"verify.audit_head"));
}

#[tokio::test]
async fn a_head_is_told_when_the_record_has_grown_and_otherwise_once_a_day() {
    let store = device(1).await;
    let due = async |second: i64| store.audit_head_is_due(at(second).at).await.unwrap();
    assert!(!due(0).await, "nothing was written");
    capture(&store, 1, "Ana", "Una").await;
    assert!(!due(3_600).await && due(86_400).await);
    tell(&store, 86_400).await;
    assert!(!due(900_000).await, "the head itself is no reason to tell another");
    fill(&store, 1_000).await;
    assert!(due(86_401).await);
}
