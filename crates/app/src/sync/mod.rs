//! Catching up with the others: the engine of `zuc_sync`, carried out over the store and a relay.

mod anew;
mod carry;
mod driver;
mod exchange;
mod owed;
mod relay;
mod status;

pub(crate) use exchange::Exchange;
