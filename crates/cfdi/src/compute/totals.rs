//! Header amounts: sums of what the lines say, rounded once.
//!
//! Source: SAT, Anexo 20 guide; cfdi guide 4, points 6-9. Header sums have no tolerance.

use crate::model::{Concepto, RetencionTotal, TipoFactor, TrasladoTotal};
use crate::num;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// What makes two transfers one group: tax, factor and rate.
pub type TrasladoKey = (String, TipoFactor, Option<Decimal>);

/// Exact sums of the taxes of the lines, before rounding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaxSums {
    /// Base and amount of each group, in the order they are written.
    pub traslados: BTreeMap<TrasladoKey, (Decimal, Decimal)>,
    /// Amount withheld of each tax.
    pub retenciones: BTreeMap<String, Decimal>,
}

impl TaxSums {
    /// Adds up the lines.
    pub fn of(lines: &[Concepto]) -> Self {
        let mut sums = Self::default();
        for taxes in lines.iter().filter_map(|line| line.impuestos.as_ref()) {
            for tax in &taxes.traslados {
                let key = (tax.impuesto.clone(), tax.tipo_factor, tax.tasa_o_cuota);
                let (base, amount) = sums.traslados.entry(key).or_default();
                *base += tax.base;
                *amount += tax.importe.unwrap_or_default();
            }
            for tax in &taxes.retenciones {
                *sums.retenciones.entry(tax.impuesto.clone()).or_default() += tax.importe;
            }
        }
        sums
    }

    /// No line has a tax.
    pub fn is_empty(&self) -> bool {
        self.traslados.is_empty() && self.retenciones.is_empty()
    }

    /// The groups as the header writes them, at `decimals` decimals.
    pub fn traslados_at(&self, decimals: u32) -> Vec<TrasladoTotal> {
        self.traslados
            .iter()
            .map(|((impuesto, tipo_factor, rate), (base, amount))| TrasladoTotal {
                base: num::half_up(*base, decimals),
                impuesto: impuesto.clone(),
                tipo_factor: *tipo_factor,
                tasa_o_cuota: *rate,
                importe: (*tipo_factor != TipoFactor::Exento).then(|| num::half_up(*amount, decimals)),
            })
            .collect()
    }

    /// The amounts withheld as the header writes them, at `decimals` decimals.
    pub fn retenciones_at(&self, decimals: u32) -> Vec<RetencionTotal> {
        self.retenciones
            .iter()
            .map(|(impuesto, amount)| RetencionTotal {
                impuesto: impuesto.clone(),
                importe: num::half_up(*amount, decimals),
            })
            .collect()
    }
}

/// `SubTotal`: the gross amounts, rounded once.
pub fn sub_total(lines: &[Concepto], decimals: u32) -> Decimal {
    num::half_up(lines.iter().map(|line| line.importe).sum(), decimals)
}

/// `Descuento`; `None` when no line has one.
pub fn descuento(lines: &[Concepto], decimals: u32) -> Option<Decimal> {
    let mut discounts = lines.iter().filter_map(|line| line.descuento).peekable();
    discounts.peek()?;
    Some(num::half_up(discounts.sum(), decimals))
}
