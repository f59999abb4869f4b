//! The log.

use zuc_protocol::{chain, control::Mark};

use super::{batch, company, fact};
use crate::{AppendOutcome, BatchHash, ControlAppend, ControlHash, NewEntry, RelayStore, Scope, StoreError};

pub(crate) async fn numbers_are_dense_and_repetitions_are_told(store: &dyn RelayStore) {
    let (company, head) = company(store, 10).await;
    let first = batch(Scope::Catalog, 1, 1, BatchHash::NONE);
    let second = batch(Scope::Catalog, 1, 2, first.hash);
    let stray = batch(Scope::Catalog, 1, 3, first.hash);
    let gap = batch(Scope::Catalog, 1, 4, second.hash);
    let pushed = vec![first.clone(), second.clone(), stray, gap, first.clone()];
    let outcomes = store.append(company, head, pushed).await.unwrap();
    assert!(matches!(outcomes[0], AppendOutcome::Appended { seq: 1, .. }));
    assert!(matches!(outcomes[1], AppendOutcome::Appended { seq: 2, .. }));
    let out = AppendOutcome::OutOfOrder { last: 2, last_hash: second.hash };
    assert_eq!(outcomes[2], out);
    assert_eq!(outcomes[3], out);
    let AppendOutcome::Appended { chain, .. } = outcomes[0] else { unreachable!() };
    assert_eq!(outcomes[4], AppendOutcome::Known { seq: 1, hash: first.hash, chain });

    let mut other = batch(Scope::Catalog, 1, 2, first.hash);
    other.hash = BatchHash([0xaa; 16]);
    let outcomes = store.append(company, head, vec![other]).await.unwrap();
    assert!(matches!(outcomes[..], [AppendOutcome::Known { seq: 2, hash, .. }] if hash == second.hash));
    let heads = store.author_heads(company, first.author).await.unwrap();
    assert_eq!(heads.iter().map(|head| (head.number, head.hash)).collect::<Vec<_>>(), [(2, second.hash)]);
}

pub(crate) async fn chains_are_per_scope_and_dense(store: &dyn RelayStore) {
    let (company, head) = company(store, 11).await;
    let (a, b) = (Scope::Sales(1), Scope::Fiscal);
    let mut last = [BatchHash::NONE; 2];
    for number in 1..=5 {
        let entries = [batch(a, 1, number, last[0]), batch(b, 2, number, last[1])];
        last = [entries[0].hash, entries[1].hash];
        store.append(company, head, entries.to_vec()).await.unwrap();
        store.append_facts(company, vec![fact(head, "fact")]).await.unwrap();
    }
    for (scope, length) in [(a, 5), (b, 10)] {
        let page = store.read(company, scope, 0, 100, usize::MAX).await.unwrap();
        let entries = page.entries;
        assert_eq!(entries.iter().map(|entry| entry.seq).collect::<Vec<_>>(), (1..=length).collect::<Vec<u64>>());
        let stands = store.head(company, scope).await.unwrap();
        assert_eq!(stands.seq, length);
        assert_eq!(stands.chain, chain::extend(chain::start(company, scope), &entries));
        assert_eq!((page.chain, page.head), (stands.chain, length));
        let tail = store.read(company, scope, 3, 1, usize::MAX).await.unwrap();
        assert_eq!(tail.entries, entries[3..4]);
        assert_eq!(tail.chain, chain::extend(chain::start(company, scope), &entries[..4]));
        assert_eq!(store.read(company, scope, 0, 100, 1).await.unwrap().entries.len(), 1, "one entry at least");
    }
    assert_eq!(store.head(company, Scope::Admin).await.unwrap().chain, chain::start(company, Scope::Admin));
    assert_eq!(store.heads(company).await.unwrap().len(), 2);
}

pub(crate) async fn nothing_is_appended_under_an_old_control_head(store: &dyn RelayStore) {
    let (company, genesis) = company(store, 12).await;
    let next = ControlHash([99; 32]);
    let act = ControlAppend { expected: genesis, hash: next, bytes: vec![], marks: vec![], bags: vec![], joined: None };
    store.control_append(company, act).await.unwrap();
    let entry = batch(Scope::Catalog, 1, 1, BatchHash::NONE);
    let refused = store.append(company, genesis, vec![entry.clone()]).await;
    assert!(matches!(refused, Err(StoreError::ControlMoved { head }) if head == next));
    assert!(store.append_facts(company, vec![fact(genesis, "x")]).await.is_err());
    assert!(store.heads(company).await.unwrap().is_empty());
    store.append(company, next, vec![entry.clone()]).await.unwrap();

    let newer = NewEntry { control_seq: 2, ..batch(Scope::Catalog, 1, 2, entry.hash) };
    let older = NewEntry { control_seq: 1, ..batch(Scope::Catalog, 1, 3, newer.hash) };
    let outcomes = store.append(company, next, vec![newer, older]).await.unwrap();
    assert_eq!(outcomes[1], AppendOutcome::ControlHeadOld);

    let mark = |number| ControlAppend {
        expected: next,
        hash: ControlHash([98; 32]),
        bytes: vec![],
        marks: vec![Mark { device: entry.author, scope: Scope::Catalog, number, last: BatchHash::NONE }],
        bags: vec![],
        joined: None,
    };
    let stale = store.control_append(company, mark(1)).await;
    assert!(matches!(stale, Err(StoreError::Refused("sync.mark_stale"))));
    store.control_append(company, mark(2)).await.unwrap();
}

pub(crate) async fn companies_do_not_see_each_other(store: &dyn RelayStore) {
    let (one, head_one) = company(store, 13).await;
    let (two, head_two) = company(store, 14).await;
    store.append(one, head_one, vec![batch(Scope::Catalog, 1, 1, BatchHash::NONE)]).await.unwrap();
    assert!(store.read(two, Scope::Catalog, 0, 10, usize::MAX).await.unwrap().entries.is_empty());
    assert!(store.append(two, head_one, vec![]).await.is_err());
    let outcomes = store.append(two, head_two, vec![batch(Scope::Catalog, 1, 1, BatchHash::NONE)]).await.unwrap();
    assert!(matches!(outcomes[0], AppendOutcome::Appended { seq: 1, .. }));
    let chains = [store.head(one, Scope::Catalog).await.unwrap(), store.head(two, Scope::Catalog).await.unwrap()];
    assert_ne!(chains[0].chain, chains[1].chain);
}
