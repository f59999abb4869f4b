//! The intervals the SAT allows a product to lie in, because its factors may be rounded themselves.
//!
//! Source: SAT, Anexo 20 guide, limits of `Importe`; cfdi guide 4.

use crate::num;
use rust_decimal::Decimal;

/// `10⁻¹²`: what the upper limits stay below the next half unit by.
fn epsilon() -> Decimal {
    Decimal::new(1, 12)
}

/// A closed interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// Least value allowed.
    pub low: Decimal,
    /// Greatest value allowed.
    pub high: Decimal,
}

impl Interval {
    /// Whether a value lies inside.
    pub fn holds(&self, value: Decimal) -> bool {
        self.low <= value && value <= self.high
    }
}

/// Where `quantity × price` may lie, at `decimals` decimals; `None` when the product is beyond any amount.
pub fn product(quantity: Decimal, price: Decimal, decimals: u32) -> Option<Interval> {
    let (half_quantity, half_price) = (num::half_unit(quantity), num::half_unit(price));
    let low = (quantity - half_quantity).checked_mul(price - half_price)?;
    let high = (quantity + half_quantity - epsilon()).checked_mul(price + half_price - epsilon())?;
    Some(Interval { low: num::cut(low, decimals), high: num::up(high, decimals) })
}

/// Where `base × rate` may lie, at `decimals` decimals; the rate is exact.
pub fn tax(base: Decimal, rate: Decimal, decimals: u32) -> Option<Interval> {
    let half = num::half_unit(base);
    let low = (base - half).checked_mul(rate)?;
    let high = (base + half - epsilon()).checked_mul(rate)?;
    Some(Interval { low: num::cut(low, decimals), high: num::up(high, decimals) })
}

/// Where an amount paid in another currency may lie in the payment's, at `decimals` decimals.
pub fn converted(paid: Decimal, equivalence: Decimal, decimals: u32) -> Option<Interval> {
    let half = num::half_unit(paid);
    let half_rate = Decimal::new(5, 11);
    let low = (paid - half).checked_div(equivalence + half_rate - epsilon())?;
    let high = (paid + half - epsilon()).checked_div(equivalence - half_rate)?;
    Some(Interval { low: num::cut(low, decimals), high: num::up(high, decimals) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn fewer_decimals_written_widen_the_interval() {
        let wide = product(d("1"), d("10.00"), 2).unwrap();
        assert_eq!((wide.low, wide.high), (d("4.99"), d("15.01")));
        let narrow = product(d("1.000000"), d("10.000000"), 2).unwrap();
        assert_eq!((narrow.low, narrow.high), (d("9.99"), d("10.01")));
    }

    #[test]
    fn a_tax_may_only_miss_by_what_its_base_could_have_lost() {
        let interval = tax(d("25000.00"), d("0.006667"), 2).unwrap();
        assert!(interval.holds(d("166.67")) && interval.holds(d("166.68")));
        assert!(!interval.holds(d("166.66")) && !interval.holds(d("166.69")));
    }

    #[test]
    fn a_product_beyond_any_amount_has_no_interval() {
        let huge = d("999999999999999999.999999");
        assert_eq!(product(huge, huge, 2), None);
    }
}
