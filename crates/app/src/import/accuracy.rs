//! How near an import comes to the truth about a list, on sample lists and on reference lists.
//!
//! The bar: 97 % of the duplicates found, no two companies merged, at most 2 % of right rows held, every bad row
//! out with its reason, no right row out.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    ops::ControlFlow,
    path::PathBuf,
};

use serde::Deserialize;
use zuc_sample::{Dialect, LeadList, ListSpec};

use super::*;

/// The part of a truth file that is compared; sample lists and reference lists share it.
#[derive(Deserialize)]
struct Truth {
    rows: u64,
    accepted: u64,
    duplicates_of_earlier_rows: Vec<Duplicate>,
    rejected: Vec<Marked>,
    warned: Vec<Marked>,
    encoding: String,
    delimiter: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Duplicate {
    row: u32,
    of: u32,
    how: String,
}

#[derive(Deserialize)]
struct Marked {
    row: u32,
    why: String,
}

fn plan(bytes: &[u8]) -> Plan {
    let table = Table::read(bytes).unwrap();
    let mapping = Mapping::guess(&table);
    Plan::dry_run(&table, &mapping, &NoLeads, |_| ControlFlow::Continue(())).unwrap()
}

fn hold_to_the_bar(what: &str, plan: &Plan, truth: &Truth) {
    assert_eq!(plan.format.encoding, truth.encoding, "{what}");
    assert_eq!(plan.format.delimiter, truth.delimiter, "{what}");
    assert_eq!(plan.totals.rows, truth.rows, "{what}");
    let rows: BTreeMap<u32, &PlannedRow> = plan.rows.iter().map(|row| (row.row, row)).collect();
    let duplicates: BTreeMap<u32, &Duplicate> =
        truth.duplicates_of_earlier_rows.iter().map(|dup| (dup.row, dup)).collect();
    let rejected: BTreeMap<u32, &str> = truth.rejected.iter().map(|bad| (bad.row, bad.why.as_str())).collect();

    let mut missed = Vec::new();
    let mut held = BTreeSet::new();
    for (number, row) in &rows {
        match (duplicates.get(number), rejected.get(number)) {
            (Some(duplicate), _) => match row.outcome {
                Outcome::Merged | Outcome::ProbableDuplicate => {
                    // A row may be like several; merged into a company that is not its own it must never be.
                    let same = row.of() == Some(duplicate.of);
                    assert!(
                        same || row.outcome == Outcome::ProbableDuplicate,
                        "{what}: row {number} merged into {:?}",
                        row.of()
                    );
                }
                _ => missed.push((number, &duplicate.how)),
            },
            (None, Some(why)) => {
                assert_eq!(row.outcome, Outcome::Rejected, "{what}: row {number} should stay out for {why}");
                assert!(
                    row.reason_codes().contains(why),
                    "{what}: row {number} is out for {:?}, not {why}",
                    row.reasons
                );
            }
            (None, None) => match row.outcome {
                Outcome::Created => {}
                Outcome::ProbableDuplicate => {
                    held.insert(number);
                }
                other => panic!("{what}: right row {number} is {other:?} {:?} {:?}", row.same_as, row.reasons),
            },
        }
    }
    for warned in &truth.warned {
        let row = rows[&warned.row];
        assert!(
            row.warnings.iter().any(|warning| warning.code() == warned.why),
            "{what}: row {} lacks {}",
            warned.row,
            warned.why
        );
    }
    assert!(missed.len() * 100 <= duplicates.len() * 3, "{what}: missed {missed:?} of {}", duplicates.len());
    assert!(held.len() as u64 * 100 <= truth.accepted * 2, "{what}: held {held:?} of {}", truth.accepted);
}

fn say_skipped() {
    eprintln!("skipped: ZUC_CONFORMANCE names no folder of reference lists");
}

fn sample_truth(list: &LeadList) -> Truth {
    serde_json::from_value(serde_json::to_value(&list.truth).unwrap()).unwrap()
}

#[test]
fn lists_of_many_seeds_reach_the_bar_in_every_dialect() {
    for seed in 100..124 {
        let list = LeadList::generate(&ListSpec::new(seed, 700));
        hold_to_the_bar(&format!("seed {seed}, {:?}", list.dialect), &plan(&list.to_bytes()), &sample_truth(&list));
    }
}

#[test]
fn a_long_list_reaches_the_bar_too() {
    let list = LeadList::generate(&ListSpec { dialect: Some(Dialect::EXCEL), ..ListSpec::new(9, 6_000) });
    hold_to_the_bar("6,000 rows", &plan(&list.to_bytes()), &sample_truth(&list));
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
        let report = serde_json::to_value(plan.report(None)).unwrap();
        assert_eq!(report["format"]["mapping"], serde_json::to_value(&truth.headers).unwrap());
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
