//! The relay over the network: one client per address.

mod addresses;
mod call;
mod client;
mod link;
mod poll;
mod session;
mod ways;

pub use addresses::RelayAddresses;
pub use client::RelayClient;
