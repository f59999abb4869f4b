//! The JSON that `zuc import leads` prints, held to its shape and to the truth about the list.

use std::{collections::BTreeSet, fs, path::PathBuf};

use serde_json::Value;
use zuc_sample::{LeadList, ListSpec, Truth};

use crate::Shop;

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

/// Every key that scripts rely on is there, with the kind of value they expect.
fn keeps_its_shape(report: &Value) {
    assert_eq!(keys(report), BTreeSet::from(["format", "rows", "totals", "batch"]));
    assert_eq!(keys(&report["format"]), BTreeSet::from(["encoding", "delimiter", "mapping"]));
    for total in ["rows", "created", "merged", "probable_duplicate", "rejected", "warned"] {
        assert!(report["totals"][total].is_u64(), "{total}");
    }
    for row in report["rows"].as_array().expect("rows") {
        assert!(keys(row).is_superset(&BTreeSet::from(["row", "outcome", "of", "reasons", "warnings"])), "{row}");
        let of = &row["of"];
        assert!(row["row"].is_u64() && row["outcome"].is_string() && (of.is_u64() || of.is_null()), "{row}");
        assert!(row["reasons"].is_array() && row["warnings"].is_array(), "{row}");
        assert_eq!(of.is_u64(), matches!(row["outcome"].as_str(), Some("merged" | "probable_duplicate")), "{row}");
    }
}

/// Tries the list and imports it into an empty home.
async fn reaches_the_bar(what: &str, list: Vec<u8>, truth: &Truth) {
    let shop = Shop::open().await;
    let file = shop.file("lista.csv", list);
    let mut said = Vec::new();
    for arguments in [vec!["import", "leads", &file, "--dry-run"], vec!["import", "leads", &file]] {
        let ran = shop.run(&arguments).await;
        assert_eq!(ran.code, Some(0), "{what}: {}", ran.stderr);
        let report = ran.answer().expect("one JSON value");
        keeps_its_shape(&report);
        assert_eq!(truth.judge(&report), Vec::<String>::new(), "{what}");
        said.push(report);
    }
    assert!(said[0]["batch"].is_null() && said[1]["batch"].is_string(), "{what}");
    assert_eq!(said[0]["rows"], said[1]["rows"], "{what}: it does what the dry run said");
    let page = shop.run(&["lead", "list", "--limit", "1"]).await.answer().expect("leads");
    assert_eq!(page["total"], said[1]["totals"]["created"], "{what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_report_on_sample_lists_is_right() {
    for seed in [3, 41, 2026, 77_001] {
        let list = LeadList::generate(&ListSpec::new(seed, 600));
        reaches_the_bar(&format!("seed {seed}, {:?}", list.dialect), list.to_bytes(), &list.truth).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_report_on_the_reference_lists_is_right() {
    let Some(folder) = std::env::var_os("ZUC_CONFORMANCE") else {
        eprintln!("skipped: ZUC_CONFORMANCE names no folder of reference lists");
        return;
    };
    for name in ["prospectos_excel", "prospectos_odoo"] {
        let fixtures = PathBuf::from(&folder).join("fixtures");
        let list = fs::read(fixtures.join(format!("{name}.csv"))).expect("a reference list");
        let truth = fs::read(fixtures.join(format!("{name}.truth.json"))).expect("its truth");
        let truth: Truth = serde_json::from_slice(&truth).expect("a truth");
        assert!(!truth.headers.is_empty(), "{name}: its columns are judged");
        reaches_the_bar(name, list, &truth).await;
    }
}
