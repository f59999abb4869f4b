//! Certificates that do not seal this company's invoices: each is refused by name, and nothing of it is kept.

use std::{fs, path::PathBuf, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};
use zuc_cfdi::sandbox::{Authority, Holder, Issued, Kind, Validity};
use zuc_gateways::OsEntropy;
use zuc_sample::SampleCompany;
use zuc_store::keys::{Home, Keys, SealedFile};

use crate::{CARLA, Stage, refused};

/// What the keys are sealed with, and what is tried in its place.
const PASSWORD: &str = "Contraseña-1-del-sello";
const OTHER_PASSWORD: &str = "Contraseña-2-de-nadie";

/// Certificates of one authority, whoever they are for.
struct Sat {
    authority: Authority,
    now: Timestamp,
}

impl Sat {
    fn open() -> Self {
        let now = zuc_gateways::now();
        let validity = Validity { from: later(now, -2_000), until: later(now, 2_000) };
        Self { authority: Authority::create(validity).expect("an authority"), now }
    }

    /// Valid from and until so many days from now.
    fn issue(&self, rfc: &str, kind: Kind, number: u32, from: i64, until: i64) -> Issued {
        let holder = Holder { rfc, representative: Some("XIQB891116QE4"), name: "ESCUELA KEMPER URGATE" };
        let validity = Validity { from: later(self.now, from), until: later(self.now, until) };
        let number = format!("900010000005{number:08}");
        self.authority.issue(holder, kind, &number, PASSWORD, validity).expect("a certificate")
    }
}

fn later(from: Timestamp, days: i64) -> Timestamp {
    from + SignedDuration::from_hours(24 * days)
}

/// Files as a person would choose them, and the code they are refused by.
struct Wrong<'a> {
    code: &'static str,
    cer: &'a [u8],
    key: &'a [u8],
    password: &'a str,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_certificate_is_refused_by_name_and_nothing_of_it_is_kept() {
    let mut stage = Stage::set().await;
    // what the others write meanwhile is no matter here
    stage.world.servers.kill_relay().await;
    let (sat, rfc) = (Sat::open(), SampleCompany::issuer().rfc);
    let good = sat.issue(&rfc, Kind::Csd, 1, -10, 1_000);
    let second = sat.issue(&rfc, Kind::Csd, 2, -10, 1_000);
    let fiel = sat.issue(&rfc, Kind::Fiel, 3, -10, 1_000);
    let foreign = sat.issue("URE180429TM6", Kind::Csd, 4, -10, 1_000);
    let expired = sat.issue(&rfc, Kind::Csd, 5, -1_000, -1);
    let early = sat.issue(&rfc, Kind::Csd, 6, 1, 1_000);
    let wrongs = [
        offered("csd.wrong_password", &good, OTHER_PASSWORD),
        offered("csd.wrong_password", &good, ""),
        whole("csd.is_fiel", &fiel),
        whole("csd.other_rfc", &foreign),
        whole("csd.expired", &expired),
        whole("csd.not_yet_valid", &early),
        Wrong { key: &second.key, ..whole("csd.key_mismatch", &good) },
        Wrong { cer: &good.key, ..whole("csd.unreadable_certificate", &good) },
        Wrong { key: &good.cer, ..whole("csd.unreadable_key", &good) },
    ];
    let before = standing(&stage).await;
    for wrong in &wrongs {
        let ran = add(&stage, wrong).await;
        refused(&ran, wrong.code, 1);
        for secret in [PASSWORD, OTHER_PASSWORD] {
            assert!(!ran.stderr.contains(secret), "{} says a password", wrong.code);
        }
        assert_eq!(standing(&stage).await, before, "{} left something behind", wrong.code);
    }
    // and the right one is taken: it was the files that were wrong
    let ran = add(&stage, &whole("", &good)).await;
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(!(ran.stdout + &ran.stderr).contains(PASSWORD), "the password is said");
    assert_ne!(standing(&stage).await, before);
}

fn whole<'a>(code: &'static str, issued: &'a Issued) -> Wrong<'a> {
    offered(code, issued, PASSWORD)
}

fn offered<'a>(code: &'static str, issued: &'a Issued, password: &'a str) -> Wrong<'a> {
    Wrong { code, cer: &issued.cer, key: &issued.key, password }
}

async fn add(stage: &Stage, files: &Wrong<'_>) -> crate::world::program::Ran {
    let place = |name: &str, bytes: &[u8]| -> PathBuf {
        let path = stage.world.root.join(name);
        fs::write(&path, bytes).expect("a file");
        path
    };
    let cer = place("wrong.cer", files.cer).display().to_string();
    let key = place("wrong.key", files.key).display().to_string();
    let password = place("wrong.txt", format!("{}\n", files.password).as_bytes()).display().to_string();
    let arguments = ["csd", "add", &cer, &key, "--password-file", &password];
    stage.world.zuc(CARLA, &arguments).saying_all().run().await
}

/// What a refusal must leave as it was: the vault, the certificates, the events, and every scope's documents, facts and
/// read rows.
#[derive(Debug, PartialEq)]
struct Standing {
    vault: Vec<(String, Vec<u8>)>,
    answers: [Value; 3],
}

async fn standing(stage: &Stage) -> Standing {
    let asked = async |arguments: &[&str]| stage.world.ask(CARLA, arguments).await;
    Standing {
        answers: [asked(&["csd", "list"]).await, asked(&["events"]).await, asked(&["verify"]).await],
        vault: vault(stage).await,
    }
}

/// The sealed rows of the vault, by name.
async fn vault(stage: &Stage) -> Vec<(String, Vec<u8>)> {
    let mut connection = data(stage).await;
    let rows = sqlx::query_as("SELECT name, sealed FROM vault ORDER BY name").fetch_all(&mut connection).await;
    connection.close().await.expect("closed");
    let rows: Vec<(String, Vec<u8>)> = rows.expect("the vault");
    assert!(rows.iter().any(|(name, _)| name.starts_with("csd/")), "Carla's own certificate is there");
    rows
}

/// Carla's database, which nobody else has open.
pub(crate) async fn data(stage: &Stage) -> SqliteConnection {
    let home = Home::open(stage.world.home(CARLA)).expect("nobody is there");
    let passphrase = fs::read_to_string(stage.world.root.join("passphrase")).expect("the passphrase");
    let secrets = SealedFile::new(home.sealed_keys(), passphrase.trim_end().to_owned(), Arc::new(OsEntropy));
    let keys = Keys::obtain(&home, &secrets, &OsEntropy).expect("its keys");
    let key = format!("\"x'{}'\"", hex::encode(keys.database.as_slice()));
    let options = SqliteConnectOptions::new().filename(home.database()).pragma("key", key);
    SqliteConnection::connect_with(&options).await.expect("the data")
}
