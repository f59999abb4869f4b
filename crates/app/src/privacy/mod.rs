//! What the law gives a person: a copy of all that is held on them, and to be forgotten, with a receipt.

mod block;
mod copy;
mod erase;
mod export;
mod files;
mod gather;
mod issue;
mod oppose;
mod paper;
mod person;
mod receipt;
mod says;
mod view;

pub(crate) use block::Opened;
pub use copy::PersonCopy;
pub use erase::Erased;
pub(crate) use person::id_at;
pub use receipt::{Checked as ReceiptChecked, Receipt, SignedReceipt};
