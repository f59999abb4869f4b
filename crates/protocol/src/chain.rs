//! The hash chain of one scope's log: `h = BLAKE3(h_prev ‖ entry)`, per (company, scope).

use serde::{Deserialize, Serialize};

use crate::bytes::Blob;
use crate::ids::{ChainHash, CompanyId, hash_parts};
use crate::scope::Scope;

/// What a log entry holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum LogKind {
    /// A device's sealed batch ([`crate::envelope::SealedBatch`]).
    Batch,
    /// A fact sealed and signed by the relay ([`crate::relay_fact::SealedRelayFact`]).
    RelayFact,
}

impl LogKind {
    /// As the chain and databases write it.
    pub const fn number(self) -> u8 {
        match self {
            Self::Batch => 1,
            Self::RelayFact => 2,
        }
    }

    /// The kind of a number.
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Batch),
            2 => Some(Self::RelayFact),
            _ => None,
        }
    }
}

/// One entry of a scope's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEntry {
    /// Dense, from 1.
    pub seq: u64,
    /// What it holds.
    pub kind: LogKind,
    /// The sealed bytes, verbatim.
    pub bytes: Blob,
}

/// Where an empty log stands: bound to company and scope, so that no log passes for another.
pub fn start(company: CompanyId, scope: Scope) -> ChainHash {
    ChainHash(hash_parts("zuclubit 1 chain", &[&company.0, &scope.number().to_le_bytes()]))
}

/// Where the log stands after one more entry.
pub fn next(before: ChainHash, kind: LogKind, entry: &[u8]) -> ChainHash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&before.0);
    hasher.update(&[kind.number()]);
    hasher.update(entry);
    ChainHash(*hasher.finalize().as_bytes())
}

/// Where the log stands after several more.
pub fn extend<'a>(before: ChainHash, entries: impl IntoIterator<Item = &'a LogEntry>) -> ChainHash {
    entries.into_iter().fold(before, |hash, entry| next(hash, entry.kind, &entry.bytes.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chain_depends_on_company_scope_order_and_kind() {
        let company = CompanyId([1; 16]);
        let base = start(company, Scope::Catalog);
        assert_ne!(base, start(CompanyId([2; 16]), Scope::Catalog));
        assert_ne!(base, start(company, Scope::Finance));
        let ab = next(next(base, LogKind::Batch, b"a"), LogKind::Batch, b"b");
        let ba = next(next(base, LogKind::Batch, b"b"), LogKind::Batch, b"a");
        assert_ne!(ab, ba);
        assert_ne!(next(base, LogKind::Batch, b"a"), next(base, LogKind::RelayFact, b"a"));
        let entries = [(1, b"a"), (2, b"b")].map(|(seq, bytes)| LogEntry {
            seq,
            kind: LogKind::Batch,
            bytes: Blob(bytes.to_vec()),
        });
        assert_eq!(extend(base, &entries), ab);
    }
}
