//! The sandbox before the reference checker and the SAT's own schema and style sheet, so that a fault it shares with the
//! rest of this product shows.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;
use zuc_relay::sandbox::Profile;

use crate::{
    bench::{Bench, csd, dated, sealed},
    refusals::{BREAKS, broken},
};

fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("ZUC_CONFORMANCE").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("skipped: ZUC_CONFORMANCE names no folder");
    }
    folder.map(|folder| folder.join("sat"))
}

/// Which checks failed of each document; the checker is slow to start and runs once.
fn failed(folder: &Path, place: &Path, documents: &[String]) -> Vec<BTreeSet<String>> {
    let mut command = Command::new("python3");
    command.arg(folder.join("verify_cfdi.py")).arg("--json").arg("--sat-certs").arg(place);
    for (index, document) in documents.iter().enumerate() {
        let path = place.join(format!("{index:03}.xml"));
        std::fs::write(&path, document).unwrap();
        command.arg(path);
    }
    let output = command.output().unwrap();
    let parsed: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    let of = |one: &Value| -> BTreeSet<String> {
        let rows = one["checks"].as_array().unwrap().iter();
        rows.filter(|row| row[0] == "FAIL").map(|row| row[1].as_str().unwrap().to_owned()).collect()
    };
    parsed.as_array().unwrap().iter().map(of).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sandbox_and_the_reference_refuse_with_the_same_code() {
    let Some(folder) = folder() else { return };
    let bench = Bench::start(Profile::default()).await;
    let place = tempfile::tempdir().unwrap();
    let documents: Vec<String> = BREAKS.iter().map(|(_, alter)| broken(*alter)).collect();
    let verdicts = failed(&folder, place.path(), &documents);
    assert_eq!(verdicts.len(), BREAKS.len());
    let mut wrong = Vec::new();
    for (((code, _), xml), verdict) in BREAKS.iter().zip(&documents).zip(&verdicts) {
        let refused = bench.send(code, xml).await.unwrap_err();
        if refused != *code || !verdict.contains(*code) {
            wrong.push(format!("{code}: the sandbox says {refused}, the reference {verdict:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let codes: BTreeSet<&str> = BREAKS.iter().map(|(code, _)| *code).collect();
    assert!(codes.len() >= 24, "{codes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_sandbox_stamps_the_reference_the_schema_and_the_style_sheet_accept() {
    let Some(folder) = folder() else { return };
    let bench = Bench::start(Profile::default()).await;
    let place = tempfile::tempdir().unwrap();
    std::fs::write(place.path().join("pac.cer"), bench.pac.pac_certificate()).unwrap();
    let mut documents = Vec::new();
    for hours in 1..=3 {
        documents.push(bench.send(&hours.to_string(), &sealed(dated(hours * 3_600))).await.unwrap());
    }
    for verdict in failed(&folder, place.path(), &documents) {
        assert!(verdict.is_empty(), "{verdict:?}");
    }
    let schemas = folder.join("schemas/cfd");
    for (index, document) in documents.iter().enumerate() {
        let path = place.path().join(format!("{index:03}.xml"));
        let stamped = zuc_cfdi::xml::read(document.as_bytes()).unwrap();
        let timbre = stamped.complemento.timbre.clone().unwrap();
        let style = Command::new("xsltproc")
            .arg("--nonet")
            .arg(schemas.join("4/cadenaoriginal_4_0/cadenaoriginal_4_0.xslt"))
            .arg(&path)
            .output()
            .unwrap();
        let cadena = String::from_utf8(style.stdout).unwrap();
        assert!(csd().certificate().verifies(cadena.trim_end(), &stamped.sello), "the seal of the SAT's own cadena");

        // Without its stamp it is the document of the SAT's own schema; the stamp has a schema of its own.
        let start = document.find("<cfdi:Complemento>").unwrap();
        let end = document.find("</cfdi:Complemento>").unwrap();
        let tfd = place.path().join("tfd.xml");
        std::fs::write(&tfd, &document[start + "<cfdi:Complemento>".len()..end]).unwrap();
        let bare = place.path().join("bare.xml");
        let without = format!("{}{}", &document[..start], &document[end + "</cfdi:Complemento>".len()..]);
        std::fs::write(&bare, without).unwrap();
        let checks = [
            (schemas.join("4/cfdv40.xsd"), bare),
            (schemas.join("TimbreFiscalDigital/TimbreFiscalDigitalv11.xsd"), tfd.clone()),
        ];
        for (schema, file) in checks {
            let lint = Command::new("xmllint")
                .args(["--noout", "--nonet", "--schema"])
                .arg(schema)
                .arg(file)
                .output()
                .unwrap();
            assert!(lint.status.success(), "{}", String::from_utf8_lossy(&lint.stderr));
        }
        let sheets = schemas.join("TimbreFiscalDigital");
        let sheet = std::fs::read_dir(&sheets).unwrap().map(|file| file.unwrap().path());
        let sheet = sheet.into_iter().find(|path| path.extension().is_some_and(|kind| kind == "xslt"));
        if let Some(sheet) = sheet {
            let style = Command::new("xsltproc").arg("--nonet").arg(sheet).arg(&tfd).output().unwrap();
            let cadena = String::from_utf8(style.stdout).unwrap();
            assert_eq!(cadena.trim(), zuc_cfdi::cadena::cadena_tfd(&timbre));
        }
    }
}
