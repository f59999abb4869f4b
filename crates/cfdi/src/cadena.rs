//! Cadena original: the text an issuer's seal signs.
//!
//! Source: SAT, `cadenaoriginal_4_0.xslt`, `Pagos20.xslt`, `implocal.xslt`, `cadenaoriginal_TFD_1_1.xslt`.

use crate::model::{Comprobante, Tfd, UnknownComplement};
use crate::walk::{self, Sink};
use rust_decimal::Decimal;
use std::fmt::Write as _;
use thiserror::Error;

/// Why a document has no cadena here.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CadenaError {
    /// It holds a complement whose part of the cadena this crate does not know.
    #[error("the complement {0} is not modelled, so its part of the cadena original is unknown")]
    UnknownComplement(String),
}

impl CadenaError {
    /// Stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownComplement(_) => "cfdi.unknown_complement",
        }
    }
}

/// The cadena original of a document, as text to be hashed in UTF-8.
///
/// # Errors
/// [`CadenaError::UnknownComplement`] when a complement, of the document or of a line, is not modelled.
pub fn cadena_original(document: &Comprobante) -> Result<String, CadenaError> {
    let mut sink = Cadena { text: String::with_capacity(1024), unknown: None };
    sink.text.push('|');
    for line in &document.conceptos {
        if line.complemento_concepto.is_some() {
            return Err(CadenaError::UnknownComplement("ComplementoConcepto".to_owned()));
        }
    }
    walk::document(document, &mut sink);
    if let Some(name) = sink.unknown {
        return Err(CadenaError::UnknownComplement(name));
    }
    sink.text.push_str("||");
    Ok(sink.text)
}

/// The cadena of the stamp, the one a printed invoice shows.
pub fn cadena_tfd(tfd: &Tfd) -> String {
    let mut sink = Cadena { text: String::with_capacity(600), unknown: None };
    sink.text.push('|');
    sink.field("1.1");
    sink.field(&tfd.uuid);
    sink.field(&walk::fecha(tfd.fecha_timbrado));
    sink.field(&tfd.rfc_prov_certif);
    if let Some(note) = &tfd.leyenda {
        sink.field(note);
    }
    sink.field(&tfd.sello_cfd);
    sink.field(&tfd.no_certificado_sat);
    sink.text.push_str("||");
    sink.text
}

/// Collapses runs of blanks to one space and trims, as the cadena does with every value.
pub fn normalize(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    push_normalized(&mut text, value);
    text
}

fn push_normalized(text: &mut String, value: &str) {
    // Only XML blanks count: a no-break space is a character like any other.
    let mut words = value.split([' ', '\t', '\r', '\n']).filter(|word| !word.is_empty());
    if let Some(first) = words.next() {
        text.push_str(first);
    }
    for word in words {
        text.push(' ');
        text.push_str(word);
    }
}

struct Cadena {
    text: String,
    unknown: Option<String>,
}

impl Cadena {
    fn field(&mut self, value: &str) {
        self.text.push('|');
        push_normalized(&mut self.text, value);
    }
}

impl Sink for Cadena {
    fn open(&mut self, _tag: &'static str) {}
    fn close(&mut self, _tag: &'static str) {}
    fn text(&mut self, _name: &'static str, value: &str) {
        self.field(value);
    }
    fn number(&mut self, _name: &'static str, value: Decimal) {
        // Writing to a String cannot fail.
        let _ = write!(self.text, "|{value}");
    }
    fn xml_text(&mut self, _name: &'static str, _value: &str) {}
    fn xml_number(&mut self, _name: &'static str, _value: Decimal) {}
    fn cadena_number(&mut self, value: Decimal) {
        let _ = write!(self.text, "|{value}");
    }
    fn raw(&mut self, _xml: &str) {}
    fn root(&mut self, _document: &Comprobante) {}
    fn unknown(&mut self, complement: &UnknownComplement) {
        self.unknown.get_or_insert_with(|| complement.nombre.clone());
    }
    fn stamp(&mut self, _tfd: &Tfd) {}
}

#[cfg(test)]
mod tests {
    use super::normalize;

    #[test]
    fn blanks_collapse_but_a_no_break_space_stays() {
        assert_eq!(normalize("  a \t b\r\n c "), "a b c");
        assert_eq!(normalize("a\u{a0}b"), "a\u{a0}b");
        assert_eq!(normalize(" \n "), "");
    }
}
