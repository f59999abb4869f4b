//! The stories, in order.

mod start;

use std::pin::Pin;

/// A story to run.
pub(crate) type Story = fn() -> Pin<Box<dyn Future<Output = ()>>>;

/// Every story by its name.
pub(crate) const ALL: &[(&str, Story)] = &[("start", || Box::pin(start::story()))];
