//! `zuc cfdi …`: fiscal documents outside any company.

use std::{path::Path, process::ExitCode};

use jiff::Timestamp;
use zuc_cfdi::{
    cadena::cadena_original,
    compute::{Rounding, build},
    csd::Csd,
    input::Draft,
    rules, seal, xml,
};
use zuc_documents::InvoicePdf;
use zuc_documents::invoice::SatState;
use zuc_documents::proposal::CompanyHead;
use zuc_ipc::Failure;

use crate::{
    Done, Ended,
    args::Cfdi,
    commands::{OK, read, write},
    output::Output,
};

pub(crate) fn run(command: Cfdi, output: Output) -> Done {
    match command {
        Cfdi::Build { file } => {
            let draft = Draft::from_json(&text(&file)?).map_err(|error| refused(error.code(), &error))?;
            let document = build(draft, Rounding::TwoDecimals).map_err(|error| refused(&error.code(), &error))?;
            Output::text(&xml::write(&document));
        }
        Cfdi::Seal { file, cer, key, password_file } => {
            let document = document(&file)?;
            let csd = Csd::open(&read(&cer)?, &read(&key)?, password(&password_file)?.as_bytes())
                .map_err(|error| refused(error.code(), &error))?;
            let sealed = seal::seal(document, &csd).map_err(|error| refused(error.code(), &error))?;
            Output::text(&sealed.xml);
        }
        Cfdi::Verify { file } => {
            let document = document(&file)?;
            let mut findings = rules::check(&document);
            let seal = seal::verify_seal(&document).err();
            findings.retain(rules::Finding::is_error);
            let clean = findings.is_empty() && seal.is_none();
            let mut problems: Vec<_> = findings
                .iter()
                .map(|finding| serde_json::json!({ "code": finding.code, "message": finding.message_es, "field": finding.field }))
                .collect();
            problems
                .extend(seal.map(|error| serde_json::json!({ "code": error.code(), "message": error.to_string() })));
            output.show(&serde_json::json!({ "clean": clean, "problems": problems }), |_| {
                if clean {
                    "Sin errores".to_owned()
                } else {
                    let lines: Vec<String> = problems
                        .iter()
                        .map(|problem| {
                            format!(
                                "{} {}",
                                problem["code"].as_str().unwrap_or_default(),
                                problem["message"].as_str().unwrap_or_default()
                            )
                        })
                        .collect();
                    lines.join("\n")
                }
            })?;
            return Ok(if clean { OK } else { ExitCode::from(1) });
        }
        Cfdi::Cadena { file } => {
            Output::text(&cadena_original(&document(&file)?).map_err(|error| refused(error.code(), &error))?);
        }
        Cfdi::Pdf { file, out } => {
            let document = document(&file)?;
            let letterhead = CompanyHead { name: document.emisor.nombre.clone(), ..CompanyHead::default() };
            let printed = InvoicePdf::from_cfdi(&document, SatState::Valid, letterhead, &|_, _| None);
            let bytes = printed.render(now()).map_err(|error| refused(error.code(), &error))?;
            write(&out, &bytes)?;
            output.say(&out.display().to_string());
        }
    }
    Ok(OK)
}

/// The first line of a file that holds a password.
fn password(file: &Path) -> Result<String, Ended> {
    Ok(String::from_utf8_lossy(&read(file)?).lines().next().unwrap_or_default().to_owned())
}

fn document(file: &Path) -> Result<zuc_cfdi::model::Comprobante, Ended> {
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
