//! XML of a document: a writer that always gives the same bytes, and a reader that trusts nothing.

mod fields;
mod reader;
mod reader_pagos;
mod tree;
mod writer;

pub use reader::read;
pub use tree::{Limits, ReadError};
pub use writer::write;

pub(crate) use fields::parse_fecha;
pub(crate) use tree::{Node, parse};
pub(crate) use writer::write_tfd;

/// Namespace of the document.
pub const NS_CFDI: &str = "http://www.sat.gob.mx/cfd/4";
/// Namespace of the payments complement.
pub const NS_PAGO20: &str = "http://www.sat.gob.mx/Pagos20";
/// Namespace of the stamp.
pub const NS_TFD: &str = "http://www.sat.gob.mx/TimbreFiscalDigital";
/// Namespace of local taxes.
pub const NS_IMPLOCAL: &str = "http://www.sat.gob.mx/implocal";
/// Namespace of schema hints.
pub const NS_XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
