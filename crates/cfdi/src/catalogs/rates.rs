//! Legal rates, catalogue `c_TasaOCuota`.

use crate::model::TipoFactor;
use rust_decimal::Decimal;

/// Whether a tax is charged or withheld.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// `Traslado`
    Charged,
    /// `Retencion`
    Withheld,
}

/// IEPS rates in millionths that may be both charged and withheld.
const IEPS_BOTH: [i64; 11] =
    [265_000, 300_000, 530_000, 500_000, 1_600_000, 304_000, 250_000, 90_000, 80_000, 70_000, 60_000];
/// IEPS rates in millionths that may only be charged.
const IEPS_CHARGED: [i64; 2] = [30_000, 0];
/// IVA rates in millionths that may be charged; the second is the border's, which needs the stimulus.
const IVA_CHARGED: [i64; 3] = [0, 160_000, 80_000];
/// Greatest IVA withheld, in millionths.
const IVA_WITHHELD: i64 = 160_000;
/// Greatest ISR withheld, in millionths.
const ISR_WITHHELD: i64 = 350_000;
/// Greatest IEPS quota in millionths of a peso per unit.
const IEPS_QUOTA: i64 = 72_160_500;

/// Whether the SAT lists this rate for this tax, factor and direction. Exempt transfers have no rate to ask about.
pub fn rate_is_legal(impuesto: &str, factor: TipoFactor, rate: Decimal, direction: Direction) -> bool {
    let listed = |rates: &[i64]| rates.iter().any(|millionths| Decimal::new(*millionths, 6) == rate);
    let up_to = |millionths: i64| Decimal::ZERO <= rate && rate <= Decimal::new(millionths, 6);
    match (impuesto, factor, direction) {
        ("001", TipoFactor::Tasa, Direction::Withheld) => up_to(ISR_WITHHELD),
        ("002", TipoFactor::Tasa, Direction::Charged) => listed(&IVA_CHARGED),
        ("002", TipoFactor::Tasa, Direction::Withheld) => up_to(IVA_WITHHELD),
        ("003", TipoFactor::Tasa, Direction::Charged) => listed(&IEPS_BOTH) || listed(&IEPS_CHARGED),
        ("003", TipoFactor::Tasa, Direction::Withheld) => listed(&IEPS_BOTH),
        ("003", TipoFactor::Cuota, _) => up_to(IEPS_QUOTA),
        _ => false,
    }
}
