//! What only a whole column can tell: marks of decimals, order of dates, shares of one or of a hundred.

use zuc_domain::shared::DecimalStyle;

use super::{dates::DateOrder, field::LeadField, mapping::Mapping, table::Table};

/// How the cells of the columns that need it are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Columns {
    /// Of the amounts.
    pub amount: DecimalStyle,
    /// Of the dates.
    pub created: DateOrder,
    /// Of the shares of mails opened.
    pub open_rate: DecimalStyle,
    /// Whether `6` means 6 %: some share of the column is above 1 or bears a percent sign.
    pub open_rate_in_hundredths: bool,
}

impl Columns {
    /// Decides for the mapped columns of a table.
    pub fn decide(table: &Table, mapping: &Mapping) -> Self {
        let cells = |field| mapping.place(field).into_iter().flat_map(|at| table.column(at));
        let open_rate = DecimalStyle::detect(cells(LeadField::OpenRate).map(without_percent));
        let in_hundredths = |cell: &str| {
            cell.contains('%')
                || open_rate.parse(without_percent(cell)).is_ok_and(|share| share > rust_decimal::Decimal::ONE)
        };
        Self {
            amount: DecimalStyle::detect(cells(LeadField::Amount)),
            created: DateOrder::of(cells(LeadField::Created)),
            open_rate,
            open_rate_in_hundredths: cells(LeadField::OpenRate).any(in_hundredths),
        }
    }
}

/// A share without its percent sign.
pub(super) fn without_percent(cell: &str) -> &str {
    cell.trim_end_matches(['%', ' ', '\u{a0}'])
}
