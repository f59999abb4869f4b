//! Certificates of the product's own sandbox, never valid at the SAT.
//!
//! A small authority that issues CSD, FIEL and PAC certificates in the SAT's shape, and a stamp as a PAC puts it. Tests,
//! the sample company and the sandbox PAC use it. Making a key draws from OpenSSL's own randomness: this module alone
//! does not take its randomness from the caller, for no fiscal document depends on it.

use crate::cadena::cadena_tfd;
use crate::csd::{Csd, CsdError};
use crate::model::Tfd;
use crate::xml::{self, Limits, NS_CFDI, ReadError};
use jiff::Timestamp;
use jiff::civil::DateTime;
use openssl::asn1::{Asn1Integer, Asn1Time, Asn1Type};
use openssl::bn::BigNum;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::symm::Cipher;
use openssl::x509::extension::{BasicConstraints, ExtendedKeyUsage, KeyUsage};
use openssl::x509::{X509, X509Builder, X509Name};
use std::fmt;
use thiserror::Error;
use zeroize::Zeroizing;

const BITS: u32 = 2048;

/// Why the sandbox could not make something.
#[derive(Debug, Error)]
pub enum SandboxError {
    /// A certificate number that is not 20 digits.
    #[error("a certificate number has 20 digits")]
    Number,
    /// The cryptographic library refused.
    #[error("the cryptographic library refused: {0}")]
    Library(#[from] ErrorStack),
    /// The document to stamp cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The key that stamps cannot sign.
    #[error(transparent)]
    Csd(#[from] CsdError),
}

/// First and last instant of a certificate.
#[derive(Clone, Copy, Debug)]
pub struct Validity {
    /// First instant.
    pub from: Timestamp,
    /// Last instant.
    pub until: Timestamp,
}

/// Whom a certificate is made for.
#[derive(Clone, Copy)]
pub struct Holder<'a> {
    /// RFC; a company's certificate names its representative's after it.
    pub rfc: &'a str,
    /// RFC of the representative, for a company.
    pub representative: Option<&'a str>,
    /// Name.
    pub name: &'a str,
}

/// What a certificate is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// To seal invoices; it names a branch.
    Csd,
    /// The taxpayer's identity, which must be refused for sealing.
    Fiel,
}

/// A certificate and its key, as files: DER and encrypted PKCS#8 (PBES2, PBKDF2 with 2048 rounds, 3DES).
pub struct Issued {
    /// The `.cer` file.
    pub cer: Vec<u8>,
    /// The `.key` file.
    pub key: Zeroizing<Vec<u8>>,
}

/// An authority that signs the sandbox's certificates.
pub struct Authority {
    certificate: X509,
    key: PKey<Private>,
}

impl fmt::Debug for Authority {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Authority(..)")
    }
}

impl Authority {
    /// Makes a new authority.
    ///
    /// # Errors
    /// [`SandboxError::Library`].
    pub fn create(validity: Validity) -> Result<Self, SandboxError> {
        let key = PKey::from_rsa(Rsa::generate(BITS)?)?;
        let name = name(&[
            (Nid::COMMONNAME, "A.C. DE PRUEBAS (SIN VALIDEZ FISCAL)"),
            (Nid::ORGANIZATIONNAME, "PRUEBAS"),
            (Nid::COUNTRYNAME, "MX"),
            (Nid::X500UNIQUEIDENTIFIER, "SAT970701NN3"),
        ])?;
        let mut builder = start("90000000000000000001", validity, &name, &name, &key)?;
        builder.append_extension(BasicConstraints::new().critical().ca().build()?)?;
        builder.append_extension(KeyUsage::new().critical().key_cert_sign().crl_sign().build()?)?;
        builder.sign(&key, MessageDigest::sha256())?;
        Ok(Self { certificate: builder.build(), key })
    }

    /// An authority made before, from its certificate and key (PKCS#8) in DER.
    ///
    /// # Errors
    /// [`SandboxError::Library`].
    pub fn from_der(cer: &[u8], pkcs8: &[u8]) -> Result<Self, SandboxError> {
        Ok(Self { certificate: X509::from_der(cer)?, key: PKey::private_key_from_pkcs8(pkcs8)? })
    }

    /// Its certificate, in DER: what a checker is told to trust.
    ///
    /// # Errors
    /// [`SandboxError::Library`].
    pub fn certificate_der(&self) -> Result<Vec<u8>, SandboxError> {
        Ok(self.certificate.to_der()?)
    }

    /// Its key in clear, in DER, to keep the authority between runs.
    ///
    /// # Errors
    /// [`SandboxError::Library`].
    pub fn key_der(&self) -> Result<Zeroizing<Vec<u8>>, SandboxError> {
        Ok(Zeroizing::new(self.key.private_key_to_pkcs8()?))
    }

    /// Makes a key and its certificate. `number` is the 20-digit `NoCertificado`.
    ///
    /// # Errors
    /// [`SandboxError::Number`] or [`SandboxError::Library`].
    pub fn issue(
        &self,
        holder: Holder<'_>,
        kind: Kind,
        number: &str,
        password: &str,
        validity: Validity,
    ) -> Result<Issued, SandboxError> {
        let key = PKey::from_rsa(Rsa::generate(BITS)?)?;
        let identifier = match holder.representative {
            Some(representative) => format!("{} / {representative}", holder.rfc),
            None => holder.rfc.to_owned(),
        };
        let mut entries = vec![
            (Nid::COMMONNAME, holder.name),
            (Nid::NAME, holder.name),
            (Nid::ORGANIZATIONNAME, holder.name),
            (Nid::X500UNIQUEIDENTIFIER, identifier.as_str()),
            (Nid::SERIALNUMBER, " / "),
        ];
        if kind == Kind::Csd {
            entries.push((Nid::ORGANIZATIONALUNITNAME, "Sucursal 1"));
        }
        let mut builder = start(number, validity, &name(&entries)?, self.certificate.subject_name(), &key)?;
        builder.append_extension(BasicConstraints::new().critical().build()?)?;
        let mut usage = KeyUsage::new();
        usage.digital_signature().non_repudiation();
        if kind == Kind::Fiel {
            usage.data_encipherment().key_agreement();
            builder.append_extension(ExtendedKeyUsage::new().email_protection().client_auth().build()?)?;
        }
        builder.append_extension(usage.build()?)?;
        builder.sign(&self.key, MessageDigest::sha256())?;
        Ok(Issued {
            cer: builder.build().to_der()?,
            key: Zeroizing::new(key.private_key_to_pkcs8_passphrase(Cipher::des_ede3_cbc(), password.as_bytes())?),
        })
    }
}

fn name(entries: &[(Nid, &str)]) -> Result<X509Name, ErrorStack> {
    let mut builder = X509Name::builder()?;
    for (nid, value) in entries {
        builder.append_entry_by_nid_with_type(*nid, value, text_type(*nid))?;
    }
    Ok(builder.build())
}

/// The country is a printable string by its own definition.
fn text_type(nid: Nid) -> Asn1Type {
    if nid == Nid::COUNTRYNAME { Asn1Type::PRINTABLESTRING } else { Asn1Type::UTF8STRING }
}

fn start(
    number: &str,
    validity: Validity,
    subject: &X509Name,
    issuer: &openssl::x509::X509NameRef,
    key: &PKey<Private>,
) -> Result<X509Builder, SandboxError> {
    if !crate::catalogs::digits(number, 20) {
        return Err(SandboxError::Number);
    }
    // The SAT's serial number is the text of the number, byte by byte.
    let serial = Asn1Integer::from_bn(&*BigNum::from_slice(number.as_bytes())?)?;
    let mut builder = X509::builder()?;
    builder.set_version(2)?;
    builder.set_serial_number(&serial)?;
    builder.set_subject_name(subject)?;
    builder.set_issuer_name(issuer)?;
    builder.set_not_before(&*Asn1Time::from_unix(validity.from.as_second())?)?;
    builder.set_not_after(&*Asn1Time::from_unix(validity.until.as_second())?)?;
    builder.set_pubkey(key)?;
    Ok(builder)
}

/// Stamps a sealed document as a PAC does: every byte stays, and the stamp is put in its place.
///
/// # Errors
/// [`SandboxError::Read`] when the document cannot be read, [`SandboxError::Csd`] when the key cannot sign.
pub fn stamp(sealed: &[u8], uuid: &str, fecha_timbrado: DateTime, pac: &Csd) -> Result<String, SandboxError> {
    let document = xml::read(sealed)?;
    let mut tfd = Tfd {
        uuid: uuid.to_owned(),
        fecha_timbrado,
        rfc_prov_certif: pac.certificate().rfc().to_owned(),
        leyenda: None,
        sello_cfd: document.sello,
        no_certificado_sat: pac.certificate().number().to_owned(),
        sello_sat: String::new(),
    };
    tfd.sello_sat = pac.sign(&cadena_tfd(&tfd))?;
    let stamp = xml::write_tfd(&tfd);

    let (text, root) = xml::parse(sealed, Limits::STRICT)?;
    let child = |name: &str| root.children.iter().find(|node| node.is(NS_CFDI, name));
    let prefix = text
        .get(root.span.start + 1..)
        .and_then(|tag| tag.split([' ', '>', '\n', '\t', '\r']).next())
        .and_then(|name| name.split_once(':'))
        .map_or(String::new(), |(prefix, _)| format!("{prefix}:"));
    let whole = format!("<{prefix}Complemento>{stamp}</{prefix}Complemento>");
    let (range, inserted) = match child("Complemento") {
        Some(node) if node.content_end < node.span.end => (node.content_end..node.content_end, stamp),
        Some(empty) => (empty.span.clone(), whole),
        None => {
            let at = child("Addenda").map_or(root.content_end, |node| node.span.start);
            (at..at, whole)
        }
    };
    let mut stamped = text.to_owned();
    stamped.replace_range(range, &inserted);
    Ok(stamped)
}
