//! A workbook read as rows of text, cell by cell, so that no sheet can ask for more memory than it fills.

use std::{io::Cursor, panic};

use calamine::{DataRef, Reader, SheetType, SheetVisible, Xlsx};
use csv::StringRecord;

use super::{MAX_COLUMNS, MAX_ROW_BYTES, error::ImportError, zip_guard};

/// Text of all cells together; one long shared string may be named by many cells.
const MAX_TEXT: usize = 200 * 1024 * 1024;

/// Whether the bytes are an archive, which is what a workbook is.
pub(super) fn is_workbook(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06")
}

/// The rows of the first visible sheet that holds anything; gaps between rows are kept as blank rows.
///
/// # Errors
/// [`ImportError::ZipBomb`], [`ImportError::BadWorkbook`] and the limits of a table.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<StringRecord>, ImportError> {
    zip_guard::check(bytes)?;
    // The parser meets files made to break it; should it ever panic, that is a bad workbook and no crash.
    panic::catch_unwind(|| read_checked(bytes)).unwrap_or(Err(ImportError::BadWorkbook))
}

fn read_checked(bytes: &[u8]) -> Result<Vec<StringRecord>, ImportError> {
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|_| ImportError::BadWorkbook)?;
    let sheets: Vec<String> = workbook
        .sheets_metadata()
        .iter()
        .filter(|sheet| sheet.typ == SheetType::WorkSheet && sheet.visible == SheetVisible::Visible)
        .map(|sheet| sheet.name.clone())
        .collect();
    for name in sheets {
        let records = read_sheet(&mut workbook, &name)?;
        if !records.is_empty() {
            return Ok(records);
        }
    }
    Err(ImportError::Empty)
}

fn read_sheet(workbook: &mut Xlsx<Cursor<&[u8]>>, name: &str) -> Result<Vec<StringRecord>, ImportError> {
    let mut cells = workbook.worksheet_cells_reader(name).map_err(|_| ImportError::BadWorkbook)?;
    let mut rows = Rows::default();
    while let Some(cell) = cells.next_cell().map_err(|_| ImportError::BadWorkbook)? {
        let text = text(cell.get_value());
        let text = text.trim();
        if !text.is_empty() {
            let (row, column) = cell.get_position();
            rows.put(row as usize, column as usize, text)?;
        }
    }
    Ok(rows.finish())
}

/// Rows as they come out of a sheet, which may name them in any order but seldom does.
#[derive(Default)]
struct Rows {
    records: Vec<StringRecord>,
    current: Vec<String>,
    at: usize,
    bytes: usize,
    total: usize,
}

impl Rows {
    fn put(&mut self, row: usize, column: usize, text: &str) -> Result<(), ImportError> {
        if column >= MAX_COLUMNS {
            return Err(ImportError::TooManyColumns { columns: column + 1 });
        }
        if row < self.at {
            return Err(ImportError::BadWorkbook);
        }
        if row > self.at {
            self.close();
            // A far row under a gap must not cost a record per row of the gap.
            if row > self.records.len() + 100_000 {
                return Err(ImportError::BadWorkbook);
            }
            self.records.resize_with(row, StringRecord::new);
            self.at = row;
        }
        self.bytes += text.len() + 1;
        self.total += text.len() + 1;
        if self.bytes > MAX_ROW_BYTES {
            return Err(ImportError::RowTooLong { row: row + 1 });
        }
        if self.total > MAX_TEXT {
            return Err(ImportError::TooLarge);
        }
        if self.current.len() <= column {
            self.current.resize(column + 1, String::new());
        }
        text.clone_into(&mut self.current[column]);
        Ok(())
    }

    fn close(&mut self) {
        if !self.current.is_empty() {
            self.records.push(StringRecord::from(std::mem::take(&mut self.current)));
        }
        self.bytes = 0;
    }

    fn finish(mut self) -> Vec<StringRecord> {
        self.close();
        self.records
    }
}

fn text(value: &DataRef<'_>) -> String {
    match value {
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number_text(*number),
        DataRef::Bool(true) => "VERDADERO".to_owned(),
        DataRef::Bool(false) => "FALSO".to_owned(),
        DataRef::DateTime(moment) if moment.is_datetime() => {
            let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
            if (hour, minute, second) == (0, 0, 0) {
                format!("{year:04}-{month:02}-{day:02}")
            } else {
                format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
            }
        }
        DataRef::DateTime(moment) => number_text(moment.as_f64()),
        DataRef::Error(_) | DataRef::Empty => String::new(),
    }
}

/// A number as Excel shows it: 15 significant digits, so that 0.1 + 0.2 reads 0.3.
fn number_text(number: f64) -> String {
    if !number.is_finite() {
        return String::new();
    }
    format!("{number:.14e}").parse::<f64>().map_or_else(|_| number.to_string(), |shown| shown.to_string())
}

#[cfg(test)]
mod tests {
    use rust_xlsxwriter::{Format, Workbook};

    use super::*;

    fn workbook(fill: impl FnOnce(&mut rust_xlsxwriter::Worksheet)) -> Vec<u8> {
        let mut workbook = Workbook::new();
        fill(workbook.add_worksheet());
        workbook.save_to_buffer().unwrap()
    }

    #[test]
    #[expect(clippy::excessive_precision, reason = "the last digits are what a spreadsheet leaves behind")]
    fn numbers_dates_and_booleans_become_text() {
        let bytes = workbook(|sheet| {
            let day = Format::new().set_num_format("dd/mm/yyyy");
            sheet.write(0, 0, "Nombre").unwrap();
            sheet.write(1, 0, 5_532_013_517.0).unwrap();
            sheet.write(1, 1, 79_983.740_000_000_01).unwrap();
            sheet.write(1, 2, true).unwrap();
            sheet.write_with_format(1, 3, 46_010.0, &day).unwrap();
            sheet.write(3, 1, "  después de un hueco ").unwrap();
        });
        let rows: Vec<Vec<String>> =
            read(&bytes).unwrap().iter().map(|record| record.iter().map(str::to_owned).collect()).collect();
        assert_eq!(rows[0], ["Nombre"]);
        assert_eq!(rows[1], ["5532013517", "79983.74", "VERDADERO", "2025-12-19"]);
        assert!(rows[2].is_empty());
        assert_eq!(rows[3], ["", "después de un hueco"]);
    }

    #[test]
    fn a_lone_cell_in_the_last_corner_costs_nothing() {
        let far = workbook(|sheet| {
            sheet.write(0, 0, "Nombre").unwrap();
            sheet.write(1_048_575, 0, "x").unwrap();
        });
        assert_eq!(read(&far).unwrap_err(), ImportError::BadWorkbook);
        let wide = workbook(|sheet| {
            sheet.write(0, 16_383, "x").unwrap();
        });
        assert_eq!(read(&wide).unwrap_err(), ImportError::TooManyColumns { columns: 16_384 });
    }

    #[test]
    fn a_broken_workbook_is_named_and_never_panics() {
        let whole = workbook(|sheet| {
            for row in 0..20 {
                sheet.write(row, 0, format!("fila {row}")).unwrap();
            }
        });
        for at in (0..whole.len()).step_by(7) {
            let mut bytes = whole.clone();
            bytes[at] ^= 0xFF;
            let _ = read(&bytes);
            read(&whole[..at]).unwrap_err();
        }
    }
}
