//! Invoices: the list, one invoice, its receiver and terms; and the saga that drafts them.

mod edit;
mod list;
mod saga;
mod saga_steps;
mod view;

use zuc_domain::{financial::Invoice, shared::InvoiceId};
use zuc_store::Tx;

pub(crate) use list::{brief, shown};

use crate::AppError;

/// The invoice of this id, to write.
pub(crate) async fn load(tx: &mut Tx, id: InvoiceId) -> Result<Invoice, AppError> {
    tx.repository::<Invoice>().load(id).await?.ok_or_else(|| AppError::not_found("invoice"))
}

/// Reads an id that came from outside.
pub(crate) fn id(text: &str) -> Result<InvoiceId, AppError> {
    text.parse().map_err(|_| AppError::invalid("id"))
}
