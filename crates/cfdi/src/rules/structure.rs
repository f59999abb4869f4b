//! Shapes the schema asks for: lengths, characters, lower limits.
//!
//! A PAC answers 301 to all of them. Source: SAT, `cfdv40.xsd`, `tdCFDI.xsd`; cfdi guide 2.

use super::{Rule, Rules};
use rust_decimal::Decimal;

pub(super) const RULES: &[Rule] = &[header_texts, party_texts, line_texts, quantities, uuids, fecha, rate];

const CODE: &str = "301";

/// Between one character and `longest`, without `|`, which parts the fields of the cadena.
fn text(r: &mut Rules<'_>, field: &str, value: Option<&String>, longest: usize) {
    let Some(value) = value else { return };
    let length = value.chars().count();
    if length == 0 || length > longest {
        r.refuse(CODE, field, format!("El texto tiene de 1 a {longest} caracteres."));
    }
    if value.contains('|') {
        r.refuse(CODE, field, "El texto no puede llevar el carácter |.");
    }
    if value.contains(char::is_control) {
        r.refuse(CODE, field, "El texto no puede llevar saltos de línea ni caracteres de control.");
    }
}

/// Texts of the header.
fn header_texts(r: &mut Rules<'_>) {
    let c = r.document;
    text(r, "Serie", c.serie.as_ref(), 25);
    text(r, "Folio", c.folio.as_ref(), 40);
    text(r, "CondicionesDePago", c.condiciones_de_pago.as_ref(), 1000);
}

/// Names of the parties.
fn party_texts(r: &mut Rules<'_>) {
    let c = r.document;
    text(r, "Emisor.Nombre", Some(&c.emisor.nombre), 300);
    text(r, "Receptor.Nombre", Some(&c.receptor.nombre), 300);
    text(r, "Receptor.NumRegIdTrib", c.receptor.num_reg_id_trib.as_ref(), 40);
}

/// Texts of the lines.
fn line_texts(r: &mut Rules<'_>) {
    let c = r.document;
    for (index, line) in c.conceptos.iter().enumerate() {
        let at = |name: &str| format!("Conceptos[{index}].{name}");
        text(r, &at("NoIdentificacion"), line.no_identificacion.as_ref(), 100);
        text(r, &at("Unidad"), line.unidad.as_ref(), 20);
        text(r, &at("Descripcion"), Some(&line.descripcion), 1000);
        if let Some(third) = &line.a_cuenta_terceros {
            text(r, &at("ACuentaTerceros.NombreACuentaTerceros"), Some(&third.nombre), 300);
        }
        for account in &line.cuenta_predial {
            let plain = (1..=150).contains(&account.len()) && account.bytes().all(|byte| byte.is_ascii_alphanumeric());
            r.require(plain, CODE, &at("CuentaPredial.Numero"), "La cuenta predial tiene de 1 a 150 letras o dígitos.");
        }
        for part in &line.partes {
            text(r, &at("Parte.NoIdentificacion"), part.no_identificacion.as_ref(), 100);
            text(r, &at("Parte.Unidad"), part.unidad.as_ref(), 20);
            text(r, &at("Parte.Descripcion"), Some(&part.descripcion), 1000);
            r.require(part.cantidad > Decimal::ZERO, CODE, &at("Parte.Cantidad"), "La cantidad es mayor que cero.");
        }
    }
}

/// Quantities are above zero and no line amount has more than six decimals.
fn quantities(r: &mut Rules<'_>) {
    let c = r.document;
    for (index, line) in c.conceptos.iter().enumerate() {
        let at = |name: &str| format!("Conceptos[{index}].{name}");
        r.require(line.cantidad > Decimal::ZERO, CODE, &at("Cantidad"), "La cantidad es mayor que cero.");
        for (name, value) in
            [("Cantidad", line.cantidad), ("ValorUnitario", line.valor_unitario), ("Importe", line.importe)]
        {
            r.require(value.scale() <= 6, CODE, &at(name), "El número tiene a lo más seis decimales.");
            r.require(value >= Decimal::ZERO, CODE, &at(name), "El número no puede ser negativo.");
        }
    }
}

/// UUIDs of related documents have their shape.
fn uuids(r: &mut Rules<'_>) {
    let c = r.document;
    for (index, related) in c.relacionados.iter().enumerate() {
        let holds = !related.uuids.is_empty() && related.uuids.iter().all(|uuid| is_uuid(uuid));
        let field = format!("CfdiRelacionados[{index}]");
        r.require(holds, CODE, &field, "El folio fiscal relacionado no tiene la forma de un UUID.");
    }
}

/// Eight, four, four, four and twelve hexadecimal digits.
pub(crate) fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Years from 2010 on.
fn fecha(r: &mut Rules<'_>) {
    let year = r.document.fecha.year();
    r.require((2010..2100).contains(&year), "CFDI40101", "Fecha", "La fecha no tiene la forma que pide el SAT.");
}

/// A rate of exchange is above zero.
fn rate(r: &mut Rules<'_>) {
    let holds = r.document.tipo_cambio.is_none_or(|rate| rate > Decimal::ZERO);
    r.require(holds, "CFDI40117", "TipoCambio", "El tipo de cambio es mayor que cero.");
}
