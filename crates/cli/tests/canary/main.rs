//! After the whole story, what must not be known is nowhere: what finance wrote, on a laptop without its key; who asked
//! to be forgotten, anywhere. Each test first finds the same words where they belong, so that it can fail.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod erased;
mod note;
mod search;
mod story;
