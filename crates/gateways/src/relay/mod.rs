//! The relay over the network: one client per address.

mod addresses;
mod call;
mod client;
mod link;
mod session;

pub use addresses::RelayAddresses;
pub use client::RelayClient;
