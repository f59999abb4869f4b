//! Compliance: certificates, the sealed document, its stamp, its paper.

mod build;
mod csd;
mod documents;
mod issue;
mod print;
mod refusal;
mod stamp;

pub(crate) use refusal::refused_by;
