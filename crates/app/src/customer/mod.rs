//! Customers: list, Cliente 360, fiscal profile.

mod balances;
mod fiscal;
mod list;
mod view360;

pub(crate) use fiscal::{checked, sat_persona};
pub(crate) use view360::{opportunity, stage_label};
use zuc_domain::{customer::Customer, shared::CustomerId};
use zuc_store::Tx;

use crate::AppError;

/// The customer of this id, to write.
pub(crate) async fn load(tx: &mut Tx, id: CustomerId) -> Result<Customer, AppError> {
    tx.repository::<Customer>().load(id).await?.ok_or_else(|| AppError::not_found("customer"))
}

/// Reads an id that came from outside.
pub(crate) fn id(text: &str) -> Result<CustomerId, AppError> {
    text.parse().map_err(|_| AppError::invalid("id"))
}
