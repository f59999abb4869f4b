//! Fiscal documents: the life of a CFDI, and what a receiver's data must be before one is issued.

pub mod event;
mod retention;
pub mod state;
pub mod taxpayer;

pub use event::ComplianceEvent;
pub use retention::{Retention, RetentionDeed, RetentionError, blocked_until, hold, is_over, kept_until, reason_of};
pub use state::CfdiState;
pub use taxpayer::{FiscalRules, TaxpayerData, TaxpayerProblem};

/// Hours after its Fecha within which a document must be stamped.
///
/// Source: SAT, Anexo 20; code 401 refuses later ones.
pub const STAMP_WINDOW_HOURS: i64 = 72;

/// Hours left to stamp a document, negative once the window is over.
pub fn hours_left(fecha: jiff::Timestamp, now: jiff::Timestamp) -> i64 {
    let elapsed = now.as_second() - fecha.as_second();
    (STAMP_WINDOW_HOURS * 3600 - elapsed).div_euclid(3600)
}

/// The company's name without its type, uppercase, as the SAT registers it.
pub fn legal_name_without_suffix(name: &str) -> String {
    crate::shared::text::fiscal_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_counts_seventy_two_hours_from_fecha() {
        let fecha = jiff::Timestamp::UNIX_EPOCH;
        let after = |hours: i64| jiff::Timestamp::from_second(hours * 3600).unwrap_or(fecha);
        assert_eq!(hours_left(fecha, fecha), 72);
        assert_eq!(hours_left(fecha, after(71)), 1);
        assert_eq!(hours_left(fecha, after(73)), -1);
    }
}
