//! Answers of a PAC: one good, the rest wrong in every way we could think of.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::sync::OnceLock;
use zuc_cfdi::csd::Certificate;
use zuc_cfdi::model::Comprobante;
use zuc_cfdi::tfd::{SatSeal, StampError, Stamped, verify_stamp};
use zuc_cfdi::{qr, sandbox, seal, xml};

const UUID: &str = "5E2A9B0C-0A7E-4C55-9F10-7C1A2B3C4D5E";
const PROVIDER: &str = "SPR190613I52";

struct Exchange {
    sent: String,
    stamped: String,
    other: String,
    sat: Certificate,
}

fn exchange() -> &'static Exchange {
    static EXCHANGE: OnceLock<Exchange> = OnceLock::new();
    EXCHANGE.get_or_init(|| {
        let stamp = |document: Comprobante| {
            let sealed = seal::seal(document, &common::csd()).unwrap();
            let at = sealed.document.fecha;
            let stamped = sandbox::stamp(sealed.xml.as_bytes(), UUID, at, &common::pac()).unwrap();
            (sealed.xml, stamped)
        };
        let (sent, stamped) = stamp(common::ingreso());
        let (_, other) = stamp(common::egreso());
        Exchange { sent, stamped, other, sat: common::pac().certificate().clone() }
    })
}

fn judge(answer: &str) -> Result<Stamped, StampError> {
    let e = exchange();
    verify_stamp(e.sent.as_bytes(), answer.as_bytes(), Some(PROVIDER), std::slice::from_ref(&e.sat))
}

#[test]
fn our_document_with_one_good_stamp_is_taken() {
    let e = exchange();
    let good = judge(&e.stamped).unwrap();
    assert_eq!(good.tfd.uuid, UUID);
    assert_eq!(good.sat_seal, SatSeal::Verified);
    seal::check_seal(&good.document).unwrap();
    let url = qr::verification_url(&good.document).unwrap();
    assert!(url.contains("&re=EKU9003173C9&rr=URE180429TM6&tt="), "{url}");
    assert!(qr::printed_expression(&good.document).unwrap().starts_with("?re=EKU9003173C9&rr=URE180429TM6&tt="));

    let without = verify_stamp(e.sent.as_bytes(), e.stamped.as_bytes(), None, &[]).unwrap();
    assert_eq!(without.sat_seal, SatSeal::Unverified);
}

#[test]
fn blanks_comments_and_attribute_order_are_nobodys_data() {
    let answer = exchange().stamped.replace(
        "><cfdi:Emisor Rfc=\"EKU9003173C9\" Nombre=\"ESCUELA KEMPER URGATE\"",
        ">\n  <!-- pac --><cfdi:Emisor Nombre=\"ESCUELA KEMPER URGATE\" Rfc=\"EKU9003173C9\"",
    );
    assert_ne!(answer, exchange().stamped);
    judge(&answer).unwrap();
}

#[test]
fn a_stamp_goes_into_a_complement_that_is_there_and_before_the_addenda() {
    let stamped = |document: Comprobante| {
        let sealed = seal::seal(document, &common::csd()).unwrap();
        let stamped = sandbox::stamp(sealed.xml.as_bytes(), UUID, sealed.document.fecha, &common::pac()).unwrap();
        verify_stamp(sealed.xml.as_bytes(), stamped.as_bytes(), None, &[]).unwrap()
    };
    assert!(stamped(common::pago()).document.complemento.pagos.is_some());
    let mut with_addenda = common::egreso();
    with_addenda.addenda = Some("<cfdi:Addenda><orden numero=\"1\"/></cfdi:Addenda>".to_owned());
    assert!(stamped(with_addenda).document.addenda.is_some());
}

/// The stamp of the good answer, as text.
fn stamp_text() -> &'static str {
    let text = &exchange().stamped;
    let start = text.find("<tfd:").unwrap();
    let end = text.find("</cfdi:Complemento>").unwrap();
    &text[start..end]
}

#[test]
fn wrong_answers_are_refused_each_for_its_reason() {
    let e = exchange();
    let swap = |from: &str, to: &str| {
        let changed = e.stamped.replacen(from, to, 1);
        assert_ne!(changed, e.stamped, "{from} is not in the answer");
        changed
    };
    let tail = &xml::read(e.sent.as_bytes()).unwrap().sello[300..];
    let sat_tail = &xml::read(e.stamped.as_bytes()).unwrap().complemento.timbre.unwrap().sello_sat[300..];
    let no_stamp = e.sent.clone();
    let altered = StampError::Altered.code();
    let unreadable = "cfdi.stamp.unreadable";
    let cases: Vec<(&str, String, &str)> = vec![
        ("another company's stamp", e.other.clone(), "cfdi.stamp.altered"),
        ("no stamp", no_stamp, "cfdi.stamp.not_stamped"),
        ("nothing", String::new(), unreadable),
        ("a page", "<html><body>502</body></html>".to_owned(), unreadable),
        ("json", "{\"status\":\"error\"}".to_owned(), unreadable),
        ("half", e.stamped[..e.stamped.len() / 2].to_owned(), unreadable),
        ("all but the last tag", e.stamped[..e.stamped.len() - 5].to_owned(), unreadable),
        ("more after the root", format!("{}<x/>", e.stamped), unreadable),
        ("a document type", swap("?>", "?><!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>"), unreadable),
        ("an entity", swap("Nombre=\"ESCUELA", "Nombre=\"&e;ESCUELA"), unreadable),
        ("two stamps", swap("</cfdi:Complemento>", &format!("{}</cfdi:Complemento>", stamp_text())), unreadable),
        ("an unknown attribute", swap("Version=\"4.0\"", "Version=\"4.0\" Otro=\"1\""), unreadable),
        ("another version", swap("Version=\"4.0\"", "Version=\"3.3\""), unreadable),
        ("another total", swap(" Total=\"", " Total=\"1"), altered),
        ("another subtotal", swap("SubTotal=\"", "SubTotal=\"1"), altered),
        ("another receiver", swap("Rfc=\"URE180429TM6\"", "Rfc=\"KIJ0906199R1\""), altered),
        ("another issuer", swap("Rfc=\"EKU9003173C9\"", "Rfc=\"KIJ0906199R1\""), altered),
        ("another name", swap("UNIVERSIDAD", "UNIVERSIDADES"), altered),
        ("another use", swap("UsoCFDI=\"G03\"", "UsoCFDI=\"G01\""), altered),
        ("another folio", swap("Folio=\"17\"", "Folio=\"18\""), altered),
        ("no folio", swap(" Folio=\"17\"", ""), altered),
        ("another date", swap("Fecha=\"2026-06-01T10:30:00\"", "Fecha=\"2026-06-01T10:30:01\""), altered),
        ("another price", swap("ValorUnitario=\"1500.50\"", "ValorUnitario=\"1500.5\""), altered),
        ("another description", swap("Harina", "Azúcar"), altered),
        ("another method", swap("MetodoPago=\"PPD\"", "MetodoPago=\"PUE\""), altered),
        ("another rate", swap("TasaOCuota=\"0.160000\"", "TasaOCuota=\"0.080000\""), altered),
        ("another certificate", swap("Certificado=\"MII", "Certificado=\"NII"), altered),
        ("another certificate number", swap("NoCertificado=\"9000", "NoCertificado=\"9001"), altered),
        ("a line less", without_line(&e.stamped), altered),
        ("an addenda", swap("</cfdi:Comprobante>", "<cfdi:Addenda><x/></cfdi:Addenda></cfdi:Comprobante>"), altered),
        ("another complement", swap("</cfdi:Complemento>", "<x xmlns=\"urn:x\"/></cfdi:Complemento>"), altered),
        (
            "a relation",
            swap(
                "<cfdi:Emisor",
                "<cfdi:CfdiRelacionados TipoRelacion=\"04\"><cfdi:CfdiRelacionado UUID=\"5E2A9B0C-0A7E-4C55-9F10-7C1A2B3C4D5E\"/></cfdi:CfdiRelacionados><cfdi:Emisor",
            ),
            altered,
        ),
        ("another seal", swap(&format!("{tail}\" FormaPago"), "AAAA\" FormaPago"), "cfdi.stamp.other_seal"),
        (
            "the stamp of another seal",
            swap(&format!("{tail}\" NoCertificadoSAT"), "AAAA\" NoCertificadoSAT"),
            "cfdi.stamp.other_seal",
        ),
        ("no UUID", swap(UUID, "5E2A9B0C"), "cfdi.stamp.bad_uuid"),
        ("an odd UUID", swap(UUID, "5E2A9B0C-0A7E-4C55-9F10-7C1A2B3C4D5G"), "cfdi.stamp.bad_uuid"),
        ("an empty UUID", swap(UUID, "00000000-0000-0000-0000-000000000000"), "cfdi.stamp.bad_uuid"),
        ("a late stamp", swap("FechaTimbrado=\"2026-06-01", "FechaTimbrado=\"2026-06-05"), "cfdi.stamp.out_of_window"),
        (
            "an early stamp",
            swap("FechaTimbrado=\"2026-06-01", "FechaTimbrado=\"2026-05-31"),
            "cfdi.stamp.out_of_window",
        ),
        ("a stamp without time", swap("FechaTimbrado=\"2026-06-01T10:30:00\"", "FechaTimbrado=\"ayer\""), unreadable),
        ("another provider", swap(PROVIDER, "AAA010101AAA"), "cfdi.stamp.other_provider"),
        (
            "another UUID under the same seal",
            swap(UUID, "6E2A9B0C-0A7E-4C55-9F10-7C1A2B3C4D5E"),
            "cfdi.stamp.bad_sat_seal",
        ),
        (
            "another time under the same seal",
            swap("FechaTimbrado=\"2026-06-01T10:30:00\"", "FechaTimbrado=\"2026-06-01T10:30:09\""),
            "cfdi.stamp.bad_sat_seal",
        ),
        ("another SAT seal", swap(&format!("{sat_tail}\"/>"), "AAAA\"/>"), "cfdi.stamp.bad_sat_seal"),
        (
            "an empty SAT seal",
            swap(&format!("SelloSAT=\"{}\"", sat_seal()), "SelloSAT=\"\""),
            "cfdi.stamp.bad_sat_seal",
        ),
    ];
    assert!(cases.len() >= 40);
    for (name, answer, code) in cases {
        match judge(&answer) {
            Ok(_) => panic!("{name}: accepted"),
            Err(error) => assert_eq!(error.code(), code, "{name}: {error}"),
        }
    }
}

fn sat_seal() -> String {
    xml::read(exchange().stamped.as_bytes()).unwrap().complemento.timbre.unwrap().sello_sat
}

fn without_line(text: &str) -> String {
    let start = text.find("<cfdi:Concepto ").unwrap();
    let end = text.find("</cfdi:Concepto>").unwrap() + "</cfdi:Concepto>".len();
    format!("{}{}", &text[..start], &text[end..])
}
