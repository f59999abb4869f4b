//! The currencies a company may quote and invoice in.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// ISO 4217 currency. The fiscal default is the Mexican peso.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Currency {
    /// Mexican peso.
    #[default]
    Mxn,
    /// United States dollar.
    Usd,
    /// Euro.
    Eur,
    /// Canadian dollar.
    Cad,
    /// Pound sterling.
    Gbp,
}

impl Currency {
    /// Every currency, in the order a picker shows.
    pub const ALL: [Self; 5] = [Self::Mxn, Self::Usd, Self::Eur, Self::Cad, Self::Gbp];

    /// ISO 4217 code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Mxn => "MXN",
            Self::Usd => "USD",
            Self::Eur => "EUR",
            Self::Cad => "CAD",
            Self::Gbp => "GBP",
        }
    }

    /// Decimals of a header amount. Source: SAT, `c_Moneda`.
    pub const fn decimals(self) -> u32 {
        match self {
            Self::Mxn | Self::Usd | Self::Eur | Self::Cad | Self::Gbp => 2,
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// The text is no currency this program handles.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("unknown currency")]
pub struct UnknownCurrency;

impl UnknownCurrency {
    /// Stable code of this error.
    pub const fn code(self) -> &'static str {
        "money.unknown_currency"
    }
}

impl FromStr for Currency {
    type Err = UnknownCurrency;

    fn from_str(text: &str) -> Result<Self, UnknownCurrency> {
        let text = text.trim();
        Self::ALL.into_iter().find(|currency| currency.code().eq_ignore_ascii_case(text)).ok_or(UnknownCurrency)
    }
}
