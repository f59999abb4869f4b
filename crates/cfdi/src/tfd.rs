//! Judging what a PAC sent back.
//!
//! A PAC may answer wrongly or with malice: another company's stamp, an altered total, a page of HTML. Nothing of an
//! answer is kept unless it is our own document with one good stamp added.
//!
//! Source: cfdi guide 13.

use crate::cadena::cadena_tfd;
use crate::csd::Certificate;
use crate::model::{Comprobante, Tfd};
use crate::rules::is_uuid;
use crate::xml::{self, Limits, NS_CFDI, NS_TFD, NS_XSI, Node, ReadError};
use jiff::SignedDuration;
use std::collections::BTreeSet;
use thiserror::Error;

/// How long after `Fecha` a stamp may come.
const WINDOW: SignedDuration = SignedDuration::from_hours(72);
/// Issuer and PAC write local times; Mexico's zones are at most this far apart.
const ZONES: SignedDuration = SignedDuration::from_hours(2);

/// Why an answer is not our document stamped.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StampError {
    /// Not a CFDI at all, or one with two stamps.
    #[error("the answer cannot be read: {0}")]
    Unreadable(#[from] ReadError),
    /// No stamp in it.
    #[error("the answer carries no stamp")]
    NotStamped,
    /// The stamp repeats another seal.
    #[error("the stamp is of another document")]
    OtherSeal,
    /// Something besides the stamp differs from what was sent.
    #[error("the answer is not the document that was sent")]
    Altered,
    /// The folio fiscal has not the shape of a UUID, or is all zeros.
    #[error("the folio fiscal is not a UUID")]
    BadUuid,
    /// Stamped before it was issued or after its time.
    #[error("the stamp's time is outside the 72 hours of the document")]
    OutOfWindow,
    /// Stamped by somebody else.
    #[error("the stamp is of another provider")]
    OtherProvider,
    /// The SAT's seal is not good.
    #[error("the seal of the stamp does not verify")]
    BadSatSeal,
}

impl StampError {
    /// Stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreadable(_) => "cfdi.stamp.unreadable",
            Self::NotStamped => "cfdi.stamp.not_stamped",
            Self::OtherSeal => "cfdi.stamp.other_seal",
            Self::Altered => "cfdi.stamp.altered",
            Self::BadUuid => "cfdi.stamp.bad_uuid",
            Self::OutOfWindow => "cfdi.stamp.out_of_window",
            Self::OtherProvider => "cfdi.stamp.other_provider",
            Self::BadSatSeal => "cfdi.stamp.bad_sat_seal",
        }
    }
}

/// What is known about the seal of the stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SatSeal {
    /// It verifies with the certificate it names.
    Verified,
    /// The certificate it names was not given: neither good nor bad.
    Unverified,
}

/// A stamp that was judged good.
#[derive(Clone, PartialEq, Eq)]
pub struct Stamped {
    /// The document with its stamp.
    pub document: Comprobante,
    /// The stamp.
    pub tfd: Tfd,
    /// Whether the SAT's seal could be checked.
    pub sat_seal: SatSeal,
}

/// Judges a PAC's answer to a document: the same document, its own seal repeated in one well-formed stamp, in time, by
/// the provider expected (`None` accepts any), with a good SAT seal when its certificate is among those given.
///
/// Whether the UUID was seen before is for the caller's ledger to say. The bytes of `stamped` are what is to be stored.
///
/// # Errors
/// [`StampError`], the first reason found.
pub fn verify_stamp(
    sent: &[u8],
    stamped: &[u8],
    provider: Option<&str>,
    sat_certificates: &[Certificate],
) -> Result<Stamped, StampError> {
    let document = xml::read(stamped)?;
    let tfd = document.complemento.timbre.clone().ok_or(StampError::NotStamped)?;
    let (_, sent_root) = xml::parse(sent, Limits::STRICT)?;
    let (_, stamped_root) = xml::parse(stamped, Limits::STRICT)?;
    if tfd.sello_cfd != document.sello || document.sello.is_empty() {
        return Err(StampError::OtherSeal);
    }
    if !same_but_for_the_stamp(&sent_root, &stamped_root) {
        return Err(StampError::Altered);
    }
    if !is_uuid(&tfd.uuid) || tfd.uuid.bytes().all(|byte| matches!(byte, b'0' | b'-')) {
        return Err(StampError::BadUuid);
    }
    let age = tfd.fecha_timbrado.duration_since(document.fecha);
    if age < -ZONES || age > WINDOW + ZONES {
        return Err(StampError::OutOfWindow);
    }
    if provider.is_some_and(|provider| provider != tfd.rfc_prov_certif) {
        return Err(StampError::OtherProvider);
    }
    let named = sat_certificates.iter().find(|certificate| certificate.number() == tfd.no_certificado_sat);
    let sat_seal = match named {
        Some(certificate) if certificate.verifies(&cadena_tfd(&tfd), &tfd.sello_sat) => SatSeal::Verified,
        Some(_) => return Err(StampError::BadSatSeal),
        None => SatSeal::Unverified,
    };
    Ok(Stamped { document, tfd, sat_seal })
}

/// Equal as XML: names, attributes in any order, children in order, text; prefixes, comments and blanks aside.
fn same_but_for_the_stamp(sent: &Node<'_>, stamped: &Node<'_>) -> bool {
    let is_stamp = |node: &Node<'_>| node.is(NS_TFD, "TimbreFiscalDigital");
    let is_complement = |node: &Node<'_>| node.is(NS_CFDI, "Complemento");
    if !same_start(sent, stamped) {
        return false;
    }
    let mut theirs = stamped.children.iter();
    let mut ours = sent.children.iter().peekable();
    loop {
        let Some(node) = theirs.next() else { return ours.next().is_none() };
        if !is_complement(node) {
            match ours.next() {
                Some(known) if same(known, node) => continue,
                _ => return false,
            }
        }
        let rest: Vec<&Node<'_>> = node.children.iter().filter(|child| !is_stamp(child)).collect();
        let holds = match ours.next_if(|known| is_complement(known)) {
            Some(known) => same_start(known, node) && same_all(known.children.iter(), rest.into_iter()),
            // The PAC made the element to hold its stamp.
            None => rest.is_empty() && node.attrs.is_empty() && node.text.is_empty(),
        };
        if !holds {
            return false;
        }
    }
}

fn same(left: &Node<'_>, right: &Node<'_>) -> bool {
    same_start(left, right) && same_all(left.children.iter(), right.children.iter())
}

fn same_all<'n, 'a: 'n>(
    left: impl ExactSizeIterator<Item = &'n Node<'a>>,
    right: impl ExactSizeIterator<Item = &'n Node<'a>>,
) -> bool {
    left.len() == right.len() && left.zip(right).all(|(left, right)| same(left, right))
}

fn same_start(left: &Node<'_>, right: &Node<'_>) -> bool {
    left.is(right.space, right.local)
        && left.text == right.text
        && data(left) == data(right)
        && schemas(left) == schemas(right)
}

fn data<'n>(node: &'n Node<'_>) -> BTreeSet<(&'n str, &'n str, &'n str)> {
    node.attrs
        .iter()
        .filter(|attr| attr.space != NS_XSI || attr.local != "schemaLocation")
        .map(|attr| (attr.space, attr.local, attr.value.as_ref()))
        .collect()
}

/// Schema hints, but for the stamp's own, which a PAC may add to the root.
fn schemas<'n>(node: &'n Node<'_>) -> BTreeSet<&'n str> {
    let hints = node.attrs.iter().filter(|attr| attr.space == NS_XSI && attr.local == "schemaLocation");
    hints
        .flat_map(|attr| attr.value.split_ascii_whitespace())
        .filter(|word| !word.contains("/TimbreFiscalDigital"))
        .collect()
}
