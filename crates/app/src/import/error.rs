//! Why a whole file cannot be imported. Nothing has changed when one of these is returned.

use thiserror::Error;

/// A file that cannot be imported at all; a single bad row is a [`Reason`](super::Reason) instead.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ImportError {
    /// No bytes, only blanks, or a header with nothing under it.
    #[error("the file has no rows")]
    Empty,
    /// Neither text in an encoding we know nor a workbook.
    #[error("the file is not text")]
    NotText,
    /// The first rows are data, or none of their names says what a column holds.
    #[error("the file has no header")]
    NoHeader,
    /// More columns than [`MAX_COLUMNS`](super::MAX_COLUMNS).
    #[error("the file has {columns} columns, more than 500")]
    TooManyColumns {
        /// How many the widest row read so far has.
        columns: usize,
    },
    /// A row longer than [`MAX_ROW_BYTES`](super::MAX_ROW_BYTES), often an unclosed quote.
    #[error("row {row} is longer than 1 MiB")]
    RowTooLong {
        /// Counted from 1 at the top of the file, the header included.
        row: usize,
    },
    /// The file is larger than [`MAX_FILE_BYTES`](super::MAX_FILE_BYTES).
    #[error("the file is larger than 200 MiB")]
    TooLarge,
    /// A workbook that would inflate beyond the limits, lies about its sizes or reaches outside itself.
    #[error("the workbook is a zip bomb")]
    ZipBomb,
    /// A workbook whose parts cannot be read.
    #[error("the workbook cannot be read")]
    BadWorkbook,
    /// The person stopped the import.
    #[error("the import was cancelled")]
    Cancelled,
}

impl ImportError {
    /// The stable code that the window, the terminal and the tests know it by.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "import.empty",
            Self::NotText => "import.not_text",
            Self::NoHeader => "import.no_header",
            Self::TooManyColumns { .. } => "import.too_many_columns",
            Self::RowTooLong { .. } => "import.row_too_long",
            Self::TooLarge => "import.too_large",
            Self::ZipBomb => "import.zip_bomb",
            Self::BadWorkbook => "import.bad_workbook",
            Self::Cancelled => "import.cancelled",
        }
    }
}
