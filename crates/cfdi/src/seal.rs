//! Sealing a document and checking a seal.

use crate::cadena::{CadenaError, cadena_original};
use crate::csd::{Certificate, CertificateKind, Csd, CsdError};
use crate::model::Comprobante;
use crate::xml::{self, ReadError};
use thiserror::Error;

/// Why a document could not be sealed, or its seal is not good.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SealError {
    /// A complement is not modelled.
    #[error(transparent)]
    Cadena(#[from] CadenaError),
    /// The certificate or key is at fault.
    #[error(transparent)]
    Csd(#[from] CsdError),
    /// The bytes written do not read back as the document: a value holds something XML cannot carry unchanged.
    #[error("the document does not read back as it was: {0}")]
    NotFaithful(String),
    /// It is stamped: a stamped document is read-only for ever.
    #[error("the document is already stamped")]
    AlreadyStamped,
    /// It has no seal.
    #[error("the document is not sealed")]
    NotSealed,
    /// `NoCertificado` is not the number of `Certificado`.
    #[error("the certificate number is not the embedded certificate's")]
    OtherCertificate,
    /// The seal was not made over this document by this certificate.
    #[error("the seal does not match the document")]
    Broken,
}

impl SealError {
    /// Stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Cadena(error) => error.code(),
            Self::Csd(error) => error.code(),
            Self::NotFaithful(_) => "cfdi.not_faithful",
            Self::AlreadyStamped => "cfdi.already_stamped",
            Self::NotSealed => "cfdi.not_sealed",
            Self::OtherCertificate => "cfdi.other_certificate",
            Self::Broken => "cfdi.40102",
        }
    }
}

impl From<ReadError> for SealError {
    fn from(error: ReadError) -> Self {
        Self::NotFaithful(error.to_string())
    }
}

/// A sealed document: the bytes to send, and what was signed.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The document with its seal.
    pub document: Comprobante,
    /// Its bytes: no one may change them from here on.
    pub xml: String,
    /// What the seal signs.
    pub cadena: String,
}

/// Seals a document for the RFC its issuer states.
///
/// The bytes are read again before they are handed out and must give the same document, seal and all.
///
/// # Errors
/// [`SealError::AlreadyStamped`]; [`SealError::Csd`] when the CSD is not the issuer's; [`SealError::Cadena`] for an
/// unknown complement; [`SealError::NotFaithful`] when a text holds control characters or is empty.
pub fn seal(mut document: Comprobante, csd: &Csd) -> Result<Sealed, SealError> {
    if document.complemento.timbre.is_some() {
        return Err(SealError::AlreadyStamped);
    }
    if csd.certificate().rfc() != document.emisor.rfc {
        return Err(CsdError::OtherRfc.into());
    }
    csd.certificate().number().clone_into(&mut document.no_certificado);
    csd.certificate_base64().clone_into(&mut document.certificado);
    let cadena = cadena_original(&document)?;
    document.sello = csd.sign(&cadena)?;
    let xml = xml::write(&document);
    // XML has no way to write them, though a lenient reader would take them.
    let control = |byte: u8| byte < b' ' && !matches!(byte, b'\t' | b'\r' | b'\n');
    // A whole pass without a way out is what the compiler makes vectors of.
    if xml.bytes().fold(false, |found, byte| found | control(byte))
        || xml.contains('\u{fffe}')
        || xml.contains('\u{ffff}')
    {
        return Err(SealError::NotFaithful("a text holds control characters".to_owned()));
    }
    if xml::read(xml.as_bytes())? != document {
        return Err(SealError::NotFaithful("a value changed on the way".to_owned()));
    }
    Ok(Sealed { document, xml, cadena })
}

/// Checks the seal of a document with the certificate it embeds, and returns that certificate.
///
/// Whether the certificate is the issuer's, still valid and a CSD is for the caller to ask; [`check_seal`] does.
///
/// # Errors
/// [`SealError::NotSealed`], [`SealError::OtherCertificate`], [`SealError::Broken`], and what reading the certificate
/// or building the cadena may say.
pub fn verify_seal(document: &Comprobante) -> Result<Certificate, SealError> {
    if document.sello.is_empty() || document.certificado.is_empty() {
        return Err(SealError::NotSealed);
    }
    let certificate = Certificate::from_base64(&document.certificado)?;
    if certificate.number() != document.no_certificado {
        return Err(SealError::OtherCertificate);
    }
    let cadena = cadena_original(document)?;
    if certificate.verifies(&cadena, &document.sello) { Ok(certificate) } else { Err(SealError::Broken) }
}

/// [`verify_seal`], and that the certificate is a CSD of the issuer.
///
/// # Errors
/// As [`verify_seal`]; [`CsdError::IsFiel`] and [`CsdError::OtherRfc`].
pub fn check_seal(document: &Comprobante) -> Result<Certificate, SealError> {
    let certificate = verify_seal(document)?;
    if certificate.kind() == CertificateKind::Fiel {
        return Err(CsdError::IsFiel.into());
    }
    if certificate.rfc() != document.emisor.rfc {
        return Err(CsdError::OtherRfc.into());
    }
    Ok(certificate)
}
