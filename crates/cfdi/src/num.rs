//! Decimals the way the SAT writes and rounds them.

use rust_decimal::{Decimal, RoundingStrategy};

/// Integer digits of a `t_Importe`.
const INTEGER_DIGITS: usize = 18;

/// Rounds half up (away from zero on ties) and writes exactly `decimals` decimals: `1.5` at 2 is `1.50`.
///
/// Source: SAT, Anexo 20 guide; half-even differs by cents.
pub fn half_up(value: Decimal, decimals: u32) -> Decimal {
    fixed(value.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero), decimals)
}

/// Cuts to `decimals` decimals.
pub fn cut(value: Decimal, decimals: u32) -> Decimal {
    value.round_dp_with_strategy(decimals, RoundingStrategy::ToZero)
}

/// Rounds up to `decimals` decimals.
pub fn up(value: Decimal, decimals: u32) -> Decimal {
    value.round_dp_with_strategy(decimals, RoundingStrategy::AwayFromZero)
}

/// Writes `value` with at least `decimals` decimals, never changing it.
pub fn at_least(mut value: Decimal, decimals: u32) -> Decimal {
    if value.scale() < decimals {
        value.rescale(decimals);
    }
    value
}

/// Half a unit in the last decimal as written: `0.5` for `1`, `0.005` for `1.00`.
pub fn half_unit(value: Decimal) -> Decimal {
    Decimal::new(5, (value.scale() + 1).min(28))
}

/// Reads a number in the SAT's shape: digits, optionally a point and up to `max_decimals` digits; no sign, exponent,
/// separator or blank, at most 18 integer digits. `None` otherwise.
pub fn parse(text: &str, max_decimals: u32) -> Option<Decimal> {
    let (integer, fraction) = match text.split_once('.') {
        Some((integer, fraction)) if !fraction.is_empty() => (integer, fraction),
        Some(_) => return None,
        None => (text, ""),
    };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if integer.is_empty()
        || integer.len() > INTEGER_DIGITS
        || fraction.len() > max_decimals as usize
        || !digits(integer)
        || !digits(fraction)
    {
        return None;
    }
    let mut mantissa = 0_i128;
    for byte in integer.bytes().chain(fraction.bytes()) {
        mantissa = mantissa * 10 + i128::from(byte - b'0');
    }
    Decimal::try_from_i128_with_scale(mantissa, u32::try_from(fraction.len()).ok()?).ok()
}

fn fixed(mut value: Decimal, decimals: u32) -> Decimal {
    value.rescale(decimals);
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_go_away_from_zero_and_keep_their_decimals() {
        let half = |text: &str, n| half_up(text.parse().unwrap(), n).to_string();
        assert_eq!(half("0.125", 2), "0.13");
        assert_eq!(half("0.135", 2), "0.14");
        assert_eq!(half("2.5", 0), "3");
        assert_eq!(half("1.5", 2), "1.50");
        assert_eq!(half("166.675", 2), "166.68");
    }

    #[test]
    fn only_plain_digits_are_numbers() {
        for bad in ["", ".5", "1.", "+1", "-1", "1e3", "1,000", "1_0", " 1", "1.1234567", "1234567890123456789"] {
            assert_eq!(parse(bad, 6), None, "{bad}");
        }
        assert_eq!(parse("123456789012345678.123456", 6).unwrap().to_string(), "123456789012345678.123456");
        assert_eq!(parse("1.000000", 6).unwrap().to_string(), "1.000000");
    }

    #[test]
    fn the_half_unit_follows_the_written_decimals() {
        assert_eq!(half_unit("1".parse().unwrap()).to_string(), "0.5");
        assert_eq!(half_unit("1.00".parse().unwrap()).to_string(), "0.005");
    }
}
