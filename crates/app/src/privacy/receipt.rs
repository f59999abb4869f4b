//! The receipt of an erasure: what was destroyed, what stays and why, who still has to hear of it; signed by the device that
//! writes it, and without a word of the person.

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zuc_domain::shared::canonical_json::canonical_json;
use zuc_protocol::{
    control::ControlLog,
    identity::DeviceKeys,
    ids::{Signature, VerifyKey},
};

use crate::AppError;

/// Which file this is.
pub(super) const FORMAT: &str = "zuclubit.erasure_receipt";
/// Which version of it.
pub(super) const VERSION: u32 = 1;
/// Under which it is signed.
const DOMAIN: &str = "zuclubit 1 erasure receipt";

/// What a receipt says. Ids are all it has of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// `zuclubit.erasure_receipt`.
    pub format: String,
    /// Of this form.
    pub version: u32,
    /// The company.
    pub company: Uuid,
    /// As it invoices.
    pub company_name: String,
    /// The record that was named.
    pub record: Uuid,
    /// The act that made every device destroy the keys.
    pub act: Act,
    /// When this was written, UTC.
    pub issued_at: Timestamp,
    /// What nothing opens any more.
    pub destroyed: Destroyed,
    /// What stays.
    pub stays: Vec<Stays>,
    /// Who has heard.
    pub devices: Devices,
    /// The person's files at the relay, where there were any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files: Option<RelayFiles>,
    /// Groups of data whose keys were made anew without the person's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cleared: Vec<String>,
    /// Groups of data whose keys lie with others, who have still to make them anew without the person's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owed: Vec<Owed>,
    /// Groups of data that the device does not read: there may be more in them.
    pub not_read: Vec<String>,
}

/// An act of the control log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Act {
    /// Its place.
    pub seq: u64,
    /// Its hash.
    pub hash: String,
    /// When it was signed, UTC.
    pub at: Timestamp,
}

/// What was destroyed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Destroyed {
    /// Ids of the keys.
    pub keys: Vec<String>,
    /// Fields that were sealed under them, in every version of their record.
    pub records: Vec<Fields>,
    /// Drawn signatures and files.
    pub facts: u64,
    /// Events that named the person.
    pub events: u64,
}

/// The fields of one record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "the names are the file's")]
pub struct Fields {
    /// `lead`, `customer`, `proposal`.
    pub kind: String,
    /// Its id.
    pub id: Uuid,
    /// The fields.
    pub fields: Vec<String>,
}

/// Something that stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stays {
    /// `lead`, `customer`, `proposal`, `activity`, `invoice`.
    pub kind: String,
    /// The record.
    pub id: Uuid,
    /// Serie and folio of an invoice; else nothing.
    pub label: String,
    /// `nameless`: without what identified the person; `company`: under a company's name, which people look at; `free_text`:
    /// people wrote it, and look through it; `law`: out of everyday work until its day; `held`: until a later one that somebody
    /// gave a reason for; `ended`: its day is over and its document destroyed; `not_issued`.
    pub why: String,
    /// The law, where it is one.
    pub basis: String,
    /// Last day, at the least, where there is one.
    pub until: Option<Date>,
}

/// Devices of the company that read one of the person's records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Devices {
    /// The one that writes this has destroyed what it had.
    pub here: bool,
    /// Those whose newer writing shows that they have read the act.
    pub confirmed: Vec<Uuid>,
    /// Those that have written nothing since.
    pub waiting: Vec<Uuid>,
    /// Those that were taken out of the company before the act: they had the keys, and nobody tells them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<Uuid>,
}

/// Sealed files under the destroyed keys, by whether their bytes still lie at the relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelayFiles {
    /// The relay has answered that it forgot them.
    pub dropped: u64,
    /// It has not been told yet, or did not answer.
    pub waiting: u64,
}

/// What others have still to do of an erasure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Owed {
    /// The group of data.
    pub scope: String,
    /// The roles that write it.
    pub roles: Vec<String>,
    /// The devices of which the first that connects does it by itself; none where nobody holds the key any more.
    pub devices: Vec<Uuid>,
}

/// A receipt with the signature of the device that wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedReceipt {
    /// What it says.
    pub receipt: Receipt,
    /// The device.
    pub device: Uuid,
    /// Its key, in hexadecimal.
    pub key: String,
    /// Ed25519 over the canonical JSON (RFC 8785) of `receipt`, in hexadecimal.
    pub signature: String,
}

/// What the look at a receipt found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// Who signed, by name, empty where nobody knows.
    pub by: String,
    /// On which device.
    pub device: String,
    /// What it says.
    pub receipt: Receipt,
}

impl SignedReceipt {
    /// Signs a receipt.
    pub(super) fn sign(receipt: Receipt, keys: &DeviceKeys) -> Result<Self, AppError> {
        let signature = keys.sign(DOMAIN, &[canonical(&receipt)?.as_bytes()]);
        let (device, key) = (keys.id().to_uuid(), hex::encode(keys.public().verify.0));
        Ok(Self { receipt, device, key, signature: hex::encode(signature.0) })
    }

    /// The bytes of its file; there is one way to write a receipt.
    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, AppError> {
        Ok(canonical(self)?.into_bytes())
    }

    /// Reads a file and checks that it is, byte for byte, what its device signed, and that the device is the company's.
    ///
    /// # Errors
    /// `privacy.receipt_unreadable`, `privacy.receipt_altered`; `privacy.receipt_foreign` where company, device or act are
    /// none that the control log knows.
    pub(super) fn check(bytes: &[u8], control: &ControlLog) -> Result<Self, AppError> {
        let unreadable = |_| AppError::new("privacy.receipt_unreadable", "the file is no receipt");
        let signed: Self = serde_json::from_slice(bytes).map_err(unreadable)?;
        if signed.receipt.format != FORMAT || signed.receipt.version != VERSION {
            return Err(AppError::new("privacy.receipt_unreadable", "a receipt of another kind"));
        }
        let altered = || AppError::new("privacy.receipt_altered", "these are not the bytes that were signed");
        let key = VerifyKey::from_hex(&signed.key).ok_or_else(altered)?;
        let signature = Signature::from_hex(&signed.signature).ok_or_else(altered)?;
        let written = Self { key: hex::encode(key.0), signature: hex::encode(signature.0), ..signed.clone() };
        let text = canonical(&signed.receipt)?;
        key.verify(DOMAIN, &[text.as_bytes()], &signature).map_err(|_| altered())?;
        if written.to_bytes()? != bytes {
            return Err(altered());
        }
        let device = control.device(zuc_protocol::ids::DeviceId::from_uuid(signed.device));
        let is_theirs = device.is_some_and(|device| device.public.verify == key);
        let act = control.records_from(signed.receipt.act.seq).first();
        let is_known = act.is_some_and(|act| hex::encode(act.hash().0) == signed.receipt.act.hash);
        if !is_theirs || !is_known || signed.receipt.company != control.company().to_uuid() {
            return Err(AppError::new("privacy.receipt_foreign", "nothing here knows company, device or act"));
        }
        Ok(signed)
    }
}

fn canonical(value: &impl Serialize) -> Result<String, AppError> {
    Ok(canonical_json(&serde_json::to_value(value)?))
}

#[cfg(test)]
mod tests;
