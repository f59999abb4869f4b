//! How near an import comes to the truth about a list, on sample lists and on reference lists.
//!
//! The bar: 97 % of the duplicates found, no two companies merged, at most 2 % of right rows held, every bad row
//! out with its reason, no right row out.

use std::{collections::BTreeSet, fs, ops::ControlFlow, path::PathBuf};

use zuc_sample::{Dialect, LeadList, ListSpec, Truth};

use super::*;

fn plan(bytes: &[u8]) -> Plan {
    let table = Table::read(bytes).unwrap();
    let mapping = Mapping::guess(&table);
    Plan::dry_run(&table, &mapping, &NoLeads, |_| ControlFlow::Continue(())).unwrap()
}

fn hold_to_the_bar(what: &str, plan: &Plan, truth: &Truth) {
    let report = serde_json::to_value(plan.report(None)).unwrap();
    assert_eq!(truth.judge(&report), Vec::<String>::new(), "{what}");
    let rows: BTreeSet<u32> = plan.rows.iter().map(|row| row.row).collect();
    assert_eq!(rows.len(), plan.rows.len(), "{what}: every row once");
}

fn say_skipped() {
    eprintln!("skipped: ZUC_CONFORMANCE names no folder of reference lists");
}

#[test]
fn lists_of_many_seeds_reach_the_bar_in_every_dialect() {
    for seed in 100..124 {
        let list = LeadList::generate(&ListSpec::new(seed, 700));
        hold_to_the_bar(&format!("seed {seed}, {:?}", list.dialect), &plan(&list.to_bytes()), &list.truth);
    }
}

#[test]
fn a_long_list_reaches_the_bar_too() {
    let list = LeadList::generate(&ListSpec { dialect: Some(Dialect::EXCEL), ..ListSpec::new(9, 6_000) });
    hold_to_the_bar("6,000 rows", &plan(&list.to_bytes()), &list.truth);
}

#[test]
fn the_reference_lists_reach_the_bar() {
    let Some(folder) = std::env::var_os("ZUC_CONFORMANCE") else {
        say_skipped();
        return;
    };
    for name in ["prospectos_excel", "prospectos_odoo"] {
        let fixtures = PathBuf::from(&folder).join("fixtures");
        let bytes = fs::read(fixtures.join(format!("{name}.csv"))).unwrap();
        let truth: Truth =
            serde_json::from_slice(&fs::read(fixtures.join(format!("{name}.truth.json"))).unwrap()).unwrap();
        let plan = plan(&bytes);
        hold_to_the_bar(name, &plan, &truth);
        assert!(!truth.headers.is_empty(), "{name}: its columns are judged");
        let remarked = plan.rows.iter().filter(|row| row.outcome == Outcome::Created && !row.warnings.is_empty());
        assert_eq!(remarked.count(), truth.warned.len(), "{name}: nothing else is remarkable");
        for row in &plan.rows {
            if let Some(duplicate) = truth.duplicates_of_earlier_rows.iter().find(|duplicate| duplicate.row == row.row)
            {
                assert_eq!(row.of(), Some(duplicate.of), "{name}: row {}", row.row);
            }
        }
    }
}

#[test]
fn the_reference_products_are_read_whole() {
    let Some(folder) = std::env::var_os("ZUC_CONFORMANCE") else {
        say_skipped();
        return;
    };
    let bytes = fs::read(PathBuf::from(folder).join("fixtures/productos.xlsx")).unwrap();
    let list = products::read(&bytes).unwrap();
    assert_eq!((list.rows.len(), list.format.encoding), (300, "xlsx"));
    assert!(list.rows.iter().all(|row| row.product.as_ref().is_ok_and(|product| product.price_breaks.len() == 2)));
}

#[test]
fn sample_products_are_read_whole() {
    let bytes = zuc_sample::ProductList::generate(1, 200).to_csv();
    let list = products::read(&bytes).unwrap();
    assert_eq!(list.rows.len(), 200);
    assert!(list.rows.iter().all(|row| row.product.is_ok()));
}
