//! A file read into a header and rows, whatever its format.

use csv::{ReaderBuilder, StringRecord};

use super::{
    MAX_COLUMNS, MAX_FILE_BYTES, MAX_ROW_BYTES, delimiter, encoding, error::ImportError, headers,
    products::ProductField, shape, sheet, text_guard,
};

/// How the file was written, as shown in the wizard and printed by the command.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct FileFormat {
    /// `utf-8`, `utf-16le`, `utf-16be`, `cp1252`, or `xlsx` for a workbook.
    pub encoding: &'static str,
    /// `;`, `,`, a tab or `|`; empty for a workbook.
    pub delimiter: String,
}

/// A row under the header; every cell is text, trimmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Counted from 1, the first row under the header.
    pub number: u32,
    /// As many cells as the file gave, at times fewer or more than the header.
    pub cells: StringRecord,
}

/// A list read from a file, before anybody says what its columns mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// How the file was written.
    pub format: FileFormat,
    /// A name per column, unique; a nameless column is called `Columna N`.
    pub header: Vec<String>,
    /// Rows that hold anything at all.
    pub rows: Vec<Row>,
}

impl Table {
    /// Reads a CSV, TSV or XLSX file; the bytes decide which, not the name.
    ///
    /// # Errors
    /// Any [`ImportError`] about the file as a whole except [`ImportError::Cancelled`].
    pub fn read(bytes: &[u8]) -> Result<Self, ImportError> {
        if bytes.len() > MAX_FILE_BYTES {
            return Err(ImportError::TooLarge);
        }
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Err(ImportError::Empty);
        }
        if sheet::is_workbook(bytes) {
            let records = sheet::read(bytes)?;
            return Self::from_records(FileFormat { encoding: "xlsx", delimiter: String::new() }, records);
        }
        let (text, encoding) = encoding::decode(bytes)?;
        let delimiter = delimiter::detect(&text);
        let body = delimiter::declared(&text).map_or(text.as_ref(), |(_, rest)| rest);
        let records = read_csv(body, delimiter)?;
        let format = FileFormat { encoding: encoding.name(), delimiter: char::from(delimiter).to_string() };
        Self::from_records(format, records)
    }

    fn from_records(format: FileFormat, mut records: Vec<StringRecord>) -> Result<Self, ImportError> {
        if records.iter().all(is_blank) {
            return Err(ImportError::Empty);
        }
        let at = header_row(&records).ok_or(ImportError::NoHeader)?;
        let rows: Vec<Row> = records
            .drain(at + 1..)
            .zip(1_u32..)
            .filter(|(cells, _)| !is_blank(cells))
            .map(|(cells, number)| Row { number, cells: disarmed(cells) })
            .collect();
        if rows.is_empty() {
            return Err(ImportError::Empty);
        }
        let header = unique_names(&records[at], usual_width(&rows));
        Ok(Self { format, header, rows })
    }

    /// The cell of a column in a row; blank where the row is shorter.
    pub fn cell<'a>(&self, row: &'a Row, column: usize) -> &'a str {
        row.cells.get(column).unwrap_or_default()
    }

    /// The cells of a column that hold something, from the top.
    pub fn column(&self, column: usize) -> impl Iterator<Item = &str> {
        self.rows.iter().filter_map(move |row| row.cells.get(column)).filter(|cell| !cell.is_empty())
    }
}

fn read_csv(text: &str, delimiter: u8) -> Result<Vec<StringRecord>, ImportError> {
    let mut reader =
        ReaderBuilder::new().delimiter(delimiter).has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut records = Vec::new();
    let mut record = StringRecord::new();
    loop {
        let start = reader.position().byte();
        // Decoded text is UTF-8 and rows may differ in length: nothing is left to fail but a reader's bug.
        if !reader.read_record(&mut record).map_err(|_| ImportError::NotText)? {
            return Ok(records);
        }
        let length = reader.position().byte().saturating_sub(start);
        if length > MAX_ROW_BYTES as u64 {
            return Err(ImportError::RowTooLong { row: records.len() + 1 });
        }
        record.trim();
        check_width(&record)?;
        records.push(record.clone());
    }
}

/// Refuses a row with more columns than the limit, blank ones at its end not counted.
pub(super) fn check_width(record: &StringRecord) -> Result<(), ImportError> {
    if record.len() > MAX_COLUMNS {
        let columns = filled_width(record);
        if columns > MAX_COLUMNS {
            return Err(ImportError::TooManyColumns { columns });
        }
    }
    Ok(())
}

fn filled_width(record: &StringRecord) -> usize {
    (0..record.len()).rev().find(|at| !record[*at].is_empty()).map_or(0, |last| last + 1)
}

fn is_blank(record: &StringRecord) -> bool {
    record.iter().all(str::is_empty)
}

/// The width that more than half of the rows fill: a stray cell makes no column.
fn usual_width(rows: &[Row]) -> usize {
    let mut widths: Vec<usize> = rows.iter().map(|row| filled_width(&row.cells)).collect();
    widths.sort_unstable();
    widths.get(widths.len().saturating_sub(1) / 2).copied().unwrap_or_default()
}

/// Takes off the apostrophe that an export of ours put before what a spreadsheet would run.
fn disarmed(cells: StringRecord) -> StringRecord {
    if cells.iter().any(|cell| cell.starts_with('\'')) {
        cells.iter().map(text_guard::unguarded).collect()
    } else {
        cells
    }
}

/// Titles and blank lines may stand above the header, data may not.
fn header_row(records: &[StringRecord]) -> Option<usize> {
    const TITLE_LINES: usize = 15;
    let named = |cell: &&str| headers::any_field(cell).is_some() || ProductField::of(cell).is_some();
    let known = |record: &StringRecord| record.iter().filter(named).count();
    let mut candidates = records.iter().enumerate().take(TITLE_LINES).filter(|(_, record)| !is_blank(record));
    for (at, record) in candidates.clone() {
        if looks_like_data(record) {
            break;
        }
        let needed = if filled_width(record) <= 2 { 1 } else { 2 };
        if known(record) >= needed {
            return Some(at);
        }
    }
    // Names in a language we do not know are still names when what lies below them is of another kind.
    let (first, record) = candidates.next()?;
    let below = records.iter().skip(first + 1).take(50).filter(|record| looks_like_data(record)).count();
    (!looks_like_data(record) && below > 0).then_some(first)
}

/// A name is never an address, a number, a date or an RFC.
fn looks_like_data(record: &StringRecord) -> bool {
    record
        .iter()
        .any(|cell| shape::is_email(cell) || shape::is_rfc(cell) || shape::is_numeric(cell) || shape::is_date(cell))
}

fn unique_names(record: &StringRecord, used: usize) -> Vec<String> {
    let width = filled_width(record).max(used);
    let mut names: Vec<String> = Vec::with_capacity(width);
    for column in 0..width {
        let given = record.get(column).unwrap_or_default();
        let base = if given.is_empty() {
            zuc_ipc::words::fill("import.column", &[("number", &(column + 1))])
        } else {
            one_line(given)
        };
        let mut name = base.clone();
        let mut turn = 1;
        while names.contains(&name) {
            turn += 1;
            name = format!("{base} ({turn})");
        }
        names.push(name);
    }
    names
}

fn one_line(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}
