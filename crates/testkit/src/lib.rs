//! What tests need and no product may hold.

pub mod disk;
pub mod network;
