//! The control log: who belongs to the company, in which roles, with which keys. Signed, hash-linked, in clear.
//!
//! One log per company, appended by compare-and-append on its head. [`ControlLog`] folds it; every receiver does.

mod act;

mod record;

pub use act::{
    AddDevice, ControlAct, EpochStart, EraseAct, Genesis, GrantAct, IndexWrap, KeyWrap, Mark, Recipient, RemoveAct,
    RemoveReason, RightsAct,
};
pub use record::{ControlAuthor, ControlRecord, SignedControl};
