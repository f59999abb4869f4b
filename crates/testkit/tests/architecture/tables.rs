//! Whose tables are whose: a table is of the folder of the store that its prefix names.

use std::{collections::BTreeSet, fs, path::Path};

use crate::{
    names,
    source::{root, shipped_sources},
};

/// The store's folder that writes the tables with a domain's prefix; whoever else wants one changed asks it.
const OWNERS: &[(&str, &str)] = &[
    ("lead_", "lead"),
    ("customer_", "customer"),
    ("proposal_", "proposal"),
    ("financial_", "financial"),
    ("analytics_", "projections"),
];

/// What is read across domains, by a file or a folder of the store, and why; whatever else another domain wants to know,
/// it asks of a function of the folder that owns the table.
const READERS: &[(&str, &[&str], &str)] = &[
    (
        "projections",
        &[
            "lead_facet",
            "lead_held",
            "lead_opportunity",
            "lead_total",
            "customer_contract",
            "customer_row",
            "proposal_row",
            "financial_invoice",
        ],
        "sums are over what the domains projected, in one statement each",
    ),
    (
        "customer/queries.rs",
        &["lead_opportunity", "financial_invoice"],
        "a list of customers says what is open with them",
    ),
    (
        "financial/queries.rs",
        &["customer_row", "customer_search", "customer_invoice"],
        "an invoice is listed and found by its customer's name, and told to the customer's team once",
    ),
    ("proposal/mod.rs", &["customer_row", "customer_search"], "a proposal is listed and found by its customer's name"),
    ("financial/saga.rs", &["proposal_row"], "the saga begins where a proposal was accepted"),
    (
        "erase.rs",
        &["lead_activity", "customer_contact", "customer_invoice"],
        "whoever is forgotten is forgotten in every domain",
    ),
    (
        "snapshot/mend.rs",
        &["lead_activity", "customer_invoice"],
        "a scope that was begun at something wrong is made once more, whatever hangs on it",
    ),
    (
        "open.rs",
        &["lead_search", "customer_search", "proposal_search", "proposal_product_search", "financial_invoice_search"],
        "every search index is told, when the store opens, to keep no bytes of a word that is taken out",
    ),
    (
        "backup/tables.rs",
        &[
            "lead_activity",
            "lead_alias",
            "lead_facet",
            "lead_held",
            "lead_late",
            "lead_match_key",
            "lead_moved",
            "lead_opportunity",
            "lead_row",
            "lead_search",
            "lead_total",
            "customer_contact",
            "customer_contract",
            "customer_invoice",
            "customer_match_key",
            "customer_row",
            "customer_search",
            "proposal_product",
            "proposal_product_search",
            "proposal_row",
            "proposal_search",
            "financial_invoice",
            "financial_invoice_search",
            "financial_receivable",
            "analytics_funnel",
            "analytics_sales_summary",
        ],
        "a backup is emptied of every read table",
    ),
    (
        "verify.rs",
        &[
            "lead_activity",
            "lead_alias",
            "lead_facet",
            "lead_match_key",
            "lead_moved",
            "lead_opportunity",
            "lead_row",
            "lead_total",
            "customer_contact",
            "customer_contract",
            "customer_invoice",
            "customer_row",
            "customer_search",
            "proposal_product",
            "proposal_product_search",
            "proposal_row",
            "proposal_search",
            "financial_invoice",
            "financial_invoice_search",
            "financial_receivable",
            "analytics_funnel",
            "analytics_sales_summary",
        ],
        "every read table is compared with what the documents say",
    ),
];

/// The folder that owns a table; `None` for what the whole store shares.
fn owner(table: &str) -> Option<(&'static str, &'static str)> {
    OWNERS.iter().find(|(prefix, _)| table.starts_with(prefix)).copied()
}

/// Tables that `code` writes to: what follows `INTO`, `UPDATE` or `FROM` of a deletion.
fn written_tables(code: &str) -> BTreeSet<&str> {
    let verbs = ["INSERT INTO ", "INSERT OR IGNORE INTO ", "INSERT OR REPLACE INTO ", "UPDATE ", "DELETE FROM "];
    let after = verbs.iter().flat_map(|verb| code.match_indices(verb).map(|(at, _)| &code[at + verb.len()..]));
    after.map(|rest| &rest[..rest.find(|c: char| c != '_' && !c.is_ascii_lowercase()).unwrap_or(rest.len())]).collect()
}

/// Every table that a migration makes.
fn tables() -> BTreeSet<String> {
    let mut tables = BTreeSet::new();
    for file in fs::read_dir(root().join("crates/store/migrations")).expect("the migrations are there") {
        let text = fs::read_to_string(file.expect("readable").path()).expect("UTF-8");
        for made in ["CREATE TABLE ", "CREATE VIRTUAL TABLE "] {
            tables.extend(text.split(made).skip(1).filter_map(|rest| Some(words(rest).next()?.to_owned())));
        }
    }
    tables
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c != '_' && !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty())
}

#[test]
fn a_table_is_written_by_the_domain_of_its_prefix() {
    let store = root().join("crates/store/src");
    let (mut wrong, mut owned) = (Vec::new(), BTreeSet::new());
    for (file, source) in shipped_sources(&store) {
        for table in written_tables(&source.code) {
            let Some((prefix, owner)) = owner(table) else { continue };
            owned.insert(prefix);
            if !file.starts_with(store.join(owner)) {
                wrong.push(format!("{} writes {table}, which is of {owner}/", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(owned.len(), OWNERS.len(), "only {owned:?} have tables");
}

/// A literal that names a table is SQL about it, or becomes some: `format!("SELECT … FROM {table}")` hides no reader.
#[test]
fn a_table_is_read_by_the_domain_of_its_prefix_and_by_readers_with_a_reason() {
    let (store, tables) = (root().join("crates/store/src"), tables());
    let (mut wrong, mut used) = (BTreeSet::new(), BTreeSet::new());
    for (file, source) in shipped_sources(&store) {
        let place = file.strip_prefix(&store).expect("it lies in the store");
        let reader = READERS.iter().find(|(reader, ..)| place.starts_with(Path::new(reader)));
        for table in
            source.literals.iter().flat_map(|literal| words(&literal.text)).filter(|word| tables.contains(*word))
        {
            match (owner(table), reader) {
                (None, _) => {}
                (Some((_, owner)), _) if place.starts_with(owner) => {}
                (_, Some((reader, may, _))) if may.contains(&table) => _ = used.insert((*reader, table.to_owned())),
                (Some((_, owner)), _) => {
                    _ = wrong.insert(format!("{} reads {table}, which is of {owner}/", place.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let all = READERS.iter().flat_map(|(reader, may, _)| may.iter().map(|table| (*reader, (*table).to_owned())));
    let idle: Vec<_> = all.filter(|entry| !used.contains(entry)).collect();
    assert!(idle.is_empty(), "these are read no more: {idle:#?}");
}

#[test]
fn no_room_but_the_store_speaks_sql_to_a_laptops_tables() {
    let others = ["crates/app/src", "crates/gateways/src", "crates/cli/src", "src-tauri"];
    let files = others.iter().flat_map(|folder| shipped_sources(&root().join(folder)));
    let speak: Vec<_> = files.filter(|(_, source)| names(&source.code, "sqlx::")).map(|(file, _)| file).collect();
    assert!(speak.is_empty(), "{speak:#?}");
}

#[test]
fn a_written_table_is_found_after_its_verb() {
    let code =
        "query(\"INSERT INTO lead_row (id)\"); query(\"SELECT 1 FROM customer_row\"); query(\"DELETE FROM undo\")";
    assert_eq!(written_tables(code).into_iter().collect::<Vec<_>>(), ["lead_row", "undo"]);
}

#[test]
fn the_migrations_make_the_tables_that_are_owned_and_shared() {
    let tables = tables();
    for (table, whose) in [("lead_row", Some("lead")), ("customer_search", Some("customer")), ("outbox", None)] {
        assert!(tables.contains(table), "{table} is not among {tables:?}");
        assert_eq!(owner(table).map(|(_, owner)| owner), whose);
    }
}
