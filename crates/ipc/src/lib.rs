//! What the window and the shell say to each other.
//!
//! Both ends are Rust, so the compiler checks the contract: a [`Command`] names its arguments and its reply, the
//! window calls `call::<C>(args)`, the shell registers a function of the same name, and a test of the shell walks
//! [`COMMANDS`]. Amounts and ids cross as strings: a number of the web view loses precision past 2^53.

pub mod attachment;
pub mod backup;
mod command;
pub mod company;
pub mod conflict;
pub mod customer;
mod failure;
pub mod history;
pub mod home;
pub mod import;
pub mod invoice;
pub mod lead;
pub mod left;
pub mod lock;
pub mod people;
pub mod privacy;
pub mod proposal;
pub mod shared;
pub mod sync;
pub mod words;

pub use command::{COMMANDS, Command, list};
pub use failure::{Failure, sentence};
pub use shared::{Changes, Choice, Money, Page};
