//! A running sandbox, the adapter that talks to it, and documents dated an hour ago.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use jiff::{Timestamp, tz::Offset};
use tokio::net::TcpListener;
use zuc_cfdi::{
    compute::{self, Rounding},
    csd::Csd,
    input::Draft,
    model::Comprobante,
    sandbox::{Authority, Holder, Issued, Kind, Validity},
    seal,
};
use zuc_relay::{
    SystemClock,
    pac::{Answer, Capabilities, Credentials, Pac as _, Recovery, SwPac, SwSettings},
    sandbox::{Profile, SandboxPac, serve},
};

pub(crate) const PASSWORD: &str = "12345678a";

pub(crate) struct Bench {
    pub(crate) pac: Arc<SandboxPac>,
    pub(crate) sw: SwPac,
    pub(crate) url: String,
    _folder: tempfile::TempDir,
}

impl Bench {
    pub(crate) async fn start(profile: Profile) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let pac = Arc::new(SandboxPac::open(folder.path(), profile, Arc::new(SystemClock)).await.unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(serve(listener, pac.clone(), std::future::pending()));
        let capabilities = Capabilities {
            recovery: Recovery::Resend,
            settle: Duration::from_secs(1),
            deadline: Duration::from_secs(10),
        };
        let settings = SwSettings {
            services_url: url.clone(),
            api_url: url.clone(),
            credentials: Credentials::User { user: "u".into(), password: "p".into() },
            capabilities,
        };
        Self { pac, sw: SwPac::try_new(settings).unwrap(), url, _folder: folder }
    }

    /// The code with which a document is refused, or the stamped XML.
    pub(crate) async fn send(&self, reference: &str, xml: &str) -> Result<String, String> {
        match self.sw.stamp(reference, xml.as_bytes()).await.unwrap() {
            Answer::Stamped(xml) => Ok(String::from_utf8(xml).unwrap()),
            Answer::Before(xml) => Err(format!("before {}", xml.len())),
            Answer::Rejected { code, .. } => Err(code),
        }
    }
}

pub(crate) struct Keys {
    pub(crate) authority: Authority,
    pub(crate) issuer: Issued,
    pub(crate) fiel: Issued,
    pub(crate) expired: Issued,
}

/// Keys are slow to make: one set serves every test.
pub(crate) fn keys() -> &'static Keys {
    static KEYS: OnceLock<Keys> = OnceLock::new();
    KEYS.get_or_init(|| {
        let now = Timestamp::now().as_second();
        let days = |from: i64, until: i64| {
            let at = |days: i64| Timestamp::from_second(now + days * 86_400).unwrap();
            Validity { from: at(from), until: at(until) }
        };
        let authority = Authority::create(days(-100, 1_000)).unwrap();
        let issue = |kind, number, validity| {
            let representative = Some("XIQB891116QE4");
            let holder = Holder { rfc: "EKU9003173C9", representative, name: "ESCUELA KEMPER URGATE" };
            authority.issue(holder, kind, number, PASSWORD, validity).unwrap()
        };
        let issuer = issue(Kind::Csd, "90001000000500000010", days(-10, 1_000));
        let fiel = issue(Kind::Fiel, "90001000000500000011", days(-10, 1_000));
        let expired = issue(Kind::Csd, "90001000000500000012", days(-90, -30));
        Keys { authority, issuer, fiel, expired }
    })
}

pub(crate) fn csd() -> Csd {
    open(&keys().issuer)
}

pub(crate) fn open(issued: &Issued) -> Csd {
    Csd::open(&issued.cer, &issued.key, PASSWORD.as_bytes()).unwrap()
}

/// A sound invoice with a discount, transfers and retentions.
pub(crate) fn invoice() -> Comprobante {
    dated(3_600)
}

/// The same, of so many seconds ago.
pub(crate) fn dated(seconds_ago: i64) -> Comprobante {
    let at = Timestamp::from_second(Timestamp::now().as_second() - seconds_ago).unwrap();
    let json = DRAFT.replace("$FECHA", &Offset::constant(-6).to_datetime(at).to_string());
    compute::build(Draft::from_json(&json).unwrap(), Rounding::TwoDecimals).unwrap()
}

/// Seals whatever it is given.
pub(crate) fn sealed(document: Comprobante) -> String {
    seal::seal(document, &csd()).unwrap().xml
}

const DRAFT: &str = r#"{
  "comprobante": {"TipoDeComprobante": "I", "Serie": "A", "Folio": "17", "Fecha": "$FECHA",
    "LugarExpedicion": "42501", "FormaPago": "99", "MetodoPago": "PPD", "Moneda": "MXN"},
  "emisor": {"Rfc": "EKU9003173C9", "Nombre": "ESCUELA KEMPER URGATE", "RegimenFiscal": "601"},
  "receptor": {"Rfc": "URE180429TM6", "Nombre": "UNIVERSIDAD ROBOTICA ESPAÑOLA", "DomicilioFiscalReceptor": "86991",
    "RegimenFiscalReceptor": "601", "UsoCFDI": "G03"},
  "conceptos": [
    {"ClaveProdServ": "81111500", "Cantidad": "2.5", "ClaveUnidad": "E48", "Descripcion": "Consultoría",
      "ValorUnitario": "1500.50", "Descuento": "51.25",
      "traslados": [{"Impuesto": "002", "TipoFactor": "Tasa", "TasaOCuota": "0.16"}],
      "retenciones": [{"Impuesto": "001", "TipoFactor": "Tasa", "TasaOCuota": "0.10"}]},
    {"ClaveProdServ": "86121700", "Cantidad": "1", "ClaveUnidad": "E48", "Descripcion": "Curso", "ValorUnitario": "999.99",
      "traslados": [{"Impuesto": "002", "TipoFactor": "Exento"}]}
  ]
}"#;
