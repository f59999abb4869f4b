//! Figures of the board, as formulas over counts; where the counts come from is the store's business.

use rust_decimal::Decimal;

use crate::shared::money::round_half_up;

/// Won ÷ (won + lost) of the deals closed in a period, in percent with one decimal; `None` where none was closed.
pub fn win_rate_pct(won: u64, lost: u64) -> Option<Decimal> {
    let closed = won.checked_add(lost).filter(|closed| *closed > 0)?;
    Some(round_half_up(Decimal::from(won) * Decimal::ONE_HUNDRED / Decimal::from(closed), 1))
}

/// What an open deal counts in the forecast: its amount times the probability of its stage.
pub fn weighted(amount: Decimal, probability: u8) -> Decimal {
    round_half_up(amount * Decimal::from(probability) / Decimal::ONE_HUNDRED, 2)
}

/// Annual recurring revenue: twelve months of the monthly one.
pub fn arr(mrr: Decimal) -> Decimal {
    mrr * Decimal::from(12)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_win_rate_counts_closed_deals_only() {
        assert_eq!(win_rate_pct(0, 0), None);
        assert_eq!(win_rate_pct(1, 2).map(|rate| rate.to_string()).as_deref(), Some("33.3"));
        assert_eq!(win_rate_pct(5, 0).map(|rate| rate.normalize()), Some(Decimal::ONE_HUNDRED));
    }

    #[test]
    fn a_weighted_amount_is_rounded_to_cents() {
        assert_eq!(weighted(Decimal::new(10_001, 2), 35), Decimal::new(3500, 2));
        assert_eq!(arr(Decimal::new(100, 0)), Decimal::new(1200, 0));
    }
}
