//! `zuc cfdi …`: each answers one JSON value, and says by code and sentence what it refuses.

use std::{fs, path::PathBuf};

use jiff::SignedDuration;
use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};
use zuc_cfdi::sandbox::{Authority, Holder, Kind, Validity};

use crate::{
    refused,
    world::program::{Ran, Zuc},
};

/// An invoice in the shape that people and programs write.
pub(crate) const DRAFT: &str = r#"{
  "comprobante": {"TipoDeComprobante": "I", "Serie": "A", "Folio": "1001", "Fecha": "2026-03-15T10:30:00",
    "LugarExpedicion": "06600", "FormaPago": "03", "MetodoPago": "PUE"},
  "emisor": {"Rfc": "EKU9003173C9", "Nombre": "ESCUELA KEMPER URGATE", "RegimenFiscal": "601"},
  "receptor": {"Rfc": "URE180429TM6", "Nombre": "UNIVERSIDAD ROBOTICA ESPAÑOLA", "DomicilioFiscalReceptor": "65000",
    "RegimenFiscalReceptor": "601", "UsoCFDI": "G03"},
  "conceptos": [{"ClaveProdServ": "84111506", "Cantidad": "2", "ClaveUnidad": "E48", "Descripcion": "Contabilidad",
    "ValorUnitario": "2500.00", "Descuento": "0.00",
    "traslados": [{"Impuesto": "002", "TipoFactor": "Tasa", "TasaOCuota": "0.160000"}]}]
}"#;

/// Of the key, looked for in all that is printed.
const PASSWORD: &str = "Contraseña-3-del-sello";

/// A folder with files, and `zuc` in it.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempdir().expect("a folder"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        fs::write(self.path(name), content).expect("a file");
        self.path(name).display().to_string()
    }

    fn zuc(&self, arguments: &[&str]) -> Zuc {
        Zuc::new(&self.path("home"), &self.path("passphrase"), &[&["cfdi"][..], arguments].concat())
    }

    async fn ask(&self, arguments: &[&str]) -> Value {
        let ran = self.zuc(arguments).run().await;
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{arguments:?}");
        ran.answer().unwrap_or_else(|| panic!("{arguments:?} answers one JSON value: {}", ran.stdout))
    }

    async fn seal(&self, xml: &str, key: &[u8], cer: &[u8], password: &str) -> Ran {
        let (cer, key) = (self.file("csd.cer", cer), self.file("csd.key", key));
        let password = self.file("csd.txt", format!("{password}\n"));
        let arguments = ["seal", xml, "--cer", &cer, "--key", &key, "--password-file", &password];
        self.zuc(&arguments).saying_all().run().await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn from_a_draft_to_paper_each_answer_is_one_value() {
    let folder = Folder::new();
    let now = zuc_gateways::now();
    let validity =
        Validity { from: now - SignedDuration::from_hours(24 * 999), until: now + SignedDuration::from_hours(24) };
    let authority = Authority::create(validity).expect("an authority");
    let holder = Holder { rfc: "EKU9003173C9", representative: None, name: "ESCUELA KEMPER URGATE" };
    let csd = authority.issue(holder, Kind::Csd, "90001000000500000021", PASSWORD, validity).expect("a certificate");

    let built = folder.ask(&["build", &folder.file("draft.json", DRAFT)]).await;
    let built = only(&built, "xml");
    assert!(built.contains("Total=\"5800.00\""), "{built}");
    let unsealed = folder.file("built.xml", built);
    let cadena = folder.ask(&["cadena", &unsealed]).await;
    assert!(only(&cadena, "cadena").starts_with("||4.0|A|1001|"), "{cadena}");

    let ran = folder.seal(&unsealed, &csd.key, &csd.cer, PASSWORD).await;
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let answer = ran.answer().expect("one value");
    let sealed = folder.file("sealed.xml", only(&answer, "xml"));
    assert!(!(ran.stdout + &ran.stderr).contains(PASSWORD), "the password is said");
    assert_eq!(folder.ask(&["verify", &sealed]).await, json!({ "clean": true, "problems": [] }));

    let paper = folder.path("factura.pdf");
    let answer = folder.ask(&["pdf", &sealed, "--out", &paper.display().to_string()]).await;
    assert_eq!(only(&answer, "pdf"), paper.display().to_string());
    assert!(fs::read(paper).expect("a paper").starts_with(b"%PDF-"));

    // what is refused says by which code, and never the password
    let ran = folder.seal(&unsealed, &csd.key, &csd.cer, "otra").await;
    refused(&ran, "csd.wrong_password", 1);
    let ran = folder.seal(&unsealed, &csd.cer, &csd.cer, PASSWORD).await;
    refused(&ran, "csd.unreadable_key", 1);
    assert!(!ran.stderr.contains(PASSWORD), "the password is said: {}", ran.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_amount_that_does_not_agree_is_refused_in_the_words_of_its_rule() {
    let folder = Folder::new();
    let draft = DRAFT.replace("\"FormaPago\"", "\"Total\": \"5801.00\", \"FormaPago\"");
    let ran = folder.zuc(&["build", &folder.file("draft.json", draft)]).run().await;
    assert_eq!((ran.refusal(), ran.code, ran.stdout.as_str()), (Some("cfdi.40119"), Some(1), ""), "{}", ran.stderr);
    let nobodys = zuc_ipc::sentence("app.internal").expect("a sentence");
    assert!(ran.stderr.contains("(Total): ") && !ran.stderr.contains(nobodys), "{}", ran.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_altered_document_is_refused_rule_by_rule() {
    let folder = Folder::new();
    let built = folder.ask(&["build", &folder.file("draft.json", DRAFT)]).await;
    let altered = folder.file("altered.xml", only(&built, "xml").replace("Total=\"5800.00\"", "Total=\"5801.00\""));
    let ran = folder.zuc(&["verify", &altered]).run().await;
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let answer = ran.answer().expect("one value");
    let problems = answer["problems"].as_array().expect("problems");
    assert!(problems.iter().any(|problem| problem["code"] == "CFDI40119"), "{answer}");
    for problem in problems {
        let (code, message) = (problem["code"].as_str().expect("a code"), problem["message"].as_str().expect("words"));
        assert!(ran.stderr.contains(code) && ran.stderr.contains(message), "{code} on stderr: {}", ran.stderr);
    }
    refused(&folder.zuc(&["verify", &folder.file("text.xml", "hola")]).run().await, "cfdi.xml.syntax", 1);
    refused(&folder.zuc(&["cadena", &folder.path("none.xml").display().to_string()]).run().await, "file.not_read", 3);
}

/// The text of a value that has nothing else.
fn only<'a>(answer: &'a Value, name: &str) -> &'a str {
    assert_eq!(answer.as_object().map(serde_json::Map::len), Some(1), "{answer}");
    answer[name].as_str().unwrap_or_else(|| panic!("{name} is a text: {answer}"))
}
