//! The printed form of documents as the SAT publishes them, read from the folder `ZUC_CONFORMANCE` names.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::PathBuf;
use std::process::Command;

use zuc_documents::InvoicePdf;
use zuc_documents::invoice::{InvoiceStatus, LineKey, SatState};
use zuc_documents::proposal::CompanyHead;

fn words(key: LineKey, _: &str) -> Option<String> {
    (key == LineKey::Unit).then(|| "Unidad".to_owned())
}

fn text_of(pdf: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("paper.pdf");
    std::fs::write(&path, pdf).unwrap();
    let output = Command::new("pdftotext").arg("-raw").arg(&path).arg("-").output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty());
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn every_published_example_is_printed_with_what_its_xml_says() {
    let Some(folder) = std::env::var_os("ZUC_CONFORMANCE").map(PathBuf::from) else {
        eprintln!("skipped: ZUC_CONFORMANCE names no folder of reference documents");
        return;
    };
    let mut printed = 0;
    for entry in std::fs::read_dir(folder.join("sat/examples")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "xml") {
            continue;
        }
        let document = zuc_cfdi::xml::read(&std::fs::read(&path).unwrap()).unwrap();
        let paper = InvoicePdf::from_cfdi(&document, SatState::Valid, CompanyHead::default(), &words);
        let text = text_of(&paper.render(jiff::Timestamp::UNIX_EPOCH).unwrap());
        let flat = text.replace(['\n', ' '], "");
        let mut expected = vec![
            document.emisor.rfc.clone(),
            document.receptor.rfc.clone(),
            document.receptor.domicilio_fiscal.clone(),
            document.lugar_expedicion.clone(),
            document.emisor.nombre.replace(' ', ""),
        ];
        expected.extend(document.conceptos.iter().map(|line| line.clave_prod_serv.clone()));
        expected.extend(document.conceptos.iter().map(|line| line.descripcion.replace([' ', '\n'], "")));
        match &document.complemento.timbre {
            Some(tfd) => {
                assert!(matches!(paper.status, InvoiceStatus::Stamped(_)));
                expected.extend([tfd.uuid.clone(), tfd.sello_sat.clone(), tfd.sello_cfd.clone()]);
                expected.extend([tfd.no_certificado_sat.clone(), document.no_certificado.clone()]);
            }
            None => expected.push("sinvalorfiscal".to_owned()),
        }
        for part in expected {
            assert!(flat.contains(&part), "{}: {part} is missing in\n{text}", path.display());
        }
        printed += 1;
    }
    assert!(printed >= 5, "only {printed} documents");
}
