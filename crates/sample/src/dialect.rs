//! The ways in which programs write one and the same list.

use crate::dice::Dice;

/// How letters become bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextEncoding {
    /// UTF-8 without a mark.
    Utf8,
    /// UTF-8 with a mark, as Excel's "CSV UTF-8".
    Utf8Mark,
    /// UTF-16 with a mark, as Excel's "Unicode text".
    Utf16,
    /// Windows-1252, as Excel in Mexico.
    Windows1252,
}

impl TextEncoding {
    /// The name an import reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Utf8 | Self::Utf8Mark => "utf-8",
            Self::Utf16 => "utf-16le",
            Self::Windows1252 => "cp1252",
        }
    }
}

/// Whose words head the columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeaderStyle {
    /// A spreadsheet kept in Mexico.
    Spanish,
    /// A spreadsheet kept elsewhere.
    English,
    /// Technical names of another CRM.
    Technical,
}

impl HeaderStyle {
    /// The fourteen names, in the order of [`SampleLead`](crate::SampleLead).
    pub const fn names(self) -> [&'static str; 14] {
        match self {
            Self::Spanish => [
                "Nombre completo",
                "Empresa",
                "Correo",
                "Teléfono celular",
                "R.F.C.",
                "Número de empleados",
                "Industria",
                "Fuente",
                "Valor estimado",
                "Código postal",
                "Fecha de registro",
                "Tasa de apertura",
                "Solicitó demo",
                "Observaciones",
            ],
            Self::English => [
                "Full Name",
                "Company",
                "E-mail",
                "Phone Number",
                "Tax ID",
                "Employees",
                "Industry",
                "Lead Source",
                "Amount",
                "Zip Code",
                "Created Date",
                "Open Rate",
                "Demo Requested",
                "Notes",
            ],
            Self::Technical => [
                "contact_name",
                "partner_name",
                "email_from",
                "mobile",
                "vat",
                "number_of_employees",
                "industry",
                "source_id",
                "planned_revenue",
                "zip",
                "created_on",
                "email_open_rate",
                "demo_requested",
                "comment",
            ],
        }
    }
}

/// How amounts are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AmountStyle {
    /// `1,365,000.50`.
    Point,
    /// `1.365.000,50`.
    Comma,
    /// `1365000.5`.
    Plain,
}

/// How days are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateStyle {
    /// `19/12/2026`.
    DayFirst,
    /// `12/19/2026`.
    MonthFirst,
    /// `2026-12-19`.
    Iso,
}

/// All choices of a program that writes a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialect {
    /// Letters to bytes.
    pub encoding: TextEncoding,
    /// Between fields.
    pub delimiter: char,
    /// Names of columns.
    pub headers: HeaderStyle,
    /// Amounts.
    pub amounts: AmountStyle,
    /// Days.
    pub dates: DateStyle,
}

impl Dialect {
    /// What Excel in Mexico saves.
    pub const EXCEL: Self = Self {
        encoding: TextEncoding::Windows1252,
        delimiter: ';',
        headers: HeaderStyle::Spanish,
        amounts: AmountStyle::Point,
        dates: DateStyle::DayFirst,
    };

    /// Any of the ways, drawn.
    pub(super) fn draw(dice: &mut Dice) -> Self {
        use TextEncoding::{Utf8, Utf8Mark, Utf16, Windows1252};
        Self {
            encoding: *dice.pick(&[Utf8, Utf8Mark, Utf16, Windows1252]),
            delimiter: *dice.pick(&[';', ',', '\t', '|']),
            headers: *dice.pick(&[HeaderStyle::Spanish, HeaderStyle::English, HeaderStyle::Technical]),
            amounts: *dice.pick(&[AmountStyle::Point, AmountStyle::Comma, AmountStyle::Plain]),
            dates: *dice.pick(&[DateStyle::DayFirst, DateStyle::MonthFirst, DateStyle::Iso]),
        }
    }

    /// Hundredths as an amount of this dialect.
    pub(super) fn amount(self, cents: u64) -> String {
        let (whole, rest) = ((cents / 100).to_string(), cents % 100);
        let (thousands, decimal) = match self.amounts {
            AmountStyle::Point => (",", '.'),
            AmountStyle::Comma => (".", ','),
            AmountStyle::Plain => ("", '.'),
        };
        let mut grouped = String::new();
        for (at, digit) in whole.chars().enumerate() {
            if at > 0 && (whole.len() - at) % 3 == 0 {
                grouped.push_str(thousands);
            }
            grouped.push(digit);
        }
        format!("{grouped}{decimal}{rest:02}")
    }

    /// A day, which need not exist, as this dialect writes it.
    pub(super) fn date(self, (year, month, day): (u64, u64, u64)) -> String {
        match self.dates {
            DateStyle::DayFirst => format!("{day:02}/{month:02}/{year}"),
            DateStyle::MonthFirst => format!("{month:02}/{day:02}/{year}"),
            DateStyle::Iso => format!("{year}-{month:02}-{day:02}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_grouped_from_the_right() {
        let plain = Dialect { amounts: AmountStyle::Plain, ..Dialect::EXCEL };
        let comma = Dialect { amounts: AmountStyle::Comma, ..Dialect::EXCEL };
        assert_eq!(Dialect::EXCEL.amount(136_500_050), "1,365,000.50");
        assert_eq!(Dialect::EXCEL.amount(99_905), "999.05");
        assert_eq!(comma.amount(136_500_050), "1.365.000,50");
        assert_eq!(plain.amount(136_500_050), "1365000.50");
    }
}
