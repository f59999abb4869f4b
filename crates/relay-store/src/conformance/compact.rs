//! Logs that begin later.

use zuc_protocol::{chain, ids::ChainHash};

use super::{batch, company, device, fact, snapshot::manifest};
use crate::{
    AppendOutcome, BatchHash, Body, CompanyId, ControlHash, LogBegin, LogKind, NewEntry, RelayStore, Scope, StoreError,
    Waits, compact::DAY_MS,
};

const SCOPE: Scope = Scope::Sales(1);
/// Entries of the log, and the place behind which it is to begin.
const ENTRIES: u64 = 6;
const PLACE: u64 = 4;

/// The entries of a log: batches of two authors in turn.
fn entries() -> Vec<NewEntry> {
    let mut last = [BatchHash::NONE; 2];
    (0..ENTRIES)
        .map(|place| {
            let author = usize::try_from(place % 2).unwrap();
            let entry = batch(SCOPE, u8::try_from(author).unwrap() + 1, place / 2 + 1, last[author]);
            last[author] = entry.hash;
            entry
        })
        .collect()
}

pub(crate) fn body(entry: &NewEntry) -> Body {
    Body { kind: LogKind::Batch, batch: Some((entry.author, entry.number)), bytes: entry.bytes.clone() }
}

/// A company with a log, and a snapshot that is waited for.
async fn waiting(store: &dyn RelayStore, seed: u8) -> (CompanyId, ControlHash) {
    let (id, head) = company(store, seed).await;
    store.append(id, head, entries()).await.unwrap();
    store.put_manifest(id, manifest(1, PLACE, 7), vec![1]).await.unwrap();
    store.wait_for(id, SCOPE, Some(Waits { manifest: [7; 32], since_ms: 5 })).await.unwrap();
    (id, head)
}

/// The same, and what lies before the snapshot was dropped.
async fn dropped(store: &dyn RelayStore, seed: u8) -> (CompanyId, ControlHash) {
    let (id, head) = waiting(store, seed).await;
    store.begin_at(id, head, SCOPE, [7; 32]).await.unwrap();
    assert_eq!(store.clear_bodies(id, SCOPE, 3).await.unwrap(), 3);
    assert_eq!(store.clear_bodies(id, SCOPE, 3).await.unwrap(), PLACE - 3);
    assert_eq!(store.clear_bodies(id, SCOPE, 3).await.unwrap(), 0);
    (id, head)
}

pub(crate) async fn what_devices_say_and_when_they_were_there_is_kept(store: &dyn RelayStore) {
    let (id, _) = company(store, 63).await;
    let (other, _) = company(store, 64).await;
    for (scope, by, word) in [
        (SCOPE, 2, b"second".to_vec()),
        (SCOPE, 1, b"old".to_vec()),
        (SCOPE, 1, b"new".to_vec()),
        (Scope::Catalog, 1, vec![]),
    ] {
        store.put_held(id, scope, device(by), word).await.unwrap();
    }
    assert_eq!(store.held(id, SCOPE).await.unwrap(), [b"new".to_vec(), b"second".to_vec()]);
    assert!(store.held(other, SCOPE).await.unwrap().is_empty());
    for at_ms in [3 * DAY_MS + 7, 2 * DAY_MS] {
        store.note_seen(id, device(1), at_ms).await.unwrap();
    }
    assert_eq!(store.seen(id).await.unwrap(), [(device(1), 3 * DAY_MS)], "a day, and never an earlier one");
    assert!(store.seen(other).await.unwrap().is_empty());
}

pub(crate) async fn a_log_begins_behind_the_snapshot_that_was_waited_for(store: &dyn RelayStore) {
    let (id, head) = waiting(store, 65).await;
    let waits = Some(Waits { manifest: [7; 32], since_ms: 5 });
    assert_eq!(store.log_begin(id, SCOPE).await.unwrap(), LogBegin { waits, ..LogBegin::default() });
    assert_eq!(store.clear_bodies(id, SCOPE, 9).await.unwrap(), 0, "nothing lies before a begin that is none");
    for (under, named) in [(ControlHash([9; 32]), [7; 32]), (head, [8; 32])] {
        store.begin_at(id, under, SCOPE, named).await.unwrap_err();
    }
    store.wait_for(id, SCOPE, None).await.unwrap();
    let gone = store.begin_at(id, head, SCOPE, [7; 32]).await;
    assert!(matches!(gone, Err(StoreError::NotFound(_))), "it was disputed meanwhile");
    let of_none = store.wait_for(id, SCOPE, Some(Waits { manifest: [6; 32], since_ms: 5 })).await;
    assert!(matches!(of_none, Err(StoreError::NotFound(_))));

    // what is waited for stays, and so does what was begun at, however many the same maker makes
    store.wait_for(id, SCOPE, waits).await.unwrap();
    for (cursor, hash) in [(5, 1), (6, 2), (7, 3)] {
        store.put_manifest(id, manifest(1, cursor, hash), vec![hash]).await.unwrap();
    }
    store.begin_at(id, head, SCOPE, [7; 32]).await.unwrap();
    for (cursor, hash) in [(8, 4), (9, 5)] {
        store.put_manifest(id, manifest(1, cursor, hash), vec![hash]).await.unwrap();
    }
    let kept: Vec<u8> = store.manifests(id, SCOPE).await.unwrap().iter().map(|kept| kept.manifest.hash[0]).collect();
    assert_eq!(kept, [5, 4, 7]);
    let begin = LogBegin { seq: PLACE, manifest: Some([7; 32]), waits: None };
    assert_eq!(store.log_begin(id, SCOPE).await.unwrap(), begin);
    assert_eq!(store.log_begin(id, Scope::Catalog).await.unwrap(), LogBegin::default());
}

pub(crate) async fn what_was_dropped_answers_as_before_and_comes_back_as_it_was(store: &dyn RelayStore) {
    let (whole, whole_head) = waiting(store, 66).await;
    let (id, head) = dropped(store, 67).await;
    let all = entries();
    // pages
    let before = store.read(id, SCOPE, PLACE - 1, 9, usize::MAX).await.unwrap();
    assert!(before.entries.is_empty() && (before.head, before.begins) == (ENTRIES, PLACE));
    let behind = store.read(id, SCOPE, PLACE, 9, usize::MAX).await.unwrap();
    assert_eq!(behind.entries.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [5, 6]);
    // chains, numbers, repetitions
    let (mut chain, start) = (chain::start(id, SCOPE), chain::start(id, SCOPE));
    assert_eq!(store.chain_at(id, SCOPE, 0).await.unwrap(), Some(start));
    for (entry, seq) in all.iter().zip(1..) {
        chain = chain::next(chain, LogKind::Batch, &entry.bytes);
        assert_eq!(store.chain_at(id, SCOPE, seq).await.unwrap(), Some(chain));
    }
    assert_eq!(store.chain_at(id, SCOPE, ENTRIES + 1).await.unwrap(), None::<ChainHash>);
    let again = store.append(id, head, vec![all[0].clone()]).await.unwrap();
    assert!(matches!(again[..], [AppendOutcome::Known { seq: 1, hash, .. }] if hash == all[0].hash));
    for author in [1, 2] {
        let heads = store.author_heads(id, device(author)).await.unwrap();
        assert_eq!(heads, store.author_heads(whole, device(author)).await.unwrap());
    }
    assert_eq!(store.authors(id, SCOPE).await.unwrap(), store.authors(whole, SCOPE).await.unwrap());
    let next = batch(SCOPE, 1, 4, all[4].hash);
    let outcomes = store.append(id, head, vec![next.clone()]).await.unwrap();
    assert!(matches!(outcomes[..], [AppendOutcome::Appended { seq: 7, .. }]));
    store.append(whole, whole_head, vec![next]).await.unwrap();

    // they come back, and nothing else does
    let mut forged = body(&all[1]);
    forged.bytes.push(0);
    let other = Body { kind: LogKind::RelayFact, batch: None, bytes: fact(head, "fact").bytes };
    assert_eq!(store.refill(id, SCOPE, vec![forged, other, body(&all[5])]).await.unwrap(), 0);
    assert_eq!(store.refill(id, SCOPE, vec![body(&all[0]), body(&all[3])]).await.unwrap(), 2);
    assert_eq!(store.log_begin(id, SCOPE).await.unwrap().seq, 3, "as far down as nothing lacks");
    assert_eq!(store.refill(id, SCOPE, vec![body(&all[0]), body(&all[1]), body(&all[2])]).await.unwrap(), 2);
    assert_eq!(store.log_begin(id, SCOPE).await.unwrap().seq, 0);
    let (here, there) = (
        store.read(id, SCOPE, 0, 99, usize::MAX).await.unwrap(),
        store.read(whole, SCOPE, 0, 99, usize::MAX).await.unwrap(),
    );
    assert_eq!(here.entries, there.entries);
    assert_eq!((here.head, here.begins), (7, 0));
}
