//! Rules of the header's taxes: equal to the cent to the rounded sums of the lines.
//!
//! Source: SAT, matriz de validaciones, CFDI40202-40221; cfdi guide 4.

use super::{Rule, Rules};
use crate::model::{Impuestos, TipoFactor};
use rust_decimal::Decimal;
use std::collections::BTreeSet;

pub(super) const SUMS: &[Rule] = &[
    groups,
    cfdi40202,
    cfdi40203,
    cfdi40204,
    cfdi40205,
    cfdi40206,
    cfdi40208,
    cfdi40210,
    cfdi40211,
    cfdi40212,
    cfdi40214,
    cfdi40215,
    cfdi40218,
    cfdi40220,
    cfdi40221,
    exempt_total,
];

fn header<'a>(r: &Rules<'a>) -> Option<&'a Impuestos> {
    r.document.impuestos.as_ref().filter(|_| r.document.tipo_de_comprobante.has_amounts())
}

/// The header has a group for each of the lines' and no other.
fn groups(r: &mut Rules<'_>) {
    if !r.document.tipo_de_comprobante.has_amounts() {
        return;
    }
    let none = Impuestos::default();
    let taxes = r.document.impuestos.as_ref().unwrap_or(&none);
    let charged: BTreeSet<_> =
        taxes.traslados.iter().map(|tax| (tax.impuesto.clone(), tax.tipo_factor, tax.tasa_o_cuota)).collect();
    let withheld: BTreeSet<_> = taxes.retenciones.iter().map(|tax| tax.impuesto.clone()).collect();
    let charged_fits = charged.iter().eq(r.sums.traslados.keys());
    let withheld_fits = withheld.iter().eq(r.sums.retenciones.keys());
    let empty = r.document.impuestos.is_some() && r.sums.is_empty();
    r.require(
        charged_fits && !empty,
        "CFDI40221",
        "Impuestos.Traslados",
        "Los traslados del encabezado no resumen los de los conceptos.",
    );
    r.require(
        withheld_fits,
        "CFDI40211",
        "Impuestos.Retenciones",
        "Las retenciones del encabezado no resumen las de los conceptos.",
    );
}

/// `TotalImpuestosRetenidos` has no more decimals than the currency.
fn cfdi40202(r: &mut Rules<'_>) {
    let total = header(r).and_then(|taxes| taxes.total_retenidos);
    let holds = total.is_none_or(|total| total.scale() <= r.decimals);
    r.require(
        holds,
        "CFDI40202",
        "Impuestos.TotalImpuestosRetenidos",
        "El total retenido tiene más decimales que la moneda.",
    );
}

/// `TotalImpuestosRetenidos` is the sum of its list.
fn cfdi40203(r: &mut Rules<'_>) {
    let Some(taxes) = header(r) else { return };
    let sum: Decimal = taxes.retenciones.iter().map(|tax| tax.importe).sum();
    let holds = taxes.total_retenidos.is_none_or(|total| total == sum);
    r.require(
        holds,
        "CFDI40203",
        "Impuestos.TotalImpuestosRetenidos",
        "El total retenido no es la suma de las retenciones.",
    );
}

/// `TotalImpuestosTrasladados` has no more decimals than the currency.
fn cfdi40204(r: &mut Rules<'_>) {
    let total = header(r).and_then(|taxes| taxes.total_trasladados);
    let holds = total.is_none_or(|total| total.scale() <= r.decimals);
    r.require(
        holds,
        "CFDI40204",
        "Impuestos.TotalImpuestosTrasladados",
        "El total trasladado tiene más decimales que la moneda.",
    );
}

/// `TotalImpuestosTrasladados` is the sum of its list.
fn cfdi40205(r: &mut Rules<'_>) {
    let Some(taxes) = header(r) else { return };
    let sum: Decimal = taxes.traslados.iter().filter_map(|tax| tax.importe).sum();
    let has_amounts = taxes.traslados.iter().any(|tax| tax.importe.is_some());
    let holds = !has_amounts || taxes.total_trasladados.is_none_or(|total| total == sum);
    r.require(
        holds,
        "CFDI40205",
        "Impuestos.TotalImpuestosTrasladados",
        "El total trasladado no es la suma de los traslados.",
    );
}

/// Retentions have their total.
fn cfdi40206(r: &mut Rules<'_>) {
    let holds = header(r).is_none_or(|taxes| taxes.retenciones.is_empty() || taxes.total_retenidos.is_some());
    r.require(holds, "CFDI40206", "Impuestos.TotalImpuestosRetenidos", "Falta el total de impuestos retenidos.");
}

/// One retention per tax.
fn cfdi40208(r: &mut Rules<'_>) {
    let Some(taxes) = header(r) else { return };
    let keys: BTreeSet<_> = taxes.retenciones.iter().map(|tax| &tax.impuesto).collect();
    let holds = keys.len() == taxes.retenciones.len();
    r.require(holds, "CFDI40208", "Impuestos.Retenciones", "Hay más de una retención del mismo impuesto.");
}

/// Retentions have no more decimals than the currency.
fn cfdi40210(r: &mut Rules<'_>) {
    let decimals = r.decimals;
    let holds = header(r).is_none_or(|taxes| taxes.retenciones.iter().all(|tax| tax.importe.scale() <= decimals));
    r.require(holds, "CFDI40210", "Impuestos.Retenciones", "Una retención tiene más decimales que la moneda.");
}

/// Each retention is the rounded sum of the lines'.
fn cfdi40211(r: &mut Rules<'_>) {
    let Some(taxes) = header(r) else { return };
    for (index, tax) in taxes.retenciones.iter().enumerate() {
        let sum = r.sums.retenciones.get(&tax.impuesto).copied().unwrap_or_default();
        if crate::num::half_up(sum, r.decimals) != tax.importe {
            let field = format!("Impuestos.Retenciones[{index}].Importe");
            r.refuse("CFDI40211", field, "La retención no es la suma redondeada de las de los conceptos.");
        }
    }
}

/// Transfers that are not exempt have their total.
fn cfdi40212(r: &mut Rules<'_>) {
    let holds = header(r).is_none_or(|taxes| {
        taxes.traslados.iter().all(|tax| tax.importe.is_none()) || taxes.total_trasladados.is_some()
    });
    r.require(holds, "CFDI40212", "Impuestos.TotalImpuestosTrasladados", "Falta el total de impuestos trasladados.");
}

/// Bases have no more decimals than the currency.
fn cfdi40214(r: &mut Rules<'_>) {
    let decimals = r.decimals;
    let holds = header(r).is_none_or(|taxes| taxes.traslados.iter().all(|tax| tax.base.scale() <= decimals));
    r.require(holds, "CFDI40214", "Impuestos.Traslados", "Una base tiene más decimales que la moneda.");
}

/// Each base, exempt or not, is the rounded sum of the lines'.
fn cfdi40215(r: &mut Rules<'_>) {
    let Some(taxes) = header(r) else { return };
    for (index, tax) in taxes.traslados.iter().enumerate() {
        let key = (tax.impuesto.clone(), tax.tipo_factor, tax.tasa_o_cuota);
        let (base, _) = r.sums.traslados.get(&key).copied().unwrap_or_default();
        if crate::num::half_up(base, r.decimals) != tax.base {
            let field = format!("Impuestos.Traslados[{index}].Base");
            r.refuse("CFDI40215", field, "La base no es la suma redondeada de las de los conceptos.");
        }
    }
}

/// One transfer per tax, factor and rate.
fn cfdi40218(r: &mut Rules<'_>) {
    let Some(taxes) = header(r) else { return };
    let keys: BTreeSet<_> =
        taxes.traslados.iter().map(|tax| (&tax.impuesto, tax.tipo_factor, tax.tasa_o_cuota)).collect();
    let holds = keys.len() == taxes.traslados.len();
    r.require(holds, "CFDI40218", "Impuestos.Traslados", "Hay más de un traslado del mismo impuesto, factor y tasa.");
}

/// Transfers have no more decimals than the currency.
fn cfdi40220(r: &mut Rules<'_>) {
    let decimals = r.decimals;
    let holds = header(r).is_none_or(|taxes| {
        taxes.traslados.iter().filter_map(|tax| tax.importe).all(|amount| amount.scale() <= decimals)
    });
    r.require(holds, "CFDI40220", "Impuestos.Traslados", "Un traslado tiene más decimales que la moneda.");
}

/// Each transfer is the rounded sum of the lines'.
fn cfdi40221(r: &mut Rules<'_>) {
    let Some(taxes) = header(r) else { return };
    for (index, tax) in taxes.traslados.iter().enumerate() {
        let key = (tax.impuesto.clone(), tax.tipo_factor, tax.tasa_o_cuota);
        let (_, amount) = r.sums.traslados.get(&key).copied().unwrap_or_default();
        if tax.importe.is_some_and(|said| crate::num::half_up(amount, r.decimals) != said) {
            let field = format!("Impuestos.Traslados[{index}].Importe");
            r.refuse("CFDI40221", field, "El traslado no es la suma redondeada de los de los conceptos.");
        }
    }
}

/// A document whose transfers are all exempt has no total of them.
fn exempt_total(r: &mut Rules<'_>) {
    let Some(taxes) = header(r) else { return };
    let all_exempt =
        !taxes.traslados.is_empty() && taxes.traslados.iter().all(|tax| tax.tipo_factor == TipoFactor::Exento);
    if all_exempt && taxes.total_trasladados.is_some() {
        let field = "Impuestos.TotalImpuestosTrasladados";
        r.warn("TRASLADOS-EXENTO", field, "Si todo es exento no se escribe el total trasladado.");
    }
}
