//! A plan as JSON, the shape that `zuc import leads FILE --json` prints.

use serde::{Serialize, Serializer, ser::SerializeSeq};
use zuc_domain::shared::{ImportBatchId, LeadId};

use super::{
    mapping::Mapping,
    plan::{Outcome, Plan, PlannedRow, Totals},
    reason::Warning,
};

/// A plan to be printed, with the batch once it was carried out.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    plan: &'a Plan,
    batch: Option<ImportBatchId>,
}

impl Plan {
    /// The plan as a report; `batch` is `None` for a dry run.
    pub const fn report(&self, batch: Option<ImportBatchId>) -> Report<'_> {
        Report { plan: self, batch }
    }
}

#[derive(Serialize)]
struct Format<'a> {
    encoding: &'a str,
    delimiter: &'a str,
    mapping: &'a Mapping,
}

#[derive(Serialize)]
struct RowReport<'a> {
    row: u32,
    outcome: Outcome,
    of: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    of_id: Option<LeadId>,
    reasons: Vec<&'static str>,
    warnings: &'a [Warning],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    fills: &'a [&'static str],
}

impl<'a> From<&'a PlannedRow> for RowReport<'a> {
    fn from(row: &'a PlannedRow) -> Self {
        Self {
            row: row.row,
            outcome: row.outcome,
            of: row.of(),
            of_id: row.of_id(),
            reasons: row.reason_codes(),
            warnings: &row.warnings,
            fills: &row.fills,
        }
    }
}

#[derive(Serialize)]
struct Whole<'a> {
    format: Format<'a>,
    rows: Rows<'a>,
    totals: Totals,
    batch: Option<ImportBatchId>,
}

/// Written row by row, so that a hundred thousand rows are not held twice.
struct Rows<'a>(&'a [PlannedRow]);

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut rows = serializer.serialize_seq(Some(self.0.len()))?;
        for row in self.0 {
            rows.serialize_element(&RowReport::from(row))?;
        }
        rows.end()
    }
}

impl Serialize for Report<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let plan = self.plan;
        let format =
            Format { encoding: plan.format.encoding, delimiter: &plan.format.delimiter, mapping: &plan.mapping };
        Whole { format, rows: Rows(&plan.rows), totals: plan.totals, batch: self.batch }.serialize(serializer)
    }
}
