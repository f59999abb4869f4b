//! Figures and dates as Mexico writes them.

use jiff::civil::{Date, DateTime};
use rust_decimal::{Decimal, RoundingStrategy};

/// The minus sign of a figure: as wide as a digit, unlike the hyphen.
const MINUS: char = '\u{2212}';

/// Decimals a unit price or a quantity may carry (SAT, Anexo 20, `t_Importe`).
const MOST_DECIMALS: u32 = 6;

/// `$1,234.50`: the figure with its sign, rounded half up to `decimals`.
pub fn money(amount: Decimal, decimals: u32) -> String {
    let (sign, digits) = split(amount, decimals);
    format!("{sign}${digits}")
}

/// `1,234.50`: rounded half up to `decimals` and grouped by thousands.
pub fn figure(amount: Decimal, decimals: u32) -> String {
    let (sign, digits) = split(amount, decimals);
    sign + &digits
}

/// `8`, `1,240.5`: as many decimals as it needs, up to six.
pub fn quantity(amount: Decimal) -> String {
    let exact = round(amount, MOST_DECIMALS).normalize();
    figure(exact, exact.scale())
}

/// `34,166.67`, `0.123456`: never fewer decimals than the currency has, up to six when the price carries more.
pub fn unit_price(amount: Decimal, decimals: u32) -> String {
    let exact = round(amount, MOST_DECIMALS).normalize();
    figure(exact, exact.scale().max(decimals))
}

/// `16 %` from the number 16.
pub fn percent(hundredths: Decimal) -> String {
    format!("{} %", quantity(hundredths))
}

/// `16 %` from the rate 0.160000.
pub fn rate(rate: Decimal) -> String {
    percent(rate.saturating_mul(Decimal::ONE_HUNDRED))
}

/// `09/12/2026`.
pub fn date(date: Date) -> String {
    format!("{:02}/{:02}/{:04}", date.day(), date.month(), date.year())
}

/// `09/12/2026 16:07`.
pub fn date_time(at: DateTime) -> String {
    format!("{} {:02}:{:02}", date(at.date()), at.hour(), at.minute())
}

/// `09/12/2026 16:07:35`: fiscal stamps count seconds.
pub fn exact_date_time(at: DateTime) -> String {
    format!("{}:{:02}", date_time(at), at.second())
}

fn round(amount: Decimal, decimals: u32) -> Decimal {
    amount.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero)
}

/// The sign (or nothing) and the grouped digits.
fn split(amount: Decimal, decimals: u32) -> (String, String) {
    let rounded = round(amount, decimals);
    let places = usize::try_from(decimals).unwrap_or(0);
    let plain = format!("{:.places$}", rounded.abs());
    let (whole, fraction) = plain.split_once('.').map_or((plain.as_str(), None), |(w, f)| (w, Some(f)));

    let mut digits = String::with_capacity(plain.len() + plain.len() / 3);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            digits.push(',');
        }
        digits.push(digit);
    }
    if let Some(fraction) = fraction {
        digits.push('.');
        digits.push_str(fraction);
    }
    let negative = rounded.is_sign_negative() && !rounded.is_zero();
    (if negative { MINUS.to_string() } else { String::new() }, digits)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn money_groups_thousands_and_rounds_half_up() {
        assert_eq!(money(decimal("1234.5"), 2), "$1,234.50");
        assert_eq!(money(decimal("0"), 2), "$0.00");
        assert_eq!(money(decimal("999.995"), 2), "$1,000.00");
        assert_eq!(money(decimal("-119056"), 2), "−$119,056.00");
        assert_eq!(money(decimal("-0.001"), 2), "$0.00");
        assert_eq!(money(decimal("1234567.5"), 0), "$1,234,568");
    }

    #[test]
    fn a_quantity_shows_only_the_decimals_it_has() {
        assert_eq!(quantity(decimal("8.000")), "8");
        assert_eq!(quantity(decimal("1240.50")), "1,240.5");
        assert_eq!(quantity(decimal("0.0000004")), "0");
    }

    #[test]
    fn a_unit_price_keeps_at_least_the_decimals_of_its_currency() {
        assert_eq!(unit_price(decimal("68500"), 2), "68,500.00");
        assert_eq!(unit_price(decimal("34166.666667"), 2), "34,166.666667");
        assert_eq!(unit_price(decimal("12.5"), 0), "12.5");
    }

    #[test]
    fn rates_and_dates_read_as_in_mexico() {
        assert_eq!(rate(decimal("0.160000")), "16 %");
        assert_eq!(rate(decimal("0.106667")), "10.6667 %");
        assert_eq!(date(jiff::civil::date(2026, 12, 9)), "09/12/2026");
        assert_eq!(exact_date_time(jiff::civil::datetime(2026, 12, 9, 6, 7, 5, 0)), "09/12/2026 06:07:05");
    }

    proptest! {
        #[test]
        fn taking_the_commas_out_gives_the_number_back(cents in -999_999_999_999i64..999_999_999_999) {
            let amount = Decimal::new(cents, 2);
            let read: Decimal = figure(amount, 2).replace(',', "").replace(MINUS, "-").parse().unwrap();
            prop_assert_eq!(read, amount);
        }
    }
}
