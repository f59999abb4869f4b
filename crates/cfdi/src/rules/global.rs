//! Rules of the global invoice.
//!
//! Source: SAT, matriz de validaciones, CFDI40130-40136 and 40146; cfdi guide 8.

use super::{Rule, Rules};
use crate::catalogs::{self, Catalog};
use crate::model::{PUBLICO_EN_GENERAL, RFC_PUBLICO, TipoDeComprobante};

pub(super) const RULES: &[Rule] =
    &[cfdi40130, cfdi40131, cfdi40132, cfdi40133, cfdi40134, cfdi40135, cfdi40136, cfdi40146, global_pue];

fn names_the_public(r: &Rules<'_>) -> bool {
    r.document.receptor.nombre.to_uppercase() == PUBLICO_EN_GENERAL
}

/// A global invoice goes to the public, and an invoice to the public is global.
fn cfdi40130(r: &mut Rules<'_>) {
    let to_public = r.document.receptor.rfc == RFC_PUBLICO && names_the_public(r);
    if r.document.informacion_global.is_some() {
        r.require(
            to_public,
            "CFDI40130",
            "InformacionGlobal",
            "La factura global va a XAXX010101000, PUBLICO EN GENERAL.",
        );
    } else if to_public && r.tipo() == TipoDeComprobante::Ingreso {
        r.refuse("CFDI40130", "InformacionGlobal", "Una factura a PUBLICO EN GENERAL necesita la información global.");
    }
}

/// `Periodicidad` is in the catalogue.
fn cfdi40131(r: &mut Rules<'_>) {
    let Some(global) = &r.document.informacion_global else { return };
    let known = catalogs::contains(Catalog::Periodicidad, &global.periodicidad);
    r.require(known, "CFDI40131", "InformacionGlobal.Periodicidad", "La periodicidad no está en el catálogo del SAT.");
}

/// Two-month periods are for régimen 621.
fn cfdi40132(r: &mut Rules<'_>) {
    let Some(global) = &r.document.informacion_global else { return };
    let holds = global.periodicidad != "05" || r.document.emisor.regimen_fiscal == "621";
    r.require(holds, "CFDI40132", "InformacionGlobal.Periodicidad", "Sólo el régimen 621 factura por bimestre.");
}

/// `Meses` is in the catalogue.
fn cfdi40133(r: &mut Rules<'_>) {
    let Some(global) = &r.document.informacion_global else { return };
    let known = catalogs::contains(Catalog::Meses, &global.meses);
    r.require(known, "CFDI40133", "InformacionGlobal.Meses", "El mes no está en el catálogo del SAT.");
}

fn is_month(meses: &str) -> bool {
    catalogs::contains(Catalog::Meses, meses) && meses < "13"
}

/// Periods of a month or less name a month.
fn cfdi40134(r: &mut Rules<'_>) {
    let Some(global) = &r.document.informacion_global else { return };
    let holds = global.periodicidad == "05" || is_month(&global.meses);
    r.require(holds, "CFDI40134", "InformacionGlobal.Meses", "Ese periodo se escribe con un mes de 01 a 12.");
}

/// Periods of two months name two.
fn cfdi40135(r: &mut Rules<'_>) {
    let Some(global) = &r.document.informacion_global else { return };
    let is_pair = catalogs::contains(Catalog::Meses, &global.meses) && !is_month(&global.meses);
    let holds = global.periodicidad != "05" || is_pair;
    r.require(holds, "CFDI40135", "InformacionGlobal.Meses", "El bimestre se escribe con 13 a 18.");
}

/// `Año` is the document's or the one before.
fn cfdi40136(r: &mut Rules<'_>) {
    let Some(global) = &r.document.informacion_global else { return };
    let year = r.document.fecha.year();
    let holds = [year, year - 1].iter().any(|known| known.to_string() == global.anio);
    r.require(holds, "CFDI40136", "InformacionGlobal.Año", "El año es el del comprobante o el anterior.");
}

/// The public's name goes with the public's RFC.
fn cfdi40146(r: &mut Rules<'_>) {
    let holds = !names_the_public(r) || r.document.receptor.rfc == RFC_PUBLICO;
    r.require(holds, "CFDI40146", "Receptor.Nombre", "El nombre PUBLICO EN GENERAL es del RFC XAXX010101000.");
}

/// A global invoice is paid at once.
fn global_pue(r: &mut Rules<'_>) {
    let odd = r.document.informacion_global.is_some() && r.document.metodo_pago.as_deref() != Some("PUE");
    if odd {
        r.warn("GLOBAL-PUE", "MetodoPago", "La factura global se paga en una sola exhibición (PUE).");
    }
}
