//! At most one timbre per invoice, by the PAC's own ledger, whatever fails.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::disallowed_macros, reason = "a random run prints its seed")]
#![expect(clippy::disallowed_methods, reason = "documents are dated now: the PAC looks at its clock")]

mod crash;
mod faults;
mod story;
mod world;
