//! From a priced proposal to the lines of its invoice, amounts untouched.

use crate::input::{DraftLine, DraftTax};
use rust_decimal::Decimal;
use zuc_domain::shared::pricing::PricedLine;

/// The invoice line of a line the pricing engine priced: every amount is given, none is computed again, so that the
/// invoice is the proposal to the cent.
///
/// `stated` brings keys, words, quantity and unit price; its amounts and taxes are replaced.
pub fn priced_line(mut stated: DraftLine, priced: &PricedLine) -> DraftLine {
    stated.importe = Some(priced.importe);
    stated.descuento = Some(priced.descuento).filter(|discount| *discount > Decimal::ZERO);
    // A line given away has no base, and a tax without base is not legal: it is not an object of the tax.
    if priced.base > Decimal::ZERO {
        let mut tax = match priced.tax.rate() {
            Some(rate) => DraftTax::tasa("002", rate),
            None => DraftTax::exento("002"),
        };
        tax.base = Some(priced.base);
        tax.importe = priced.impuesto;
        stated.traslados = vec![tax];
        stated.objeto_imp = Some("02".to_owned());
    } else {
        stated.traslados = Vec::new();
        stated.objeto_imp = Some("01".to_owned());
    }
    stated
}
