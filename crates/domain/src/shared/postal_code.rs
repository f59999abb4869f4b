//! Mexican postal codes.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Código postal: five digits, leading zeros kept. Source: SAT, `c_CodigoPostal`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct PostalCode(String);

/// Not five digits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("a postal code has five digits")]
pub struct InvalidPostalCode;

impl InvalidPostalCode {
    /// Stable code of this error.
    pub const fn code(self) -> &'static str {
        "postal_code.invalid"
    }
}

impl PostalCode {
    /// The five digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PostalCode {
    type Err = InvalidPostalCode;

    fn from_str(text: &str) -> Result<Self, InvalidPostalCode> {
        let code = text.trim();
        let five_digits = code.len() == 5 && code.bytes().all(|b| b.is_ascii_digit());
        if five_digits && code != "00000" { Ok(Self(code.to_owned())) } else { Err(InvalidPostalCode) }
    }
}

impl fmt::Display for PostalCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for PostalCode {
    type Error = InvalidPostalCode;

    fn try_from(text: String) -> Result<Self, InvalidPostalCode> {
        text.parse()
    }
}

impl From<PostalCode> for String {
    fn from(code: PostalCode) -> Self {
        code.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leading_zero_is_part_of_the_code() {
        assert_eq!(" 05520 ".parse::<PostalCode>().unwrap().as_str(), "05520");
        for bad in ["5520", "055200", "0552O", "", "00000", "٠٥٥٢٠"] {
            assert_eq!(bad.parse::<PostalCode>().unwrap_err().code(), "postal_code.invalid", "{bad}");
        }
    }
}
