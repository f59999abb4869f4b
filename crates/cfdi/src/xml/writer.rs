//! Writer: fixed prefixes, fixed order, no blanks between elements, UTF-8 without byte order mark.

use super::{NS_CFDI, NS_IMPLOCAL, NS_PAGO20, NS_TFD, NS_XSI};
use crate::model::{Comprobante, Tfd, UnknownComplement};
use crate::walk::{self, Sink};
use rust_decimal::Decimal;
use std::fmt::Write as _;

const XSD_CFDI: &str = "http://www.sat.gob.mx/cfd/4 http://www.sat.gob.mx/sitio_internet/cfd/4/cfdv40.xsd";
const XSD_PAGO20: &str = " http://www.sat.gob.mx/Pagos20 http://www.sat.gob.mx/sitio_internet/cfd/Pagos/Pagos20.xsd";
const XSD_IMPLOCAL: &str =
    " http://www.sat.gob.mx/implocal http://www.sat.gob.mx/sitio_internet/cfd/implocal/implocal.xsd";
const XSD_TFD: &str = "http://www.sat.gob.mx/TimbreFiscalDigital \
    http://www.sat.gob.mx/sitio_internet/cfd/TimbreFiscalDigital/TimbreFiscalDigitalv11.xsd";

/// Writes a document. The same value gives the same bytes.
pub fn write(document: &Comprobante) -> String {
    let mut sink = Xml::new(String::with_capacity(6 * 1024));
    sink.out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    walk::document(document, &mut sink);
    sink.out
}

/// Writes a stamp as a PAC does, with its own namespace declared on it.
pub(crate) fn write_tfd(tfd: &Tfd) -> String {
    let mut sink = Xml::new(String::with_capacity(1536));
    sink.stamp(tfd);
    sink.out
}

/// Writes straight into one text: sealing is measured against the bare cost of a signature.
struct Xml {
    out: String,
    /// A start tag whose attributes are still coming, not yet closed.
    open: bool,
}

impl Xml {
    fn new(out: String) -> Self {
        Self { out, open: false }
    }

    fn flush(&mut self) {
        if std::mem::take(&mut self.open) {
            self.out.push('>');
        }
    }

    fn name(&mut self, name: &str) {
        self.out.push(' ');
        self.out.push_str(name);
        self.out.push_str("=\"");
    }

    fn attribute(&mut self, name: &str, value: &str) {
        self.name(name);
        push_escaped(&mut self.out, value);
        self.out.push('"');
    }
}

/// Line breaks and tabs are escaped too, or a reader would make blanks of them.
fn push_escaped(out: &mut String, value: &str) {
    let special = |byte: u8| matches!(byte, b'&' | b'<' | b'>' | b'"' | b'\'' | b'\t' | b'\n' | b'\r');
    // A whole pass without a way out is what the compiler makes vectors of; nearly every value needs no escaping.
    if !value.bytes().fold(false, |found, byte| found | special(byte)) {
        out.push_str(value);
        return;
    }
    let mut from = 0;
    for (at, byte) in value.bytes().enumerate() {
        let escaped = match byte {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            b'\'' => "&apos;",
            b'\t' => "&#9;",
            b'\n' => "&#10;",
            b'\r' => "&#13;",
            _ => continue,
        };
        // Every byte escaped is ASCII, so the cuts fall between characters.
        out.push_str(value.get(from..at).unwrap_or_default());
        out.push_str(escaped);
        from = at + 1;
    }
    out.push_str(value.get(from..).unwrap_or_default());
}

impl Sink for Xml {
    fn open(&mut self, tag: &'static str) {
        self.flush();
        self.out.push('<');
        self.out.push_str(tag);
        self.open = true;
    }

    fn close(&mut self, tag: &'static str) {
        if std::mem::take(&mut self.open) {
            self.out.push_str("/>");
        } else {
            self.out.push_str("</");
            self.out.push_str(tag);
            self.out.push('>');
        }
    }

    fn text(&mut self, name: &'static str, value: &str) {
        // An unsealed document has no certificate yet: an empty attribute is never legal, so it is left out.
        if !value.is_empty() {
            self.attribute(name, value);
        }
    }

    fn number(&mut self, name: &'static str, value: Decimal) {
        self.name(name);
        // Digits need no escaping, and writing to a String cannot fail.
        let _ = write!(self.out, "{value}\"");
    }

    fn xml_text(&mut self, name: &'static str, value: &str) {
        self.text(name, value);
    }

    fn xml_number(&mut self, name: &'static str, value: Decimal) {
        self.number(name, value);
    }

    fn cadena_number(&mut self, _value: Decimal) {}

    fn raw(&mut self, xml: &str) {
        self.flush();
        self.out.push_str(xml);
    }

    fn root(&mut self, document: &Comprobante) {
        let mut schemas = String::from(XSD_CFDI);
        self.attribute("xmlns:cfdi", NS_CFDI);
        self.attribute("xmlns:xsi", NS_XSI);
        if document.complemento.pagos.is_some() {
            self.attribute("xmlns:pago20", NS_PAGO20);
            schemas.push_str(XSD_PAGO20);
        }
        if document.complemento.impuestos_locales.is_some() {
            self.attribute("xmlns:implocal", NS_IMPLOCAL);
            schemas.push_str(XSD_IMPLOCAL);
        }
        for (prefix, space) in &document.otros_espacios {
            self.attribute(&format!("xmlns:{prefix}"), space);
        }
        self.attribute("xsi:schemaLocation", &schemas);
    }

    fn unknown(&mut self, complement: &UnknownComplement) {
        self.raw(&complement.xml);
    }

    fn stamp(&mut self, tfd: &Tfd) {
        self.open("tfd:TimbreFiscalDigital");
        self.attribute("xmlns:tfd", NS_TFD);
        self.attribute("xmlns:xsi", NS_XSI);
        self.attribute("xsi:schemaLocation", XSD_TFD);
        self.attribute("Version", "1.1");
        self.attribute("UUID", &tfd.uuid);
        self.attribute("FechaTimbrado", &walk::fecha(tfd.fecha_timbrado));
        self.attribute("RfcProvCertif", &tfd.rfc_prov_certif);
        if let Some(note) = &tfd.leyenda {
            self.attribute("Leyenda", note);
        }
        self.attribute("SelloCFD", &tfd.sello_cfd);
        self.attribute("NoCertificadoSAT", &tfd.no_certificado_sat);
        self.attribute("SelloSAT", &tfd.sello_sat);
        self.close("tfd:TimbreFiscalDigital");
    }
}
