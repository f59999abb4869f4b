//! Snapshots of scopes: manifests, what is said of them, and their packs.
//!
//! The store neither reads a pack nor judges a word: whoever calls has.

use std::collections::BTreeMap;

use async_trait::async_trait;

use crate::{CompanyId, DeviceId, Hash, LogId, Scope, StoreError};

/// How many manifests of one maker are kept in a scope.
pub const KEPT_OF_ONE: u32 = 2;

/// A manifest that is offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewManifest {
    /// The scope.
    pub scope: Scope,
    /// Names its bytes.
    pub hash: Hash,
    /// The log that it is of.
    pub log: LogId,
    /// The place that it is of.
    pub cursor: u64,
    /// Who made it.
    pub author: DeviceId,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A manifest with what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredManifest {
    /// The manifest.
    pub manifest: NewManifest,
    /// What devices say of it, each its last word.
    pub words: Vec<Vec<u8>>,
    /// The packs that are here.
    pub packs: Vec<Hash>,
}

/// Snapshots.
#[async_trait]
pub trait SnapshotStore: Send + Sync {
    /// Keeps a manifest and its maker's word. Of one maker the newest [`KEPT_OF_ONE`] of a scope stay, with their packs, besides
    /// those that a log begins at or waits for ([`crate::LogBegin`]); one that is here changes nothing.
    async fn put_manifest(&self, company: CompanyId, manifest: NewManifest, word: Vec<u8>) -> Result<(), StoreError>;

    /// Keeps a pack of a manifest; one that is here changes nothing.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where the manifest is not here.
    async fn put_pack(
        &self,
        company: CompanyId,
        scope: Scope,
        manifest: Hash,
        hash: Hash,
        bytes: Vec<u8>,
    ) -> Result<(), StoreError>;

    /// Keeps what a device says of a manifest, over what it said before.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where the manifest is not here.
    async fn put_word(
        &self,
        company: CompanyId,
        scope: Scope,
        manifest: Hash,
        device: DeviceId,
        word: Vec<u8>,
    ) -> Result<(), StoreError>;

    /// The manifests of a scope, those of the highest places first.
    async fn manifests(&self, company: CompanyId, scope: Scope) -> Result<Vec<StoredManifest>, StoreError>;

    /// A pack of a manifest.
    async fn pack(
        &self,
        company: CompanyId,
        scope: Scope,
        manifest: Hash,
        hash: Hash,
    ) -> Result<Option<Vec<u8>>, StoreError>;
}

/// Of a maker's manifests in a scope, each with its place, those that are too many.
pub fn too_many(mut made: Vec<(u64, Hash)>) -> Vec<Hash> {
    made.sort_unstable_by(|(one, first), (other, second)| other.cmp(one).then(first.cmp(second)));
    made.into_iter().skip(KEPT_OF_ONE as usize).map(|(_, hash)| hash).collect()
}

/// Manifests, each with the words and packs that were found under its name.
pub fn gathered(
    manifests: Vec<NewManifest>,
    words: impl IntoIterator<Item = (Hash, Vec<u8>)>,
    packs: impl IntoIterator<Item = (Hash, Hash)>,
) -> Vec<StoredManifest> {
    let mut words_of: BTreeMap<Hash, Vec<Vec<u8>>> = BTreeMap::new();
    for (manifest, word) in words {
        words_of.entry(manifest).or_default().push(word);
    }
    let mut packs_of: BTreeMap<Hash, Vec<Hash>> = BTreeMap::new();
    for (manifest, pack) in packs {
        packs_of.entry(manifest).or_default().push(pack);
    }
    let with = |manifest: NewManifest| StoredManifest {
        words: words_of.remove(&manifest.hash).unwrap_or_default(),
        packs: packs_of.remove(&manifest.hash).unwrap_or_default(),
        manifest,
    };
    manifests.into_iter().map(with).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_one_maker_the_newest_stay() {
        assert!(too_many(vec![(4, [1; 32]), (9, [2; 32])]).is_empty());
        assert_eq!(too_many(vec![(4, [1; 32]), (9, [2; 32]), (6, [3; 32])]), [[1; 32]]);
        // two of one place: by name, the same on every maker
        assert_eq!(too_many(vec![(4, [2; 32]), (4, [3; 32]), (4, [1; 32])]), [[3; 32]]);
    }
}
