//! The signed request to cancel stamped documents.
//!
//! Written in canonical form from the start, so that what is digested is what is sent. SHA-1 here is the SAT's own
//! choice; sealing stays with SHA-256.
//!
//! Source: SAT, `CancelaCfdi.xsd` (2022); W3C XML-DSig and C14N 2001-03-15; cfdi guide 14.

use crate::csd::{Csd, CsdError};
use crate::rules::is_uuid;
use crate::walk;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::civil::DateTime;
use openssl::hash::{MessageDigest, hash};
use std::fmt::Write as _;
use thiserror::Error;

const NS: &str = "http://cancelacfd.sat.gob.mx";
const NS_DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";
/// Documents of one request.
const MOST: usize = 500;

/// Why a document is cancelled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Motivo {
    /// 01: issued with errors, replaced by the document of this UUID, which must be stamped first with relation 04.
    Replaced(String),
    /// 02: issued with errors, nothing replaces it.
    Errors,
    /// 03: what it bills did not happen.
    NotDone,
    /// 04: a named operation that a global invoice had covered.
    InGlobal,
}

impl Motivo {
    /// The SAT's key.
    pub const fn clave(&self) -> &'static str {
        match self {
            Self::Replaced(_) => "01",
            Self::Errors => "02",
            Self::NotDone => "03",
            Self::InGlobal => "04",
        }
    }
}

/// One document to cancel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cancelation {
    /// Its UUID.
    pub uuid: String,
    /// Why.
    pub motivo: Motivo,
}

/// Why a request cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CancelError {
    /// None or more than 500 documents.
    #[error("a request cancels from 1 to 500 documents")]
    Count,
    /// Something that is not a UUID, or a document that replaces itself.
    #[error("the request names something that is not the UUID of another document")]
    BadUuid,
    /// The key cannot sign.
    #[error(transparent)]
    Csd(#[from] CsdError),
}

impl CancelError {
    /// Stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Count => "cfdi.cancel.count",
            Self::BadUuid => "cfdi.cancel.bad_uuid",
            Self::Csd(error) => error.code(),
        }
    }
}

/// Makes the request, signed by the issuer's CSD. `fecha` is local time of the issuer.
///
/// # Errors
/// [`CancelError`].
pub fn request(all: &[Cancelation], fecha: DateTime, csd: &Csd) -> Result<String, CancelError> {
    if all.is_empty() || all.len() > MOST {
        return Err(CancelError::Count);
    }
    let mut folios = String::new();
    for one in all {
        let substitute = match &one.motivo {
            Motivo::Replaced(uuid) if !is_uuid(uuid) || uuid.eq_ignore_ascii_case(&one.uuid) => {
                return Err(CancelError::BadUuid);
            }
            Motivo::Replaced(uuid) => format!(" FolioSustitucion=\"{uuid}\""),
            _ => String::new(),
        };
        if !is_uuid(&one.uuid) {
            return Err(CancelError::BadUuid);
        }
        let (uuid, motivo) = (&one.uuid, one.motivo.clave());
        // Writing to a String cannot fail.
        let _ = write!(folios, "<Folios><Folio{substitute} Motivo=\"{motivo}\" UUID=\"{uuid}\"></Folio></Folios>");
    }
    let certificate = csd.certificate();
    let start = format!(
        "<Cancelacion xmlns=\"{NS}\" Fecha=\"{}\" RfcEmisor=\"{}\">{folios}",
        walk::fecha(fecha),
        escape(certificate.rfc())
    );
    // The signature is taken out before digesting: what is left is the request without it.
    let digest = sha1(format!("{start}</Cancelacion>").as_bytes())?;
    let signed_info = format!(
        "<SignedInfo xmlns=\"{NS_DSIG}\">\
         <CanonicalizationMethod Algorithm=\"http://www.w3.org/TR/2001/REC-xml-c14n-20010315\"></CanonicalizationMethod>\
         <SignatureMethod Algorithm=\"{NS_DSIG}rsa-sha1\"></SignatureMethod>\
         <Reference URI=\"\"><Transforms><Transform Algorithm=\"{NS_DSIG}enveloped-signature\"></Transform></Transforms>\
         <DigestMethod Algorithm=\"{NS_DSIG}sha1\"></DigestMethod><DigestValue>{digest}</DigestValue></Reference></SignedInfo>"
    );
    let signature = STANDARD.encode(csd.sign_sha1(signed_info.as_bytes())?);
    let (issuer, serial) = (escape(&certificate.issuer_name()), certificate.serial_decimal());
    Ok(format!(
        "{start}<Signature xmlns=\"{NS_DSIG}\">{}<SignatureValue>{signature}</SignatureValue><KeyInfo><X509Data>\
         <X509IssuerSerial><X509IssuerName>{issuer}</X509IssuerName><X509SerialNumber>{serial}</X509SerialNumber>\
         </X509IssuerSerial><X509Certificate>{}</X509Certificate></X509Data></KeyInfo></Signature></Cancelacion>",
        // Inside `Signature` the namespace is inherited; canonical form writes it on `SignedInfo` when it stands alone.
        signed_info.replacen(&format!(" xmlns=\"{NS_DSIG}\""), "", 1),
        csd.certificate_base64(),
    ))
}

fn sha1(bytes: &[u8]) -> Result<String, CancelError> {
    let digest = hash(MessageDigest::sha1(), bytes).map_err(|_| CsdError::UnreadableKey)?;
    Ok(STANDARD.encode(digest))
}

/// As canonical form escapes; carriage returns never come here.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
