//! Rules of the lines and their taxes.
//!
//! Source: SAT, matriz de validaciones, CFDI40162-40200; cfdi guide 4 and 5.

use super::{Rule, Rules};
use crate::catalogs::{self, Catalog, Direction};
use crate::compute::intervals;
use crate::model::{Concepto, ConceptoImpuestos, Retencion, TipoFactor, Traslado};
use rust_decimal::Decimal;

pub(super) const RULES: &[Rule] = &[
    cfdi40162,
    cfdi40165,
    cfdi40166,
    cfdi40170,
    cfdi40171,
    cfdi40172,
    cfdi40173,
    objeto_parcial,
    cfdi40174,
    cfdi40175,
    cfdi40177,
    cfdi40178,
    cfdi40179,
    cfdi40181,
    cfdi40182,
    cfdi40184,
    cfdi40185,
    cfdi40187,
    cfdi40194,
    base_iva,
    double_escaped,
];

pub(super) const AMOUNTS: &[Rule] = &[cfdi40167, cfdi40168, cfdi40169, cfdi40180, cfdi40186];

fn each(r: &mut Rules<'_>, code: &'static str, attribute: &str, message: &str, breaks: impl Fn(&Concepto) -> bool) {
    for (index, line) in r.document.conceptos.iter().enumerate() {
        if breaks(line) {
            r.refuse(code, format!("Conceptos[{index}].{attribute}"), message);
        }
    }
}

fn each_transfer(
    r: &mut Rules<'_>,
    code: &'static str,
    attribute: &str,
    message: &str,
    breaks: impl Fn(&Traslado) -> bool,
) {
    for (index, line) in r.document.conceptos.iter().enumerate() {
        let taxes = line.impuestos.iter().flat_map(|taxes| taxes.traslados.iter().enumerate());
        for (tax_index, _) in taxes.filter(|(_, tax)| breaks(tax)) {
            let field = format!("Conceptos[{index}].Impuestos.Traslados[{tax_index}].{attribute}");
            r.refuse(code, field, message);
        }
    }
}

fn each_retention(
    r: &mut Rules<'_>,
    code: &'static str,
    attribute: &str,
    message: &str,
    breaks: impl Fn(&Retencion) -> bool,
) {
    for (index, line) in r.document.conceptos.iter().enumerate() {
        let taxes = line.impuestos.iter().flat_map(|taxes| taxes.retenciones.iter().enumerate());
        for (tax_index, _) in taxes.filter(|(_, tax)| breaks(tax)) {
            let field = format!("Conceptos[{index}].Impuestos.Retenciones[{tax_index}].{attribute}");
            r.refuse(code, field, message);
        }
    }
}

/// Product keys have eight digits.
fn cfdi40162(r: &mut Rules<'_>) {
    each(r, "CFDI40162", "ClaveProdServ", "La clave de producto o servicio tiene ocho dígitos.", |line| {
        !catalogs::is_clave_prod_serv(&line.clave_prod_serv)
    });
}

/// Unit keys have the shape of one.
fn cfdi40165(r: &mut Rules<'_>) {
    each(r, "CFDI40165", "ClaveUnidad", "La clave de unidad no tiene la forma de las del SAT.", |line| {
        !catalogs::is_clave_unidad(&line.clave_unidad)
    });
}

/// Unit prices are above zero on types I and E.
fn cfdi40166(r: &mut Rules<'_>) {
    if r.tipo().has_amounts() {
        each(r, "CFDI40166", "ValorUnitario", "El valor unitario es mayor que cero.", |line| {
            line.valor_unitario <= Decimal::ZERO
        });
    }
}

/// The line amount lies in the interval of quantity and unit price.
fn cfdi40167(r: &mut Rules<'_>) {
    let decimals = r.decimals;
    each(r, "CFDI40167", "Importe", "El importe no es la cantidad por el valor unitario.", |line| {
        let interval = intervals::product(line.cantidad, line.valor_unitario, decimals);
        !interval.is_some_and(|interval| interval.holds(line.importe))
    });
}

/// The line discount has no more decimals than the line amount.
fn cfdi40168(r: &mut Rules<'_>) {
    each(r, "CFDI40168", "Descuento", "El descuento tiene más decimales que el importe.", |line| {
        line.descuento.is_some_and(|discount| discount.scale() > line.importe.scale())
    });
}

/// The line discount is not above the line amount.
fn cfdi40169(r: &mut Rules<'_>) {
    each(r, "CFDI40169", "Descuento", "El descuento es mayor que el importe del concepto.", |line| {
        line.descuento.is_some_and(|discount| discount > line.importe)
    });
}

/// `ObjetoImp` is in the catalogue.
fn cfdi40170(r: &mut Rules<'_>) {
    each(r, "CFDI40170", "ObjetoImp", "La clave de objeto de impuesto no está en el catálogo del SAT.", |line| {
        !catalogs::contains(Catalog::ObjetoImp, &line.objeto_imp)
    });
}

/// `ObjetoImp` 02 shows its taxes.
fn cfdi40171(r: &mut Rules<'_>) {
    each(r, "CFDI40171", "Impuestos", "Un concepto objeto de impuesto (02) desglosa sus impuestos.", |line| {
        line.objeto_imp == "02" && line.impuestos.is_none()
    });
}

/// `ObjetoImp` 01, 03, 04 and 05 show none.
fn cfdi40172(r: &mut Rules<'_>) {
    each(r, "CFDI40172", "Impuestos", "Con ese objeto de impuesto el concepto no desglosa impuestos.", |line| {
        matches!(line.objeto_imp.as_str(), "01" | "03" | "04" | "05") && line.impuestos.is_some()
    });
}

/// Line taxes are not empty.
fn cfdi40173(r: &mut Rules<'_>) {
    each(r, "CFDI40173", "Impuestos", "El desglose de impuestos está vacío.", |line| {
        line.impuestos.as_ref().is_some_and(|taxes| taxes.traslados.is_empty() && taxes.retenciones.is_empty())
    });
}

/// `ObjetoImp` 06 and 08 transfer neither IVA nor IEPS; 07 transfers IEPS and no IVA.
///
/// The SAT checks them with the codes of 02 and 01.
fn objeto_parcial(r: &mut Rules<'_>) {
    let transfers =
        |taxes: &ConceptoImpuestos, impuesto: &str| taxes.traslados.iter().any(|tax| tax.impuesto == impuesto);
    each(r, "CFDI40172", "Impuestos", "Con objeto de impuesto 06 u 08 no se traslada IVA ni IEPS.", |line| {
        matches!(line.objeto_imp.as_str(), "06" | "08")
            && line.impuestos.as_ref().is_some_and(|taxes| {
                transfers(taxes, "002")
                    || transfers(taxes, "003")
                    || taxes.retenciones.iter().any(|tax| tax.impuesto != "001")
            })
    });
    each(r, "CFDI40171", "Impuestos", "Con objeto de impuesto 07 se traslada IEPS y no IVA.", |line| {
        line.objeto_imp == "07"
            && line.impuestos.as_ref().is_none_or(|taxes| transfers(taxes, "002") || !transfers(taxes, "003"))
    });
}

/// The base of a transfer is above zero.
fn cfdi40174(r: &mut Rules<'_>) {
    each_transfer(r, "CFDI40174", "Base", "La base del traslado es mayor que cero.", |tax| tax.base <= Decimal::ZERO);
}

/// The tax transferred is IVA or IEPS.
fn cfdi40175(r: &mut Rules<'_>) {
    each_transfer(r, "CFDI40175", "Impuesto", "Sólo se trasladan IVA (002) e IEPS (003).", |tax| {
        !matches!(tax.impuesto.as_str(), "002" | "003")
    });
}

/// An exempt transfer has neither rate nor amount.
fn cfdi40177(r: &mut Rules<'_>) {
    each_transfer(r, "CFDI40177", "TipoFactor", "Un traslado exento no lleva tasa ni importe.", |tax| {
        tax.tipo_factor == TipoFactor::Exento && (tax.tasa_o_cuota.is_some() || tax.importe.is_some())
    });
}

/// Any other transfer has both.
fn cfdi40178(r: &mut Rules<'_>) {
    each_transfer(r, "CFDI40178", "TasaOCuota", "Al traslado le falta la tasa o el importe.", |tax| {
        tax.tipo_factor != TipoFactor::Exento && (tax.tasa_o_cuota.is_none() || tax.importe.is_none())
    });
}

/// The rate of a transfer is legal.
fn cfdi40179(r: &mut Rules<'_>) {
    each_transfer(
        r,
        "CFDI40179",
        "TasaOCuota",
        "La tasa o cuota del traslado no está en el catálogo del SAT.",
        |tax| {
            tax.tipo_factor != TipoFactor::Exento
                && tax.importe.is_some()
                && tax.tasa_o_cuota.is_some_and(|rate| {
                    !catalogs::rate_is_legal(&tax.impuesto, tax.tipo_factor, rate, Direction::Charged)
                })
        },
    );
}

/// The amount of a transfer lies in the interval of base and rate.
fn cfdi40180(r: &mut Rules<'_>) {
    each_transfer(r, "CFDI40180", "Importe", "El importe del traslado no es la base por la tasa.", |tax| {
        match (tax.tasa_o_cuota, tax.importe) {
            (Some(rate), Some(amount)) if tax.tipo_factor != TipoFactor::Exento => !in_interval(tax.base, rate, amount),
            _ => false,
        }
    });
}

fn in_interval(base: Decimal, rate: Decimal, amount: Decimal) -> bool {
    intervals::tax(base, rate, amount.scale()).is_some_and(|interval| interval.holds(amount))
}

/// The base of a retention is above zero.
fn cfdi40181(r: &mut Rules<'_>) {
    each_retention(r, "CFDI40181", "Base", "La base de la retención es mayor que cero.", |tax| {
        tax.base <= Decimal::ZERO
    });
}

/// The tax withheld is in the catalogue.
fn cfdi40182(r: &mut Rules<'_>) {
    each_retention(r, "CFDI40182", "Impuesto", "El impuesto retenido no está en el catálogo del SAT.", |tax| {
        !catalogs::contains(Catalog::Impuesto, &tax.impuesto)
    });
}

/// A retention is never exempt.
fn cfdi40184(r: &mut Rules<'_>) {
    each_retention(r, "CFDI40184", "TipoFactor", "Una retención nunca es exenta.", |tax| {
        tax.tipo_factor == TipoFactor::Exento
    });
}

/// The rate of a retention is legal.
fn cfdi40185(r: &mut Rules<'_>) {
    each_retention(r, "CFDI40185", "TasaOCuota", "La tasa de la retención no está en el catálogo del SAT.", |tax| {
        !catalogs::rate_is_legal(&tax.impuesto, tax.tipo_factor, tax.tasa_o_cuota, Direction::Withheld)
    });
}

/// The amount of a retention lies in the interval of base and rate.
fn cfdi40186(r: &mut Rules<'_>) {
    each_retention(r, "CFDI40186", "Importe", "El importe de la retención no es la base por la tasa.", |tax| {
        !in_interval(tax.base, tax.tasa_o_cuota, tax.importe)
    });
}

/// The third party a line is sold for is neither issuer nor receiver, and its data have their shape.
///
/// The matrix spreads this over CFDI40187-40193; the first one stands for all.
fn cfdi40187(r: &mut Rules<'_>) {
    let (issuer, receiver) = (&r.document.emisor.rfc, &r.document.receptor.rfc);
    each(
        r,
        "CFDI40187",
        "ACuentaTerceros",
        "Los datos del tercero no son válidos o es el emisor o el receptor.",
        |line| {
            line.a_cuenta_terceros.as_ref().is_some_and(|third| {
                third.rfc == *issuer
                    || third.rfc == *receiver
                    || !crate::rfc::has_shape(&third.rfc)
                    || !catalogs::contains(Catalog::RegimenFiscal, &third.regimen_fiscal)
                    || !catalogs::is_codigo_postal(&third.domicilio_fiscal)
            })
        },
    );
}

/// Customs documents read `NN  NN  NNNN  NNNNNNN`.
fn cfdi40194(r: &mut Rules<'_>) {
    each(r, "CFDI40194", "InformacionAduanera", "El pedimento tiene la forma 00  00  0000  0000000.", |line| {
        let parts = line.partes.iter().flat_map(|part| &part.informacion_aduanera);
        line.informacion_aduanera.iter().chain(parts).any(|number| !is_pedimento(number))
    });
}

fn is_pedimento(number: &str) -> bool {
    number.len() == 21
        && number.bytes().enumerate().all(|(at, byte)| match at {
            2 | 3 | 6 | 7 | 12 | 13 => byte == b' ',
            _ => byte.is_ascii_digit(),
        })
}

/// IVA is charged on the net amount, plus the IEPS when there is any; something else is seldom meant.
fn base_iva(r: &mut Rules<'_>) {
    for (index, line) in r.document.conceptos.iter().enumerate() {
        let Some(taxes) = &line.impuestos else { continue };
        let net = line.importe - line.descuento.unwrap_or_default();
        let ieps: Decimal =
            taxes.traslados.iter().filter(|tax| tax.impuesto == "003").filter_map(|tax| tax.importe).sum();
        let near = |base: Decimal, value: Decimal| (base - value).abs() <= Decimal::new(1, 2);
        for (tax_index, tax) in taxes.traslados.iter().enumerate() {
            let odd = !near(tax.base, net) && !near(tax.base, net + ieps);
            if tax.impuesto == "002" && tax.tipo_factor != TipoFactor::Cuota && odd {
                let field = format!("Conceptos[{index}].Impuestos.Traslados[{tax_index}].Base");
                r.warn("BASE-IVA", field, "La base del IVA no es el importe menos el descuento.");
            }
        }
    }
}

/// A description that holds `&amp;` was escaped twice before it came here.
fn double_escaped(r: &mut Rules<'_>) {
    for (index, line) in r.document.conceptos.iter().enumerate() {
        if ["&amp;", "&lt;", "&gt;", "&quot;", "&apos;"].iter().any(|entity| line.descripcion.contains(entity)) {
            let field = format!("Conceptos[{index}].Descripcion");
            r.warn("DOBLE-ESCAPE", field, "La descripción trae texto como &amp;: se copió ya codificado.");
        }
    }
}
