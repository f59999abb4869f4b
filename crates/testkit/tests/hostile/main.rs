//! Who has a member's keys, or stands where the relay does, and means harm: nothing counts that may not, nobody is stopped who need
//! not be, and it costs whoever receives it little.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod attacks;
mod costs;
mod crafted;
mod draw;
mod mallory;
mod peer;
mod people;
mod relay;
