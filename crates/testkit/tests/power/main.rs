//! Power cuts and failing disks under SQLite, under SQLCipher, under the laptop's store and under the relay's.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod crashes;
mod faults;
mod figures;
mod home;
mod relay;
mod rot;
mod store;
mod story;
