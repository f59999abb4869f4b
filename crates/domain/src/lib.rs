//! The business, pure: aggregates that decide and apply, the values they speak in, and the formulas.
//!
//! Nothing here is async, reads a clock, draws a random number or touches a file: time, ids and
//! randomness come in as arguments, so every device that holds the same records computes the same.

pub mod analytics;
pub mod attachment;
pub mod compliance;
pub mod customer;
pub mod financial;
pub mod lead;
pub mod proposal;
pub mod shared;
