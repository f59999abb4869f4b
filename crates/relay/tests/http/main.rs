//! The relay over real sockets.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod crowd;
mod exchange;
mod invites;
mod limits;
mod postgres;
#[path = "../../../relay-postgres/tests/server/mod.rs"]
mod server;
mod service;
mod sockets;
mod support;
