//! Catching up with the others: the engine of `zuc_sync`, carried out over the store and a relay.

mod anew;
mod away;
mod carry;
mod connect;
mod driver;
mod exchange;
mod holding;
mod newer;
mod onlookers;
mod owed;
mod parts;
mod records;
mod relay;
mod segments;
mod snapshot;
mod status;

pub(crate) use away::Standing;
pub(crate) use connect::wait_connected;
pub(crate) use exchange::{Exchange, Order};
pub(crate) use records::{append_control, control_records};
pub(crate) use snapshot::Looks;
pub use snapshot::{SnapshotOutcome, SnapshotRow};
