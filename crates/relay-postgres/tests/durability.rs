//! A server that dies under work: what was acknowledged is there when it comes back.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::disallowed_macros, reason = "a run prints its figures and its seed")]

mod server;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use server::{RELAY, Server};
use zuc_protocol::chain;
use zuc_relay_postgres::{Options, PostgresStore};
use zuc_relay_store::{
    AppendOutcome, BatchHash, CompanyId, ControlHash, ControlStore as _, DeviceId, LogId, LogStore as _, NewEntry,
    Scope,
};

const COMPANY: CompanyId = CompanyId([7; 16]);
const HEAD: ControlHash = ControlHash([7; 32]);
/// Devices that push side by side.
const AUTHORS: u8 = 6;

/// What each author was told: the last number it knows to stand, and where each stands.
type Told = Arc<Mutex<BTreeMap<u64, (u8, u64)>>>;

fn hash(author: u8, number: u64) -> BatchHash {
    let mut hash = [author; 16];
    hash[8..].copy_from_slice(&number.to_be_bytes());
    BatchHash(hash)
}

fn bytes(author: u8, number: u64) -> Vec<u8> {
    let mut bytes = hash(author, number).0.to_vec();
    bytes.resize(2_000, author);
    bytes
}

/// Pushes one number after the other until the server is gone; goes on where the log says that this author stands.
async fn push_until_it_fails(store: Arc<PostgresStore>, author: u8, told: Told) {
    let device = DeviceId([author; 16]);
    let Ok(heads) = store.author_heads(COMPANY, device).await else { return };
    let mut last = heads.first().map_or(0, |head| head.number);
    loop {
        let number = last + 1;
        let previous = if last == 0 { BatchHash::NONE } else { hash(author, last) };
        let entry = NewEntry {
            scope: Scope::Catalog,
            author: device,
            number,
            previous,
            control_seq: 0,
            hash: hash(author, number),
            bytes: bytes(author, number),
        };
        match store.append(COMPANY, HEAD, vec![entry]).await.as_deref() {
            Ok([AppendOutcome::Appended { seq, .. }]) => {
                let before = told.lock().unwrap().insert(*seq, (author, number));
                assert_eq!(before, None, "one place was given twice");
                last = number;
            }
            Ok(other) => panic!("{other:?}"),
            Err(_gone) => return,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_acknowledged_entry_survives_a_server_that_is_killed() {
    let mut server = Server::start().await;
    let told = Told::default();
    let options = Options { max_connections: 8, patience: Duration::from_secs(4) };
    let first = PostgresStore::open(&server.url(RELAY), options.clone()).await.unwrap();
    first.create(COMPANY, LogId([1; 16]), HEAD, vec![]).await.unwrap();
    drop(first);
    // QUIT ends every process of it at once; KILL takes the postmaster, and the others notice.
    for (round, signal) in ["QUIT", "KILL", "QUIT", "KILL", "QUIT", "KILL"].into_iter().enumerate() {
        let store = Arc::new(PostgresStore::open(&server.url(RELAY), options.clone()).await.unwrap());
        let authors: Vec<_> = (1..=AUTHORS)
            .map(|author| tokio::spawn(push_until_it_fails(store.clone(), author, told.clone())))
            .collect();
        let before = told.lock().unwrap().len();
        tokio::time::sleep(Duration::from_millis(400 + 130 * round as u64)).await;
        server.stop(signal);
        for author in authors {
            author.await.unwrap();
        }
        server.run();
        let acknowledged = told.lock().unwrap().clone();
        assert!(acknowledged.len() > before, "nothing was acknowledged before the kill");
        let store = PostgresStore::open(&server.url(RELAY), options.clone()).await.unwrap();
        let page = store.read(COMPANY, Scope::Catalog, 0, u32::MAX, usize::MAX).await.unwrap();
        for (place, entry) in (1..).zip(&page.entries) {
            assert_eq!(entry.seq, place, "the log has a hole");
        }
        for (seq, (author, number)) in &acknowledged {
            let stands = &page.entries[usize::try_from(seq - 1).unwrap()];
            assert_eq!(stands.bytes.as_slice(), bytes(*author, *number), "an acknowledged entry is not where it was");
        }
        let end = chain::extend(chain::start(COMPANY, Scope::Catalog), &page.entries);
        assert_eq!((page.head, page.chain), (page.entries.len() as u64, end));
        println!("{signal}: {} acknowledged by now, {} in the log, 0 lost", acknowledged.len(), page.entries.len());
    }
}

/// The store itself comes back with its server: no restart of the relay is needed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_goes_on_when_its_server_is_back() {
    let mut server = Server::start().await;
    let store = PostgresStore::open(&server.url(RELAY), Options::default()).await.unwrap();
    store.create(COMPANY, LogId([1; 16]), HEAD, vec![]).await.unwrap();
    server.stop("QUIT");
    let away = store.control_head(COMPANY).await.unwrap_err();
    assert_eq!(away.code(), "relay.storage_unavailable");
    server.run();
    assert_eq!(store.control_head(COMPANY).await.unwrap().hash, HEAD);
}
