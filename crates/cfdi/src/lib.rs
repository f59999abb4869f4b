//! CFDI 4.0 as bytes: the document's model, its arithmetic, its XML, its cadena original and its seal.
//!
//! Nothing here talks to a PAC, reads a clock or draws randomness: the caller brings the time and the keys. The one
//! exception is [`sandbox`], which makes test keys.
//!
//! The usual road of a document is [`input::Draft`] → [`compute::build`] → [`rules::check`] → [`seal::seal`] →
//! (a PAC) → [`tfd::verify_stamp`].

pub mod cadena;
pub mod cancel;
pub mod catalogs;
pub mod compute;
pub mod csd;
pub mod input;
pub mod model;
pub mod names;
pub mod num;
pub mod qr;
pub mod rfc;
pub mod rules;
pub mod sandbox;
pub mod seal;
pub mod tfd;
mod walk;
pub mod xml;
