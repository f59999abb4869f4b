//! What boards and the palette show, and the checks of a home.

mod home;
mod palette;
mod support;

pub use support::{Checked, Found};
