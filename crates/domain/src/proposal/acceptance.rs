//! The customer's signature.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::shared::{DeviceId, Email, VersionId};

/// Who signs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Signer {
    /// Name.
    pub name: String,
    /// What the person does at the customer.
    pub role: String,
    /// Mail.
    pub email: Option<Email>,
}

/// What the signer left on the screen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Signature {
    /// Number of the version that was shown.
    pub version: u32,
    /// Hash of the content that was shown.
    pub content_hash: String,
    /// Hash of the PDF that was shown.
    pub document_hash: String,
    /// Who.
    pub signer: Signer,
    /// Ticked that they agree to sign on a screen.
    pub consent: bool,
    /// Hash of the drawn signature.
    pub image_hash: String,
    /// The laptop it was drawn on.
    pub device: DeviceId,
}

/// A fact: this version was signed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Acceptance {
    /// The version.
    pub version: VersionId,
    /// Hash of its content.
    pub content_hash: String,
    /// Hash of the PDF.
    pub document_hash: String,
    /// Who.
    pub signer: Signer,
    /// When, UTC.
    pub signed_at: Timestamp,
    /// Hash of the drawn signature.
    pub image_hash: String,
    /// The laptop it was drawn on.
    pub device: DeviceId,
}
