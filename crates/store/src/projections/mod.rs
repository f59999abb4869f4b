//! What lists and dashboards read: rows of the domains' tables, never documents.

pub(crate) mod analytics;
mod dashboard;

use rust_decimal::Decimal;
use uuid::Uuid;

pub use dashboard::{Counts, FunnelRow, MonthRow};

use crate::StoreError;

/// An amount as a row holds it.
pub type Money = zuc_domain::shared::SignedMoney;

pub(crate) trait FromColumn: Sized {
    fn of_column(
        table: &'static str,
        id: Uuid,
        amount: Option<&str>,
        currency: &str,
    ) -> Result<Option<Self>, StoreError>;

    fn required(table: &'static str, id: Uuid, amount: &str, currency: &str) -> Result<Self, StoreError> {
        Self::of_column(table, id, Some(amount), currency)?.ok_or_else(|| StoreError::corrupt(table, "amount", id))
    }
}

impl FromColumn for Money {
    fn of_column(
        table: &'static str,
        id: Uuid,
        amount: Option<&str>,
        currency: &str,
    ) -> Result<Option<Self>, StoreError> {
        let Some(amount) = amount else { return Ok(None) };
        let corrupt = || StoreError::corrupt(table, "amount", id);
        let amount: Decimal = amount.parse().map_err(|_| corrupt())?;
        let currency = currency.parse().map_err(|_| corrupt())?;
        Self::try_new(amount, currency).map(Some).map_err(|_| corrupt())
    }
}

/// The FTS query of what a person typed: every word must be there, the last one may go on. `None` without a word.
pub(crate) fn search_terms(text: &str) -> Option<String> {
    let mut words: Vec<String> = text
        .split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(8)
        .map(|word| format!("\"{word}\""))
        .collect();
    words.last_mut()?.push('*');
    Some(words.join(" "))
}

/// Days and months are the company's: Mexico City, UTC-6 all year since 2022.
pub(crate) fn company_day(at: jiff::Timestamp) -> String {
    jiff::tz::Offset::constant(-6).to_datetime(at).date().to_string()
}

/// The instant inside a `UUIDv7`; 0 for a derived id.
pub(crate) fn millis_of(id: Uuid) -> i64 {
    if id.get_version_num() == 7 {
        id.as_bytes()[..6].iter().fold(0, |millis, byte| (millis << 8) | i64::from(*byte))
    } else {
        0
    }
}

/// An exact amount out of a sum of micro-units.
pub(crate) fn money_of_micro(micro: i64, currency: zuc_domain::shared::Currency) -> Result<Money, StoreError> {
    // a sum that is larger than any amount is shown as the largest one
    let most = Decimal::from(i64::MAX / 1_000_000);
    let amount = Decimal::new(micro, 6).clamp(-most, most).normalize();
    Money::try_new(amount, currency).map_err(|_| StoreError::corrupt("sum", "micro", micro))
}

/// Micro-units of an amount that may have more than six decimals; at the ends of what an i64 holds, the end.
pub(crate) fn micro(amount: Decimal) -> i64 {
    use rust_decimal::prelude::ToPrimitive as _;
    let scaled = zuc_domain::shared::money::round_half_up(amount, 6).checked_mul(Decimal::from(1_000_000));
    scaled.and_then(|scaled| scaled.to_i64()).unwrap_or(i64::MAX)
}
