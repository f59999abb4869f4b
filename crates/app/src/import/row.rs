//! One row of a list of prospects, read field by field.

use zuc_domain::shared::{Currency, Email, Money, Percentage, Phone, PostalCode, Rfc, text};

use super::{
    columns::{Columns, without_percent},
    currency, dates,
    draft::LeadDraft,
    field::LeadField,
    flags,
    identity::unite,
    mapping::Mapping,
    reason::{Reason, Warning},
    size,
    table::{Row, Table},
    text_guard,
};

/// Longest text of a field, in characters; notes may be longer.
const MAX_TEXT: usize = 300;
const MAX_NOTES: usize = 8_000;

/// A row that was read, rightly or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadRow {
    /// Counted from 1 under the header.
    pub number: u32,
    /// What could be read.
    pub draft: LeadDraft,
    /// Why it stays out; empty for a right row.
    pub reasons: Vec<Reason>,
    /// What is remarkable.
    pub warnings: Vec<Warning>,
}

/// Reads the rows of one table under one mapping.
#[derive(Debug)]
pub struct RowReader<'a> {
    table: &'a Table,
    mapping: &'a Mapping,
    columns: Columns,
}

impl<'a> RowReader<'a> {
    /// Decides what only whole columns tell.
    pub fn new(table: &'a Table, mapping: &'a Mapping) -> Self {
        Self { table, mapping, columns: Columns::decide(table, mapping) }
    }

    /// Reads a row; never fails, a wrong cell is a reason.
    pub fn read(&self, row: &Row) -> ReadRow {
        let mut read =
            ReadRow { number: row.number, draft: LeadDraft::default(), reasons: Vec::new(), warnings: Vec::new() };
        self.texts(row, &mut read);
        self.people(row, &mut read);
        self.numbers(row, &mut read);
        if read.draft.name.is_none() && read.draft.company.is_none() {
            read.reasons.push(Reason::NoNameNoCompany);
        }
        self.remark(row, &mut read);
        // A list of a hundred thousand rows keeps them all: no room to spare in each.
        read.draft.emails.shrink_to_fit();
        read.draft.phones.shrink_to_fit();
        read.reasons.sort_unstable();
        read.warnings.sort_unstable();
        read.warnings.dedup();
        read
    }

    /// The cell of the first column of a field that holds something.
    fn cell(&self, row: &'a Row, field: LeadField) -> Option<&'a str> {
        self.mapping.places(field).map(|at| self.table.cell(row, at)).find(|cell| !cell.is_empty())
    }

    /// The same for a field with a shape of its own, in which `N/A` is nothing.
    fn value(&self, row: &'a Row, field: LeadField) -> Option<&'a str> {
        self.cell(row, field).filter(|cell| !is_placeholder(cell))
    }

    fn line(&self, row: &'a Row, field: LeadField, warnings: &mut Vec<Warning>) -> Option<String> {
        text::clean(&without_controls(self.cell(row, field)?)).map(|line| cut(line, MAX_TEXT, warnings))
    }

    fn texts(&self, row: &'a Row, read: &mut ReadRow) {
        let ReadRow { draft, warnings, .. } = read;
        let mut line = |field| self.line(row, field, warnings);
        let (first, last) = (line(LeadField::FirstName), line(LeadField::LastName));
        let joined = [first, last].into_iter().flatten().collect::<Vec<_>>().join(" ");
        draft.name = line(LeadField::Name).or_else(|| text::clean(&joined));
        draft.company = line(LeadField::Company);
        draft.industry = line(LeadField::Industry);
        draft.source = line(LeadField::Source);
        draft.street = line(LeadField::Street);
        draft.city = line(LeadField::City);
        draft.state = line(LeadField::State);
        draft.owner = line(LeadField::Owner);
        draft.position = line(LeadField::Position);
        draft.website = line(LeadField::Website);
        let notes: Vec<String> = self
            .mapping
            .places(LeadField::Notes)
            .map(|at| without_controls(self.table.cell(row, at)))
            .filter(|note| !note.is_empty())
            .collect();
        draft.notes = (!notes.is_empty()).then(|| cut(notes.join("\n"), MAX_NOTES, warnings));
    }

    fn people(&self, row: &'a Row, read: &mut ReadRow) {
        let filled = |field| {
            self.mapping
                .places(field)
                .map(|at| self.table.cell(row, at))
                .filter(|cell| !cell.is_empty() && !is_placeholder(cell))
        };
        for cell in filled(LeadField::Email) {
            match emails(cell) {
                Some(found) => unite(&mut read.draft.emails, found),
                None => read.reasons.push(Reason::Email),
            }
        }
        read.reasons.dedup();

        let written: Vec<&str> = filled(LeadField::Phone).collect();
        for cell in &written {
            match phones(cell) {
                Some(found) => unite(&mut read.draft.phones, found),
                None => read.warnings.push(Warning::Phone),
            }
        }

        read.draft.phone_txt = text::clean(&written.join(", ")).map(|line| cut(line, MAX_TEXT, &mut read.warnings));
        if let Some(cell) = self.value(row, LeadField::Rfc) {
            match cell.parse::<Rfc>() {
                Ok(rfc) => {
                    if !rfc.check_digit_fits() {
                        read.warnings.push(Warning::RfcCheckDigit);
                    }
                    read.draft.rfc = Some(rfc);
                }
                Err(_) => read.reasons.push(Reason::RfcFormat),
            }
        }
    }

    fn numbers(&self, row: &'a Row, read: &mut ReadRow) {
        let ReadRow { draft, reasons, warnings, .. } = read;
        match self.value(row, LeadField::Size).map(size::parse) {
            Some(Ok(size)) => draft.size = Some(size),
            Some(Err(size::BadSize::Negative)) => reasons.push(Reason::NegativeSize),
            Some(Err(size::BadSize::Unreadable)) => warnings.push(Warning::Size),
            None => {}
        }
        if let Some(cell) = self.value(row, LeadField::Amount) {
            match self.amount(row, cell, warnings) {
                Some(amount) => draft.amount = Some(amount),
                None => reasons.push(Reason::Amount),
            }
        }
        if let Some(cell) = self.value(row, LeadField::Created) {
            draft.created = dates::parse(cell, self.columns.created);
            if draft.created.is_none() {
                reasons.push(Reason::Date);
            }
        }
        if let Some(cell) = self.value(row, LeadField::Cp) {
            draft.cp = postal_code(cell);
            if draft.cp.is_none() {
                warnings.push(Warning::Cp);
            }
        }
        if let Some(cell) = self.value(row, LeadField::OpenRate) {
            draft.open_rate = self.open_rate(cell);
            if draft.open_rate.is_none() {
                warnings.push(Warning::OpenRate);
            }
        }
        if let Some(cell) = self.value(row, LeadField::Demo) {
            draft.demo = flags::parse(cell).unwrap_or_else(|_| {
                warnings.push(Warning::Demo);
                false
            });
        }
    }

    fn amount(&self, row: &'a Row, cell: &str, warnings: &mut Vec<Warning>) -> Option<Money> {
        let (named, number) = currency::split(cell);
        let column = self.value(row, LeadField::Currency).map(|cell| currency::split(cell).0);
        if column == Some(None) {
            warnings.push(Warning::Currency);
        }
        let currency = named.or(column.flatten()).unwrap_or(Currency::Mxn);
        Money::try_new(self.columns.amount.parse(&number).ok()?, currency).ok()
    }

    fn open_rate(&self, cell: &str) -> Option<Percentage> {
        let number = self.columns.open_rate.parse(without_percent(cell)).ok()?;
        if self.columns.open_rate_in_hundredths {
            Percentage::try_new(number.round_dp(4)).ok()
        } else {
            Percentage::from_ratio(number.round_dp(6)).ok()
        }
    }

    fn remark(&self, row: &'a Row, read: &mut ReadRow) {
        let warnings = &mut read.warnings;
        for cell in &row.cells {
            if text_guard::is_formula(cell) {
                warnings.push(Warning::Formula);
            }
            if text_guard::is_html(cell) {
                warnings.push(Warning::Html);
            }
            if cell.contains('\u{fffd}') {
                warnings.push(Warning::Unreadable);
            }
        }
        if row.cells.iter().skip(self.table.header.len()).any(|cell| !cell.is_empty()) {
            warnings.push(Warning::ExtraCells);
        }
    }
}

/// What people write where they have nothing to write.
fn is_placeholder(cell: &str) -> bool {
    const NOTHING: [&str; 13] =
        ["-", "--", "---", "n/a", "na", "n.a.", "#n/a", "n/d", "nd", "s/d", "null", "none", "ninguno"];
    cell.len() <= 8 && NOTHING.contains(&cell.to_lowercase().as_str())
}

fn without_controls(cell: &str) -> String {
    cell.chars()
        .filter(|letter| !letter.is_control() || matches!(letter, '\n' | '\t'))
        .collect::<String>()
        .trim()
        .to_owned()
}

fn cut(mut line: String, limit: usize, warnings: &mut Vec<Warning>) -> String {
    if let Some((end, _)) = line.char_indices().nth(limit) {
        line.truncate(end);
        warnings.push(Warning::TooLong);
    }
    line
}

/// The addresses of a cell, which may name several or be written `Ana <ana@óptica.mx>`; `None` when any is wrong.
fn emails(cell: &str) -> Option<Vec<Email>> {
    cell.split([';', ',', '/', '|', '\n'])
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(|part| {
            let inside = part.split_once('<').and_then(|(_, rest)| rest.strip_suffix('>')).unwrap_or(part);
            inside.trim_start_matches("mailto:").parse().ok()
        })
        .collect()
}

/// The telephones of a cell, whole or parted by slashes and the like; `None` when none can be dialled.
fn phones(cell: &str) -> Option<Vec<Phone>> {
    if let Ok(phone) = cell.parse() {
        return Some(vec![phone]);
    }
    // What a spreadsheet makes of a number: `5532013517.0`.
    if let Some(Ok(phone)) = cell.strip_suffix(".0").map(str::parse) {
        return Some(vec![phone]);
    }
    let found: Vec<Phone> =
        cell.split([';', ',', '/', '|', '\n', 'y', 'o']).filter_map(|part| part.trim().parse().ok()).collect();
    (!found.is_empty()).then_some(found)
}

/// Five digits; a spreadsheet drops the leading zero of Mexico City.
fn postal_code(cell: &str) -> Option<PostalCode> {
    let digits = cell.strip_suffix(".0").unwrap_or(cell);
    let digits = digits.trim_start_matches(['C', 'P', 'c', 'p', '.', ' ']);
    format!("{digits:0>5}").parse().ok().filter(|_| digits.len() >= 4)
}
