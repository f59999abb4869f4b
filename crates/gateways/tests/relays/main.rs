//! What a laptop says to a relay, and by which ways, before the real one.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod client;
mod support;
mod ways;
