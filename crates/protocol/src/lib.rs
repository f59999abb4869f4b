//! What device and relay say to each other: sealed envelopes, the control log, frames.
//!
//! Pure: no I/O, no clock, no randomness. Whoever calls passes nonces, seeds and times.

pub mod attachment;
mod base32;
mod body;
pub mod bytes;
pub mod chain;
mod chunk;
pub mod codec;
mod compress;
pub mod control;
pub mod enrolment;
pub mod envelope;
pub mod error;
pub mod fingerprint;
pub mod glance;
pub mod holding;
pub mod home;
pub mod identity;
pub mod ids;
pub mod item;
pub mod left;
pub mod manifest;
pub mod messages;
pub mod pack;
pub mod person_key;
pub mod receipt;
pub mod recovery;
pub mod relay_fact;
pub mod scope;
pub mod seal;
pub mod secret;
pub mod series;
pub mod session;
pub mod stamp_key;
pub mod stamping;
pub mod suite;
pub mod token;
pub mod visible;

pub use bytes::Blob;
pub use error::ProtocolError;
pub use scope::{Rights, Role, Scope};
