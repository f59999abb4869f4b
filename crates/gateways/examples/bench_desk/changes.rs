//! One field of leads that are there.

use std::time::Duration;

use serde_json::{Value, json};
use zuc_app::Office;
use zuc_ipc::lead::{LeadEdit, LeadQuery, LeadRow};

/// Between two looks at what the list shows.
const LOOK: Duration = Duration::from_millis(100);
/// Rows of one look.
const PAGE: u32 = 500;

/// The first `count` leads of the list.
async fn rows(office: &Office, count: u64) -> anyhow::Result<Vec<LeadRow>> {
    let mut rows = Vec::new();
    while let Some(left) = count.checked_sub(rows.len() as u64).filter(|left| *left > 0) {
        let limit = PAGE.min(u32::try_from(left)?);
        let query = LeadQuery { offset: rows.len() as u64, limit, ..LeadQuery::default() };
        let page = office.lead_list(query).await?.rows;
        if page.is_empty() {
            break;
        }
        rows.extend(page);
    }
    Ok(rows)
}

/// Puts another city on `records` leads, `times` times each and `value` at last, a command each.
pub(crate) async fn change(office: &Office, records: u64, times: u64, value: &str) -> anyhow::Result<Value> {
    for row in rows(office, records).await? {
        let mut old = row.city;
        for left in (0..times).rev() {
            let new = if left == 0 { value.to_owned() } else { format!("{value} {left}") };
            let edit = LeadEdit { id: row.id.clone(), field: "city".to_owned(), old, new: new.clone() };
            office.lead_edit(edit).await?;
            old = new;
        }
    }
    Ok(json!({}))
}

/// Until the list shows that city on all `records` leads.
pub(crate) async fn seen(office: &Office, records: u64, value: &str) -> anyhow::Result<Value> {
    loop {
        let rows = rows(office, records).await?;
        if rows.len() as u64 == records && rows.iter().all(|row| row.city == value) {
            return Ok(json!({}));
        }
        tokio::time::sleep(LOOK).await;
    }
}
