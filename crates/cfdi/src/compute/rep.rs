//! The taxes of a payment of an invoice: the part of each tax group that the amount paid covers.
//!
//! Source: cfdi guide 10, rule 7.

use crate::model::{Comprobante, ImpuestosDr, RetencionDr, TipoFactor, TrasladoDr};
use crate::num;
use rust_decimal::Decimal;

/// Taxes that a payment of `paid` (in the invoice's currency) declares for `invoice`.
///
/// `declared` holds what earlier receipts declared; `last` says that this payment closes the invoice: it then
/// declares what is left of each group, so that all instalments together equal the invoice.
///
/// `None` when the invoice has no taxes to declare.
pub fn taxes_for_payment(
    invoice: &Comprobante,
    paid: Decimal,
    declared: &[ImpuestosDr],
    last: bool,
) -> Option<ImpuestosDr> {
    let groups = invoice.impuestos.as_ref()?;
    let share = |amount: Decimal| {
        let scaled = amount.checked_mul(paid).and_then(|product| product.checked_div(invoice.total));
        num::half_up(scaled.unwrap_or_default(), 6)
    };
    let mut taxes = ImpuestosDr::default();
    for group in &groups.traslados {
        let same = |tax: &&TrasladoDr| {
            tax.impuesto == group.impuesto
                && tax.tipo_factor == group.tipo_factor
                && tax.tasa_o_cuota == group.tasa_o_cuota
        };
        let earlier = || declared.iter().flat_map(|one| &one.traslados).filter(same);
        let (base, importe) = if last {
            let base = group.base - earlier().map(|tax| tax.base).sum::<Decimal>();
            let before: Decimal = earlier().filter_map(|tax| tax.importe).sum();
            (base, group.importe.map(|amount| amount - before))
        } else {
            let base = share(group.base);
            let rate = group.tasa_o_cuota.unwrap_or_default();
            let amount = group.importe.map(|_| num::half_up(base * rate, 6));
            (base, amount.filter(|_| group.tipo_factor != TipoFactor::Exento))
        };
        if base > Decimal::ZERO {
            taxes.traslados.push(TrasladoDr {
                base,
                impuesto: group.impuesto.clone(),
                tipo_factor: group.tipo_factor,
                tasa_o_cuota: group.tasa_o_cuota,
                importe: importe.map(|amount| amount.max(Decimal::ZERO)),
            });
        }
    }
    for (impuesto, rate, base, amount) in withheld_groups(invoice) {
        let same = |tax: &&RetencionDr| tax.impuesto == impuesto && tax.tasa_o_cuota == rate;
        let earlier = || declared.iter().flat_map(|one| &one.retenciones).filter(same);
        let (base, importe) = if last {
            (
                base - earlier().map(|tax| tax.base).sum::<Decimal>(),
                amount - earlier().map(|tax| tax.importe).sum::<Decimal>(),
            )
        } else {
            let base = share(base);
            (base, num::half_up(base * rate, 6))
        };
        if base > Decimal::ZERO {
            taxes.retenciones.push(RetencionDr {
                base,
                impuesto,
                tipo_factor: TipoFactor::Tasa,
                tasa_o_cuota: rate,
                importe: importe.max(Decimal::ZERO),
            });
        }
    }
    (!taxes.traslados.is_empty() || !taxes.retenciones.is_empty()).then_some(taxes)
}

/// Retentions by tax and rate, which the header no longer tells apart.
fn withheld_groups(invoice: &Comprobante) -> Vec<(String, Decimal, Decimal, Decimal)> {
    let mut groups: Vec<(String, Decimal, Decimal, Decimal)> = Vec::new();
    for tax in invoice.conceptos.iter().filter_map(|line| line.impuestos.as_ref()).flat_map(|t| &t.retenciones) {
        let known =
            groups.iter_mut().find(|(impuesto, rate, ..)| *impuesto == tax.impuesto && *rate == tax.tasa_o_cuota);
        match known {
            Some((_, _, base, amount)) => {
                *base += tax.base;
                *amount += tax.importe;
            }
            None => groups.push((tax.impuesto.clone(), tax.tasa_o_cuota, tax.base, tax.importe)),
        }
    }
    groups
}
