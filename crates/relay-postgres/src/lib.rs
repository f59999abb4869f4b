//! The relay's store on PostgreSQL: one database for all companies, and as many relays in front of it as are needed.
//!
//! Walls between companies are the server's: each table has row security that even its owner is held by, the relay
//! serves as a role that owns nothing, and each transaction names its one company. Each statement names it too, so
//! that one of the two may fail. A transaction that writes has its company alone; the answer means that the server
//! synced.

mod append;
mod archive;
mod attachment;
mod compact;
mod control;
mod decision;
mod enrolment;
mod folio;
mod idempotency;
mod keys;
mod left;
mod log;
mod loss;
mod migrate;
mod queue;
mod row;
mod snapshot;
mod stamp;
mod stamp_row;
mod stamp_step;
mod store;
mod transaction;

pub use migrate::migrate;
pub use store::{Options, PostgresStore};
