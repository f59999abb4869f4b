//! The parts pages are built of: they take values and callbacks, and know no command.

mod badge;
mod bars;
mod code;
mod controls;
mod dialog;
mod figures;
mod icon;
mod line_chart;
mod phrase_field;
mod popover;
mod states;
mod timeline;
mod toast;
mod window;

pub(crate) use badge::*;
pub(crate) use bars::*;
pub(crate) use code::*;
pub(crate) use controls::*;
pub(crate) use dialog::*;
pub(crate) use figures::*;
pub(crate) use icon::*;
pub(crate) use line_chart::*;
pub(crate) use phrase_field::*;
pub(crate) use popover::*;
pub(crate) use states::*;
pub(crate) use timeline::*;
pub(crate) use toast::*;
pub(crate) use window::*;
