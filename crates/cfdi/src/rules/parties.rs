//! Rules of issuer and receiver.
//!
//! Source: SAT, matriz de validaciones, CFDI40138-40161; cfdi guide 6 and 7.

use super::{Rule, Rules};
use crate::catalogs::{self, Catalog};
use crate::model::{RFC_EXTRANJERO, TipoDeComprobante};
use crate::names;
use crate::rfc::{self, Persona, RfcProblem};

pub(super) const RULES: &[Rule] = &[
    rfcs, names_of, cfdi40140, cfdi40141, cfdi40142, cfdi40147, cfdi40149, cfdi40150, cfdi40151, cfdi40152, cfdi40153,
    cfdi40154, cfdi40157, cfdi40158, cfdi40160, cfdi40161, crp20110,
];

/// RFCs have their shape; a wrong check character is a warning, for some were assigned so.
fn rfcs(r: &mut Rules<'_>) {
    let parties = [("Emisor.Rfc", &r.document.emisor.rfc), ("Receptor.Rfc", &r.document.receptor.rfc)];
    for (field, rfc) in parties {
        match rfc::problem(rfc) {
            Some(RfcProblem::Shape) => r.refuse("301", field, "El RFC no tiene la forma que da el SAT."),
            Some(RfcProblem::CheckCharacter) => {
                r.warn("RFC-DIGITO", field, "El dígito verificador del RFC no coincide: revísalo.");
            }
            None => {}
        }
    }
}

/// Names are registered in upper case and without the company type.
fn names_of(r: &mut Rules<'_>) {
    let parties = [("Emisor.Nombre", &r.document.emisor.nombre), ("Receptor.Nombre", &r.document.receptor.nombre)];
    for (field, name) in parties {
        if *name != name.to_uppercase() {
            r.warn("NOMBRE-MAYUSCULAS", field, "El SAT registra los nombres en mayúsculas.");
        }
        if names::has_company_type(name) {
            r.warn("NOMBRE-SUFIJO", field, "El nombre va sin el tipo de sociedad (S.A. de C.V. y similares).");
        }
    }
}

fn persona(rfc: &str) -> Persona {
    // The generic RFCs have thirteen characters and the catalogues treat them as individuals.
    Persona::of(rfc).unwrap_or(Persona::Fisica)
}

/// The issuer's régimen is in the catalogue.
fn cfdi40140(r: &mut Rules<'_>) {
    let known = catalogs::contains(Catalog::RegimenFiscal, &r.document.emisor.regimen_fiscal);
    r.require(known, "CFDI40140", "Emisor.RegimenFiscal", "El régimen del emisor no está en el catálogo del SAT.");
}

/// The issuer's régimen fits its persona.
fn cfdi40141(r: &mut Rules<'_>) {
    let issuer = &r.document.emisor;
    let fits = catalogs::regimen_fits(&issuer.regimen_fiscal, persona(&issuer.rfc));
    r.require(fits, "CFDI40141", "Emisor.RegimenFiscal", "El régimen del emisor no corresponde a su tipo de persona.");
}

/// `FacAtrAdquirente` has ten digits.
fn cfdi40142(r: &mut Rules<'_>) {
    let holds = r.document.emisor.fac_atr_adquirente.as_ref().is_none_or(|number| catalogs::digits(number, 10));
    r.require(holds, "CFDI40142", "Emisor.FacAtrAdquirente", "El número de operación tiene diez dígitos.");
}

/// The receiver's postal code has the shape of one.
fn cfdi40147(r: &mut Rules<'_>) {
    let holds = catalogs::is_codigo_postal(&r.document.receptor.domicilio_fiscal);
    r.require(
        holds,
        "CFDI40147",
        "Receptor.DomicilioFiscalReceptor",
        "El domicilio fiscal es un código postal de cinco dígitos.",
    );
}

/// A generic receiver lives where the document is issued.
fn cfdi40149(r: &mut Rules<'_>) {
    let c = r.document;
    let holds = !rfc::is_generic(&c.receptor.rfc) || c.receptor.domicilio_fiscal == c.lugar_expedicion;
    r.require(
        holds,
        "CFDI40149",
        "Receptor.DomicilioFiscalReceptor",
        "Con RFC genérico el código postal es el del lugar de expedición.",
    );
}

/// `ResidenciaFiscal` is in the catalogue.
fn cfdi40150(r: &mut Rules<'_>) {
    let known =
        r.document.receptor.residencia_fiscal.as_deref().is_none_or(|pais| catalogs::contains(Catalog::Pais, pais));
    r.require(known, "CFDI40150", "Receptor.ResidenciaFiscal", "El país de residencia no está en el catálogo del SAT.");
}

/// A Mexican receiver has no `ResidenciaFiscal`.
fn cfdi40151(r: &mut Rules<'_>) {
    let receiver = &r.document.receptor;
    let holds = rfc::is_generic(&receiver.rfc) || receiver.residencia_fiscal.is_none();
    r.require(
        holds,
        "CFDI40151",
        "Receptor.ResidenciaFiscal",
        "Un receptor con RFC mexicano no lleva residencia fiscal.",
    );
}

/// `ResidenciaFiscal` is never Mexico.
fn cfdi40152(r: &mut Rules<'_>) {
    let holds = r.document.receptor.residencia_fiscal.as_deref() != Some("MEX");
    r.require(holds, "CFDI40152", "Receptor.ResidenciaFiscal", "La residencia fiscal no puede ser México.");
}

/// `NumRegIdTrib` goes with `ResidenciaFiscal`.
fn cfdi40153(r: &mut Rules<'_>) {
    let receiver = &r.document.receptor;
    let holds = receiver.num_reg_id_trib.is_none() || receiver.residencia_fiscal.is_some();
    r.require(
        holds,
        "CFDI40153",
        "Receptor.ResidenciaFiscal",
        "El número de registro tributario necesita la residencia fiscal.",
    );
}

/// `NumRegIdTrib` belongs to a foreigner.
fn cfdi40154(r: &mut Rules<'_>) {
    let receiver = &r.document.receptor;
    let holds = rfc::is_generic(&receiver.rfc) || receiver.num_reg_id_trib.is_none();
    r.require(
        holds,
        "CFDI40154",
        "Receptor.NumRegIdTrib",
        "Un receptor con RFC mexicano no lleva registro tributario extranjero.",
    );
    if receiver.num_reg_id_trib.is_some() && rfc::is_generic(&receiver.rfc) && receiver.rfc != RFC_EXTRANJERO {
        r.warn("CFDI40154", "Receptor.NumRegIdTrib", "El registro tributario es para el RFC genérico extranjero.");
    }
}

/// The receiver's régimen is in the catalogue.
fn cfdi40157(r: &mut Rules<'_>) {
    let known = catalogs::contains(Catalog::RegimenFiscal, &r.document.receptor.regimen_fiscal);
    r.require(
        known,
        "CFDI40157",
        "Receptor.RegimenFiscalReceptor",
        "El régimen del receptor no está en el catálogo del SAT.",
    );
}

/// The receiver's régimen fits its persona; a generic receiver has 616.
fn cfdi40158(r: &mut Rules<'_>) {
    let receiver = &r.document.receptor;
    let fits = if rfc::is_generic(&receiver.rfc) {
        receiver.regimen_fiscal == "616"
    } else {
        catalogs::regimen_fits(&receiver.regimen_fiscal, persona(&receiver.rfc))
    };
    r.require(
        fits,
        "CFDI40158",
        "Receptor.RegimenFiscalReceptor",
        "El régimen del receptor no corresponde a su tipo de persona.",
    );
}

/// `UsoCFDI` is in the catalogue.
fn cfdi40160(r: &mut Rules<'_>) {
    let known = catalogs::contains(Catalog::UsoCfdi, &r.document.receptor.uso_cfdi);
    r.require(known, "CFDI40160", "Receptor.UsoCFDI", "El uso del CFDI no está en el catálogo del SAT.");
}

/// `UsoCFDI` fits persona and régimen of the receiver.
fn cfdi40161(r: &mut Rules<'_>) {
    let receiver = &r.document.receptor;
    let known = catalogs::contains(Catalog::UsoCfdi, &receiver.uso_cfdi);
    let fits = catalogs::uso_fits(&receiver.uso_cfdi, &receiver.regimen_fiscal, persona(&receiver.rfc));
    r.require(
        !known || fits,
        "CFDI40161",
        "Receptor.UsoCFDI",
        "Ese uso del CFDI no corresponde al régimen y tipo de persona del receptor.",
    );
}

/// A receipt of payments has use CP01, and nothing else has.
fn crp20110(r: &mut Rules<'_>) {
    let is_receipt = r.tipo() == TipoDeComprobante::Pago;
    let says_payments = r.document.receptor.uso_cfdi == "CP01";
    if is_receipt {
        r.require(says_payments, "CRP20110", "Receptor.UsoCFDI", "El recibo de pagos lleva el uso CP01.");
    } else if says_payments {
        r.warn("USO-CP01", "Receptor.UsoCFDI", "El uso CP01 es para recibos de pagos.");
    }
}
