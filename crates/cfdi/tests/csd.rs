//! Opening certificates and keys: the SAT's public test files, and the sandbox's own.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stderr, reason = "a skipped test says so")]

use jiff::Timestamp;
use std::path::PathBuf;
use zuc_cfdi::csd::{Certificate, CertificateKind, Csd, CsdError};
use zuc_cfdi::sandbox::{Authority, Holder, Kind, Validity};

const PASSWORD: &[u8] = b"12345678a";

fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("ZUC_CONFORMANCE").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("skipped: ZUC_CONFORMANCE names no folder");
    }
    folder.map(|folder| folder.join("sat"))
}

fn instant(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn the_sats_test_files_open_and_say_who_they_are() {
    let Some(folder) = folder() else { return };
    let files = [
        ("EKU9003173C9_csd", "EKU9003173C9", "30001000000500003416", CertificateKind::Csd),
        ("EKU9003173C9_fiel", "EKU9003173C9", "30001000000500003415", CertificateKind::Fiel),
        ("EKU9003173C9_csd_expired2023", "EKU9003173C9", "30001000000400002434", CertificateKind::Csd),
        ("HE951128469_amp_csd_expired2023", "H&E951128469", "30001000000400002463", CertificateKind::Csd),
        ("OENO120726RX3_enye_csd_expired2023", "OÑO120726RX3", "30001000000400002464", CertificateKind::Csd),
        ("IANL750210963_enye_fisica_csd_expired2023", "IAÑL750210963", "30001000000400002449", CertificateKind::Csd),
        ("IVD920810GU2_accent_csd_expired2023", "IVD920810GU2", "30001000000400002438", CertificateKind::Csd),
        ("KIJ0906199R1_csd_expired2023", "KIJ0906199R1", "30001000000400002441", CertificateKind::Csd),
        ("XIQB891116QE4_fisica_csd_expired2023", "XIQB891116QE4", "30001000000400002336", CertificateKind::Csd),
        ("XIQB891116QE4_fisica_fiel_expired2023", "XIQB891116QE4", "30001000000400002311", CertificateKind::Fiel),
    ];
    let expired_at = instant("2026-01-01T00:00:00Z");
    for (stem, rfc, number, kind) in files {
        let cer = std::fs::read(folder.join(format!("test-certs/{stem}.cer"))).unwrap();
        let key = std::fs::read(folder.join(format!("test-certs/{stem}.key"))).unwrap();
        let certificate = Certificate::from_der(&cer).unwrap();
        assert_eq!((certificate.rfc(), certificate.number(), certificate.kind()), (rfc, number, kind), "{stem}");
        assert_eq!(certificate.branch().is_some(), kind == CertificateKind::Csd, "{stem}");
        assert!(!certificate.name().is_empty() && !certificate.name().contains('\u{fffd}'), "{stem}");
        let opened = Csd::open(&cer, &key, PASSWORD);
        if kind == CertificateKind::Fiel {
            assert_eq!(opened.unwrap_err(), CsdError::IsFiel, "{stem}");
            continue;
        }
        let csd = opened.unwrap();
        let expected = if stem.contains("expired") { Err(CsdError::Expired) } else { Ok(()) };
        assert_eq!(csd.check(rfc, expired_at), expected, "{stem}");
        assert_eq!(csd.check("URE180429TM6", expired_at), Err(CsdError::OtherRfc));
        let seal = csd.sign("||4.0|Ñ||").unwrap();
        assert_eq!(seal.len(), 344);
        assert!(csd.certificate().verifies("||4.0|Ñ||", &seal));
        assert!(!csd.certificate().verifies("||4.0|N||", &seal));
    }
}

#[test]
fn the_test_authority_signed_the_test_csd() {
    let Some(folder) = folder() else { return };
    let cer = std::fs::read(folder.join("test-certs/EKU9003173C9_csd.cer")).unwrap();
    let certificate = Certificate::from_der(&cer).unwrap();
    let signed_by = |set: &str| {
        std::fs::read_dir(folder.join(set))
            .unwrap()
            .any(|entry| certificate.issued_by(&std::fs::read(entry.unwrap().path()).unwrap()))
    };
    assert!(signed_by("ca-test"));
    assert!(!signed_by("ca-prod"));
}

fn validity() -> Validity {
    Validity { from: instant("2026-01-01T00:00:00Z"), until: instant("2030-01-01T00:00:00Z") }
}

const HOLDER: Holder<'_> =
    Holder { rfc: "OÑO120726RX3", representative: Some("IAÑL750210963"), name: "ORGANICOS ÑANDU & ÁREA" };

#[test]
fn the_sandbox_makes_certificates_in_the_sats_shape() {
    let authority = Authority::create(validity()).unwrap();
    let number = "90001000000500000001";
    let issued = authority.issue(HOLDER, Kind::Csd, number, "clave ñ", validity()).unwrap();
    let csd = Csd::open(&issued.cer, &issued.key, "clave ñ".as_bytes()).unwrap();
    let certificate = csd.certificate();
    assert_eq!(certificate.number(), number);
    assert_eq!(certificate.rfc(), HOLDER.rfc);
    assert_eq!(certificate.name(), HOLDER.name);
    assert!(certificate.branch().is_some());
    assert!(certificate.issued_by(&authority.certificate_der().unwrap()));
    assert_eq!(csd.check(HOLDER.rfc, instant("2026-06-01T00:00:00Z")), Ok(()));
    assert_eq!(csd.check(HOLDER.rfc, instant("2025-06-01T00:00:00Z")), Err(CsdError::NotYetValid));
    assert_eq!(csd.check(HOLDER.rfc, instant("2031-06-01T00:00:00Z")), Err(CsdError::Expired));

    let again = Csd::from_der_key(&issued.cer, csd.key_der().unwrap()).unwrap();
    assert_eq!(again.sign("x").unwrap(), csd.sign("x").unwrap());
    assert_eq!(format!("{csd:?} {authority:?}"), "Csd(..) Authority(..)");

    let kept = Authority::from_der(&authority.certificate_der().unwrap(), &authority.key_der().unwrap()).unwrap();
    let fiel = kept.issue(HOLDER, Kind::Fiel, "90001000000500000002", "x1", validity()).unwrap();
    assert_eq!(Csd::open(&fiel.cer, &fiel.key, b"x1").unwrap_err(), CsdError::IsFiel);
    assert!(kept.issue(HOLDER, Kind::Csd, "123", "x1", validity()).is_err());
}

#[test]
fn every_wrong_file_has_its_own_answer() {
    let authority = Authority::create(validity()).unwrap();
    let one = authority.issue(HOLDER, Kind::Csd, "90001000000500000003", "bien", validity()).unwrap();
    let two = authority.issue(HOLDER, Kind::Csd, "90001000000500000004", "bien", validity()).unwrap();
    let open = |cer: &[u8], key: &[u8], password: &str| Csd::open(cer, key, password.as_bytes()).unwrap_err().code();
    assert_eq!(open(&one.cer, &one.key, "mal"), "csd.wrong_password");
    assert_eq!(open(&one.cer, &one.key, ""), "csd.wrong_password");
    assert_eq!(open(&one.cer, &two.key, "bien"), "csd.key_mismatch");
    assert_eq!(open(&one.key, &one.cer, "bien"), "csd.unreadable_certificate");
    assert_eq!(open(b"", &one.key, "bien"), "csd.unreadable_certificate");
    assert_eq!(open(&one.cer, &one.cer, "bien"), "csd.unreadable_key");
    assert_eq!(open(&one.cer, b"-----BEGIN PRIVATE KEY-----", "bien"), "csd.unreadable_key");
    let cut = one.key.get(..one.key.len() - 1).unwrap();
    assert_eq!(open(&one.cer, cut, "bien"), "csd.unreadable_key");
    let clear = Csd::open(&one.cer, &one.key, b"bien").unwrap().key_der().unwrap();
    assert_eq!(open(&one.cer, &clear, "bien"), "csd.unreadable_key");
}
