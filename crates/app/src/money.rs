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

/// A price that may be changed and comes back: with the decimals of its currency, and more where it has more.
pub(crate) fn price(amount: Decimal, currency: Currency) -> String {
    let mut amount = amount.normalize();
    amount.rescale(amount.scale().max(currency.decimals()));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_of_a_tenth_of_a_cent_comes_back_as_it_went() {
        let shown = |text: &str| price(text.parse().unwrap(), Currency::Mxn);
        assert_eq!(["0.1234", "6750", "12.500000", "1.005"].map(shown), ["0.1234", "6750.00", "12.50", "1.005"]);
    }
}
