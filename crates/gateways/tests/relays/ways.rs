//! The ways to a relay: beside the socket, and where something kills every socket.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::timeout,
};
use zuc_app::ports::{Credentials, Link, Relays as _};
use zuc_gateways::RelayAddresses;
use zuc_protocol::{
    Scope,
    chain::{self, LogEntry},
    control::{ControlAct, ControlLog},
    identity::DeviceKeys,
    ids::BatchHash,
    messages::{ClientFrame, ScopeCursor, ServerFrame},
    suite,
};
use zuc_relay_store::{LogStore as _, NewEntry};

use crate::support::{Running, SALES, company, random};

/// Stands before a relay, passes on what is asked and, while it is told to, kills what wants to become a socket.
struct Proxy {
    address: SocketAddr,
    kills: Arc<AtomicBool>,
    /// Sockets that it let pass.
    passed: Arc<AtomicUsize>,
}

impl Proxy {
    async fn before(relay: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (kills, passed) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicUsize::new(0)));
        let (killing, passing) = (kills.clone(), passed.clone());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass(client, relay, killing.clone(), passing.clone()));
            }
        });
        Self { address, kills, passed }
    }
}

async fn pass(mut client: TcpStream, relay: SocketAddr, kills: Arc<AtomicBool>, passed: Arc<AtomicUsize>) {
    let mut head = vec![0; 16 << 10];
    let Ok(read) = client.read(&mut head).await else { return };
    let is_upgrade = String::from_utf8_lossy(&head[..read]).to_lowercase().contains("upgrade: websocket");
    if is_upgrade && kills.load(Ordering::Relaxed) {
        let refusal = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        let _gone = client.write_all(refusal).await;
        return;
    }
    passed.fetch_add(usize::from(is_upgrade), Ordering::Relaxed);
    let Ok(mut relay) = TcpStream::connect(relay).await else { return };
    if relay.write_all(&head[..read]).await.is_ok() {
        let _over = copy_bidirectional(&mut client, &mut relay).await;
    }
}

async fn heard(link: &mut Link) -> Option<ServerFrame> {
    timeout(Duration::from_secs(20), link.receive.recv()).await.expect("the relay speaks in time")
}

async fn greet(link: &mut Link, log: &ControlLog) {
    let (version, token) = (suite::VERSION, link.token.clone());
    link.send.send(ClientFrame::Hello { version, token, control: log.head(), log: None }).await.unwrap();
    assert!(matches!(heard(link).await, Some(ServerFrame::Welcome { .. })));
}

/// Through a link: what is asked is answered, and what others do comes by itself.
async fn is_alive(link: &mut Link, log: &mut ControlLog, others: &dyn zuc_app::ports::Relay, who: &Credentials) {
    greet(link, log).await;
    let cursors = vec![ScopeCursor { scope: SALES, seq: 0 }];
    for frame in [ClientFrame::Credit { frames: 8 }, ClientFrame::Subscribe { cursors }, ClientFrame::Ping(7)] {
        link.send.send(frame).await.unwrap();
    }
    assert!(matches!(heard(link).await, Some(ServerFrame::Pong { number: 7, .. })));
    let record = log.sign(ControlAct::SchemaFloor(u32::try_from(log.len()).unwrap()), 1, &who.device).unwrap();
    let append = ClientFrame::ControlAppend { record: record.clone(), replacements: vec![], wraps: vec![] };
    others.ask(who, append).await.unwrap();
    log.append(record).unwrap();
    let Some(ServerFrame::ControlRecords { len, .. }) = heard(link).await else { panic!("no news") };
    assert_eq!(len, log.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_every_socket_is_killed_the_exchange_goes_on_and_takes_sockets_again_once_they_pass() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(folder.path(), 0).await;
    let proxy = Proxy::before(running.address).await;
    let device = Arc::new(DeviceKeys::from_seeds(&random(), &random()));
    let genesis = company(&device);
    let mut log = ControlLog::open(genesis.clone()).unwrap();
    let who = Credentials { company: log.company(), device };
    let direct = RelayAddresses::default().at(&format!("http://{}", running.address)).unwrap();
    direct.register(std::slice::from_ref(&genesis)).await.unwrap();

    let ways = RelayAddresses::looking_after(Duration::from_millis(100));
    let relay = ways.at(&format!("http://{}", proxy.address)).unwrap();
    assert!(relay.connect(&who).await.is_err(), "one may fail for any reason");
    let mut link = relay.connect(&who).await.unwrap();
    is_alive(&mut link, &mut log, direct.as_ref(), &who).await;
    drop(link);
    let mut link = relay.connect(&who).await.unwrap();
    is_alive(&mut link, &mut log, direct.as_ref(), &who).await;
    assert_eq!(proxy.passed.load(Ordering::Relaxed), 0);

    proxy.kills.store(false, Ordering::Relaxed);
    assert_eq!(heard(&mut link).await, None, "it ends by itself");
    let looked = proxy.passed.load(Ordering::Relaxed);
    assert!(looked > 0);
    let mut link = relay.connect(&who).await.unwrap();
    is_alive(&mut link, &mut log, direct.as_ref(), &who).await;
    assert_eq!(proxy.passed.load(Ordering::Relaxed), looked + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_without_a_socket_is_one_devices_and_ends_when_another_takes_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(folder.path(), 0).await;
    let proxy = Proxy::before(running.address).await;
    let device = Arc::new(DeviceKeys::from_seeds(&random(), &random()));
    let genesis = company(&device);
    let mut log = ControlLog::open(genesis.clone()).unwrap();
    let who = Credentials { company: log.company(), device };
    let relay = RelayAddresses::default().at(&format!("http://{}", proxy.address)).unwrap();
    relay.register(std::slice::from_ref(&genesis)).await.unwrap();
    assert!(relay.connect(&who).await.is_err());
    let mut first = relay.connect(&who).await.unwrap();
    greet(&mut first, &log).await;
    let mut second = relay.connect(&who).await.unwrap();
    is_alive(&mut second, &mut log, relay.as_ref(), &who).await;
    // whether it waits or asks, it is told that it is no more
    let _gone = first.send.send(ClientFrame::Ping(1)).await;
    while let Some(frame) = heard(&mut first).await {
        assert!(!matches!(frame, ServerFrame::Pong { .. }), "the other's");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_log_is_read_in_segments_and_one_that_was_cut_off_from_where_it_ended() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(folder.path(), 0).await;
    let device = Arc::new(DeviceKeys::from_seeds(&random(), &random()));
    let genesis = company(&device);
    let log = ControlLog::open(genesis.clone()).unwrap();
    let who = Credentials { company: log.company(), device: device.clone() };
    let relay = RelayAddresses::default().at(&format!("http://{}", running.address)).unwrap();
    relay.register(std::slice::from_ref(&genesis)).await.unwrap();
    let entry = |number: u64| NewEntry {
        scope: SALES,
        author: device.id(),
        number,
        previous: hash(number - 1),
        control_seq: 0,
        hash: hash(number),
        bytes: number.to_le_bytes().repeat(60),
    };
    running.store.append(log.company(), log.head(), (1..=5_000).map(entry).collect()).await.unwrap();

    let (mut at, mut place) = (chain::start(log.company(), SALES), 0);
    let mut segments = 0;
    while place < 5_000 {
        let (send, mut pages) = mpsc::channel(1);
        let (relay, who) = (relay.clone(), who.clone());
        let reading = tokio::spawn(async move { relay.segment(&who, SALES, place, send).await });
        segments += 1;
        let mut read = 0;
        while let Some(page) = pages.recv().await {
            let ServerFrame::Entries { from, entries, head, chain, .. } = page else { panic!("{page:?}") };
            assert_eq!((from, head), (place, 5_000));
            at = chain::extend(at, &entries);
            assert_eq!(at, chain);
            place += entries.len() as u64;
            assert!(entries.iter().map(|entry: &LogEntry| entry.seq).eq(from + 1..=place));
            read += 1;
            if segments == 1 && read == 2 {
                break;
            }
        }
        drop(pages);
        reading.await.unwrap().unwrap();
        match segments {
            1 => assert!((1..4_096).contains(&place), "it was cut off at {place}"),
            2 => assert_eq!(place, 4_096),
            _ => assert_eq!(place, 5_000),
        }
    }
    assert_eq!(segments, 3);

    let (send, _pages) = mpsc::channel(1);
    let refused = relay.segment(&who, Scope::Fiscal, 0, send).await.unwrap_err();
    assert_eq!(refused.code(), "relay.not_allowed");
}

/// A batch's name, as a store keeps it.
fn hash(number: u64) -> BatchHash {
    let mut hash = [0; 16];
    hash[..8].copy_from_slice(&number.to_le_bytes());
    BatchHash(hash)
}
