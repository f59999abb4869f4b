//! A relay on a free port, and a company.

use std::{net::SocketAddr, path::Path, sync::Arc};

use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};
use zuc_app::ports::Entropy as _;
use zuc_gateways::OsEntropy;
use zuc_protocol::{
    Rights, Role, Scope,
    control::{Founding, SignedControl, found},
    identity::DeviceKeys,
    ids::PersonId,
    recovery,
    secret::{BagKey, EpochKey, IndexKey},
};
use zuc_relay::{HttpOptions, Relay, RelayKeys, SystemClock, serve};
use zuc_relay_sqlite::{Options, SqliteStore};

pub(crate) const SALES: Scope = Scope::Sales(1);

/// A relay, which ends with the test.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) store: Arc<SqliteStore>,
    stop: oneshot::Sender<()>,
    served: JoinHandle<std::io::Result<()>>,
}

impl Running {
    /// Port 0 is a port of its own.
    pub(crate) async fn start(folder: &Path, port: u16) -> Self {
        let keys = RelayKeys::load_or_make(&folder.join("relay.key")).unwrap();
        let store = Arc::new(SqliteStore::open(&folder.join("companies"), Options::default()).await.unwrap());
        let relay = Relay::open(store.clone(), Arc::new(keys), Arc::new(SystemClock), None);
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let served = tokio::spawn(serve(listener, Arc::new(relay), HttpOptions::default(), async {
            let _dropped = stopped.await;
        }));
        Self { address, store, stop, served }
    }

    pub(crate) async fn stop(self) {
        self.stop.send(()).unwrap();
        self.served.await.unwrap().unwrap();
    }
}

pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    OsEntropy.fill(&mut bytes);
    bytes
}

pub(crate) fn company(device: &DeviceKeys) -> SignedControl {
    let scopes =
        Scope::FIRST.map(|scope| (scope, EpochKey::from_bytes(random()), BagKey::from_bytes(random()))).to_vec();
    let founding = Founding {
        salt: random(),
        name: "Escuela Kemper Urgate",
        person: PersonId([1; 16]),
        rights: Rights::new([Role::Gerencia, Role::Administracion], [1]),
        label: "Luis",
        device,
        root: &recovery::root_keys(&[7; recovery::SECRET]),
        index: &IndexKey::from_bytes(random()),
        scopes,
        relay_url: None,
        time_ms: 1,
    };
    found(&founding, &mut random).unwrap()
}
