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

/// Takes an invoice back, which the ledger has promised never to stamp; `false` when it is taken back already.
pub(crate) async fn void(tx: &mut Tx, mut invoice: Invoice, reason: &str) -> Result<bool, AppError> {
    let act = tx.act();
    let Some(event) = invoice.void(reason, &act)? else { return Ok(false) };
    invoice.apply(&event);
    tx.repository().record(&invoice, &event).await?;
    Ok(true)
}

/// Reads an id that came from outside.
pub(crate) fn id(text: &str) -> Result<InvoiceId, AppError> {
    text.parse().map_err(|_| AppError::invalid("id"))
}
