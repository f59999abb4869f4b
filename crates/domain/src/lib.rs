//! The business, pure: aggregates that decide and apply, the values they speak in, and the formulas.
//!
//! Nothing here is async, reads a clock, draws a random number or touches a file: time, ids and
//! randomness come in as arguments, so every device that holds the same records computes the same.

//A
//C
pub mod customer;
//F
pub mod lead;
//P
pub mod shared;
