//! A company, a relay that can be killed, and a PAC with its own ledger.

use std::{
    path::Path,
    sync::{Arc, OnceLock},
    time::Duration,
};

use jiff::{Timestamp, tz::Offset};
use tokio::net::TcpListener;
use zuc_cfdi::{
    compute::{self, Rounding},
    csd::{Certificate, Csd},
    input::Draft,
    seal,
};
use zuc_protocol::{
    Rights, Role, Scope,
    control::{ControlAct, ControlLog, Founding, found},
    identity::DeviceKeys,
    ids::{CompanyId, ItemId, PersonId, RequestId},
    messages::{ClientFrame, ServerFrame},
    receipt::{Claim, ClaimRequest, Decision, SignedReceipt, StampState},
    relay_fact::SealedRelayFact,
    secret::{BagKey, EpochKey, IndexKey},
    stamp_key::stamp_key,
    stamping::{StampCommand, StampJob, StampView},
};
use zuc_relay::{
    Relay, RelayKeys, SystemClock,
    log::Session,
    pac::{Capabilities, Credentials, Pac, Recovery, SwPac, SwSettings},
    sandbox::{Fault, Hostile, Profile, SandboxPac, serve},
    stamping::{StampingSettings, Trust},
};
use zuc_relay_sqlite::{Options, SqliteStore};

pub(crate) const EPOCH: [u8; 32] = [9; 32];

/// The PAC's process, here a server on a free port.
pub(crate) struct PacProcess {
    pub(crate) pac: Arc<SandboxPac>,
    pub(crate) url: String,
    _folder: tempfile::TempDir,
}

impl PacProcess {
    pub(crate) async fn start(profile: Profile) -> Self {
        let folder = tempfile::tempdir().unwrap();
        keep_identity(folder.path()).await;
        let pac = Arc::new(SandboxPac::open(folder.path(), profile, Arc::new(SystemClock)).await.unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(serve(listener, pac.clone(), std::future::pending()));
        Self { pac, url, _folder: folder }
    }

    pub(crate) fn fail(&self, fault: Fault, times: u32, delay_ms: u64) {
        self.pac.set_profile(Profile { hostile: Hostile { fault, times, delay_ms }, ..self.pac.profile() });
    }

    /// How many timbres bear this folio, by the PAC's own ledger.
    pub(crate) async fn timbres_of(&self, folio: u64) -> usize {
        let rows = self.pac.timbres().await.unwrap();
        rows.iter().filter(|row| row.folio == folio.to_string()).count()
    }
}

/// Keys are slow to make: the first sandbox makes them, the others copy its files.
async fn keep_identity(folder: &Path) {
    static FILES: tokio::sync::OnceCell<Vec<(&'static str, Vec<u8>)>> = tokio::sync::OnceCell::const_new();
    let files = FILES
        .get_or_init(|| async {
            let first = tempfile::tempdir().unwrap();
            SandboxPac::open(first.path(), Profile::default(), Arc::new(SystemClock)).await.unwrap();
            ["authority.cer", "authority.key", "pac.cer", "pac.key"]
                .map(|name| (name, std::fs::read(first.path().join(name)).unwrap()))
                .to_vec()
        })
        .await;
    for (name, bytes) in files {
        std::fs::write(folder.join(name), bytes).unwrap();
    }
}

/// The issuer's CSD, of the sandbox's own authority.
pub(crate) fn csd() -> &'static Csd {
    static CSD: OnceLock<Csd> = OnceLock::new();
    CSD.get_or_init(|| {
        use zuc_cfdi::sandbox::{Authority, Holder, Kind, Validity};
        let now = Timestamp::now().as_second();
        let at = |days: i64| Timestamp::from_second(now + days * 86_400).unwrap();
        let validity = Validity { from: at(-10), until: at(1_000) };
        let authority = Authority::create(validity).unwrap();
        let holder =
            Holder { rfc: "EKU9003173C9", representative: Some("XIQB891116QE4"), name: "ESCUELA KEMPER URGATE" };
        let issued = authority.issue(holder, Kind::Csd, "90001000000500000010", "clave", validity).unwrap();
        Csd::open(&issued.cer, &issued.key, b"clave").unwrap()
    })
}

/// A relay in a runtime of its own, so that it can be killed in the middle of anything.
pub(crate) struct RelayProcess {
    runtime: Option<tokio::runtime::Runtime>,
    pub(crate) relay: Arc<Relay>,
}

/// How the relay of a test stamps.
#[derive(Clone, Copy)]
pub(crate) struct Temper {
    pub(crate) recovery: Recovery,
    /// Short only where one is cut off: a claim on a slow disk may not outlive its own commit.
    pub(crate) claim_ms: u64,
    pub(crate) deadline_ms: u64,
    pub(crate) settle_ms: u64,
    pub(crate) wait_ms: u64,
    pub(crate) recoveries: u64,
}

impl Default for Temper {
    fn default() -> Self {
        Self {
            recovery: Recovery::Resend,
            claim_ms: 20_000,
            deadline_ms: 5_000,
            settle_ms: 300,
            wait_ms: 60_000,
            recoveries: 20,
        }
    }
}

impl RelayProcess {
    pub(crate) fn start(folder: &Path, pac: &PacProcess, temper: Temper) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let settings = SwSettings {
            services_url: pac.url.clone(),
            api_url: pac.url.clone(),
            credentials: Credentials::Token("t".into()),
            capabilities: Capabilities {
                recovery: temper.recovery,
                settle: Duration::from_millis(temper.settle_ms),
                deadline: Duration::from_millis(temper.deadline_ms),
            },
        };
        let adapter: Arc<dyn Pac> = Arc::new(SwPac::try_new(settings).unwrap());
        let certificate = Certificate::from_der(pac.pac.pac_certificate()).unwrap();
        let stamping = StampingSettings {
            trust: Trust {
                provider: Some(pac.pac.rfc().to_owned()),
                sat_certificates: vec![certificate],
                authorities: vec![],
            },
            retry: Duration::from_millis(50),
            claim: Duration::from_millis(temper.claim_ms),
            wait: Duration::from_millis(temper.wait_ms),
            breaker_failures: 1_000,
            recoveries: temper.recoveries,
            ..StampingSettings::default()
        };
        let folder = folder.to_owned();
        let opening = runtime.spawn(async move {
            let keys = RelayKeys::load_or_make(&folder.join("relay.key")).unwrap();
            let store = SqliteStore::open(&folder.join("companies"), Options::default()).await.unwrap();
            Arc::new(Relay::open_with(
                Arc::new(store),
                Arc::new(keys),
                Arc::new(SystemClock),
                Some(adapter),
                stamping,
                zuc_relay::log::QUOTA,
            ))
        });
        let relay = std::thread::spawn(move || futures::executor::block_on(opening).unwrap()).join().unwrap();
        runtime.spawn(relay.stamping().unwrap().clone().work(std::future::pending()));
        Self { runtime: Some(runtime), relay }
    }

    /// As `kill -9`: tasks end where they stand, nothing is told to anybody.
    pub(crate) fn kill(mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }

    /// Runs something in the relay's own runtime; `None` when it was killed meanwhile.
    pub(crate) async fn run<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> Option<T> {
        self.runtime.as_ref().unwrap().spawn(work).await.ok()
    }

    pub(crate) async fn frames(&self, founder: &Founder, frame: ClientFrame) -> Vec<ServerFrame> {
        let (relay, company, device) = (self.relay.clone(), founder.company, founder.device.id());
        let answered = self.run(async move {
            let session = relay.log().session(company, device).await.unwrap();
            relay.handle(&session, frame).await
        });
        answered.await.unwrap()
    }

    pub(crate) async fn session(&self, founder: &Founder) -> Session {
        let (relay, company, device) = (self.relay.clone(), founder.company, founder.device.id());
        self.run(async move { relay.log().session(company, device).await.unwrap() }).await.unwrap()
    }
}

impl Drop for RelayProcess {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// The one person of the company, with all four roles.
pub(crate) struct Founder {
    pub(crate) company: CompanyId,
    pub(crate) device: DeviceKeys,
    pub(crate) log: ControlLog,
}

impl Founder {
    pub(crate) async fn found(relay: &RelayProcess) -> Self {
        let device = DeviceKeys::from_seeds(&[1; 32], &[2; 32]);
        let root = DeviceKeys::from_seeds(&[3; 32], &[4; 32]);
        let scopes = Scope::FIRST.map(|scope| (scope, EpochKey::from_bytes(EPOCH), BagKey::from_bytes([8; 32])));
        let founding = Founding {
            salt: [5; 16],
            name: "Escuela",
            person: PersonId([6; 16]),
            rights: Rights::new(Role::ALL, [1]),
            label: "portátil",
            device: &device,
            root: &root,
            index: &IndexKey::from_bytes([7; 32]),
            scopes: scopes.into(),
            relay_url: None,
            time_ms: 0,
        };
        let mut count = 0_u8;
        let genesis = found(&founding, &mut || {
            count += 1;
            [count; 32]
        })
        .unwrap();
        let log = ControlLog::open(genesis.clone()).unwrap();
        let service = relay.relay.clone();
        let company = relay.run(async move { service.log().create(genesis).await.unwrap().0 }).await.unwrap();
        let mut founder = Self { company, device, log };
        let key = RelayKeys::verify_key(relay.relay.relay_keys());
        founder.act(relay, ControlAct::RelayKey { key, url: "http://relevo".into() }).await;
        founder
    }

    pub(crate) async fn act(&mut self, relay: &RelayProcess, act: ControlAct) {
        let record = self.log.sign(act, 0, &self.device).unwrap();
        self.log.append(record.clone()).unwrap();
        let frame = ClientFrame::ControlAppend { record, replacements: vec![], wraps: vec![] };
        let frames = relay.frames(self, frame).await;
        assert!(matches!(frames[..], [ServerFrame::ControlAccepted { .. }]), "{frames:?}");
    }

    pub(crate) async fn claim(&self, relay: &RelayProcess, id: RequestId, claim: Claim) -> SignedReceipt {
        let frames = relay.frames(self, ClientFrame::Claim(ClaimRequest { id, claim })).await;
        let [ServerFrame::Receipt(receipt)] = &frames[..] else { panic!("{frames:?}") };
        receipt.verify(self.company, self.log.relay_key().unwrap()).unwrap();
        receipt.clone()
    }

    /// Claims a folio for an invoice and seals a document with it.
    pub(crate) async fn job(&self, relay: &RelayProcess, invoice: u8) -> StampJob {
        self.job_of(relay, invoice, |json| json).await
    }

    /// The same, with the draft changed.
    pub(crate) async fn job_of(
        &self,
        relay: &RelayProcess,
        invoice: u8,
        change: impl Fn(String) -> String,
    ) -> StampJob {
        let item = ItemId([invoice; 16]);
        let claim = Claim::Folio { serie: "A".into(), invoice: item };
        let receipt = self.claim(relay, RequestId([invoice; 16]), claim).await;
        let Decision::Folio { folio, .. } = receipt.peek().unwrap().decision else { panic!("no folio") };
        let xml = sealed_xml(folio, change);
        let document = zuc_cfdi::xml::read(xml.as_bytes()).unwrap();
        let cadena = zuc_cfdi::cadena::cadena_original(&document).unwrap();
        StampJob {
            id: RequestId([invoice; 16]),
            invoice: item,
            stamp_key: stamp_key(self.company, &document.emisor.rfc, &cadena),
            serie: "A".into(),
            folio,
            folio_receipt: receipt,
            xml: xml.into_bytes().into(),
        }
    }

    pub(crate) async fn stamp(&self, relay: &RelayProcess, job: &StampJob) -> Result<StampView, String> {
        view(&relay.frames(self, ClientFrame::Stamp(Box::new(job.clone()))).await)
    }

    /// Sends it, and what came of it in the end: the relay's own round may have taken it up before the request did.
    pub(crate) async fn stamp_to(&self, relay: &RelayProcess, job: &StampJob, wanted: StampState) -> StampView {
        self.stamp(relay, job).await.unwrap();
        self.until(relay, job, wanted).await;
        self.command(relay, StampCommand::Status { invoice: job.invoice }).await.unwrap()
    }

    pub(crate) async fn command(&self, relay: &RelayProcess, command: StampCommand) -> Result<StampView, String> {
        view(&relay.frames(self, ClientFrame::StampCommand { id: RequestId([0; 16]), command }).await)
    }

    pub(crate) async fn state(&self, relay: &RelayProcess, job: &StampJob) -> StampState {
        let status = StampCommand::Status { invoice: job.invoice };
        self.command(relay, status).await.unwrap().state.unwrap()
    }

    /// Waits until the attempt is where the test wants it.
    pub(crate) async fn until(&self, relay: &RelayProcess, job: &StampJob, wanted: StampState) {
        let mut state = self.state(relay, job).await;
        for _ in 0..2_400 {
            if state == wanted {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
            state = self.state(relay, job).await;
        }
        panic!("the attempt is {state:?} and not {wanted:?}");
    }

    /// The relay's facts in the fiscal scope, opened: kind and body.
    pub(crate) async fn fiscal_facts(&self, relay: &RelayProcess) -> Vec<(String, String)> {
        let frames = relay.frames(self, ClientFrame::Pull { scope: Scope::Fiscal, from: 0, max: 1_000 }).await;
        let [ServerFrame::Entries { entries, .. }] = &frames[..] else { panic!("{frames:?}") };
        let key = EpochKey::from_bytes(EPOCH);
        entries
            .iter()
            .map(|entry| {
                let sealed = SealedRelayFact::from_bytes(entry.bytes.as_slice()).unwrap();
                let fact = sealed.open(self.company, &key, self.log.relay_key().unwrap()).unwrap();
                (fact.kind, fact.body)
            })
            .collect()
    }
}

fn view(frames: &[ServerFrame]) -> Result<StampView, String> {
    match frames {
        [ServerFrame::Stamp(view)] => Ok((**view).clone()),
        [ServerFrame::Error { code, .. }] => Err(code.clone()),
        other => panic!("{other:?}"),
    }
}

/// A sealed invoice of an hour ago.
pub(crate) fn sealed_xml(folio: u64, change: impl Fn(String) -> String) -> String {
    let hour_ago = Timestamp::from_second(Timestamp::now().as_second() - 3_600).unwrap();
    let fecha = Offset::constant(-6).to_datetime(hour_ago);
    let json = DRAFT.replace("$FOLIO", &folio.to_string()).replace("$FECHA", &fecha.to_string());
    let document = compute::build(Draft::from_json(&change(json)).unwrap(), Rounding::TwoDecimals).unwrap();
    seal::seal(document, csd()).unwrap().xml
}

const DRAFT: &str = r#"{
  "comprobante": {"TipoDeComprobante": "I", "Serie": "A", "Folio": "$FOLIO", "Fecha": "$FECHA",
    "LugarExpedicion": "42501", "FormaPago": "99", "MetodoPago": "PPD", "Moneda": "MXN"},
  "emisor": {"Rfc": "EKU9003173C9", "Nombre": "ESCUELA KEMPER URGATE", "RegimenFiscal": "601"},
  "receptor": {"Rfc": "URE180429TM6", "Nombre": "UNIVERSIDAD ROBOTICA ESPAÑOLA", "DomicilioFiscalReceptor": "86991",
    "RegimenFiscalReceptor": "601", "UsoCFDI": "G03"},
  "conceptos": [{"ClaveProdServ": "81111500", "Cantidad": "1", "ClaveUnidad": "E48", "Descripcion": "Canario amarillo",
    "ValorUnitario": "100", "traslados": [{"Impuesto": "002", "TipoFactor": "Tasa", "TasaOCuota": "0.16"}]}]
}"#;
