//! The fiscal documents themselves, byte for byte, in the fiscal scope.

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zuc_domain::shared::{InvoiceId, Scope};
use zuc_protocol::item::Fact;
use zuc_protocol::receipt::SignedReceipt;
use zuc_store::{FactRecord, Projector, StoreError};

use crate::AppError;

/// A document as it was sealed: what is sent, always these bytes.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct SealedDocument {
    pub(super) id: Uuid,
    pub(super) invoice: InvoiceId,
    pub(super) stamp_key: String,
    /// Sealed under the invoice's own key; nothing once the document has ended, or while the key is on its way.
    pub(super) xml: Option<String>,
    pub(super) folio_receipt: SignedReceipt,
}

/// A document as the PAC stamped it: never reformatted.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct StampedDocument {
    pub(super) id: Uuid,
    pub(super) invoice: InvoiceId,
    pub(super) uuid: String,
    /// Sealed under the invoice's own key; nothing once the document has ended, or while the key is on its way.
    pub(super) xml: Option<String>,
}

/// The bytes of a document.
///
/// # Errors
/// `invoice.ended` once nothing opens them any more, `store.person_key_missing` while their key is on its way.
pub(super) fn xml_of(xml: Option<String>, ended: bool) -> Result<String, AppError> {
    match xml {
        Some(xml) => Ok(xml),
        None if ended => Err(AppError::new("invoice.ended", "its day is over, and its key destroyed")),
        None => Err(StoreError::PersonKeyMissing.into()),
    }
}

impl SealedDocument {
    /// Derived from the attempt, so that sealing again after a crash is the same fact.
    pub(super) fn id_for(invoice: InvoiceId, stamp_key: &str) -> Uuid {
        zuc_domain::shared::derive(Scope::Fiscal, invoice.uuid(), &format!("sealed {stamp_key}"))
    }
}

impl StampedDocument {
    pub(super) fn id_for(invoice: InvoiceId, uuid: &str) -> Uuid {
        zuc_domain::shared::derive(Scope::Fiscal, invoice.uuid(), &format!("stamped {}", uuid.to_uppercase()))
    }
}

macro_rules! fiscal_fact {
    ($type:ty, $kind:expr) => {
        impl FactRecord for $type {
            const KIND: &'static str = $kind;
            const SEALED: &'static [&'static str] = &["/xml"];

            fn uuid(&self) -> Uuid {
                self.id
            }

            fn subject(&self) -> Uuid {
                self.invoice.uuid()
            }

            fn scope(&self) -> Scope {
                Scope::Fiscal
            }

            async fn project(&self, _into: &mut Projector<'_>) -> Result<(), StoreError> {
                // lists show the invoice; the document is read when somebody asks for it
                Ok(())
            }
        }
    };
}

fiscal_fact!(SealedDocument, Fact::SEALED_CFDI);
fiscal_fact!(StampedDocument, Fact::STAMPED_CFDI);
