//! From a priced proposal to the lines of its invoice, amounts untouched.

use crate::input::{DraftLine, DraftTax};
use crate::num;
use rust_decimal::Decimal;
use zuc_domain::shared::pricing::PricedLine;

/// The invoice line of a line the pricing engine priced: every amount is given, none is computed again, so that the
/// invoice is the proposal to the cent.
///
/// `stated` brings keys, words, quantity and unit price; its amounts and taxes are replaced. `decimals` is what the
/// proposal's lines were rounded to: every amount is written with as many, for a discount may not have more than its
/// line.
pub fn priced_line(mut stated: DraftLine, priced: &PricedLine, decimals: u32) -> DraftLine {
    let written = |amount: Decimal| num::half_up(amount, decimals);
    stated.importe = Some(written(priced.importe));
    stated.descuento = Some(written(priced.descuento)).filter(|discount| *discount > Decimal::ZERO);
    // A line given away has no base, and a tax without base is not legal: it is not an object of the tax.
    if priced.base > Decimal::ZERO {
        let mut tax = match priced.tax.rate() {
            Some(rate) => DraftTax::tasa("002", rate),
            None => DraftTax::exento("002"),
        };
        tax.base = Some(written(priced.base));
        tax.importe = priced.impuesto.map(written);
        stated.traslados = vec![tax];
        stated.objeto_imp = Some("02".to_owned());
    } else {
        stated.traslados = Vec::new();
        stated.objeto_imp = Some("01".to_owned());
    }
    stated
}
