//! Which tables a backup leaves out.

/// Read tables: the documents and facts say what is in them. The full-text ones come first, whose shadows go with them.
const MADE_AGAIN: [&str; 30] = [
    "lead_search",
    "customer_search",
    "proposal_search",
    "proposal_product_search",
    "financial_invoice_search",
    "lead_row",
    "lead_facet",
    "lead_total",
    "lead_match_key",
    "lead_activity",
    "lead_alias",
    // what a device read late of them: it looks again
    "lead_late",
    "lead_moved",
    "lead_opportunity",
    "customer_row",
    "customer_match_key",
    "customer_contact",
    "customer_contract",
    "customer_invoice",
    "proposal_row",
    "proposal_product",
    "financial_invoice",
    "financial_receivable",
    "analytics_sales_summary",
    "analytics_funnel",
    // what was changed apart: the documents hold all sides
    "conflict",
    // documents that wait for a person's key: those that still do are noted again
    "unopened",
    // names of colleagues: the control log has them, sealed
    "member",
    // clear rows of lists that a person has yet to look at: whoever they are about can be imported again
    "lead_held",
    // beside the backups, where they can be destroyed
    "person_key",
];

/// What a copy is emptied of, in the order in which it can be.
pub(super) fn left_out() -> impl Iterator<Item = &'static str> {
    MADE_AGAIN.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::device;

    /// What a backup holds: a new table belongs here or above.
    const HELD: [&str; 34] = [
        // which older programs its schema lets in
        "schema_floor",
        // which parts of a command are here: of what lies in entries, and of what was written here
        "part",
        // what is to be here of the files; their bytes lie beside the backups
        "attachment",
        // what laptops said that they hold of them
        "attachment_held",
        "attachment_keeper",
        "doc",
        "doc_actor",
        "ignored",
        "entry",
        "fact",
        "outbox",
        "outbox_count",
        "cursor",
        "snapshot",
        "disputed",
        "author_cursor",
        "chain",
        "alarm",
        "refused",
        "control",
        "control_fork",
        "quarantine",
        "bag_wraps",
        "person_subject",
        "person_erased",
        "vault",
        "device_state",
        "setting",
        "outbox_events",
        "inbox",
        "audit",
        "saga",
        "import_batch",
        "undo",
    ];

    #[tokio::test]
    async fn every_table_is_in_a_backup_or_is_made_again_from_it() {
        let store = device(1).await;
        let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_sqlx_%'";
        let tables: Vec<String> = sqlx::query_scalar(sql).fetch_all(store.reader()).await.unwrap();
        let shadow =
            |name: &str| MADE_AGAIN.iter().any(|of| of.ends_with("_search") && name.starts_with(&format!("{of}_")));
        for table in tables.iter().filter(|table| !shadow(table)) {
            let (held, again) = (HELD.contains(&table.as_str()), MADE_AGAIN.contains(&table.as_str()));
            assert!(held != again, "{table}: does a backup hold it, or is it made again?");
        }
        for table in HELD.iter().chain(&MADE_AGAIN) {
            assert!(tables.iter().any(|name| name == table), "{table} is no table any more");
        }
    }
}
