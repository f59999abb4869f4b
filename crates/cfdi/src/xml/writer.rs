//! Writer: fixed prefixes, fixed order, no blanks between elements, UTF-8 without byte order mark.

use super::{NS_CFDI, NS_IMPLOCAL, NS_PAGO20, NS_TFD, NS_XSI};
use crate::model::{Comprobante, Tfd, UnknownComplement};
use crate::walk::{self, Sink};
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
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
    let mut sink = Xml::new(Vec::with_capacity(6 * 1024));
    sink.event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)));
    walk::document(document, &mut sink);
    sink.into_string()
}

/// Writes a stamp as a PAC does, with its own namespace declared on it.
pub(crate) fn write_tfd(tfd: &Tfd) -> String {
    let mut sink = Xml::new(Vec::with_capacity(1536));
    sink.stamp(tfd);
    sink.into_string()
}

struct Xml {
    out: Writer<Vec<u8>>,
    /// The start tag whose attributes are still coming.
    pending: Option<BytesStart<'static>>,
    number: String,
}

impl Xml {
    fn new(buffer: Vec<u8>) -> Self {
        Self { out: Writer::new(buffer), pending: None, number: String::new() }
    }

    fn event(&mut self, event: Event<'_>) {
        self.out.write_event(event).expect("a vector takes every byte");
    }

    fn flush(&mut self) {
        if let Some(start) = self.pending.take() {
            self.event(Event::Start(start));
        }
    }

    fn attribute(&mut self, name: &str, value: &str) {
        if let Some(start) = &mut self.pending {
            start.push_attribute((name, value));
        }
    }

    fn into_string(self) -> String {
        String::from_utf8(self.out.into_inner()).expect("every part written is UTF-8 text")
    }
}

impl Sink for Xml {
    fn open(&mut self, tag: &'static str) {
        self.flush();
        let mut content = String::with_capacity(256);
        content.push_str(tag);
        self.pending = Some(BytesStart::from_content(content, tag.len()));
    }

    fn close(&mut self, tag: &'static str) {
        match self.pending.take() {
            Some(start) => self.event(Event::Empty(start)),
            None => self.event(Event::End(BytesEnd::new(tag))),
        }
    }

    fn text(&mut self, name: &'static str, value: &str) {
        // An unsealed document has no certificate yet: an empty attribute is never legal, so it is left out.
        if !value.is_empty() {
            self.attribute(name, value);
        }
    }

    fn number(&mut self, name: &'static str, value: Decimal) {
        let mut text = std::mem::take(&mut self.number);
        text.clear();
        // Writing to a String cannot fail.
        let _ = write!(text, "{value}");
        self.attribute(name, &text);
        self.number = text;
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
        self.event(Event::Text(BytesText::from_escaped(xml)));
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
