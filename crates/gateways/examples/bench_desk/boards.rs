//! How long a page of the list, a search and Inicio take.
#![expect(clippy::disallowed_methods, reason = "it measures time")]

use std::time::Instant;

use serde_json::{Value, json};
use zuc_app::Office;
use zuc_ipc::{
    lead::{LeadQuery, LeadSort},
    shared::Query,
};

/// Rows on the screen of the grid.
const ROWS: u32 = 60;
/// Where the grid is scrolled to.
const OFFSETS: [u64; 5] = [0, 600, 10_000, 50_000, 90_000];
/// Every question so many times, search for each of the words; p50 and p99 in milliseconds.
pub(crate) async fn measure(office: &Office, words: &[&str], times: u64) -> anyhow::Result<Value> {
    let (mut lists, mut searches, mut homes) = (Vec::new(), Vec::new(), Vec::new());
    let mut rows = 0;
    let mut slowest = (0.0, LeadQuery::default());
    for turn in 0..=times {
        for query in queries() {
            let start = Instant::now();
            let page = office.lead_list(query.clone()).await?;
            let took = start.elapsed().as_secs_f64() * 1e3;
            rows = page.total.max(rows);
            if turn > 0 {
                lists.push(took);
                if took > slowest.0 {
                    slowest = (took, query);
                }
            }
        }
        for text in words {
            let start = Instant::now();
            office.search(Query { text: (*text).to_owned(), limit: 20 }).await?;
            if turn > 0 {
                searches.push(start.elapsed().as_secs_f64() * 1e3);
            }
        }
        for _ in 0..words.len() {
            let start = Instant::now();
            office.home().await?;
            if turn > 0 {
                homes.push(start.elapsed().as_secs_f64() * 1e3);
            }
        }
    }
    let invoices: u64 = office.home().await?.manager.map_or(0, |home| home.revenue.iter().map(|row| row.count).sum());
    Ok(json!({
        "leads": rows, "invoices": invoices,
        "list": figures(lists), "slowest": slowest, "search": figures(searches), "dashboard": figures(homes),
    }))
}

/// Each order and filter a person can choose, scrolled to the beginning and far down.
fn queries() -> Vec<LeadQuery> {
    let orders = [
        (LeadSort::Score, true),
        (LeadSort::Company, false),
        (LeadSort::Name, false),
        (LeadSort::City, false),
        (LeadSort::State, false),
        (LeadSort::Amount, true),
        (LeadSort::CreatedOn, true),
        (LeadSort::Owner, false),
        (LeadSort::NextStep, false),
    ];
    let narrowed = [
        LeadQuery { states: vec!["new".to_owned(), "assigned".to_owned()], ..LeadQuery::default() },
        LeadQuery { bands: vec!["A".to_owned(), "B".to_owned()], ..LeadQuery::default() },
        LeadQuery { sources: vec!["Referido".to_owned()], ..LeadQuery::default() },
        LeadQuery { text: "ferre".to_owned(), ..LeadQuery::default() },
    ];
    let all = OFFSETS.map(|offset| LeadQuery { offset, ..LeadQuery::default() });
    let chosen = all.into_iter().chain(narrowed);
    chosen
        .flat_map(|query| orders.map(|(sort, descending)| LeadQuery { sort, descending, limit: ROWS, ..query.clone() }))
        .collect()
}

fn figures(mut times: Vec<f64>) -> Value {
    times.sort_by(f64::total_cmp);
    let at = |share: usize| times.get((times.len() * share / 100).min(times.len().saturating_sub(1)));
    json!({ "n": times.len(), "p50_ms": at(50), "p99_ms": at(99) })
}
