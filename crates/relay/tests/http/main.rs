//! The relay over real sockets.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod exchange;
mod invites;
mod limits;
mod service;
mod support;
