//! What a PAC checks before it spends a stamp.
//!
//! Source: cfdi guide 18, general PAC codes.

use super::{Finding, Severity, check, refuses};
use crate::csd::{Certificate, CertificateKind, CsdError};
use crate::model::Comprobante;
use crate::seal::{self, SealError};
use crate::xml::{self, ReadError};
use jiff::civil::DateTime;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

/// How old `Fecha` may be.
const WINDOW: SignedDuration = SignedDuration::from_hours(72);
/// How far a clock may be ahead.
const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// What a check before stamping needs to know besides the document.
#[derive(Clone, Copy, Debug)]
pub struct Stamping<'a> {
    /// Now.
    pub now: Timestamp,
    /// Offset from UTC at the postal code the document is issued from.
    pub offset: Offset,
    /// Authorities (certificates in DER) a CSD must be signed by; empty to trust any.
    pub authorities: &'a [Vec<u8>],
}

fn refusal(code: &'static str, field: &str, message: impl Into<String>) -> Finding {
    Finding { code, severity: Severity::Error, message_es: message.into(), field: field.to_owned() }
}

/// The instant a local date and time names at an offset.
pub(crate) fn instant(fecha: DateTime, offset: Offset) -> Option<Timestamp> {
    offset.to_timestamp(fecha).ok()
}

/// 401: `Fecha` is neither older than 72 hours nor in the future (five minutes are granted to clocks).
pub fn check_window(fecha: DateTime, now: Timestamp, offset: Offset) -> Option<Finding> {
    let inside = instant(fecha, offset).is_some_and(|at| {
        let age = now.duration_since(at);
        -SKEW <= age && age <= WINDOW
    });
    (!inside)
        .then(|| refusal("401", "Fecha", "La fecha de emisión está fuera de las 72 horas que da el SAT para timbrar."))
}

/// Reads a sealed document and checks all that needs neither the SAT nor its lists.
///
/// # Errors
/// The findings, at least one of them a refusal: `301` unreadable, `307` stamped already, `302` no seal or not base64,
/// `CFDI40102` seal of another text, `303` certificate of another RFC, `305` certificate not valid at `Fecha`, `306` not
/// a CSD, `308` not of a known authority, `401` out of the window, and every rule of [`super::check`].
pub fn check_for_stamping(bytes: &[u8], with: Stamping<'_>) -> Result<Comprobante, Vec<Finding>> {
    let document = xml::read(bytes).map_err(|error| vec![unreadable(&error)])?;
    if document.complemento.timbre.is_some() {
        let message = "El comprobante contiene un timbre previo.";
        return Err(vec![refusal("307", "Complemento", message)]);
    }
    let mut findings = check(&document);
    findings.extend(check_window(document.fecha, with.now, with.offset));
    findings.extend(sealed(&document, with));
    if refuses(&findings) { Err(findings) } else { Ok(document) }
}

fn unreadable(error: &ReadError) -> Finding {
    match error {
        ReadError::BadValue { element, attribute: "Fecha" } if element == "Comprobante" => {
            refusal("CFDI40101", "Fecha", "La fecha no tiene la forma que pide el SAT.")
        }
        other => refusal("301", "", format!("El XML no cumple el esquema del SAT: {other}.")),
    }
}

fn sealed(document: &Comprobante, with: Stamping<'_>) -> Vec<Finding> {
    let certificate = match seal::verify_seal(document) {
        Ok(certificate) => certificate,
        Err(error) => {
            let finding = match error {
                SealError::Broken => refusal("CFDI40102", "Sello", "El sello no corresponde al comprobante."),
                SealError::Cadena(_) => {
                    refusal("301", "Complemento", "El comprobante lleva un complemento que no se conoce.")
                }
                _ => refusal("302", "Sello", "El sello está mal formado."),
            };
            return vec![finding];
        }
    };
    let mut findings = Vec::new();
    findings.extend(whose(&certificate, document));
    findings.extend(in_force(&certificate, document, with.offset));
    let known =
        with.authorities.is_empty() || with.authorities.iter().any(|authority| certificate.issued_by(authority));
    if !known {
        findings.push(refusal("308", "Certificado", "El certificado no fue emitido por el SAT."));
    }
    findings
}

fn whose(certificate: &Certificate, document: &Comprobante) -> Option<Finding> {
    if certificate.kind() == CertificateKind::Fiel {
        return Some(refusal("306", "Certificado", "El certificado es una e.firma y no un sello digital."));
    }
    (certificate.rfc() != document.emisor.rfc)
        .then(|| refusal("303", "Certificado", "El sello no corresponde al emisor."))
}

fn in_force(certificate: &Certificate, document: &Comprobante, offset: Offset) -> Option<Finding> {
    let valid = instant(document.fecha, offset).ok_or(CsdError::Expired).and_then(|at| certificate.valid_at(at));
    valid
        .is_err()
        .then(|| refusal("305", "Fecha", "La fecha de emisión no está dentro de la vigencia del certificado."))
}
