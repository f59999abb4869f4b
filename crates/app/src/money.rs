//! Amounts of the domain as the window gets them.

use rust_decimal::Decimal;
use zuc_domain::shared::{Currency, SignedMoney};
use zuc_ipc::Money as Shown;

/// With the decimals of its currency, trailing zeros included.
pub(crate) fn text(amount: Decimal, currency: Currency) -> String {
    let decimals = currency.decimals();
    let mut amount = amount.round_dp_with_strategy(decimals, rust_decimal::RoundingStrategy::MidpointAwayFromZero);
    amount.rescale(decimals);
    amount.to_string()
}

/// A balance with its currency.
pub(crate) fn signed(money: SignedMoney) -> Shown {
    amount(money.amount(), money.currency())
}

/// An amount with its currency, given apart.
pub(crate) fn amount(amount: Decimal, currency: Currency) -> Shown {
    Shown { amount: text(amount, currency), currency: currency.to_string() }
}
