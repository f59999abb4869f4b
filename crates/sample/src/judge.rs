//! How near an import's report comes to the truth about its list.
//!
//! The bar: 97 % of the duplicates found, no two companies merged, at most 2 % of right rows held, every bad row
//! out with its reason, no right row out.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::truth::Truth;

/// The part of a report that is judged, in the shape in which an import prints it.
#[derive(Deserialize)]
struct Report {
    format: Format,
    rows: Vec<Row>,
    totals: BTreeMap<String, u64>,
}

#[derive(Deserialize)]
struct Format {
    encoding: String,
    delimiter: String,
    mapping: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Row {
    #[serde(rename = "row")]
    number: u32,
    outcome: String,
    of: Option<u32>,
    reasons: Vec<String>,
    warnings: Vec<String>,
}

/// What a report got wrong about right rows and duplicates; a few of these are allowed.
#[derive(Default)]
struct Doubts {
    missed: Vec<String>,
    held: Vec<u32>,
}

impl Truth {
    /// What of a report lies below the bar, in words; nothing is good news.
    pub fn judge(&self, report: &Value) -> Vec<String> {
        let report = match Report::deserialize(report) {
            Ok(report) => report,
            Err(error) => return vec![format!("no report: {error}")],
        };
        let mut faults = Vec::new();
        self.judge_format(&report, &mut faults);
        let mut doubts = Doubts::default();
        for row in &report.rows {
            faults.extend(self.judge_row(row, &mut doubts));
        }
        for warned in &self.warned {
            let row = report.rows.iter().find(|row| row.number == warned.row);
            if !row.is_some_and(|row| row.warnings.contains(&warned.why)) {
                faults.push(format!("row {} lacks the warning {}", warned.row, warned.why));
            }
        }
        let duplicates = self.duplicates_of_earlier_rows.len();
        if doubts.missed.len() * 100 > duplicates * 3 {
            faults.push(format!("missed {} of {duplicates}: {:?}", doubts.missed.len(), doubts.missed));
        }
        if doubts.held.len() * 100 > self.accepted as usize * 2 {
            faults.push(format!("held {} of {}: {:?}", doubts.held.len(), self.accepted, doubts.held));
        }
        faults
    }

    fn judge_format(&self, report: &Report, faults: &mut Vec<String>) {
        let Format { encoding, delimiter, mapping } = &report.format;
        if (encoding, delimiter) != (&self.encoding, &self.delimiter) {
            faults
                .push(format!("written in {encoding} with {delimiter}, not {} with {}", self.encoding, self.delimiter));
        }
        if !self.headers.is_empty() && *mapping != self.headers {
            faults.push(format!("the columns are {mapping:?}, not {:?}", self.headers));
        }
        if report.totals.get("rows") != Some(&u64::from(self.rows)) || report.rows.len() != self.rows as usize {
            faults.push(format!("{} rows of {}, {:?}", report.rows.len(), self.rows, report.totals));
        }
        for outcome in ["created", "merged", "probable_duplicate", "rejected"] {
            let rows = report.rows.iter().filter(|row| row.outcome == outcome).count() as u64;
            if report.totals.get(outcome) != Some(&rows) {
                faults.push(format!("{rows} rows are {outcome}, the totals say {:?}", report.totals.get(outcome)));
            }
        }
    }

    fn judge_row(&self, row: &Row, doubts: &mut Doubts) -> Option<String> {
        let Row { number, outcome, of, reasons, .. } = row;
        let duplicate = self.duplicates_of_earlier_rows.iter().find(|duplicate| duplicate.row == *number);
        let rejected = self.rejected.iter().find(|rejected| rejected.row == *number);
        match (duplicate, rejected, outcome.as_str()) {
            // A row may be like several; merged into a company that is not its own it must never be.
            (Some(duplicate), _, "merged") if *of != Some(duplicate.of) => {
                Some(format!("row {number} was merged into {of:?}, not {}", duplicate.of))
            }
            (Some(_), _, "merged" | "probable_duplicate") | (None, None, "created") => None,
            (Some(duplicate), _, _) => {
                doubts.missed.push(format!("{number} ({})", duplicate.how));
                None
            }
            (None, Some(bad), "rejected") if reasons.contains(&bad.why) => None,
            (None, Some(bad), _) => Some(format!("row {number} is {outcome} {reasons:?}, to stay out for {}", bad.why)),
            (None, None, "probable_duplicate") => {
                doubts.held.push(*number);
                None
            }
            (None, None, _) => Some(format!("right row {number} is {outcome} of {of:?} {reasons:?}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{DuplicateTruth, RowTruth};

    fn truth() -> Truth {
        let duplicate = DuplicateTruth { row: 3, of: 1, how: "same_rfc".to_owned() };
        Truth {
            rows: 4,
            accepted: 2,
            duplicates_of_earlier_rows: vec![duplicate],
            rejected: vec![RowTruth { row: 4, why: "email".to_owned() }],
            warned: vec![RowTruth { row: 2, why: "html".to_owned() }],
            encoding: "utf-8".to_owned(),
            delimiter: ",".to_owned(),
            headers: BTreeMap::new(),
        }
    }

    fn right() -> Value {
        let row = |row: u32, outcome: &str, of: Option<u32>, reasons: &[&str], warnings: &[&str]| json!({ "row": row, "outcome": outcome, "of": of, "reasons": reasons, "warnings": warnings });
        json!({
            "format": { "encoding": "utf-8", "delimiter": ",", "mapping": {} },
            "rows": [
                row(1, "created", None, &[], &[]),
                row(2, "created", None, &[], &["html"]),
                row(3, "merged", Some(1), &["same_rfc"], &[]),
                row(4, "rejected", None, &["email"], &[]),
            ],
            "totals": { "rows": 4, "created": 2, "merged": 1, "probable_duplicate": 0, "rejected": 1 },
        })
    }

    #[test]
    fn a_right_report_has_no_fault() {
        assert_eq!(truth().judge(&right()), Vec::<String>::new());
    }

    #[test]
    fn every_wrong_word_is_a_fault() {
        for (at, wrong) in [
            ("/format/encoding", json!("cp1252")),
            ("/totals/rows", json!(5)),
            ("/totals/merged", json!(0)),
            ("/rows/0/outcome", json!("rejected")),
            ("/rows/1/outcome", json!("merged")),
            ("/rows/1/warnings", json!([])),
            ("/rows/2/of", json!(2)),
            ("/rows/2/outcome", json!("created")),
            ("/rows/3/outcome", json!("created")),
            ("/rows/3/reasons", json!(["date"])),
            ("/rows/3/reasons", json!(null)),
        ] {
            let mut report = right();
            *report.pointer_mut(at).unwrap() = wrong;
            assert_ne!(truth().judge(&report), Vec::<String>::new(), "{at}");
        }
    }
}
