//! The bags of person keys, which the relay carries and cannot open.

use async_trait::async_trait;
use zuc_protocol::{
    Blob,
    ids::{BagId, KeyId},
};

use crate::{CompanyId, Scope, StoreError};

/// A person's key, wrapped by its scope's bag key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BagRow {
    /// The person key's id.
    pub key: KeyId,
    /// The wrapped key.
    pub wrap: Blob,
}

/// The person keys of one scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bag {
    /// Which bag key the rows are under; rows of another generation are refused.
    pub generation: BagId,
    /// The bag key to its holders, as their authors signed it.
    pub wraps: Vec<Vec<u8>>,
    /// The rows, by key id.
    pub rows: Vec<BagRow>,
    /// Ids whose person was erased; they never return.
    pub erased: Vec<KeyId>,
}

/// A bag replaced whole: what only an erasure or a removal may do.
#[derive(Clone, Debug)]
pub struct BagReplacement {
    /// The scope.
    pub scope: Scope,
    /// The new generation.
    pub generation: BagId,
    /// The new bag key to its holders; nothing where the act comes back after a loss, and the key with whoever holds it.
    pub wraps: Option<Vec<u8>>,
    /// All rows that remain, under the new bag key.
    pub rows: Vec<BagRow>,
    /// Ids that are gone for ever.
    pub erased: Vec<KeyId>,
}

/// Bags of person keys.
#[async_trait]
pub trait KeyStore: Send + Sync {
    /// Adds wraps of a scope's bag key; the first ones make the bag.
    ///
    /// # Errors
    /// [`StoreError::Refused`] `keys.bag_stale` when the scope has a bag of another generation.
    async fn put_bag_key(
        &self,
        company: CompanyId,
        scope: Scope,
        generation: BagId,
        wraps: Vec<u8>,
    ) -> Result<(), StoreError>;

    /// Adds rows to a scope's bag, by union; gives the ids that were refused because they were erased.
    ///
    /// # Errors
    /// [`StoreError::Refused`] `keys.bag_stale` when the bag is of another generation.
    async fn bag_union(
        &self,
        company: CompanyId,
        scope: Scope,
        generation: BagId,
        rows: Vec<BagRow>,
    ) -> Result<Vec<KeyId>, StoreError>;

    /// A scope's bag; none before its key was put.
    async fn bag(&self, company: CompanyId, scope: Scope) -> Result<Option<Bag>, StoreError>;
}
