//! Power cuts and failing disks under SQLite, under SQLCipher, and under the store.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod crashes;
mod faults;
mod figures;
mod home;
mod store;
mod story;
