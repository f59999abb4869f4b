//! The dry run: what an import would do with each row. Nothing is saved.

use std::{collections::BTreeMap, ops::ControlFlow};

use zuc_domain::{lead::duplicates::Match, shared::LeadId};

use super::{
    draft::LeadDraft,
    error::ImportError,
    identity::{ExistingLeads, Identity},
    mapping::Mapping,
    reason::{Reason, Warning},
    register::{Finding, Origin, Register, Sought},
    row::RowReader,
    table::{FileFormat, Table},
};

/// What an import does with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Becomes a record.
    Created,
    /// Certainly is another record and adds to it.
    Merged,
    /// Probably is another record; held for a person.
    ProbableDuplicate,
    /// Stays out.
    Rejected,
}

/// A row and what an import does with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedRow {
    /// Counted from 1 under the header.
    pub row: u32,
    /// What happens.
    pub outcome: Outcome,
    /// The record it certainly or probably is.
    pub same_as: Option<Origin>,
    /// How alike the two are, and in what.
    pub likeness: Option<Match>,
    /// Why it stays out.
    pub reasons: Vec<Reason>,
    /// What is remarkable.
    pub warnings: Vec<Warning>,
    /// Names of the fields that the record there before takes from it; whoever knows the record sets them.
    pub fills: Vec<&'static str>,
    /// What was read.
    pub draft: LeadDraft,
}

impl PlannedRow {
    /// The earlier row of this file that it is.
    pub fn of(&self) -> Option<u32> {
        self.same_as.and_then(|origin| if let Origin::Row(row) = origin { Some(row) } else { None })
    }

    /// The record there before that it is.
    pub fn of_id(&self) -> Option<LeadId> {
        self.same_as.and_then(|origin| if let Origin::Existing(id) = origin { Some(id) } else { None })
    }

    /// The record that it becomes or adds to; `None` for a row that is held or stays out.
    pub fn record(&self) -> Option<Origin> {
        match self.outcome {
            Outcome::Created => Some(Origin::Row(self.row)),
            Outcome::Merged => self.same_as,
            Outcome::ProbableDuplicate | Outcome::Rejected => None,
        }
    }

    /// The codes of what is wrong with it or, for a duplicate, of what it has in common.
    pub fn reason_codes(&self) -> Vec<&'static str> {
        let common = self.likeness.iter().flat_map(|likeness| &likeness.reasons).map(|criterion| criterion.name());
        self.reasons.iter().map(|reason| reason.code()).chain(common).collect()
    }
}

/// Rows by outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Totals {
    /// All rows that hold anything.
    pub rows: u64,
    /// New records.
    pub created: u64,
    /// Certain duplicates.
    pub merged: u64,
    /// Held for a person.
    pub probable_duplicate: u64,
    /// Stay out.
    pub rejected: u64,
    /// Come in or are held, with a warning.
    pub warned: u64,
    /// Certain duplicates of records there before that fill something in them.
    pub filled: u64,
}

/// A record that the import makes, with what later rows add to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedLead {
    /// The record: a row of this file, or one there before that takes what is new to it.
    pub origin: Origin,
    /// The first row and those merged into it; of a record there before, only the merged ones.
    pub rows: Vec<u32>,
    /// Their fields together: the first row's, then whatever it lacks.
    pub draft: LeadDraft,
}

/// Where a dry run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Rows done.
    pub done: usize,
    /// Rows in all.
    pub total: usize,
}

/// What an import would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// How the file was written.
    pub format: FileFormat,
    /// What its columns mean.
    pub mapping: Mapping,
    /// Every row that holds anything, in the file's order.
    pub rows: Vec<PlannedRow>,
    /// Rows by outcome.
    pub totals: Totals,
}

/// Rows between two reports of progress.
const STEP: usize = 500;

impl Plan {
    /// Decides about each row of a table. `progress` is told every few hundred rows and may stop the run.
    ///
    /// # Errors
    /// [`ImportError::NoHeader`] when no column names a person or a company, [`ImportError::Cancelled`].
    pub fn dry_run(
        table: &Table,
        mapping: &Mapping,
        existing: &dyn ExistingLeads,
        mut progress: impl FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<Self, ImportError> {
        mapping.check()?;
        let reader = RowReader::new(table, mapping);
        let mut register = Register::new(existing);
        let mut rows = Vec::with_capacity(table.rows.len());
        let total = table.rows.len();
        for (done, row) in table.rows.iter().enumerate() {
            if done % STEP == 0 && progress(Progress { done, total }).is_break() {
                return Err(ImportError::Cancelled);
            }
            let read = reader.read(row);
            let (outcome, same_as, likeness) = if read.reasons.is_empty() {
                decide(&mut register, &rows, read.number, &read.draft)
            } else {
                (Outcome::Rejected, None, None)
            };
            let (reasons, warnings, draft) = (read.reasons, read.warnings, read.draft);
            let fills = Vec::new();
            rows.push(PlannedRow { row: read.number, outcome, same_as, likeness, reasons, warnings, fills, draft });
        }
        if progress(Progress { done: total, total }).is_break() {
            return Err(ImportError::Cancelled);
        }
        let totals = Totals::of(&rows);
        Ok(Self { format: table.format.clone(), mapping: mapping.clone(), rows, totals })
    }

    /// Says of the row at place `at` which fields of the record there before it fills.
    pub fn set_fills(&mut self, at: usize, fills: Vec<&'static str>) {
        self.totals.filled += u64::from(!fills.is_empty());
        self.rows[at].fills = fills;
    }

    /// The rows that stay out, with their reasons.
    pub fn rejected(&self) -> impl Iterator<Item = (u32, &[Reason])> {
        self.rows.iter().filter(|row| row.outcome == Outcome::Rejected).map(|row| (row.row, row.reasons.as_slice()))
    }

    /// The rows held for a person.
    pub fn held(&self) -> impl Iterator<Item = &PlannedRow> {
        self.rows.iter().filter(|row| row.outcome == Outcome::ProbableDuplicate)
    }

    /// The records to make and those to add to, each with its merged rows, in the order of their first rows.
    pub fn leads(&self) -> Vec<PlannedLead> {
        self.iter_leads().collect()
    }

    /// The same one by one, so that a long list is not held twice.
    pub fn iter_leads(&self) -> impl ExactSizeIterator<Item = PlannedLead> {
        let mut places: BTreeMap<Origin, usize> = BTreeMap::new();
        let mut groups: Vec<(Origin, Vec<usize>)> = Vec::new();
        for (at, row) in self.rows.iter().enumerate() {
            let Some(origin) = row.record() else { continue };
            let place = *places.entry(origin).or_insert_with(|| {
                groups.push((origin, Vec::with_capacity(1)));
                groups.len() - 1
            });
            groups[place].1.push(at);
        }
        groups.into_iter().map(|(origin, group)| {
            let rows = group.iter().map(|at| self.rows[*at].row).collect();
            let mut drafts = group.into_iter().map(|at| self.rows[at].draft.clone());
            let mut draft = drafts.next().unwrap_or_default();
            drafts.for_each(|more| draft.absorb(more));
            PlannedLead { origin, rows, draft }
        })
    }
}

fn decide(
    register: &mut Register<'_>,
    above: &[PlannedRow],
    row: u32,
    draft: &LeadDraft,
) -> (Outcome, Option<Origin>, Option<Match>) {
    let identity = Identity::from(draft);
    let sought = Sought::from(&identity);
    match register.find(above, &sought) {
        Finding::New => {
            register.add(Origin::Row(row), false, above.len(), &sought);
            (Outcome::Created, None, None)
        }
        Finding::Certain(entry, likeness) => {
            register.absorb(above, entry, identity);
            (Outcome::Merged, Some(register.origin(entry)), Some(likeness))
        }
        Finding::Probable(entry, likeness) => {
            let origin = register.origin(entry);
            register.add(origin, true, above.len(), &sought);
            (Outcome::ProbableDuplicate, Some(origin), Some(likeness))
        }
    }
}

impl Totals {
    fn of(rows: &[PlannedRow]) -> Self {
        let mut totals = Self { rows: rows.len() as u64, ..Self::default() };
        for row in rows {
            match row.outcome {
                Outcome::Created => totals.created += 1,
                Outcome::Merged => totals.merged += 1,
                Outcome::ProbableDuplicate => totals.probable_duplicate += 1,
                Outcome::Rejected => totals.rejected += 1,
            }
            totals.warned += u64::from(row.outcome != Outcome::Rejected && !row.warnings.is_empty());
        }
        totals
    }
}
