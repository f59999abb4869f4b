//! The log's stories, over real SQLite and with no socket: who may push, what is acknowledged, who hears of it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod attachments;
mod held;
mod lost;
mod membership;
mod push;
mod snapshots;
mod stage;
