//! The text of the QR code a printed invoice carries, and of the SAT's status query.
//!
//! Source: cfdi guide 15 and 16.

use crate::model::Comprobante;
use rust_decimal::Decimal;

const VERIFIER: &str = "https://verificacfdi.facturaelectronica.sat.gob.mx/default.aspx";

/// Where anyone may check a stamped document; `None` before it is stamped.
pub fn verification_url(document: &Comprobante) -> Option<String> {
    let uuid = &document.complemento.timbre.as_ref()?.uuid;
    let (issuer, receiver) = parties(document);
    let (total, tail) = (total_text(document.total), seal_tail(&document.sello));
    Some(format!("{VERIFIER}?id={uuid}&re={issuer}&rr={receiver}&tt={total}&fe={tail}"))
}

/// `expresionImpresa` of the SAT's status service; `None` before it is stamped.
pub fn printed_expression(document: &Comprobante) -> Option<String> {
    let uuid = &document.complemento.timbre.as_ref()?.uuid;
    let (issuer, receiver) = parties(document);
    let (total, tail) = (total_text(document.total), seal_tail(&document.sello));
    Some(format!("?re={issuer}&rr={receiver}&tt={total}&id={uuid}&fe={tail}"))
}

/// An `&` inside an RFC is written as in the printed expression.
fn parties(document: &Comprobante) -> (String, String) {
    let escape = |rfc: &str| rfc.replace('&', "&amp;");
    (escape(&document.emisor.rfc), escape(&document.receptor.rfc))
}

/// Six decimals with trailing zeros cut, at least one kept.
pub fn total_text(total: Decimal) -> String {
    let text = total.normalize().to_string();
    if text.contains('.') { text } else { format!("{text}.0") }
}

fn seal_tail(seal: &str) -> &str {
    seal.len().checked_sub(8).and_then(|at| seal.get(at..)).unwrap_or(seal)
}

#[cfg(test)]
mod tests {
    use super::total_text;

    #[test]
    fn totals_keep_one_decimal_at_least() {
        for (total, text) in
            [("5800.00", "5800.0"), ("1740.10", "1740.1"), ("0", "0.0"), ("93.84", "93.84"), ("100", "100.0")]
        {
            assert_eq!(total_text(total.parse().unwrap()), text);
        }
    }
}
