//! Sample lists made from a seed: prospects as messy as real ones, with the truth about them, and products.
//!
//! Every person, company and address is combined from word lists and exists nowhere. The same seed gives the
//! same bytes on every machine.

mod bytes;
mod company;
mod dialect;
mod dice;
mod disguise;
mod judge;
mod leads;
mod products;
mod rfc;
mod signature;
mod truth;
mod words;

pub use company::SampleCompany;
pub use dialect::{AmountStyle, DateStyle, Dialect, HeaderStyle, TextEncoding};
pub use leads::{LeadList, ListSpec, SampleLead};
pub use products::{ProductList, SampleProduct};
pub use signature::signature;
pub use truth::{DuplicateTruth, RowTruth, Truth};
