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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_company_moves_from_folder_to_folder() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let one = SqliteStore::open(folders[0].path(), Options::default()).await.unwrap();
    let two = SqliteStore::open(folders[1].path(), Options::default()).await.unwrap();
    conformance::a_company_moves_whole(&one, &two).await;
    conformance::no_write_is_lost_while_a_company_moves(&one, &two).await;
    conformance::a_broken_move_goes_on(&one, &two).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_serves_learns_that_another_moved_its_company() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let serving = SqliteStore::open(folders[0].path(), Options::default()).await.unwrap();
    let (company, head) = (CompanyId([1; 16]), ControlHash([1; 32]));
    serving.create(company, LogId([1; 16]), head, vec![]).await.unwrap();
    serving.append(company, head, vec![entry(1)]).await.unwrap();
    let one = SqliteStore::open(folders[0].path(), Options::default()).await.unwrap();
    let two = SqliteStore::open(folders[1].path(), Options::default()).await.unwrap();
    zuc_relay_store::move_company(&one, &two, company, [1; 16]).await.unwrap();
    let refused = serving.append(company, head, vec![entry(2)]).await.unwrap_err();
    assert_eq!(refused.code(), "relay.moved");
    assert!(serving.companies().await.unwrap().is_empty());
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
