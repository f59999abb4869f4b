//! Putting text on pages: wrapping, tables, pages and their numbers.
//!
//! Coordinates are points from the top left corner of the page.

mod canvas;
mod file;
mod flow;
mod image;
mod qr;
mod style;
mod table;
mod wrap;

pub(crate) use canvas::{Align, Canvas};
pub(crate) use file::{Meta, assemble};
pub(crate) use flow::{Flow, PageFrame};
pub(crate) use image::Picture;
pub(crate) use qr::Qr;
pub(crate) use style::{Ink, Style};
pub(crate) use table::{Cell, Column, Table};
pub(crate) use wrap::{wrap, wrap_anywhere};
