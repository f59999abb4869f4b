//! What is always there: sidebar, status bar, palette, sheet of shortcuts.

mod frame;
mod offline;
mod palette;
mod shortcuts;
mod sidebar;
mod status_bar;
mod sync_log;
mod top_bar;

pub(crate) use frame::Frame;
pub(crate) use offline::OfflineNotice;
pub(crate) use top_bar::{Crumb, TopBar};
