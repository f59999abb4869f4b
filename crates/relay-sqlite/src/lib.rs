//! The relay's store on SQLite: a folder with one file per company.
//!
//! Each open company has one writer, an actor that gathers what arrives within a few milliseconds into one
//! transaction (`synchronous=FULL`, so an answer means on disk), and a small pool of readers. Companies that
//! nobody uses are closed again, so that a thousand of them cost no memory.

mod archive;
mod attachment;
mod compact;
mod control;
mod decision;
mod enrolment;
mod folio;
mod gate;
mod idempotency;
mod keys;
mod left;
mod log;
mod loss;
mod row;
mod snapshot;
mod stamp;
mod stamp_row;
mod stamp_step;
mod store;
mod writer;

pub use store::{GivenClock, Options, SqliteStore};
