//! The sandbox PAC over HTTP: what it refuses, with which code, and what its timbres are worth to others.
//!
//! The reference checker lies in the folder `ZUC_CONFORMANCE` names; without it those tests say so and pass.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "documents are dated now: the PAC looks at its clock")]
#![expect(clippy::print_stderr, reason = "a skipped test says so")]

mod bench;
mod reference;
mod refusals;
