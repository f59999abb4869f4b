//! How the store names companies: the wire's own names, and a label that names nobody.

pub use zuc_protocol::{
    Scope,
    chain::{LogEntry, LogKind},
    ids::{BatchHash, ChainHash, CompanyId, ControlHash, DeviceId, LogId},
};

/// A BLAKE3 digest of the relay's own.
pub type Hash = [u8; 32];

/// Eight characters that stand for a company in logs and metrics without naming it.
pub fn label(company: CompanyId) -> String {
    blake3::hash(&company.0).to_hex()[..8].to_owned()
}
