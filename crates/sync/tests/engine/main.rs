//! The engine, against a relay in memory: stories with frames fed by hand, and any order of events.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod acks;
mod alarms;
mod bags;
mod checkups;
mod convergence;
mod forks;
mod holes;
mod kinds;
mod lost;
mod members;
mod owed;
mod refused;
mod removals;
mod rotations;
mod sealing;
mod segments;
mod stories;
mod support;
mod wire;
