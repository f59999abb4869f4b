//! Percentages between 0 and 100.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::money::canonical_decimal;

/// A share of a whole, from 0 to 100 with at most four decimals.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
#[serde(into = "Decimal", try_from = "Decimal")]
pub struct Percentage(Decimal);

/// Below 0, above 100, more than four decimals, or no number.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("a percentage is a number from 0 to 100 with at most four decimals")]
pub struct InvalidPercentage;

impl InvalidPercentage {
    /// Stable code of this error.
    pub const fn code(self) -> &'static str {
        "percentage.invalid"
    }
}

impl Percentage {
    /// None of the whole.
    pub const ZERO: Self = Self(Decimal::ZERO);

    /// Checks the range.
    pub fn try_new(percent: Decimal) -> Result<Self, InvalidPercentage> {
        let percent = percent.normalize();
        let fits = percent >= Decimal::ZERO && percent <= Decimal::ONE_HUNDRED && percent.scale() <= 4;
        if fits { Ok(Self(percent)) } else { Err(InvalidPercentage) }
    }

    /// From a ratio between 0 and 1: `0.06` is 6 %.
    pub fn from_ratio(ratio: Decimal) -> Result<Self, InvalidPercentage> {
        Self::try_new(ratio.checked_mul(Decimal::ONE_HUNDRED).ok_or(InvalidPercentage)?)
    }

    /// The number of hundredths, 0 to 100.
    pub const fn value(self) -> Decimal {
        self.0
    }

    /// The same share as a ratio between 0 and 1.
    pub fn ratio(self) -> Decimal {
        self.0 / Decimal::ONE_HUNDRED
    }

    /// Whether it is zero.
    pub const fn is_zero(self) -> bool {
        self.0.is_zero()
    }
}

impl fmt::Display for Percentage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&canonical_decimal(self.0))
    }
}

impl FromStr for Percentage {
    type Err = InvalidPercentage;

    fn from_str(text: &str) -> Result<Self, InvalidPercentage> {
        let number = text.trim().trim_end_matches('%').trim_end();
        Self::try_new(Decimal::from_str_exact(number).map_err(|_| InvalidPercentage)?)
    }
}

impl TryFrom<Decimal> for Percentage {
    type Error = InvalidPercentage;

    fn try_from(percent: Decimal) -> Result<Self, InvalidPercentage> {
        Self::try_new(percent)
    }
}

impl From<Percentage> for Decimal {
    fn from(percentage: Percentage) -> Self {
        percentage.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentage_stays_between_nothing_and_everything() {
        assert_eq!("12.5%".parse::<Percentage>().unwrap().to_string(), "12.5");
        assert_eq!(Percentage::from_ratio("0.06".parse().unwrap()).unwrap().to_string(), "6");
        for bad in ["-1", "100.01", "NaN", "0.00001", "99999999999999999999999999999999"] {
            assert_eq!(bad.parse::<Percentage>().unwrap_err().code(), "percentage.invalid", "{bad}");
        }
    }
}
