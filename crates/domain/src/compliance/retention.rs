//! How long a fiscal document is kept, whoever asks to be forgotten, and what is said of one that is kept for the law alone.

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

use crate::shared::{InvoiceId, PersonId, Persona, Rfc};

/// Years that accounting is kept, counted from the return it belongs to.
const YEARS: i16 = 5;

/// Longest reason, in characters.
const LONGEST: usize = 500;

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

/// What somebody did with a document that is kept for the law, and why: nobody does without saying so.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Retention {
    /// Its id.
    pub id: Uuid,
    /// The document.
    pub invoice: InvoiceId,
    /// Who.
    pub by: PersonId,
    /// When, UTC.
    pub at: Timestamp,
    /// What they did.
    pub deed: RetentionDeed,
    /// Why, in their words.
    pub reason: String,
}

/// What is done with such a document.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetentionDeed {
    /// It was read.
    Opened,
    /// It is kept until this day at least: a return was late, a dispute goes on.
    Held(Date),
}

impl RetentionDeed {
    /// Until when it is kept by this.
    pub const fn held_until(self) -> Option<Date> {
        match self {
            Self::Held(until) => Some(until),
            Self::Opened => None,
        }
    }
}

/// Why nothing is done with it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum RetentionError {
    /// There is no reason, or a longer one than anybody reads.
    #[error("a reason has 1 to {LONGEST} characters")]
    NoReason,
    /// A hold makes the day later, never earlier.
    #[error("it is kept until then already")]
    NotLater,
}

impl RetentionError {
    /// Stable code of this error.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoReason => "invoice.no_reason",
            Self::NotLater => "invoice.hold_not_later",
        }
    }
}

/// The last day of a document that the law keeps until `law`: the latest of the holds, where one is later.
pub fn blocked_until(law: Date, said: &[Retention]) -> Date {
    said.iter().filter_map(|word| word.deed.held_until()).fold(law, Date::max)
}

/// Whether a document whose last day is `until` is to end: its last day is still one of keeping it.
pub fn is_over(until: Date, today: Date) -> bool {
    today > until
}

/// A reason as it is kept.
///
/// # Errors
/// [`RetentionError::NoReason`].
pub fn reason_of(text: &str) -> Result<String, RetentionError> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > LONGEST {
        return Err(RetentionError::NoReason);
    }
    Ok(text.to_owned())
}

/// Whether a document that is kept until `now` may be held until `until`.
///
/// # Errors
/// [`RetentionError::NotLater`].
pub fn hold(now: Date, until: Date) -> Result<RetentionDeed, RetentionError> {
    if until > now { Ok(RetentionDeed::Held(until)) } else { Err(RetentionError::NotLater) }
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

    fn said(deed: RetentionDeed) -> Retention {
        let by = PersonId(Uuid::from_u128(2));
        let (id, invoice, at) = (Uuid::from_u128(1), InvoiceId(Uuid::from_u128(3)), Timestamp::UNIX_EPOCH);
        Retention { id, invoice, by, at, deed, reason: "Juicio 12/2031".to_owned() }
    }

    #[test]
    fn a_hold_makes_the_day_later_and_nothing_makes_it_earlier() {
        let law = date(2032, 3, 31);
        assert_eq!(blocked_until(law, &[]), law);
        assert_eq!(blocked_until(law, &[said(RetentionDeed::Opened)]), law, "reading it keeps it no longer");
        assert_eq!(blocked_until(law, &[said(RetentionDeed::Held(date(2030, 1, 1)))]), law);
        let held = [date(2034, 6, 1), date(2033, 1, 1)].map(|until| said(RetentionDeed::Held(until)));
        assert_eq!(blocked_until(law, &held), date(2034, 6, 1), "the latest counts, whoever said it last");
        assert_eq!(hold(law, date(2032, 4, 1)), Ok(RetentionDeed::Held(date(2032, 4, 1))));
        assert_eq!(hold(law, law), Err(RetentionError::NotLater));
        assert_eq!(hold(date(2034, 6, 1), date(2033, 1, 1)), Err(RetentionError::NotLater));
    }

    #[test]
    fn the_last_day_is_a_day_of_keeping() {
        let until = date(2032, 3, 31);
        let over = [date(2032, 3, 30), until, date(2032, 4, 1)].map(|today| is_over(until, today));
        assert_eq!(over, [false, false, true]);
    }

    #[test]
    fn nobody_reads_it_without_a_reason() {
        assert_eq!(reason_of("  Revisión del SAT \n"), Ok("Revisión del SAT".to_owned()));
        for none in ["", "  \n", &"x".repeat(LONGEST + 1)] {
            assert_eq!(reason_of(none), Err(RetentionError::NoReason));
        }
    }

    #[test]
    fn what_was_said_is_read_back_as_it_was_written() {
        for deed in [RetentionDeed::Opened, RetentionDeed::Held(date(2034, 6, 1))] {
            let word = said(deed);
            let text = serde_json::to_string(&word).unwrap();
            assert_eq!(serde_json::from_str::<Retention>(&text).unwrap(), word, "{text}");
        }
    }
}
