//! The cancelation request: its shape, and its signature checked by an XML library of another make.

mod common;

use std::process::Command;
use zuc_cfdi::cancel::{Cancelation, Motivo, request};

const OLD: &str = "5E2A9B0C-0A7E-4C55-9F10-7C1A2B3C4D5E";
const NEW: &str = "6E2A9B0C-0A7E-4C55-9F10-7C1A2B3C4D5E";

fn one(uuid: &str, motivo: Motivo) -> Cancelation {
    Cancelation { uuid: uuid.to_owned(), motivo }
}

fn fecha() -> jiff::civil::DateTime {
    jiff::civil::date(2026, 6, 10).at(9, 5, 0, 0)
}

#[test]
fn a_request_names_each_document_with_its_motive() {
    let all = [one(OLD, Motivo::Replaced(NEW.to_owned())), one(NEW, Motivo::Errors)];
    let text = request(&all, fecha(), &common::csd()).unwrap();
    let folios = &text[..text.find("<Signature").unwrap()];
    insta::assert_snapshot!(folios, @r#"<Cancelacion xmlns="http://cancelacfd.sat.gob.mx" Fecha="2026-06-10T09:05:00" RfcEmisor="EKU9003173C9"><Folios><Folio FolioSustitucion="6E2A9B0C-0A7E-4C55-9F10-7C1A2B3C4D5E" Motivo="01" UUID="5E2A9B0C-0A7E-4C55-9F10-7C1A2B3C4D5E"></Folio></Folios><Folios><Folio Motivo="02" UUID="6E2A9B0C-0A7E-4C55-9F10-7C1A2B3C4D5E"></Folio></Folios>"#);
}

#[test]
fn what_is_no_document_is_not_cancelled() {
    let csd = common::csd();
    let code = |all: &[Cancelation]| request(all, fecha(), &csd).unwrap_err().code();
    assert_eq!(code(&[]), "cfdi.cancel.count");
    assert_eq!(code(&vec![one(OLD, Motivo::NotDone); 501]), "cfdi.cancel.count");
    assert_eq!(code(&[one("x\"/>", Motivo::InGlobal)]), "cfdi.cancel.bad_uuid");
    assert_eq!(code(&[one(OLD, Motivo::Replaced(OLD.to_lowercase()))]), "cfdi.cancel.bad_uuid");
}

/// Takes the signature out, canonicalises, compares the digest and verifies the signature.
const CHECK: &str = r#"
import base64, hashlib, sys
from lxml import etree
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
D = "{http://www.w3.org/2000/09/xmldsig#}"
root = etree.fromstring(sys.stdin.buffer.read())
sig = root.find(D + "Signature")
alone = etree.fromstring(etree.tostring(sig.find(D + "SignedInfo")))  # lxml canonicalises a part of a tree wrongly
info = etree.tostring(alone, method="c14n")
text = lambda path: sig.find("/".join(D + part for part in path.split("/"))).text
cert = x509.load_der_x509_certificate(base64.b64decode(text("KeyInfo/X509Data/X509Certificate")))
cert.public_key().verify(base64.b64decode(text("SignatureValue")), info, padding.PKCS1v15(), hashes.SHA1())
assert str(cert.serial_number) == text("KeyInfo/X509Data/X509IssuerSerial/X509SerialNumber")
want = text("SignedInfo/Reference/DigestValue")
root.remove(sig)
assert base64.b64encode(hashlib.sha1(etree.tostring(root, method="c14n")).digest()).decode() == want
print("good")
"#;

#[test]
fn another_library_verifies_the_signature() {
    use std::io::Write as _;
    if std::env::var_os("ZUC_CONFORMANCE").is_none() {
        eprintln!("skipped: ZUC_CONFORMANCE names no folder");
        return;
    }
    let text = request(&[one(OLD, Motivo::NotDone)], fecha(), &common::csd()).unwrap();
    let mut child = Command::new("python3")
        .args(["-c", CHECK])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "good");
}
