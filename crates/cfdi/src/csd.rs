//! Certificado de Sello Digital: the certificate and key that seal invoices.
//!
//! Source: cfdi guide 12; SAT certificates of test and production. A key never leaves this module in clear except
//! through [`Csd::key_der`], for the vault that keeps it sealed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private, Public};
use openssl::sign::{Signer, Verifier};
use std::fmt;
use thiserror::Error;
use x509_cert::Certificate as X509;
use x509_cert::der::asn1::{ObjectIdentifier, OctetStringRef, SequenceRef};
use x509_cert::der::{Decode as _, Encode as _, Reader as _, SliceReader};
use x509_cert::ext::pkix::KeyUsage;
use zeroize::Zeroizing;

const OID_COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
const OID_ORGANIZATION: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.10");
const OID_UNIT: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.11");
const OID_UNIQUE_IDENTIFIER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.45");

/// Why a certificate or key cannot seal. No variant carries a secret.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CsdError {
    /// The password does not open the key.
    #[error("the password does not open the key")]
    WrongPassword,
    /// The certificate is a FIEL, the taxpayer's identity, which must never seal an invoice.
    #[error("the certificate is an e.firma, not a CSD")]
    IsFiel,
    /// The certificate belongs to somebody else.
    #[error("the certificate belongs to another RFC")]
    OtherRfc,
    /// Past its validity.
    #[error("the certificate expired")]
    Expired,
    /// Before its validity.
    #[error("the certificate is not valid yet")]
    NotYetValid,
    /// The key is not the certificate's.
    #[error("the key does not belong to the certificate")]
    KeyMismatch,
    /// Not a certificate of the SAT's shape.
    #[error("the certificate cannot be read")]
    UnreadableCertificate,
    /// Not an encrypted PKCS#8 key in DER.
    #[error("the key cannot be read")]
    UnreadableKey,
}

impl CsdError {
    /// Stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::WrongPassword => "csd.wrong_password",
            Self::IsFiel => "csd.is_fiel",
            Self::OtherRfc => "csd.other_rfc",
            Self::Expired => "csd.expired",
            Self::NotYetValid => "csd.not_yet_valid",
            Self::KeyMismatch => "csd.key_mismatch",
            Self::UnreadableCertificate => "csd.unreadable_certificate",
            Self::UnreadableKey => "csd.unreadable_key",
        }
    }
}

/// What a certificate is for, told by its key usage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateKind {
    /// Seals invoices: digitalSignature and nonRepudiation alone.
    Csd,
    /// The taxpayer's identity: it may also encrypt or agree on keys.
    Fiel,
}

/// A certificate read from its bytes.
#[derive(Clone)]
pub struct Certificate {
    der: Vec<u8>,
    number: String,
    rfc: String,
    name: String,
    branch: Option<String>,
    issuer: String,
    kind: CertificateKind,
    not_before: Timestamp,
    not_after: Timestamp,
    key: PKey<Public>,
}

impl fmt::Debug for Certificate {
    // No log shows whose certificate it is.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Certificate").field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl Certificate {
    /// Reads a certificate in DER.
    ///
    /// # Errors
    /// [`CsdError::UnreadableCertificate`] when it does not parse, its serial number is not ASCII digits or its
    /// subject names no RFC.
    pub fn from_der(der: &[u8]) -> Result<Self, CsdError> {
        Self::parse(der).ok_or(CsdError::UnreadableCertificate)
    }

    /// Reads the certificate a document embeds (`Certificado`, base64).
    ///
    /// # Errors
    /// The same as [`Certificate::from_der`].
    pub fn from_base64(text: &str) -> Result<Self, CsdError> {
        let der = STANDARD.decode(text).map_err(|_| CsdError::UnreadableCertificate)?;
        Self::from_der(&der)
    }

    fn parse(der: &[u8]) -> Option<Self> {
        let parsed = X509::from_der(der).ok()?;
        let tbs = parsed.tbs_certificate();
        let serial = tbs.serial_number().as_bytes();
        if serial.is_empty() || !serial.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let subject = |oid: ObjectIdentifier| {
            tbs.subject()
                .iter()
                .find(|attribute| attribute.oid == oid)
                .map(|attribute| loose_text(attribute.value.value()))
        };
        let rfc = subject(OID_UNIQUE_IDENTIFIER)?;
        let rfc = rfc.split('/').next()?.trim().to_uppercase();
        if !crate::rfc::has_shape(&rfc) {
            return None;
        }
        let (_, usage) = tbs.get_extension::<KeyUsage>().ok()??;
        let fiel = usage.data_encipherment() || usage.key_agreement();
        let key = PKey::public_key_from_der(&tbs.subject_public_key_info().to_der().ok()?).ok()?;
        let time = |time: x509_cert::time::Time| {
            Timestamp::from_second(i64::try_from(time.to_unix_duration().as_secs()).ok()?).ok()
        };
        Some(Self {
            der: der.to_vec(),
            number: serial.iter().copied().map(char::from).collect(),
            rfc,
            name: subject(OID_COMMON_NAME).or_else(|| subject(OID_ORGANIZATION)).unwrap_or_default(),
            branch: subject(OID_UNIT),
            issuer: issuer_text(tbs.issuer()),
            kind: if fiel { CertificateKind::Fiel } else { CertificateKind::Csd },
            not_before: time(tbs.validity().not_before)?,
            not_after: time(tbs.validity().not_after)?,
            key,
        })
    }

    /// `NoCertificado`: the serial number, whose bytes are ASCII digits.
    pub fn number(&self) -> &str {
        &self.number
    }

    /// RFC of the holder.
    pub fn rfc(&self) -> &str {
        &self.rfc
    }

    /// Name of the holder as the SAT wrote it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Branch the CSD was made for; a FIEL has none.
    pub fn branch(&self) -> Option<&str> {
        self.branch.as_deref()
    }

    /// Name of the authority, `OID=value` parted by commas, as XML signatures cite it.
    pub fn issuer_name(&self) -> String {
        self.issuer.clone()
    }

    /// The serial number as a decimal integer, as XML signatures cite it; everywhere else use [`Certificate::number`].
    pub fn serial_decimal(&self) -> String {
        let decimal = openssl::bn::BigNum::from_slice(self.number.as_bytes()).and_then(|number| number.to_dec_str());
        decimal.map(|text| text.to_string()).unwrap_or_default()
    }

    /// CSD or FIEL.
    pub const fn kind(&self) -> CertificateKind {
        self.kind
    }

    /// First instant of its validity.
    pub const fn not_before(&self) -> Timestamp {
        self.not_before
    }

    /// Last instant of its validity.
    pub const fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// The bytes it was read from.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Whether `now` lies inside its validity.
    ///
    /// # Errors
    /// [`CsdError::NotYetValid`] or [`CsdError::Expired`].
    pub fn valid_at(&self, now: Timestamp) -> Result<(), CsdError> {
        if now < self.not_before {
            Err(CsdError::NotYetValid)
        } else if now > self.not_after {
            Err(CsdError::Expired)
        } else {
            Ok(())
        }
    }

    /// Whether `signature` (base64) is this certificate's over `text`: RSASSA-PKCS1-v1_5 with SHA-256.
    pub fn verifies(&self, text: &str, signature: &str) -> bool {
        let Ok(signature) = STANDARD.decode(signature) else { return false };
        let verify = || {
            let mut verifier = Verifier::new(MessageDigest::sha256(), &self.key)?;
            verifier.verify_oneshot(&signature, text.as_bytes())
        };
        verify().unwrap_or(false)
    }

    /// Whether `authority`, a certificate in DER, signed this one.
    pub fn issued_by(&self, authority: &[u8]) -> bool {
        let check = || {
            let authority = openssl::x509::X509::from_der(authority)?;
            openssl::x509::X509::from_der(&self.der)?.verify(authority.public_key()?.as_ref())
        };
        check().unwrap_or(false)
    }
}

fn issuer_text(issuer: &x509_cert::name::Name) -> String {
    let attributes = issuer.iter().map(|attribute| {
        let name = match attribute.oid {
            OID_COMMON_NAME => "CN".to_owned(),
            OID_ORGANIZATION => "O".to_owned(),
            OID_UNIT => "OU".to_owned(),
            other => format!("OID.{other}"),
        };
        format!("{name}={}", loose_text(attribute.value.value()))
    });
    attributes.collect::<Vec<_>>().join(",")
}

/// The SAT writes accents and Ñ as UTF-8 or Latin-1 bytes inside string types that forbid them.
fn loose_text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().copied().map(char::from).collect(),
    }
}

/// A certificate with its key, checked to belong together and to be made for sealing.
pub struct Csd {
    certificate: Certificate,
    base64: String,
    key: PKey<Private>,
}

impl fmt::Debug for Csd {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Csd(..)")
    }
}

impl Csd {
    /// Opens the `.cer` and `.key` a taxpayer holds. Validity is asked apart ([`Csd::check`]): an expired CSD may
    /// still be shown.
    ///
    /// # Errors
    /// [`CsdError::UnreadableCertificate`], [`CsdError::UnreadableKey`], [`CsdError::WrongPassword`],
    /// [`CsdError::IsFiel`] or [`CsdError::KeyMismatch`].
    pub fn open(cer: &[u8], key: &[u8], password: &[u8]) -> Result<Self, CsdError> {
        let certificate = Certificate::from_der(cer)?;
        if !is_encrypted_pkcs8(key) {
            return Err(CsdError::UnreadableKey);
        }
        let key = PKey::private_key_from_pkcs8_passphrase(key, password).map_err(|_| CsdError::WrongPassword)?;
        Self::join(certificate, key)
    }

    /// The same from a key already in clear (PKCS#8, DER), as a vault gives it back. The caller's buffer is wiped.
    ///
    /// # Errors
    /// [`CsdError::UnreadableCertificate`], [`CsdError::UnreadableKey`], [`CsdError::IsFiel`] or
    /// [`CsdError::KeyMismatch`].
    pub fn from_der_key(cer: &[u8], pkcs8: Zeroizing<Vec<u8>>) -> Result<Self, CsdError> {
        let certificate = Certificate::from_der(cer)?;
        let key = PKey::private_key_from_pkcs8(&pkcs8).map_err(|_| CsdError::UnreadableKey)?;
        drop(pkcs8);
        Self::join(certificate, key)
    }

    fn join(certificate: Certificate, key: PKey<Private>) -> Result<Self, CsdError> {
        if !certificate.key.public_eq(&key) {
            return Err(CsdError::KeyMismatch);
        }
        if certificate.kind == CertificateKind::Fiel {
            return Err(CsdError::IsFiel);
        }
        let base64 = STANDARD.encode(&certificate.der);
        Ok(Self { certificate, base64, key })
    }

    /// Whether it may seal for `rfc` at `now`.
    ///
    /// # Errors
    /// [`CsdError::OtherRfc`], [`CsdError::NotYetValid`] or [`CsdError::Expired`].
    pub fn check(&self, rfc: &str, now: Timestamp) -> Result<(), CsdError> {
        if self.certificate.rfc != rfc {
            return Err(CsdError::OtherRfc);
        }
        self.certificate.valid_at(now)
    }

    /// Its certificate.
    pub const fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The `Certificado` attribute: base64 of the DER, one line.
    pub fn certificate_base64(&self) -> &str {
        &self.base64
    }

    /// The key in clear (PKCS#8, DER), for a vault that seals it again; the buffer is wiped when dropped.
    ///
    /// # Errors
    /// [`CsdError::UnreadableKey`] when the library cannot write it, which no RSA key was seen to cause.
    pub fn key_der(&self) -> Result<Zeroizing<Vec<u8>>, CsdError> {
        self.key.private_key_to_pkcs8().map(Zeroizing::new).map_err(|_| CsdError::UnreadableKey)
    }

    /// Signs `text` (RSASSA-PKCS1-v1_5, SHA-256), base64 in one line. The same text gives the same seal.
    ///
    /// # Errors
    /// [`CsdError::UnreadableKey`] when the library refuses the key.
    pub fn sign(&self, text: &str) -> Result<String, CsdError> {
        self.signature(MessageDigest::sha256(), text.as_bytes()).map(|bytes| STANDARD.encode(bytes))
    }

    /// Signs with SHA-1, as the SAT asks of cancelation requests and of nothing else.
    ///
    /// # Errors
    /// [`CsdError::UnreadableKey`] when the library refuses the key.
    pub fn sign_sha1(&self, bytes: &[u8]) -> Result<Vec<u8>, CsdError> {
        self.signature(MessageDigest::sha1(), bytes)
    }

    fn signature(&self, digest: MessageDigest, bytes: &[u8]) -> Result<Vec<u8>, CsdError> {
        let sign = || Signer::new(digest, &self.key)?.sign_oneshot_to_vec(bytes);
        sign().map_err(|_| CsdError::UnreadableKey)
    }
}

/// `SEQUENCE { SEQUENCE algorithm, OCTET STRING }` and nothing more: tells a wrong password from a wrong file.
fn is_encrypted_pkcs8(der: &[u8]) -> bool {
    let parse = || -> Result<(), x509_cert::der::Error> {
        let outer = <&SequenceRef>::from_der(der)?;
        let mut reader = SliceReader::new(outer.as_bytes())?;
        let algorithm: &SequenceRef = reader.decode()?;
        let mut inner = SliceReader::new(algorithm.as_bytes())?;
        let _: ObjectIdentifier = inner.decode()?;
        let _: &OctetStringRef = reader.decode()?;
        reader.finish()
    };
    parse().is_ok()
}
