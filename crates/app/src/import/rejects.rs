//! The rows that stayed out, as a file to mend and to import again.

use csv::WriterBuilder;
use zuc_ipc::words;

use super::{plan::Plan, reason::Reason, table::Table, text_guard::guarded};

/// The rejected rows with their own columns and the reason in words, disarmed for spreadsheets.
///
/// UTF-8 with its mark, so that Excel reads the accents, and the delimiter of the file they came from.
/// `None` when no row was rejected.
pub fn to_csv(table: &Table, plan: &Plan) -> Option<Vec<u8>> {
    let delimiter = table.format.delimiter.bytes().next().unwrap_or(b';');
    let mut rejected = plan.rejected().peekable();
    rejected.peek()?;
    let mut writer = WriterBuilder::new().delimiter(delimiter).flexible(true).from_writer(b"\xEF\xBB\xBF".to_vec());
    let header = table.header.iter().map(|name| guarded(name)).chain([words::say("import.reason.header").to_owned()]);
    // the last column says why, and no importer of ours takes it for a field; writing to memory has nothing to fail on.
    writer.write_record(header).ok()?;
    let mut rows = table.rows.iter();
    for (number, reasons) in rejected {
        let Some(row) = rows.find(|row| row.number == number) else { continue };
        let cells = (0..table.header.len()).map(|column| guarded(table.cell(row, column)));
        let why = reasons.iter().map(|reason| Reason::sentence(*reason)).collect::<Vec<_>>().join("; ");
        writer.write_record(cells.chain([why])).ok()?;
    }
    writer.into_inner().ok()
}
