//! Phone numbers, as Mexicans type them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A phone number in E.164 (`+52` and ten digits for Mexico).
///
/// The long-distance and mobile prefixes of before 2019 (`01`, `044`, `045`, `+52 1`) are dropped.
/// Source: Plan Nacional de Numeración, IFT, in force since 3 August 2019.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)] // `Debug` is by hand and masks.
#[serde(into = "String", try_from = "String")]
pub struct Phone(String);

/// The text is no phone number.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("the phone number is not valid")]
pub struct InvalidPhone;

impl InvalidPhone {
    /// Stable code of this error.
    pub const fn code(self) -> &'static str {
        "phone.invalid"
    }
}

impl Phone {
    /// E.164: a plus and up to fifteen digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last ten digits, by which two numbers are compared.
    pub fn last_ten(&self) -> &str {
        &self.0[self.0.len().saturating_sub(10).max(1)..]
    }
}

/// Ten digits of a Mexican number, or nothing.
fn mexican(digits: &str) -> Option<&str> {
    let national = match digits.len() {
        10 => digits,
        12 => digits.strip_prefix("52").or_else(|| digits.strip_prefix("01"))?,
        13 => ["521", "044", "045"].into_iter().find_map(|prefix| digits.strip_prefix(prefix))?,
        14 => digits.strip_prefix("5201")?,
        _ => return None,
    };
    // No Mexican area code begins with 0 or 1.
    (!national.starts_with(['0', '1'])).then_some(national)
}

impl FromStr for Phone {
    type Err = InvalidPhone;

    fn from_str(text: &str) -> Result<Self, InvalidPhone> {
        let lower = text.trim().to_lowercase();
        let number = lower.split("ext").next().unwrap_or_default().trim_end_matches(['x', '#', ',', ' ']);
        if !number
            .chars()
            .all(|c| c.is_ascii_digit() || c.is_whitespace() || "+-().·/\u{2010}\u{2011}\u{2013}".contains(c))
        {
            return Err(InvalidPhone);
        }
        let digits: String = number.chars().filter(char::is_ascii_digit).collect();
        let foreign = number.starts_with('+') && !digits.starts_with("52") && (8..=15).contains(&digits.len());
        if foreign && !digits.starts_with('0') {
            return Ok(Self(format!("+{digits}")));
        }
        mexican(&digits).map(|national| Self(format!("+52{national}"))).ok_or(InvalidPhone)
    }
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Phone(***)")
    }
}

impl TryFrom<String> for Phone {
    type Error = InvalidPhone;

    fn try_from(text: String) -> Result<Self, InvalidPhone> {
        text.parse()
    }
}

impl From<Phone> for String {
    fn from(phone: Phone) -> Self {
        phone.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_type_a_mexican_number_is_one_number() {
        let forms = [
            "5532782371",
            "55 3278 2371",
            "(55) 32782371",
            "55-32782371",
            "+525532782371",
            "+52 55 3278 2371",
            "52 5532782371",
            "+52 1 55 3278 2371",
            "044 55 32782371",
            "045 55 32782371",
            "01 55 3278 2371",
            "55.3278.2371 ext. 12",
        ];
        for form in forms {
            let phone: Phone = form.parse().unwrap();
            assert_eq!(phone.as_str(), "+525532782371", "{form}");
            assert_eq!(phone.last_ten(), "5532782371");
        }
    }

    #[test]
    fn a_foreign_number_keeps_its_country() {
        assert_eq!("+1 (212) 555-0123".parse::<Phone>().unwrap().as_str(), "+12125550123");
        assert_eq!("+34 912345678".parse::<Phone>().unwrap().last_ten(), "4912345678");
        assert_eq!("+45 12345678".parse::<Phone>().unwrap().last_ten(), "4512345678");
    }

    #[test]
    fn what_no_one_can_dial_is_refused() {
        for bad in ["", "123", "sin teléfono", "55327823", "0000000000", "+52 55", "12345678901234567890"] {
            assert!(bad.parse::<Phone>().is_err(), "{bad}");
        }
    }

    #[test]
    fn no_log_shows_a_number() {
        assert_eq!(format!("{:?}", "5532782371".parse::<Phone>().unwrap()), "Phone(***)");
    }
}
