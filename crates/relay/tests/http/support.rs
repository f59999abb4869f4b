//! A relay on a free port, a company, and devices that speak to it.

use std::{
    net::SocketAddr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use futures::{SinkExt as _, StreamExt as _};
use reqwest::{Client, Response, StatusCode};
use serde::{Serialize, de::DeserializeOwned};
use tokio::{net::TcpListener, net::TcpStream, sync::oneshot, task::JoinHandle, time::timeout};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};
use zuc_protocol::{
    Rights, Role, Scope, codec,
    control::{ControlLog, Founding, SignedControl, found},
    envelope::{BatchBody, BatchHeader, BatchKind, SealedBatch, SeenTip},
    identity::DeviceKeys,
    ids::{BatchHash, CompanyId, Incarnation, ItemId, LogId, PersonId},
    item::{Fact, Item},
    messages::{ClientFrame, MAX_CREDIT, ScopeCursor, ServerFrame},
    person_key::BagKeyWraps,
    recovery,
    secret::{BagKey, EpochKey, IndexKey},
    session::{Challenge, ChallengeAnswer, SessionToken},
    suite,
};
use zuc_relay::{Clock, HttpOptions, Relay, RelayKeys, SystemClock, serve};
use zuc_relay_sqlite::{Options, SqliteStore};
use zuc_relay_store::RelayStore;
use zuc_sync::{ControlStep, KeyRing, membership::founding_bags};

pub(crate) const SALES: Scope = Scope::Sales(1);

/// The machine's clock, moved.
#[derive(Clone, Default)]
pub(crate) struct Moved(Arc<AtomicI64>);

impl Moved {
    pub(crate) fn on(&self, millis: i64) {
        self.0.fetch_add(millis, Ordering::Relaxed);
    }
}

impl Clock for Moved {
    fn now_ms(&self) -> i64 {
        SystemClock.now_ms() + self.0.load(Ordering::Relaxed)
    }
}

pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) clock: Moved,
    stop: oneshot::Sender<()>,
    served: JoinHandle<std::io::Result<()>>,
}

impl Running {
    pub(crate) async fn start(folder: &Path, options: HttpOptions) -> Self {
        let store = SqliteStore::open(&folder.join("companies"), Options::default()).await.unwrap();
        Self::on(Arc::new(store), folder, options).await
    }

    /// On a store of any make; the folder holds the relay's key.
    pub(crate) async fn on(store: Arc<dyn RelayStore>, folder: &Path, options: HttpOptions) -> Self {
        let keys = RelayKeys::load_or_make(&folder.join("relay.key")).unwrap();
        let clock = Moved::default();
        let relay = Relay::open(store, Arc::new(keys), Arc::new(clock.clone()), None);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let served = tokio::spawn(serve(listener, Arc::new(relay), options, async {
            let _dropped = stopped.await;
        }));
        Self { address, clock, stop, served }
    }

    pub(crate) async fn stop(self) {
        self.stop.send(()).unwrap();
        self.served.await.unwrap().unwrap();
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

pub(crate) fn http() -> Client {
    let _chosen = rustls::crypto::ring::default_provider().install_default();
    Client::builder().no_proxy().build().unwrap()
}

/// Different bytes at every call.
pub(crate) fn roll() -> [u8; 32] {
    static ROLLS: AtomicU64 = AtomicU64::new(0);
    *blake3::hash(&ROLLS.fetch_add(1, Ordering::Relaxed).to_le_bytes()).as_bytes()
}

pub(crate) fn nonce() -> [u8; 24] {
    roll()[..24].try_into().unwrap()
}

pub(crate) fn keys(seed: u8) -> DeviceKeys {
    DeviceKeys::from_seeds(&[seed; 32], &[seed ^ 0x80; 32])
}

/// A founded company, as its first device holds it.
pub(crate) struct Company {
    pub(crate) id: CompanyId,
    pub(crate) genesis: SignedControl,
    pub(crate) log: ControlLog,
    pub(crate) ring: KeyRing,
    pub(crate) bags: Vec<BagKeyWraps>,
}

impl Company {
    /// Luis founds it on the device of `seed`.
    pub(crate) fn found(seed: u8) -> Self {
        let device = keys(seed);
        let root = recovery::root_keys(&[seed; recovery::SECRET]);
        let bags = Scope::FIRST.map(|scope| (scope, BagKey::from_bytes(roll()))).to_vec();
        let genesis = found(
            &Founding {
                salt: [seed; 16],
                name: "Escuela Kemper Urgate",
                person: PersonId([1; 16]),
                rights: Rights::new([Role::Gerencia, Role::Administracion], [1]),
                label: "Luis",
                device: &device,
                root: &root,
                index: &IndexKey::from_bytes(roll()),
                scopes: bags.iter().map(|(scope, bag)| (*scope, EpochKey::from_bytes(roll()), bag.clone())).collect(),
                relay_url: None,
                time_ms: 1,
            },
            &mut roll,
        )
        .unwrap();
        let log = ControlLog::open(genesis.clone()).unwrap();
        let mut ring = KeyRing::of_device(device, &log);
        let wraps = founding_bags(&log, &ring, &bags, &mut roll).unwrap();
        for wraps in &wraps {
            let _other_scope = ring.learn_bag(&log, wraps);
        }
        Self { id: log.company(), genesis, log, ring, bags: wraps }
    }

    /// Registers it at a relay and offers its bags.
    pub(crate) async fn register(&self, relay: &Running, luis: &Device) {
        let answer = post(&http(), &relay.url("/api/v1/companies"), &self.genesis).await;
        assert_eq!(answer.status(), StatusCode::CREATED);
        for wraps in &self.bags {
            let frame = ClientFrame::BagOffer { wraps: Some(wraps.clone()), rows: vec![] };
            let answer = luis.ask(relay, &frame).await;
            assert!(matches!(answer, ServerFrame::Bag { .. } | ServerFrame::Error { .. }), "{answer:?}");
        }
    }

    /// Takes acts to the relay and into the log here.
    pub(crate) async fn author(&mut self, relay: &Running, luis: &Device, steps: Vec<ControlStep>) {
        for step in steps {
            let record = step.record.clone();
            let frame =
                ClientFrame::ControlAppend { record: step.record, replacements: step.replacements, wraps: step.wraps };
            let answer = luis.ask(relay, &frame).await;
            assert!(matches!(answer, ServerFrame::ControlAccepted { .. }), "{answer:?}");
            self.log.append(record).unwrap();
            self.ring.learn(&self.log);
        }
    }
}

/// A fact with `text` in it, sealed as batch `number` of a device.
pub(crate) fn batch(
    log: &ControlLog,
    ring: &KeyRing,
    number: u64,
    prev: BatchHash,
    text: &str,
    person_keys: Vec<zuc_protocol::ids::KeyId>,
) -> SealedBatch {
    let device = ring.keys();
    let fact = Fact {
        id: ItemId(roll()[..16].try_into().unwrap()),
        kind: "activity.logged".to_owned(),
        subject: ItemId([3; 16]),
        fence: 0,
        body: serde_json::json!({ "text": text }).to_string(),
        person_keys,
        events: vec![],
        part: None,
    };
    let header = BatchHeader {
        version: suite::VERSION,
        suite: suite::SUITE,
        scope: SALES,
        epoch: log.epoch(SALES).unwrap().id,
        kind: BatchKind::Fact,
        author: device.id(),
        incarnation: Incarnation([1; 16]),
        number,
        prev,
        control_head: log.head().head(),
    };
    let start = zuc_protocol::chain::start(log.company(), SALES);
    let body = BatchBody { seen: SeenTip::new(&LogId([1; 16]), 0, &start), items: vec![Item::Fact(fact)] };
    SealedBatch::seal(log.company(), header, &body, ring.current(log, SALES).unwrap(), device, &nonce()).unwrap()
}

pub(crate) fn push(batches: &[&SealedBatch]) -> ClientFrame {
    let batches = batches.iter().map(|batch| batch.bytes().to_vec().into()).collect();
    ClientFrame::Push { scope: SALES, batches, bag_rows: vec![] }
}

pub(crate) async fn post<T: Serialize>(http: &Client, url: &str, body: &T) -> Response {
    let bytes = codec::encode(body, codec::MAX_FRAME).unwrap();
    http.post(url).header("content-type", "application/octet-stream").body(bytes).send().await.unwrap()
}

pub(crate) async fn read<T: DeserializeOwned>(answer: Response) -> T {
    let status = answer.status();
    let bytes = answer.bytes().await.unwrap();
    assert!(status.is_success(), "{status}: {}", String::from_utf8_lossy(&bytes));
    codec::decode(&bytes, codec::MAX_FRAME).unwrap()
}

/// The code of a refusal.
pub(crate) async fn code(answer: Response) -> String {
    let json: serde_json::Value = answer.json().await.unwrap();
    json["code"].as_str().unwrap().to_owned()
}

/// A device that speaks to the relay.
pub(crate) struct Device {
    pub(crate) keys: DeviceKeys,
    pub(crate) company: CompanyId,
    pub(crate) http: Client,
}

impl Device {
    pub(crate) fn new(seed: u8, company: CompanyId) -> Self {
        Self { keys: keys(seed), company, http: http() }
    }

    pub(crate) async fn challenge(&self, relay: &Running) -> ChallengeAnswer {
        let challenge: Challenge =
            read(post(&self.http, &relay.url("/api/v1/session/challenge"), &self.company).await).await;
        ChallengeAnswer::sign(challenge, self.company, &self.keys).unwrap()
    }

    pub(crate) async fn token(&self, relay: &Running) -> String {
        let answer = self.challenge(relay).await;
        let token: SessionToken = read(post(&self.http, &relay.url("/api/v1/session"), &answer).await).await;
        token.token
    }

    /// One frame over HTTP.
    pub(crate) async fn ask(&self, relay: &Running, frame: &ClientFrame) -> ServerFrame {
        let token = self.token(relay).await;
        let bytes = codec::encode(frame, codec::MAX_FRAME).unwrap();
        let request = self.http.post(relay.url("/api/v1/frames")).bearer_auth(token);
        read(request.header("content-type", "application/octet-stream").body(bytes).send().await.unwrap()).await
    }

    pub(crate) async fn get(&self, relay: &Running, path: &str) -> Response {
        self.http.get(relay.url(path)).bearer_auth(self.token(relay).await).send().await.unwrap()
    }

    /// A socket that has greeted; the greeting's answer comes first.
    pub(crate) async fn connect(&self, relay: &Running, log: &ControlLog) -> Socket {
        let token = self.token(relay).await;
        let (socket, _) = connect_async(format!("ws://{}/api/v1/sync", relay.address)).await.unwrap();
        let mut socket = Socket(socket);
        socket.send(&ClientFrame::Hello { version: suite::VERSION, token, control: log.head(), log: None }).await;
        socket
    }
}

/// A live exchange.
pub(crate) struct Socket(pub(crate) WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    pub(crate) async fn send(&mut self, frame: &ClientFrame) {
        self.0.send(Message::Binary(frame.to_bytes().unwrap().into())).await.unwrap();
    }

    /// Takes entries of the team as they come, above a place.
    pub(crate) async fn subscribe(&mut self, seq: u64) {
        self.send(&ClientFrame::Credit { frames: MAX_CREDIT }).await;
        self.send(&ClientFrame::Subscribe { cursors: vec![ScopeCursor { scope: SALES, seq }] }).await;
    }

    /// The next frame; `None` when the relay has closed.
    pub(crate) async fn try_next(&mut self) -> Option<ServerFrame> {
        loop {
            let message = timeout(Duration::from_secs(20), self.0.next()).await.expect("the relay speaks in time");
            match message {
                Some(Ok(Message::Binary(bytes))) => return Some(ServerFrame::from_bytes(&bytes).unwrap()),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }

    pub(crate) async fn next(&mut self) -> ServerFrame {
        self.try_next().await.expect("the socket is open")
    }
}
