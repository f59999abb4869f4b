//! Amounts of one line.

use super::{BuildError, fits, times};
use crate::input::{DraftLine, DraftTax};
use crate::model::{ACuentaTerceros, Concepto, ConceptoImpuestos, Parte, Retencion, TipoFactor, Traslado};
use crate::num;
use rust_decimal::Decimal;

const IVA: &str = "002";
const IEPS: &str = "003";

/// Builds a line whose amounts are rounded to `decimals`.
///
/// The line's own digits win when they are finer: an `Importe` given with four decimals takes its taxes to four.
pub(super) fn build(line: DraftLine, decimals: u32, at: &str) -> Result<Concepto, BuildError> {
    let field = |name: &str| format!("{at}.{name}");
    let importe = match line.importe {
        Some(given) => given,
        None => num::half_up(times(line.cantidad, line.valor_unitario, &field("Importe"))?, decimals),
    };
    let importe = fits(importe, &field("Importe"))?;
    let net = importe - line.descuento.unwrap_or_default();
    let decimals = decimals.max(importe.scale()).max(line.descuento.map_or(0, |d| d.scale()));
    let impuestos = taxes(&line.traslados, line.retenciones, net, line.cantidad, decimals, at)?;
    let objeto_imp = line.objeto_imp.unwrap_or_else(|| if impuestos.is_some() { "02" } else { "01" }.to_owned());
    Ok(Concepto {
        clave_prod_serv: line.clave_prod_serv,
        no_identificacion: line.no_identificacion,
        cantidad: line.cantidad,
        clave_unidad: line.clave_unidad,
        unidad: line.unidad,
        descripcion: line.descripcion,
        valor_unitario: line.valor_unitario,
        importe,
        descuento: line.descuento,
        objeto_imp,
        impuestos,
        a_cuenta_terceros: line.a_cuenta_terceros.map(|third| ACuentaTerceros {
            rfc: third.rfc,
            nombre: third.nombre,
            regimen_fiscal: third.regimen_fiscal,
            domicilio_fiscal: third.domicilio_fiscal,
        }),
        informacion_aduanera: line.informacion_aduanera,
        cuenta_predial: line.cuenta_predial,
        complemento_concepto: None,
        partes: line
            .partes
            .into_iter()
            .map(|part| Parte {
                clave_prod_serv: part.clave_prod_serv,
                no_identificacion: part.no_identificacion,
                cantidad: part.cantidad,
                unidad: part.unidad,
                descripcion: part.descripcion,
                valor_unitario: part.valor_unitario,
                importe: part.importe,
                informacion_aduanera: part.informacion_aduanera,
            })
            .collect(),
    })
}

fn taxes(
    charged: &[DraftTax],
    withheld: Vec<DraftTax>,
    net: Decimal,
    quantity: Decimal,
    decimals: u32,
    at: &str,
) -> Result<Option<ConceptoImpuestos>, BuildError> {
    if charged.is_empty() && withheld.is_empty() {
        return Ok(None);
    }
    // IEPS goes first: it is part of what IVA is charged on.
    let mut traslados: Vec<Option<Traslado>> = charged.iter().map(|_| None).collect();
    let mut ieps = Decimal::ZERO;
    for pass_is_ieps in [true, false] {
        for (slot, tax) in traslados.iter_mut().zip(charged) {
            if (tax.impuesto == IEPS) != pass_is_ieps {
                continue;
            }
            let base = match (tax.base, tax.tipo_factor) {
                (Some(base), _) => base,
                (None, TipoFactor::Cuota) => quantity,
                (None, _) if tax.impuesto == IVA => num::half_up(net + ieps, decimals),
                (None, _) => num::half_up(net, decimals),
            };
            let built = traslado(tax, base, decimals, at)?;
            if pass_is_ieps {
                ieps += built.importe.unwrap_or_default();
            }
            *slot = Some(built);
        }
    }
    let mut retenciones = Vec::with_capacity(withheld.len());
    for tax in withheld {
        let base = match (tax.base, tax.tipo_factor) {
            (Some(base), _) => base,
            (None, TipoFactor::Cuota) => quantity,
            (None, _) => num::half_up(net, decimals),
        };
        let rate = tax.tasa_o_cuota.ok_or_else(|| BuildError::Missing(format!("{at}.retenciones.TasaOCuota")))?;
        let importe = amount(tax.importe, base, rate, decimals, at)?;
        retenciones.push(Retencion {
            base,
            impuesto: tax.impuesto,
            tipo_factor: tax.tipo_factor,
            tasa_o_cuota: num::at_least(rate, 6),
            importe,
        });
    }
    Ok(Some(ConceptoImpuestos { traslados: traslados.into_iter().flatten().collect(), retenciones }))
}

fn traslado(tax: &DraftTax, base: Decimal, decimals: u32, at: &str) -> Result<Traslado, BuildError> {
    let (tasa_o_cuota, importe) = if tax.tipo_factor == TipoFactor::Exento {
        (tax.tasa_o_cuota, tax.importe)
    } else {
        let rate = tax.tasa_o_cuota.ok_or_else(|| BuildError::Missing(format!("{at}.traslados.TasaOCuota")))?;
        (Some(num::at_least(rate, 6)), Some(amount(tax.importe, base, rate, decimals, at)?))
    };
    Ok(Traslado { base, impuesto: tax.impuesto.clone(), tipo_factor: tax.tipo_factor, tasa_o_cuota, importe })
}

fn amount(
    given: Option<Decimal>,
    base: Decimal,
    rate: Decimal,
    decimals: u32,
    at: &str,
) -> Result<Decimal, BuildError> {
    let field = format!("{at}.Impuestos.Importe");
    let amount = match given {
        Some(given) => given,
        None => num::half_up(times(base, rate, &field)?, decimals),
    };
    fits(amount, &field)
}
