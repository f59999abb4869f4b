//! Documents made to hurt: each is refused at once and for its own reason.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "how long a refusal takes is what is tested")]
#![expect(clippy::format_collect, reason = "the documents are small and read better so")]

mod common;

use std::fs;
use std::time::{Duration, Instant};
use zuc_cfdi::xml;

/// An optimised reader needs a tenth of it; this build is not optimised.
const PATIENCE: Duration = Duration::from_secs(2);

/// What a thread has spent since `start`: of the processor where the system says so, for the machine is shared; else by the clock.
fn spent(start: Instant) -> Duration {
    let told = fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = told.and_then(|told| told.split_whitespace().next().and_then(|nanos| nanos.parse().ok()));
    nanos.map_or_else(|| start.elapsed(), Duration::from_nanos)
}

fn refuse(name: &str, document: &[u8], code: &str) {
    let start = Instant::now();
    let before = spent(start);
    let error = xml::read(document).unwrap_err();
    let took = spent(start).saturating_sub(before);
    assert!(took < PATIENCE, "{name} took {took:?}");
    assert_eq!(error.code(), code, "{name}: {error}");
}

fn sound() -> String {
    xml::write(&common::egreso())
}

fn with(inside: &str) -> String {
    sound().replace("</cfdi:Comprobante>", &format!("<cfdi:Addenda>{inside}</cfdi:Addenda></cfdi:Comprobante>"))
}

#[test]
fn document_types_are_refused_whatever_they_declare() {
    let laughs: String = (1..10).fold("<!ENTITY l0 \"ja\">".to_owned(), |all, n| {
        format!("{all}<!ENTITY l{n} \"{}\">", format!("&l{};", n - 1).repeat(10))
    });
    let declarations = [
        laughs.as_str(),
        "<!ENTITY x SYSTEM \"file:///etc/passwd\">",
        "<!ENTITY x SYSTEM \"http://127.0.0.1:9/x\">",
        "<!ENTITY % p SYSTEM \"http://127.0.0.1:9/x.dtd\"> %p;",
        "<!ENTITY x PUBLIC \"a\" \"b\">",
        "<!ELEMENT x ANY>",
        "<!ATTLIST cfdi:Comprobante Version CDATA #IMPLIED>",
        "",
    ];
    for declaration in declarations {
        for start in ["", "<!-- antes -->", "<?pi x?>"] {
            let whole = format!("{start}<!DOCTYPE x [{declaration}]>");
            let document = sound().replacen("?>", &format!("?>{whole}"), 1);
            refuse(&whole, document.as_bytes(), "cfdi.xml.doctype");
        }
    }
    let external = sound().replacen("?>", "?><!DOCTYPE x SYSTEM \"http://127.0.0.1:9/x.dtd\">", 1);
    refuse("external", external.as_bytes(), "cfdi.xml.doctype");
    let lower = sound().replacen("?>", "?><!doctype x>", 1);
    refuse("lower case", lower.as_bytes(), "cfdi.xml.doctype");
}

#[test]
fn entities_nobody_declared_are_refused() {
    for reference in ["&x;", "&l9;", "&#0;", "&#x110000;", "&;", "&amp", "&#xZZ;"] {
        let attribute = sound().replace("ESCUELA KEMPER", &format!("ESCUELA {reference} KEMPER"));
        refuse(reference, attribute.as_bytes(), "cfdi.xml.syntax");
        refuse(reference, with(reference).as_bytes(), "cfdi.xml.syntax");
    }
}

#[test]
fn size_depth_and_numbers_have_limits() {
    let large = with(&" ".repeat(11 * 1024 * 1024));
    refuse("large", large.as_bytes(), "cfdi.xml.too_large");
    for depth in [64, 100, 100_000] {
        let deep = format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
        refuse("deep", with(&deep).as_bytes(), "cfdi.xml.too_deep");
    }
    refuse("deep and open", with(&"<a>".repeat(1_000_000)).as_bytes(), "cfdi.xml.too_deep");
    for count in [257, 10_000, 400_000] {
        let names: String = (0..count).map(|n| format!(" a{n}=\"\"")).collect();
        refuse("attributes", with(&format!("<a{names}/>")).as_bytes(), "cfdi.xml.too_many_attributes");
    }
    let spaces: String = (0..200).map(|n| format!(" xmlns:n{n}=\"urn:{n}\"")).collect();
    refuse("namespaces", with(&format!("<a{spaces}/>")).as_bytes(), "cfdi.xml.too_many_namespaces");
    let nested: String = (0..60).map(|n| format!("<a xmlns:n{n}=\"urn:{n}\" xmlns:m{n}=\"urn:{n}\">")).collect();
    refuse("nested namespaces", with(&nested).as_bytes(), "cfdi.xml.too_many_namespaces");
    refuse("elements", with(&"<a/>".repeat(250_000)).as_bytes(), "cfdi.xml.too_many_elements");
    let grown = format!("<a xmlns=\"urn:{}\"/>", "&lt;".repeat(100_000));
    refuse("a namespace that grows", with(&grown).as_bytes(), "cfdi.xml.syntax");
}

#[test]
fn bytes_that_are_no_document_are_refused() {
    let utf16: Vec<u8> = sound().encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut latin1 = sound().into_bytes();
    latin1.retain(|byte| *byte != 0xc3);
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("nothing", Vec::new(), "cfdi.xml.syntax"),
        ("a mark alone", "\u{feff}".into(), "cfdi.xml.syntax"),
        ("text", b"hola".to_vec(), "cfdi.xml.syntax"),
        ("zeros", vec![0; 1024], "cfdi.xml.syntax"),
        ("an open tag", b"<cfdi:Comprobante".to_vec(), "cfdi.xml.syntax"),
        ("an open comment", b"<!-- <a/>".to_vec(), "cfdi.xml.syntax"),
        ("an open section", b"<a><![CDATA[ </a>".to_vec(), "cfdi.xml.syntax"),
        ("tags that cross", b"<a><b></a></b>".to_vec(), "cfdi.xml.syntax"),
        ("two roots", b"<a/><b/>".to_vec(), "cfdi.xml.syntax"),
        ("a prefix nobody declared", b"<x:a/>".to_vec(), "cfdi.xml.syntax"),
        ("an attribute twice", b"<a b=\"1\" b=\"2\"/>".to_vec(), "cfdi.xml.syntax"),
        ("an attribute without quotes", b"<a b=1/>".to_vec(), "cfdi.xml.syntax"),
        ("a ZIP", b"PK\x03\x04\xff\xff".to_vec(), "cfdi.xml.not_utf8"),
        ("Latin-1", latin1, "cfdi.xml.not_utf8"),
        ("declared Latin-1", sound().replace("UTF-8", "ISO-8859-1").into_bytes(), "cfdi.xml.not_utf8"),
        ("another root", b"<a/>".to_vec(), "cfdi.xml.not_cfdi40"),
        ("the old namespace", sound().replace("/cfd/4\"", "/cfd/3\"").into_bytes(), "cfdi.xml.not_cfdi40"),
        (
            "payroll",
            sound().replace("TipoDeComprobante=\"E\"", "TipoDeComprobante=\"N\"").into_bytes(),
            "cfdi.xml.unsupported_type",
        ),
        ("no issuer", cut(&sound(), "<cfdi:Emisor", "/>").into_bytes(), "cfdi.xml.missing_element"),
        ("no total", cut(&sound(), " Total=", "\"386.66\"").into_bytes(), "cfdi.xml.missing_attribute"),
        ("a negative total", sound().replace("Total=\"386.66\"", "Total=\"-1\"").into_bytes(), "cfdi.xml.bad_value"),
        (
            "a total with exponent",
            sound().replace("Total=\"386.66\"", "Total=\"1e9\"").into_bytes(),
            "cfdi.xml.bad_value",
        ),
        (
            "text inside",
            sound().replace("<cfdi:Conceptos>", "<cfdi:Conceptos>hola").into_bytes(),
            "cfdi.xml.unexpected_element",
        ),
    ];
    for (name, document, code) in cases {
        refuse(name, &document, code);
    }
    // UTF-16 is full of zero bytes, which are UTF-8 and no XML.
    assert!(xml::read(&utf16).is_err());
    xml::read(sound().as_bytes()).unwrap();
    xml::read(with("<a>&amp;&#65;<![CDATA[<b>]]></a>").as_bytes()).unwrap();
}

fn cut(text: &str, from: &str, to: &str) -> String {
    let start = text.find(from).unwrap();
    let end = start + text[start..].find(to).unwrap() + to.len();
    format!("{}{}", &text[..start], &text[end..])
}
