//! The control log: who belongs to the company, in which roles, with which keys. Signed, hash-linked, in clear.
//!
//! One log per company, appended by compare-and-append on its head. [`ControlLog`] folds it; every receiver does.

mod act;
mod apply;
mod author;
mod error;
mod log;
mod record;
mod right;
mod state;
#[cfg(test)]
mod tests;
mod view;

pub use act::{
    AddDevice, BagChange, ControlAct, EpochStart, EraseAct, Genesis, GrantAct, IndexWrap, KeyWrap, Mark, Recipient,
    RemoveAct, RemoveReason, RightsAct,
};
pub use author::{
    Founding, found, next_epoch, open_epoch_key, open_index_key, open_label, open_previous, seal_label, wrap_epoch_key,
    wrap_index_key,
};
pub use error::ControlError;
pub use log::{ControlLog, Fork, Offer};
pub use record::{ControlAuthor, ControlRecord, SignedControl};
pub use state::{DeviceState, Epoch, PersonState};
