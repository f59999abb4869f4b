//! The store's promises, kept by real files.

use std::sync::Arc;

use zuc_relay_sqlite::{Options, SqliteStore};
use zuc_relay_store::{
    AppendOutcome, BatchHash, CompanyId, ControlHash, ControlStore as _, DeviceId, LogId, LogStore as _, NewEntry,
    RelayStore as _, Scope, conformance,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_keeps_every_promise() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path(), Options::default()).await.unwrap();
    conformance::all(&store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_keeps_every_promise_with_one_company_open_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { max_open: 1, ..Options::default() };
    let store = SqliteStore::open(folder.path(), options).await.unwrap();
    conformance::all(&store).await;
}

fn entry(author: u8) -> NewEntry {
    NewEntry {
        scope: Scope::Catalog,
        author: DeviceId([author; 16]),
        number: 1,
        previous: BatchHash::NONE,
        control_seq: 0,
        hash: BatchHash([author; 16]),
        bytes: vec![author; 100],
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_is_there_after_the_store_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let (company, head) = (CompanyId([1; 16]), ControlHash([1; 32]));
    let store = Arc::new(SqliteStore::open(folder.path(), Options::default()).await.unwrap());
    store.create(company, LogId([1; 16]), head, vec![]).await.unwrap();
    let pushes: Vec<_> = (1..=100)
        .map(|author| {
            let store = store.clone();
            tokio::spawn(async move { store.append(company, head, vec![entry(author)]).await.unwrap() })
        })
        .collect();
    let mut acked = Vec::new();
    for push in pushes {
        let outcomes = push.await.unwrap();
        let [AppendOutcome::Appended { seq, .. }] = outcomes[..] else { panic!("not appended: {outcomes:?}") };
        acked.push(seq);
    }
    acked.sort_unstable();
    assert_eq!(acked, (1..=100).collect::<Vec<u64>>());
    drop(store);
    let store = SqliteStore::open(folder.path(), Options::default()).await.unwrap();
    assert_eq!(store.read(company, Scope::Catalog, 0, 1_000, usize::MAX).await.unwrap().entries.len(), 100);
    assert_eq!(store.companies().await.unwrap(), [company]);
}
