//! How long a fiscal document is kept, whoever asks to be forgotten.

use jiff::civil::Date;

use crate::shared::{Persona, Rfc};

/// Years that accounting is kept, counted from the return it belongs to.
const YEARS: i16 = 5;

/// The last day on which the issuer must still have a document of `issued`: five years after the annual return of its
/// fiscal year was to be filed, on 31 March for a company and on 30 April for an individual. A return that is filed late,
/// or a dispute, makes it later; nothing makes it earlier.
///
/// Source: CFF, art. 30; LISR, arts. 76 fr. V and 150.
pub fn kept_until(issued: Date, issuer: &Rfc) -> Date {
    let (month, day) = if issuer.persona() == Persona::Fisica { (4, 30) } else { (3, 31) };
    let year = issued.year().saturating_add(1 + YEARS);
    // the days exist in every year; one past the calendar's end is its end
    Date::new(year, month, day).unwrap_or(Date::MAX)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn five_years_run_from_the_return_and_not_from_the_document() {
        let company: Rfc = "EKU9003173C9".parse().unwrap();
        let individual: Rfc = "XIQB891116QE4".parse().unwrap();
        for day in [date(2026, 1, 1), date(2026, 12, 31)] {
            assert_eq!(kept_until(day, &company), date(2032, 3, 31));
            assert_eq!(kept_until(day, &individual), date(2032, 4, 30));
        }
        assert_eq!(kept_until(Date::MAX, &company), Date::MAX);
    }
}
