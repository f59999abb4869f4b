//! A dry run as the window and scripts get it.

use zuc_ipc::import::{ImportFormat, ImportRow, ImportTotals};

use super::Looked;
use crate::import::{Outcome, Plan, PlannedRow};

/// Values shown under each header.
const SAMPLES: usize = 3;

pub(super) fn format(looked: &Looked) -> ImportFormat {
    let columns = looked.plan.mapping.columns();
    ImportFormat {
        encoding: looked.plan.format.encoding.to_owned(),
        delimiter: looked.plan.format.delimiter.clone(),
        mapping: columns
            .iter()
            .filter_map(|column| Some((column.header.clone(), column.field?.name().to_owned())))
            .collect(),
        headers: columns.iter().map(|column| column.header.clone()).collect(),
        samples: columns
            .iter()
            .map(|column| (column.header.clone(), column.samples.iter().take(SAMPLES).cloned().collect()))
            .collect(),
    }
}

pub(super) fn totals(plan: &Plan) -> ImportTotals {
    let totals = plan.totals;
    ImportTotals {
        rows: totals.rows,
        created: totals.created,
        merged: totals.merged,
        probable_duplicate: totals.probable_duplicate,
        rejected: totals.rejected,
        warned: totals.warned,
        filled: totals.filled,
    }
}

pub(super) fn row(row: &PlannedRow) -> ImportRow {
    let codes = |codes: Vec<&str>| codes.into_iter().map(ToOwned::to_owned).collect();
    ImportRow {
        row: u64::from(row.row),
        outcome: name(row.outcome).to_owned(),
        of: row.of().map(u64::from),
        of_id: row.of_id().map(|id| id.to_string()),
        of_name: None,
        reasons: codes(row.reason_codes()),
        warnings: codes(row.warnings.iter().map(|warning| warning.code()).collect()),
        fills: codes(row.fills.clone()),
        company: row.draft.company.clone().unwrap_or_default(),
        full_name: row.draft.name.clone().unwrap_or_default(),
        email: row.draft.emails.first().map(|email| email.as_str().to_owned()).unwrap_or_default(),
        phone: row.draft.phones.first().map(|phone| phone.as_str().to_owned()).unwrap_or_default(),
    }
}

pub(super) fn name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Created => "created",
        Outcome::Merged => "merged",
        Outcome::ProbableDuplicate => "probable_duplicate",
        Outcome::Rejected => "rejected",
    }
}
