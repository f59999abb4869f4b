//! `zuc cfdi …`: fiscal documents outside any company.

use std::path::Path;

use jiff::Timestamp;
use serde_json::{Value, json};
use zuc_cfdi::{
    cadena::cadena_original,
    compute::{BuildError, Rounding, build},
    csd::Csd,
    input::Draft,
    model::Comprobante,
    rules, seal, xml,
};
use zuc_documents::InvoicePdf;
use zuc_documents::invoice::SatState;
use zuc_documents::proposal::CompanyHead;
use zuc_ipc::Failure;

use crate::{
    Done, Ended,
    args::Cfdi,
    commands::{OK, password, read, write},
    output::{self, Output},
};

pub(crate) fn run(command: Cfdi, output: Output) -> Done {
    match command {
        Cfdi::Build { file } => {
            let draft = Draft::from_json(&text(&file)?).map_err(|error| refused(error.code(), &error))?;
            let document = build(draft, Rounding::TwoDecimals).map_err(|error| not_built(&error))?;
            show_xml(&xml::write(&document), output)?;
        }
        Cfdi::Seal { file, cer, key, password_file } => {
            let document = document(&file)?;
            let csd = Csd::open(&read(&cer)?, &read(&key)?, password(&password_file)?.as_bytes())
                .map_err(|error| refused(error.code(), &error))?;
            let sealed = seal::seal(document, &csd).map_err(|error| refused(error.code(), &error))?;
            show_xml(&sealed.xml, output)?;
        }
        Cfdi::Verify { file } => {
            return verify(&document(&file)?, output);
        }
        Cfdi::Cadena { file } => {
            let cadena = cadena_original(&document(&file)?).map_err(|error| refused(error.code(), &error))?;
            output.show(&json!({ "cadena": cadena }), |_| cadena.clone())?;
        }
        Cfdi::Pdf { file, out } => {
            let document = document(&file)?;
            let letterhead = CompanyHead { name: document.emisor.nombre.clone(), ..CompanyHead::default() };
            let printed = InvoicePdf::from_cfdi(&document, SatState::Valid, letterhead, &|_, _| None);
            let bytes = printed.render(now()).map_err(|error| refused(error.code(), &error))?;
            write(&out, &bytes)?;
            output.show(&json!({ "pdf": out }), |_| out.display().to_string())?;
        }
    }
    Ok(OK)
}

/// An amount that does not agree is refused in the words of its rule.
fn not_built(error: &BuildError) -> Ended {
    let failure = Failure::new(error.code(), error.to_string());
    Ended::Refused(match error {
        BuildError::Findings(found) => match found.first() {
            Some(finding) => failure.at(&finding.field).hint(&finding.message_es),
            None => failure,
        },
        BuildError::Missing(_) | BuildError::TooLarge(_) => failure,
    })
}

fn show_xml(text: &str, output: Output) -> anyhow::Result<()> {
    output.show(&json!({ "xml": text }), |_| text.to_owned())
}

/// Every rule, and the seal; what is wrong is told on stderr too, code by code.
fn verify(document: &Comprobante, output: Output) -> Done {
    let found = rules::check(document);
    let mut problems: Vec<Failure> = found
        .iter()
        .filter(|finding| finding.is_error())
        .map(|finding| Failure::new(finding.code, "").at(&finding.field).hint(&finding.message_es))
        .collect();
    if let Err(error) = seal::verify_seal(document) {
        problems.push(Failure::new(error.code(), error.to_string()));
    }
    let shown: Vec<Value> = problems
        .iter()
        .map(|problem| json!({ "code": problem.code, "message": problem.sentence(), "field": problem.field }))
        .collect();
    output.show(&json!({ "clean": problems.is_empty(), "problems": shown }), |_| {
        if problems.is_empty() { "Sin errores".to_owned() } else { String::new() }
    })?;
    Ok(problems.iter().fold(OK, |_, problem| output::refused(problem)))
}

fn document(file: &Path) -> Result<Comprobante, Ended> {
    xml::read(&read(file)?).map_err(|error| refused(error.code(), &error))
}

fn text(file: &Path) -> Result<String, Ended> {
    String::from_utf8(read(file)?).map_err(|_| Ended::Refused(Failure::new("cfdi.unreadable", "the file is not UTF-8")))
}

fn refused(code: &str, error: &dyn std::fmt::Display) -> Ended {
    Ended::Refused(Failure::new(code, error.to_string()))
}

fn now() -> Timestamp {
    zuc_app::ports::Clock::now(&zuc_gateways::SystemClock)
}
