//! The walls between companies, tried as the relay's own role: what the catalogue says of them, and probes.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::disallowed_macros, reason = "a run prints its figures and its seed")]

mod catalogue;
mod open;
mod probe;
#[path = "../server/mod.rs"]
mod server;
