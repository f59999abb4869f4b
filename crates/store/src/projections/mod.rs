//! What lists and dashboards read: rows of the domains' tables, never documents.

pub(crate) mod analytics;

use rust_decimal::Decimal;
use uuid::Uuid;

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

/// The FTS query of what a person typed: every word must be there, each may go on. `None` without a word.
pub(crate) fn search_terms(text: &str) -> Option<String> {
    let words: Vec<String> = text
        .split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(8)
        .map(|word| format!("\"{word}\"*"))
        .collect();
    (!words.is_empty()).then(|| words.join(" "))
}
