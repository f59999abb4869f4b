//! Measurements over many leads, by hand: `cargo test -p zuc-store --lib measure -- --ignored --nocapture`.
#![expect(clippy::disallowed_methods, clippy::disallowed_macros, reason = "a measurement reads the clock and talks")]

use std::time::{Duration, Instant};

use uuid::Uuid;
use zuc_domain::lead::score::{ScoreInputs, rule_score};
use zuc_domain::lead::{Lead, LeadState, NewLead};
use zuc_domain::shared::{Currency, DomainEvent, ImportBatchId, LeadId, Money, PersonId};

use crate::testing::{SALES, at, device_at};
use crate::{ImportOf, LeadFilter, LeadOrder, Store, audit};

async fn import(store: &Store, rows: u32) {
    let mut tx = store.begin(at(0)).await.unwrap();
    let batch = ImportBatchId(tx.fresh_id());
    for row in 0..rows {
        let hash = blake3::hash(&row.to_le_bytes()).to_hex();
        let act = tx.act();
        let new = NewLead {
            full_name: Some(format!("Nombre {} Apellido {}", &hash[..5], &hash[5..9])),
            company: Some(format!("Empresa {} {}", &hash[9..13], &hash[13..17])),
            email: format!("{}@{}.mx", &hash[..8], &hash[8..16]).parse().ok(),
            phone: format!("442{row:07}").parse().ok(),
            rfc: Some("EKU9003173C9".parse().unwrap()),
            industry: Some("Alimentos".into()),
            company_size: Some(row % 900),
            city: Some("León".into()),
            estimated_amount: Money::try_new(rust_decimal::Decimal::from(row), Currency::Mxn).ok(),
            owner: Some(PersonId(Uuid::from_u128(u128::from(row % 8)))),
            import_batch: Some(batch),
            ..NewLead::new(LeadId(tx.fresh_id()), SALES, ["Referido", "Expo", "Web"][row as usize % 3], at(0).today)
        };
        let created = Lead::create(new, &act).unwrap();
        let mut lead = Lead::from_created(&created).unwrap();
        let scored = lead.rescore(rule_score(ScoreInputs { company_size: Some(row % 900), ..ScoreInputs::default() }));
        let mut events: Vec<&dyn DomainEvent> = vec![&created];
        if let Some(scored) = &scored {
            lead.apply(scored);
            events.push(scored);
        }
        tx.repository().record_all(&lead, &events).await.unwrap();
        tx.note_import(batch, lead.id).await.unwrap();
    }
    tx.record_import(batch, ImportOf::Leads, "lista.csv", "{}").await.unwrap();
    tx.commit().await.unwrap();
}

fn worst(mut times: Vec<Duration>) -> (Duration, Duration) {
    times.sort();
    (times[times.len() / 2], times[times.len() * 99 / 100])
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn measure_many_leads() {
    let rows: u32 = std::env::var("ROWS").ok().and_then(|rows| rows.parse().ok()).unwrap_or(10_000);
    let folder = tempfile::tempdir().unwrap();
    let store = device_at(folder.path(), 1).await;
    let start = Instant::now();
    import(&store, rows).await;
    println!("import of {rows}: {:?}, {:?} each", start.elapsed(), start.elapsed() / rows);
    let size = std::fs::metadata(folder.path().join("zuclubit.db")).unwrap().len();
    println!("file {} MiB", size / 1_048_576);

    let tables: Vec<(String, i64)> =
        sqlx::query_as("SELECT name, sum(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC LIMIT 24")
            .fetch_all(store.reader())
            .await
            .unwrap();
    for (name, bytes) in tables {
        println!("{name}: {} bytes each", bytes / i64::from(rows));
    }

    let filters = [
        ("all", LeadFilter::default()),
        (
            "open",
            LeadFilter {
                states: vec![LeadState::New, LeadState::Assigned, LeadState::Working],
                ..LeadFilter::default()
            },
        ),
        ("one owner", LeadFilter { owners: vec![Some(PersonId(Uuid::from_u128(3)))], ..LeadFilter::default() }),
        ("none", LeadFilter { states: vec![LeadState::Converted], ..LeadFilter::default() }),
        ("text", LeadFilter { text: "nombre a".into(), ..LeadFilter::default() }),
    ];
    for (name, filter) in filters {
        for (order, descending) in [(LeadOrder::Score, true), (LeadOrder::Company, false), (LeadOrder::Amount, true)] {
            let mut times = Vec::new();
            for _ in 0..40 {
                let start = Instant::now();
                let page = store.lead_page(&filter, order, descending, 0, 50).await.unwrap();
                times.push(start.elapsed());
                assert!(page.rows.len() <= 50);
            }
            println!("list {name} by {order:?}: p50 {:?} p99 {:?}", worst(times.clone()).0, worst(times).1);
        }
    }
    for text in ["n", "no", "nombre a", "4425", "empresa 1", "a1b"] {
        let mut times = Vec::new();
        for _ in 0..40 {
            let start = Instant::now();
            store.search_leads(text, 20).await.unwrap();
            times.push(start.elapsed());
        }
        println!("search {text:?}: p50 {:?} p99 {:?}", worst(times.clone()).0, worst(times).1);
    }
    let mut times = Vec::new();
    for _ in 0..40 {
        let start = Instant::now();
        store.funnel().await.unwrap();
        store.sales_summary("2026-01", "2026-12").await.unwrap();
        store.counts().await.unwrap();
        store.arr().await.unwrap();
        store.weighted_pipeline().await.unwrap();
        times.push(start.elapsed());
    }
    println!("dashboard: p50 {:?} p99 {:?}", worst(times.clone()).0, worst(times).1);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn measure_the_look_at_an_audit_record() {
    let rows: i64 = std::env::var("ROWS").ok().and_then(|rows| rows.parse().ok()).unwrap_or(1_000_000);
    let folder = tempfile::tempdir().unwrap();
    let store = device_at(folder.path(), 1).await;
    let mut tx = store.inner.pools.writer.begin().await.unwrap();
    let mut tip = audit::Tip { seq: 0, hash: [0; 32] };
    for row in 0..rows {
        let hash = blake3::hash(&row.to_le_bytes());
        let entry = audit::Entry {
            at: row,
            actor: at(0).person.0,
            action: "Lead.Created",
            object: Uuid::from_u128(row.unsigned_abs().into()),
            before: &[],
            after: hash.as_bytes(),
        };
        audit::append(&mut tx, &mut tip, &entry).await.unwrap();
    }
    tx.commit().await.unwrap();
    let mut conn = store.inner.pools.writer.acquire().await.unwrap();
    let start = Instant::now();
    assert_eq!(audit::first_break(&mut conn).await.unwrap(), None);
    println!("{rows} rows of the audit record: {:?}", start.elapsed());
}
