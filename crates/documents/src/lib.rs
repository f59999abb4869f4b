//! The papers a customer receives: proposals, the printed form of a CFDI, sheets of what is held on a person; from data to
//! bytes.
//!
//! Nothing here reads a file, a clock or a random number: the moment of creation is an argument and the same
//! input gives the same bytes. Figures are exact decimals that arrive decided; a paper formats, it does not add up.
//!
//! Text is DejaVu Sans, embedded as a subset with its Unicode map, in the order a person reads it; watermarks,
//! running heads and page numbers are marked as artifacts so that a screen reader skips them.

mod error;
mod fonts;
pub mod invoice;
mod layout;
pub mod numbers;
pub mod proposal;
mod sheet;
pub mod words;

pub use error::DocumentError;
pub use invoice::InvoicePdf;
pub use proposal::ProposalPdf;
pub use sheet::{SheetPart, SheetPdf};
pub use words::{WordStyle, amount_in_words};
