//! Amounts with their currency; never a float.

use std::fmt;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::currency::Currency;

/// Largest amount: one unit below what an i64 of micro-units holds.
const MAX_UNITS: i64 = 9_223_372_036_854;
const MICRO: i64 = 1_000_000;

/// An amount that is never negative, with its currency. Balances are [`SignedMoney`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(into = "RawMoney", try_from = "RawMoney")]
pub struct Money {
    amount: Decimal,
    currency: Currency,
}

/// A balance, a difference or a movement: may be below zero.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(into = "RawMoney", try_from = "RawMoney")]
pub struct SignedMoney {
    amount: Decimal,
    currency: Currency,
}

/// How money travels in JSON: the canonical decimal string beside its currency.
#[derive(Serialize, Deserialize)]
struct RawMoney {
    #[serde(alias = "amount")]
    value: Decimal,
    currency: Currency,
}

/// An amount broke a rule of money.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum MoneyError {
    /// Below zero where only zero or more has a meaning.
    #[error("the amount is negative")]
    Negative,
    /// Beyond nine trillion units.
    #[error("the amount is too large")]
    TooLarge,
    /// More than six decimals.
    #[error("the amount has more than six decimals")]
    TooPrecise,
    /// Two currencies in one sum.
    #[error("amounts in {left} and {right} cannot be added")]
    CurrencyMismatch {
        /// Currency of the left side.
        left: Currency,
        /// Currency of the right side.
        right: Currency,
    },
}

impl MoneyError {
    /// Stable code of this error.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Negative => "money.negative",
            Self::TooLarge => "money.too_large",
            Self::TooPrecise => "money.too_precise",
            Self::CurrencyMismatch { .. } => "money.currency_mismatch",
        }
    }
}

/// Rounds half away from zero, the one rounding of this program. Source: CFDI 4.0 guide, arithmetic.
pub fn round_half_up(amount: Decimal, decimals: u32) -> Decimal {
    amount.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero)
}

/// The one text of a decimal: no trailing zeros, no exponent, no negative zero.
pub fn canonical_decimal(amount: Decimal) -> String {
    amount.normalize().to_string()
}

fn checked(amount: Decimal) -> Result<Decimal, MoneyError> {
    let amount = amount.normalize();
    if amount.abs() > Decimal::from(MAX_UNITS) {
        Err(MoneyError::TooLarge)
    } else if amount.scale() > 6 {
        Err(MoneyError::TooPrecise)
    } else {
        Ok(amount)
    }
}

fn micro(amount: Decimal) -> i64 {
    let micro = amount * Decimal::from(MICRO);
    micro.try_into().expect("an amount is at most 9.2e12 units with six decimals")
}

fn same_currency(left: Currency, right: Currency) -> Result<(), MoneyError> {
    if left == right { Ok(()) } else { Err(MoneyError::CurrencyMismatch { left, right }) }
}

impl Money {
    /// Checks sign, size and precision.
    ///
    /// # Errors
    /// [`MoneyError`] names the rule that broke.
    pub fn try_new(amount: Decimal, currency: Currency) -> Result<Self, MoneyError> {
        let amount = checked(amount)?;
        if amount.is_sign_negative() && !amount.is_zero() {
            return Err(MoneyError::Negative);
        }
        Ok(Self { amount: amount.abs(), currency })
    }

    /// Nothing, in `currency`.
    pub const fn zero(currency: Currency) -> Self {
        Self { amount: Decimal::ZERO, currency }
    }

    /// The amount in units of the currency.
    pub const fn amount(self) -> Decimal {
        self.amount
    }

    /// The currency.
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// Whether the amount is zero.
    pub const fn is_zero(self) -> bool {
        self.amount.is_zero()
    }

    /// Adds two amounts of one currency.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        same_currency(self.currency, other.currency)?;
        Self::try_new(self.amount + other.amount, self.currency)
    }

    /// Takes an amount away; an error where the result would fall below zero.
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        same_currency(self.currency, other.currency)?;
        Self::try_new(self.amount - other.amount, self.currency)
    }

    /// Multiplies and rounds half up to the currency's decimals.
    pub fn checked_mul(self, factor: Decimal) -> Result<Self, MoneyError> {
        let product = self.amount.checked_mul(factor).ok_or(MoneyError::TooLarge)?;
        Self::try_new(round_half_up(product, self.currency.decimals()), self.currency)
    }

    /// The exact amount in millionths of a unit, which SQL can sum.
    pub fn micro_units(self) -> i64 {
        micro(self.amount)
    }

    /// The amount that [`Self::micro_units`] was taken from.
    pub fn from_micro_units(micro_units: i64, currency: Currency) -> Result<Self, MoneyError> {
        Self::try_new(Decimal::new(micro_units, 6), currency)
    }
}

impl SignedMoney {
    /// Checks size and precision.
    ///
    /// # Errors
    /// [`MoneyError`] names the rule that broke.
    pub fn try_new(amount: Decimal, currency: Currency) -> Result<Self, MoneyError> {
        Ok(Self { amount: checked(amount)?, currency })
    }

    /// The amount in units of the currency.
    pub const fn amount(self) -> Decimal {
        self.amount
    }

    /// The currency.
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// Adds two amounts of one currency.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        same_currency(self.currency, other.currency)?;
        Self::try_new(self.amount + other.amount, self.currency)
    }

    /// The difference of two amounts of one currency.
    pub fn between(left: Money, right: Money) -> Result<Self, MoneyError> {
        same_currency(left.currency, right.currency)?;
        Self::try_new(left.amount - right.amount, left.currency)
    }

    /// The exact amount in millionths of a unit, which SQL can sum.
    pub fn micro_units(self) -> i64 {
        micro(self.amount)
    }
}

impl From<Money> for SignedMoney {
    fn from(money: Money) -> Self {
        Self { amount: money.amount, currency: money.currency }
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&canonical_decimal(self.amount))
    }
}

impl fmt::Display for SignedMoney {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&canonical_decimal(self.amount))
    }
}

impl From<Money> for RawMoney {
    fn from(money: Money) -> Self {
        Self { value: money.amount.normalize(), currency: money.currency }
    }
}

impl TryFrom<RawMoney> for Money {
    type Error = MoneyError;

    fn try_from(raw: RawMoney) -> Result<Self, MoneyError> {
        Self::try_new(raw.value, raw.currency)
    }
}

impl From<SignedMoney> for RawMoney {
    fn from(money: SignedMoney) -> Self {
        Self { value: money.amount.normalize(), currency: money.currency }
    }
}

impl TryFrom<RawMoney> for SignedMoney {
    type Error = MoneyError;

    fn try_from(raw: RawMoney) -> Result<Self, MoneyError> {
        Self::try_new(raw.value, raw.currency)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn mxn(text: &str) -> Result<Money, MoneyError> {
        Money::try_new(text.parse().unwrap(), Currency::Mxn)
    }

    #[test]
    fn an_amount_is_never_negative_too_large_or_too_precise() {
        assert_eq!(mxn("-0.01").unwrap_err().code(), "money.negative");
        assert_eq!(mxn("9223372036855").unwrap_err().code(), "money.too_large");
        assert_eq!(mxn("0.0000001").unwrap_err().code(), "money.too_precise");
        assert_eq!(mxn("-0").unwrap(), Money::zero(Currency::Mxn));
    }

    #[test]
    fn currencies_are_never_added_together() {
        let error = mxn("1").unwrap().checked_add(Money::zero(Currency::Usd)).unwrap_err();
        assert_eq!(error.to_string(), "amounts in MXN and USD cannot be added");
    }

    #[test]
    fn money_travels_as_a_canonical_string_beside_its_currency() {
        let json = serde_json::to_string(&mxn("1365000.50").unwrap()).unwrap();
        assert_eq!(json, r#"{"value":"1365000.5","currency":"MXN"}"#);
        assert!(serde_json::from_str::<Money>(r#"{"value":"-1","currency":"MXN"}"#).is_err());
        assert!(serde_json::from_str::<SignedMoney>(r#"{"value":"-1","currency":"MXN"}"#).is_ok());
    }

    #[test]
    fn halves_round_away_from_zero() {
        assert_eq!(round_half_up("2.345".parse().unwrap(), 2).to_string(), "2.35");
        assert_eq!(mxn("0.05").unwrap().checked_mul("0.1".parse().unwrap()).unwrap(), mxn("0.01").unwrap());
    }

    proptest! {
        #[test]
        fn micro_units_are_exact_and_read_back(micro in 0_i64..9_000_000_000_000_000_000) {
            let money = Money::from_micro_units(micro, Currency::Mxn).unwrap();
            prop_assert_eq!(money.micro_units(), micro);
            let back: Money = serde_json::from_str(&serde_json::to_string(&money).unwrap()).unwrap();
            prop_assert_eq!(back, money);
            prop_assert_eq!(back.to_string(), money.to_string());
        }

        #[test]
        fn adding_and_taking_away_gives_back_the_first(a in 0_i64..4_000_000_000_000_000_000, b in 0_i64..4_000_000_000_000_000_000) {
            let left = Money::from_micro_units(a, Currency::Usd).unwrap();
            let right = Money::from_micro_units(b, Currency::Usd).unwrap();
            prop_assert_eq!(left.checked_add(right).unwrap().checked_sub(right).unwrap(), left);
            prop_assert_eq!(SignedMoney::between(left, right).unwrap().micro_units(), a - b);
        }
    }
}
