//! Snapshots.

use super::{company, device};
use crate::{CompanyId, Hash, LogId, NewManifest, RelayStore, Scope, StoreError};

const SCOPE: Scope = Scope::Sales(1);

pub(crate) fn manifest(author: u8, cursor: u64, hash: u8) -> NewManifest {
    NewManifest {
        scope: SCOPE,
        hash: [hash; 32],
        log: LogId([1; 16]),
        cursor,
        author: device(author),
        bytes: vec![hash; 10],
    }
}

async fn hashes(store: &dyn RelayStore, id: CompanyId, scope: Scope) -> Vec<Hash> {
    store.manifests(id, scope).await.unwrap().into_iter().map(|kept| kept.manifest.hash).collect()
}

pub(crate) async fn a_snapshot_is_kept_with_its_packs_and_every_devices_last_word(store: &dyn RelayStore) {
    let (id, _) = company(store, 60).await;
    let (other, _) = company(store, 61).await;
    let offered = manifest(1, 4_096, 7);
    for word in [b"first".to_vec(), b"again".to_vec()] {
        store.put_manifest(id, offered.clone(), word).await.unwrap();
    }
    for _again in 0..2 {
        store.put_pack(id, SCOPE, [7; 32], [8; 32], vec![1, 2]).await.unwrap();
        store.put_word(id, SCOPE, [7; 32], device(2), b"right".to_vec()).await.unwrap();
    }
    store.put_word(id, SCOPE, [7; 32], device(2), b"wrong".to_vec()).await.unwrap();
    let kept = store.manifests(id, SCOPE).await.unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].manifest, offered);
    assert_eq!(kept[0].words, [b"first".to_vec(), b"wrong".to_vec()]);
    assert_eq!(kept[0].packs, [[8; 32]]);
    assert_eq!(store.pack(id, SCOPE, [7; 32], [8; 32]).await.unwrap(), Some(vec![1, 2]));
    for (company, scope, manifest, hash) in [
        (id, SCOPE, [7; 32], [9; 32]),
        (id, SCOPE, [9; 32], [8; 32]),
        (id, Scope::Catalog, [7; 32], [8; 32]),
        (other, SCOPE, [7; 32], [8; 32]),
    ] {
        assert_eq!(store.pack(company, scope, manifest, hash).await.unwrap(), None);
    }
    assert!(hashes(store, other, SCOPE).await.is_empty() && hashes(store, id, Scope::Catalog).await.is_empty());
    for scope in [SCOPE, Scope::Catalog] {
        let of_none = store.put_pack(id, scope, [9; 32], [8; 32], vec![]).await;
        assert!(matches!(of_none, Err(StoreError::NotFound(_))), "a pack of no manifest takes no room");
        let of_none = store.put_word(id, scope, [9; 32], device(2), vec![]).await;
        assert!(matches!(of_none, Err(StoreError::NotFound(_))));
    }
}

pub(crate) async fn of_one_maker_the_newest_two_snapshots_stay(store: &dyn RelayStore) {
    let (id, _) = company(store, 62).await;
    for (author, cursor, hash) in [(1, 10, 1), (2, 11, 2), (1, 30, 3), (1, 20, 4)] {
        store.put_manifest(id, manifest(author, cursor, hash), vec![hash]).await.unwrap();
        let _gone = store.put_pack(id, SCOPE, [hash; 32], [hash; 32], vec![hash]).await;
    }
    assert_eq!(hashes(store, id, SCOPE).await, [[3; 32], [4; 32], [2; 32]], "newest first, another's among them");
    assert_eq!(store.pack(id, SCOPE, [1; 32], [1; 32]).await.unwrap(), None, "its packs went along");
    assert_eq!(store.pack(id, SCOPE, [2; 32], [2; 32]).await.unwrap(), Some(vec![2]));
}
