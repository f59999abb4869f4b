//! Documents of the SAT, and certificates.

use std::path::Path;

use zuc_cfdi::csd::Certificate;
use zuc_cfdi::xml;

use crate::never_panics;

/// The documents of the CFDI's own snapshots.
fn documents() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../cfdi/tests/snapshots");
    let mut kept = Vec::new();
    for name in ["ingreso", "egreso", "pago", "global"] {
        let text = std::fs::read_to_string(folder.join(format!("documents__{name}.snap"))).unwrap();
        let start = text.find("<?xml").or_else(|| text.find("<cfdi")).expect("a document");
        kept.push(text.as_bytes()[start..].to_vec());
    }
    kept
}

#[test]
fn cfdi() {
    let kept = documents();
    assert!(xml::read(&kept[0]).is_ok(), "the first is whole");
    never_panics(&kept, |bytes| {
        if let Ok(document) = xml::read(bytes) {
            let _ = xml::write(&document);
        }
    });
}

#[test]
fn certificates() {
    let validity = zuc_cfdi::sandbox::Validity {
        from: "2026-01-01T00:00:00Z".parse().unwrap(),
        until: "2030-01-01T00:00:00Z".parse().unwrap(),
    };
    let authority = zuc_cfdi::sandbox::Authority::create(validity).unwrap();
    never_panics(&[authority.certificate_der().unwrap()], |bytes| {
        let _ = Certificate::from_der(bytes);
    });
}
