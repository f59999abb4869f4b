//! The store's promises, kept by a real server.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod server;

use std::sync::Arc;

use server::{RELAY, Server};
use zuc_protocol::{
    Blob,
    ids::{ItemId, RequestId, Signature},
    receipt::{Claim, ClaimRequest, Seen, SignedReceipt},
};
use zuc_relay_postgres::{Options, PostgresStore};
use zuc_relay_store::{
    AppendOutcome, BatchHash, CompanyId, ControlHash, ControlStore as _, DecisionStore as _, DeviceId, LogId,
    LogStore as _, NewEntry, RelayStore as _, Scope, Signed, StoreError, conformance,
};

async fn open(server: &Server) -> PostgresStore {
    PostgresStore::open(&server.url(RELAY), Options::default()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_keeps_every_promise() {
    let server = Server::start().await;
    conformance::all(&open(&server).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_keeps_every_promise_on_one_connection() {
    let server = Server::start().await;
    let options = Options { max_connections: 1, ..Options::default() };
    conformance::all(&PostgresStore::open(&server.url(RELAY), options).await.unwrap()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_company_moves_from_a_folder_to_postgres_and_back() {
    let (server, folder) = (Server::start().await, tempfile::tempdir().unwrap());
    let files = zuc_relay_sqlite::SqliteStore::open(folder.path(), zuc_relay_sqlite::Options::default()).await.unwrap();
    let database = open(&server).await;
    conformance::a_company_moves_whole(&files, &database).await;
    conformance::no_write_is_lost_while_a_company_moves(&files, &database).await;
    conformance::a_broken_move_goes_on(&files, &database).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_company_moves_from_postgres_to_a_folder_and_back() {
    let (server, folder) = (Server::start().await, tempfile::tempdir().unwrap());
    let files = zuc_relay_sqlite::SqliteStore::open(folder.path(), zuc_relay_sqlite::Options::default()).await.unwrap();
    let database = open(&server).await;
    conformance::a_company_moves_whole(&database, &files).await;
    conformance::no_write_is_lost_while_a_company_moves(&database, &files).await;
    conformance::a_broken_move_goes_on(&database, &files).await;
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

/// Two relays in front of one database, as on two machines.
async fn nodes(server: &Server) -> ([Arc<PostgresStore>; 2], CompanyId, ControlHash) {
    let nodes = [Arc::new(open(server).await), Arc::new(open(server).await)];
    let (company, head) = (CompanyId([1; 16]), ControlHash([1; 32]));
    nodes[0].create(company, LogId([1; 16]), head, vec![]).await.unwrap();
    (nodes, company, head)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_two_nodes_acknowledged_is_dense_and_there_after_the_store_is_opened_again() {
    let server = Server::start().await;
    let (nodes, company, head) = nodes(&server).await;
    let pushes: Vec<_> = (1..=100_u8)
        .map(|author| {
            let store = nodes[usize::from(author % 2)].clone();
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
    drop(nodes);
    let store = open(&server).await;
    assert_eq!(store.read(company, Scope::Catalog, 0, 1_000, usize::MAX).await.unwrap().entries.len(), 100);
    assert_eq!(store.companies().await.unwrap(), [company]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn folios_that_two_nodes_give_at_once_are_dense() {
    let server = Server::start().await;
    let (nodes, company, _head) = nodes(&server).await;
    let claims: Vec<_> = (1..=60_u8)
        .map(|invoice| {
            let store = nodes[usize::from(invoice % 2)].clone();
            let claim = Claim::Folio { serie: "A".into(), invoice: ItemId([invoice; 16]) };
            let request = ClaimRequest { id: RequestId([invoice; 16]), claim };
            let sign = |_: &_| {
                let receipt = SignedReceipt { header: Blob(vec![]), signature: Signature([7; 64]) };
                Ok(Signed { receipt, facts: vec![] })
            };
            tokio::spawn(async move {
                store.decide(company, DeviceId([1; 16]), request, true, Box::new(sign)).await.unwrap()
            })
        })
        .collect();
    for claim in claims {
        claim.await.unwrap();
    }
    let numbers: Vec<u64> =
        nodes[0].folios(company, "A").await.unwrap().into_iter().map(|folio| folio.number).collect();
    assert_eq!(numbers, (1..=60).collect::<Vec<u64>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_control_acts_at_once_one_is_refused() {
    let server = Server::start().await;
    let (nodes, company, head) = nodes(&server).await;
    let act = |node: usize, hash: u8| {
        let store = nodes[node].clone();
        let append = zuc_relay_store::ControlAppend {
            expected: head,
            hash: ControlHash([hash; 32]),
            bytes: vec![hash],
            marks: vec![],
            bags: vec![],
            joined: None,
        };
        tokio::spawn(async move { store.control_append(company, append).await })
    };
    let ends = [act(0, 20), act(1, 21)];
    let mut won = 0;
    for end in ends {
        match end.await.unwrap() {
            Ok(1) => won += 1,
            Err(StoreError::ControlMoved { .. }) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(won, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_company_whose_turn_does_not_come_takes_no_connection_from_another() {
    let server = Server::start().await;
    let options = Options { max_connections: 2, ..Options::default() };
    let store = Arc::new(PostgresStore::open(&server.url(RELAY), options).await.unwrap());
    let (busy, other) = (CompanyId([1; 16]), CompanyId([2; 16]));
    for company in [busy, other] {
        store.create(company, LogId([1; 16]), ControlHash([1; 32]), vec![]).await.unwrap();
    }
    // As if another node were long about it.
    let mut elsewhere = server.connect("postgres", "zuclubit").await;
    let turn = "SELECT pg_advisory_lock(x'0101010101010101'::bigint)";
    sqlx::query(turn).execute(&mut elsewhere).await.unwrap();
    let push = |company, author| {
        let store = store.clone();
        tokio::spawn(async move { store.append(company, ControlHash([1; 32]), vec![entry(author)]).await.unwrap() })
    };
    let waiting: Vec<_> = (1..=10).map(|author| push(busy, author)).collect();
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    for author in 1..=10 {
        push(other, author).await.unwrap();
    }
    assert!(waiting.iter().all(|push| !push.is_finished()));
    sqlx::query("SELECT pg_advisory_unlock_all()").execute(&mut elsewhere).await.unwrap();
    for push in waiting {
        push.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_no_index_can_hold_is_refused_with_a_code() {
    let server = Server::start().await;
    let ([store, _other], company, _head) = nodes(&server).await;
    let mut letters = 0_u32;
    let long: String = std::iter::from_fn(|| {
        letters = letters.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from_u32(0x20 + (letters >> 25) % 0x5e)
    })
    .take(9_000)
    .collect();
    for (id, job, code) in [(1, "a\0b".to_owned(), "relay.malformed"), (2, long, "relay.too_large")] {
        let seen = Seen { control: ControlHash([0; 32]), scopes: Vec::new(), fence: 0 };
        let claim = Claim::Lease { job, period: "1".into(), for_ms: 1_000, seen };
        let request = ClaimRequest { id: RequestId([id; 16]), claim };
        let sign = |_: &_| panic!("it must be refused before it is signed");
        let refused = store.decide(company, DeviceId([1; 16]), request, true, Box::new(sign)).await;
        assert_eq!(refused.unwrap_err().code(), code);
    }
    store.ping().await.unwrap();
}
