//! Rules of the header.
//!
//! Source: SAT, matriz de validaciones, CFDI40103-40137 and 40201; cfdi guide 3 and 4.

use super::{Rule, Rules};
use crate::catalogs::{self, Catalog};
use crate::compute::totals;
use crate::model::TipoDeComprobante;
use crate::num;
use rust_decimal::Decimal;

pub(super) const RULES: &[Rule] = &[
    cfdi40103,
    cfdi40104,
    cfdi40105,
    forma_metodo,
    pue_99,
    cfdi40113,
    cfdi40114,
    cfdi40115,
    cfdi40116,
    cfdi40120,
    cfdi40122,
    cfdi40123,
    cfdi40124,
    cfdi40125,
    cfdi40126,
    cfdi40128,
    cfdi40137,
    cfdi40201,
    complements,
];

pub(super) const SUMS: &[Rule] = &[cfdi40107, cfdi40108, cfdi40109, cfdi40110, cfdi40111, cfdi40112, cfdi40119];

fn is_t_or_p(r: &Rules<'_>) -> bool {
    !r.tipo().has_amounts()
}

/// `FormaPago` is absent on types T and P.
fn cfdi40103(r: &mut Rules<'_>) {
    let holds = !is_t_or_p(r) || r.document.forma_pago.is_none();
    r.require(holds, "CFDI40103", "FormaPago", "Los comprobantes de traslado y de pago no llevan forma de pago.");
}

/// `FormaPago` is in the catalogue.
fn cfdi40104(r: &mut Rules<'_>) {
    let known = r.document.forma_pago.as_deref().is_none_or(|clave| catalogs::contains(Catalog::FormaPago, clave));
    r.require(known, "CFDI40104", "FormaPago", "La forma de pago no está en el catálogo del SAT.");
}

/// PPD goes with `FormaPago` 99.
fn cfdi40105(r: &mut Rules<'_>) {
    let c = r.document;
    let holds =
        !r.tipo().has_amounts() || c.metodo_pago.as_deref() != Some("PPD") || c.forma_pago.as_deref() == Some("99");
    r.require(holds, "CFDI40105", "FormaPago", "Con método de pago PPD la forma de pago es 99, por definir.");
}

/// An invoice that does not say how it is paid is seldom meant.
fn forma_metodo(r: &mut Rules<'_>) {
    if r.tipo().has_amounts() {
        if r.document.forma_pago.is_none() {
            r.warn("FORMA-METODO", "FormaPago", "Falta la forma de pago.");
        }
        if r.document.metodo_pago.is_none() {
            r.warn("FORMA-METODO", "MetodoPago", "Falta el método de pago.");
        }
    }
}

/// PUE names the real form of payment.
fn pue_99(r: &mut Rules<'_>) {
    let c = r.document;
    let odd = c.metodo_pago.as_deref() == Some("PUE") && c.forma_pago.as_deref() == Some("99");
    if odd && r.tipo().has_amounts() {
        r.warn("PUE-99", "FormaPago", "Un pago en una sola exhibición dice con qué se paga, no 99.");
    }
}

/// `SubTotal` has no more decimals than the currency.
fn cfdi40107(r: &mut Rules<'_>) {
    let holds = r.document.sub_total.scale() <= r.decimals;
    r.require(holds, "CFDI40107", "SubTotal", "El subtotal tiene más decimales que los que admite la moneda.");
}

/// `SubTotal` is the rounded sum of the line amounts.
fn cfdi40108(r: &mut Rules<'_>) {
    if r.tipo().has_amounts() {
        let sum = totals::sub_total(&r.document.conceptos, r.decimals);
        if sum != r.document.sub_total {
            let said = r.document.sub_total;
            r.refuse("CFDI40108", "SubTotal", format!("El subtotal dice {said} y los conceptos suman {sum}."));
        }
    }
}

/// `SubTotal` is zero on types T and P.
fn cfdi40109(r: &mut Rules<'_>) {
    let holds = !is_t_or_p(r) || r.document.sub_total.is_zero();
    r.require(holds, "CFDI40109", "SubTotal", "En traslados y pagos el subtotal es cero.");
}

/// `Descuento` is not above `SubTotal`.
fn cfdi40110(r: &mut Rules<'_>) {
    let holds = !r.tipo().has_amounts() || r.document.descuento.unwrap_or_default() <= r.document.sub_total;
    r.require(holds, "CFDI40110", "Descuento", "El descuento es mayor que el subtotal.");
}

/// `Descuento` is the rounded sum of the line discounts, and there are none on types T and P.
fn cfdi40111(r: &mut Rules<'_>) {
    let sum = totals::descuento(&r.document.conceptos, r.decimals);
    let said = r.document.descuento;
    if is_t_or_p(r) {
        let holds = sum.is_none() && said.is_none();
        r.require(holds, "CFDI40111", "Descuento", "Los comprobantes de traslado y de pago no llevan descuento.");
    } else if sum.is_some() {
        r.require(
            said == sum,
            "CFDI40111",
            "Descuento",
            "El descuento no es la suma de los descuentos de los conceptos.",
        );
    } else if let Some(said) = said {
        if said.is_zero() {
            r.warn("CFDI40111", "Descuento", "Hay descuento en el encabezado y ninguno en los conceptos.");
        } else {
            r.refuse("CFDI40111", "Descuento", "Hay descuento en el encabezado y ninguno en los conceptos.");
        }
    }
}

/// `Descuento` has no more decimals than the currency.
fn cfdi40112(r: &mut Rules<'_>) {
    let holds = r.document.descuento.is_none_or(|discount| discount.scale() <= r.decimals);
    r.require(holds, "CFDI40112", "Descuento", "El descuento tiene más decimales que los que admite la moneda.");
}

/// The currency is in the catalogue.
fn cfdi40113(r: &mut Rules<'_>) {
    let known = catalogs::contains(Catalog::Moneda, &r.document.moneda);
    r.require(known, "CFDI40113", "Moneda", "La moneda no está en el catálogo del SAT.");
}

/// `TipoCambio` is 1 or absent for pesos.
fn cfdi40114(r: &mut Rules<'_>) {
    let c = r.document;
    let holds = c.moneda != "MXN" || c.tipo_cambio.is_none_or(|rate| rate == Decimal::ONE);
    r.require(holds, "CFDI40114", "TipoCambio", "En pesos el tipo de cambio es 1 o no se escribe.");
}

/// `TipoCambio` is there for any other currency.
fn cfdi40115(r: &mut Rules<'_>) {
    let c = r.document;
    let holds = matches!(c.moneda.as_str(), "MXN" | "XXX") || c.tipo_cambio.is_some();
    r.require(holds, "CFDI40115", "TipoCambio", "Falta el tipo de cambio de la moneda extranjera.");
}

/// `TipoCambio` is absent for XXX.
fn cfdi40116(r: &mut Rules<'_>) {
    let holds = r.document.moneda != "XXX" || r.document.tipo_cambio.is_none();
    r.require(holds, "CFDI40116", "TipoCambio", "Con moneda XXX no hay tipo de cambio.");
}

/// `Total` is what the header adds up to, has no more decimals than the currency and is zero on types T and P.
fn cfdi40119(r: &mut Rules<'_>) {
    let c = r.document;
    if is_t_or_p(r) {
        let holds = c.total.is_zero();
        r.require(holds, "CFDI40119", "Total", "En traslados y pagos el total es cero.");
        return;
    }
    let taxes = c.impuestos.as_ref();
    let local = c.complemento.impuestos_locales.as_ref();
    let charged = taxes.and_then(|taxes| taxes.total_trasladados).unwrap_or_default()
        + local.map(|taxes| taxes.total_traslados).unwrap_or_default();
    let withheld = taxes.and_then(|taxes| taxes.total_retenidos).unwrap_or_default()
        + local.map(|taxes| taxes.total_retenciones).unwrap_or_default();
    let total = num::half_up(c.sub_total - c.descuento.unwrap_or_default() + charged - withheld, r.decimals);
    if total != c.total {
        let said = c.total;
        r.refuse("CFDI40119", "Total", format!("El total dice {said} y el encabezado suma {total}."));
    } else if c.total.scale() > r.decimals {
        r.refuse("CFDI40119", "Total", "El total tiene más decimales que los que admite la moneda.");
    }
}

/// `Total` stays within what the type may be worth.
fn cfdi40120(r: &mut Rules<'_>) {
    let limit = Decimal::from(1_000_000_000_000_000_000_u64);
    let holds = r.document.total < limit;
    r.require(holds, "CFDI40120", "Total", "El total rebasa el máximo del tipo de comprobante.");
}

/// `Exportacion` 02 needs the foreign trade complement.
fn cfdi40122(r: &mut Rules<'_>) {
    let c = r.document;
    let has_trade = c.complemento.otros.iter().any(|other| other.espacio.contains("ComercioExterior"));
    let holds = c.exportacion != "02" || has_trade;
    r.require(holds, "CFDI40122", "Exportacion", "La exportación 02 necesita el complemento de comercio exterior.");
}

/// `Exportacion` is in the catalogue.
fn cfdi40123(r: &mut Rules<'_>) {
    let known = catalogs::contains(Catalog::Exportacion, &r.document.exportacion);
    r.require(known, "CFDI40123", "Exportacion", "La clave de exportación no está en el catálogo del SAT.");
}

/// `MetodoPago` is in the catalogue.
fn cfdi40124(r: &mut Rules<'_>) {
    let known = r.document.metodo_pago.as_deref().is_none_or(|clave| catalogs::contains(Catalog::MetodoPago, clave));
    r.require(known, "CFDI40124", "MetodoPago", "El método de pago no está en el catálogo del SAT.");
}

/// `MetodoPago` is absent on types T and P.
fn cfdi40125(r: &mut Rules<'_>) {
    let holds = !is_t_or_p(r) || r.document.metodo_pago.is_none();
    r.require(holds, "CFDI40125", "MetodoPago", "Los comprobantes de traslado y de pago no llevan método de pago.");
}

/// `LugarExpedicion` has the shape of a postal code.
fn cfdi40126(r: &mut Rules<'_>) {
    let holds = catalogs::is_codigo_postal(&r.document.lugar_expedicion);
    r.require(holds, "CFDI40126", "LugarExpedicion", "El lugar de expedición es un código postal de cinco dígitos.");
}

/// `Confirmacion` has five letters or digits.
fn cfdi40128(r: &mut Rules<'_>) {
    let holds = r
        .document
        .confirmacion
        .as_ref()
        .is_none_or(|key| key.len() == 5 && key.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    r.require(holds, "CFDI40128", "Confirmacion", "La clave de confirmación tiene cinco letras o dígitos.");
}

/// Relations are of a known kind.
fn cfdi40137(r: &mut Rules<'_>) {
    for (index, related) in r.document.relacionados.iter().enumerate() {
        if !catalogs::contains(Catalog::TipoRelacion, &related.tipo_relacion) {
            let field = format!("CfdiRelacionados[{index}].TipoRelacion");
            r.refuse("CFDI40137", field, "El tipo de relación no está en el catálogo del SAT.");
        }
    }
}

/// Types T and P have no header taxes.
fn cfdi40201(r: &mut Rules<'_>) {
    let holds = !is_t_or_p(r) || r.document.impuestos.is_none();
    r.require(holds, "CFDI40201", "Impuestos", "Los comprobantes de traslado y de pago no llevan impuestos.");
}

/// The payments complement stands on type P alone.
fn complements(r: &mut Rules<'_>) {
    let holds = r.tipo() == TipoDeComprobante::Pago || r.document.complemento.pagos.is_none();
    r.require(holds, "CRP20101", "TipoDeComprobante", "El complemento de pagos sólo va en comprobantes de tipo P.");
}
