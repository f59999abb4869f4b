//! What a PAC refuses before it spends a stamp, with the code it answers.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use jiff::Timestamp;
use jiff::tz::Offset;
use zuc_cfdi::csd::Csd;
use zuc_cfdi::model::Comprobante;
use zuc_cfdi::rules::{Finding, Stamping, check_for_stamping};
use zuc_cfdi::{rules, sandbox, seal, xml};

fn with(now: &str, authorities: &[Vec<u8>], check: impl Fn(Stamping<'_>)) {
    let now: Timestamp = now.parse().unwrap();
    check(Stamping { now, offset: Offset::constant(-6), authorities });
}

fn codes(document: &[u8], with: Stamping<'_>) -> Vec<&'static str> {
    match check_for_stamping(document, with) {
        Ok(_) => Vec::new(),
        Err(found) => found.into_iter().filter(Finding::is_error).map(|finding| finding.code).collect(),
    }
}

fn sealed(document: Comprobante) -> String {
    seal::seal(document, &common::csd()).unwrap().xml
}

/// An hour after the sample invoice was issued.
const NOW: &str = "2026-06-01T17:30:00Z";

#[test]
fn a_sound_document_of_a_known_authority_passes() {
    let authorities = [common::sandbox().authority.certificate_der().unwrap()];
    with(NOW, &authorities, |with| assert_eq!(codes(sealed(common::ingreso()).as_bytes(), with), Vec::<&str>::new()));
    // Another authority of the same name is not the same.
    let stranger = [sandbox::Authority::create(common::validity()).unwrap().certificate_der().unwrap()];
    with(NOW, &stranger, |with| assert_eq!(codes(sealed(common::ingreso()).as_bytes(), with), ["308"]));
}

#[test]
fn the_window_is_seventy_two_hours_and_clocks_get_five_minutes() {
    let document = sealed(common::ingreso());
    // 10:30 at UTC-6 is 16:30 UTC.
    for (now, expected) in [
        ("2026-06-01T16:30:00Z", None),
        ("2026-06-01T16:25:00Z", None),
        ("2026-06-01T16:24:59Z", Some("401")),
        ("2026-06-04T16:30:00Z", None),
        ("2026-06-04T16:30:01Z", Some("401")),
    ] {
        with(now, &[], |with| {
            assert_eq!(codes(document.as_bytes(), with), expected.into_iter().collect::<Vec<_>>(), "{now}");
        });
    }
}

#[test]
fn seals_and_certificates_have_their_codes() {
    let good = sealed(common::ingreso());
    let altered = good.replace("Harina", "Azúcar");
    let unsealed = xml::write(&common::ingreso());
    let stamped = {
        let document = xml::read(good.as_bytes()).unwrap();
        let uuid = "5E2A9B0C-0A7E-4C55-9F10-7C1A2B3C4D5E";
        sandbox::stamp(good.as_bytes(), uuid, document.fecha, &common::pac()).unwrap()
    };
    let other_number = good.replace("NoCertificado=\"9000", "NoCertificado=\"9100");
    let no_certificate = good.replace("Certificado=\"MII", "Certificado=\"MIJ");
    with(NOW, &[], |with| {
        assert_eq!(codes(altered.as_bytes(), with), ["CFDI40102"]);
        assert_eq!(codes(unsealed.as_bytes(), with), ["302"]);
        assert_eq!(codes(stamped.as_bytes(), with), ["307"]);
        assert_eq!(codes(other_number.as_bytes(), with), ["302"]);
        assert_eq!(codes(no_certificate.as_bytes(), with), ["302"]);
        assert_eq!(codes(b"<x/>", with), ["301"]);
        let bad_date = good.replace(" Fecha=\"2026-06-01T10:30:00\"", " Fecha=\"2026-06-01\"");
        assert_eq!(codes(bad_date.as_bytes(), with), ["CFDI40101"]);
    });
}

/// Seals with a key no honest program would take for it.
fn sealed_by(mut document: Comprobante, cer: &[u8], key: &[u8]) -> String {
    use base64::Engine as _;
    let certificate = zuc_cfdi::csd::Certificate::from_der(cer).unwrap();
    certificate.number().clone_into(&mut document.no_certificado);
    document.certificado = base64::engine::general_purpose::STANDARD.encode(cer);
    let cadena = zuc_cfdi::cadena::cadena_original(&document).unwrap();
    let key = openssl::pkey::PKey::private_key_from_pkcs8_passphrase(key, common::PASSWORD.as_bytes()).unwrap();
    let mut signer = openssl::sign::Signer::new(openssl::hash::MessageDigest::sha256(), &key).unwrap();
    let seal = signer.sign_oneshot_to_vec(cadena.as_bytes()).unwrap();
    document.sello = base64::engine::general_purpose::STANDARD.encode(seal);
    xml::write(&document)
}

#[test]
fn a_fiel_another_holder_and_a_date_before_the_certificate_are_refused() {
    let sandbox = common::sandbox();
    let fiel = sealed_by(common::ingreso(), &sandbox.fiel.cer, &sandbox.fiel.key);
    let other = sealed_by(common::ingreso(), &sandbox.pac.cer, &sandbox.pac.key);
    with(NOW, &[], |with| {
        assert_eq!(codes(fiel.as_bytes(), with), ["306"]);
        assert_eq!(codes(other.as_bytes(), with), ["303"]);
    });
    let mut early = common::ingreso();
    early.fecha = jiff::civil::date(2025, 12, 31).at(12, 0, 0, 0);
    with("2025-12-31T19:00:00Z", &[], |with| assert_eq!(codes(sealed(early.clone()).as_bytes(), with), ["305"]));
}

#[test]
fn nothing_is_sealed_that_would_not_read_back_or_is_not_ours() {
    let csd: Csd = common::csd();
    let mut control = common::ingreso();
    control.conceptos[0].descripcion = "dos\u{1}líneas".to_owned();
    assert_eq!(seal::seal(control, &csd).err().unwrap().code(), "cfdi.not_faithful");
    let mut line_break = common::ingreso();
    line_break.conceptos[0].descripcion = "dos\n líneas".to_owned();
    assert!(rules::check(&line_break).iter().any(|finding| finding.code == "301"));
    assert!(seal::seal(line_break, &csd).unwrap().cadena.contains("|dos líneas|"));
    let mut empty = common::ingreso();
    empty.serie = Some(String::new());
    assert_eq!(seal::seal(empty, &csd).err().unwrap().code(), "cfdi.not_faithful");
    let mut other = common::ingreso();
    other.emisor.rfc = "URE180429TM6".to_owned();
    assert_eq!(seal::seal(other, &csd).err().unwrap().code(), "csd.other_rfc");
    let with_donation = sealed(common::egreso()).replace(
        "</cfdi:Comprobante>",
        "<cfdi:Complemento><donat:Donatarias xmlns:donat=\"http://www.sat.gob.mx/donat\" version=\"1.1\"/></cfdi:Complemento></cfdi:Comprobante>",
    );
    let read = xml::read(with_donation.as_bytes()).unwrap();
    assert_eq!(read.complemento.otros[0].nombre, "Donatarias");
    assert_eq!(xml::read(xml::write(&read).as_bytes()).unwrap(), read);
    assert_eq!(seal::seal(read, &csd).err().unwrap().code(), "cfdi.unknown_complement");
}
