//! SW's envelope.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use serde_json::{Value, json};

use super::{ledger::LedgerRow, stamp::Outcome};

/// Which data a version of the stamping call answers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    V1,
    V2,
    V3,
    V4,
}

impl Version {
    pub(super) fn read(text: &str) -> Option<Self> {
        match text {
            "v1" => Some(Self::V1),
            "v2" => Some(Self::V2),
            "v3" => Some(Self::V3),
            "v4" => Some(Self::V4),
            _ => None,
        }
    }
}

/// Status and body of an outcome. Business errors come with 400, as SW sends them.
pub(super) fn envelope(outcome: &Outcome, version: Version, returns_earlier: bool) -> (StatusCode, Value) {
    match outcome {
        Outcome::Stamped(row) => (
            StatusCode::OK,
            json!({ "status": "success", "message": null, "messageDetail": null, "data": data(row, version) }),
        ),
        Outcome::Before(row) => {
            let data = if returns_earlier { data(row, version) } else { Value::Null };
            let message = "307. El comprobante contiene un timbre previo.";
            (
                StatusCode::BAD_REQUEST,
                json!({ "status": "error", "message": message, "messageDetail": "", "data": data }),
            )
        }
        Outcome::ReferenceUsed(row) => {
            let message = "CFDI3307 - Timbre duplicado. El customId proporcionado está duplicado.";
            let data = json!({ "tfd": tfd(&row.xml) });
            (
                StatusCode::BAD_REQUEST,
                json!({ "status": "error", "message": message, "messageDetail": "", "data": data }),
            )
        }
        Outcome::Refused { code, message } => {
            let message = if code.starts_with(|first: char| first.is_ascii_digit()) {
                format!("{code}. {message}")
            } else {
                format!("{code} - {message}")
            };
            (
                StatusCode::BAD_REQUEST,
                json!({ "status": "error", "message": message, "messageDetail": "", "data": null }),
            )
        }
    }
}

fn data(row: &LedgerRow, version: Version) -> Value {
    match version {
        Version::V1 => json!({ "tfd": tfd(&row.xml) }),
        Version::V2 => json!({ "tfd": tfd(&row.xml), "cfdi": row.xml }),
        Version::V3 => json!({ "cfdi": row.xml }),
        Version::V4 => {
            let stamp = zuc_cfdi::xml::read(row.xml.as_bytes()).ok().and_then(|read| {
                let timbre = read.complemento.timbre.clone()?;
                Some((zuc_cfdi::cadena::cadena_tfd(&timbre), read.no_certificado, timbre))
            });
            let Some((cadena, own_number, timbre)) = stamp else { return json!({ "cfdi": row.xml }) };
            json!({
                "cadenaOriginalSAT": cadena,
                "noCertificadoSAT": timbre.no_certificado_sat,
                "noCertificadoCFDI": own_number,
                "uuid": timbre.uuid,
                "selloSAT": timbre.sello_sat,
                "selloCFDI": timbre.sello_cfd,
                "fechaTimbrado": row.stamped_at,
                "qrCode": "",
                "cfdi": row.xml,
            })
        }
    }
}

/// The stamp's element out of a stamped document.
fn tfd(xml: &str) -> Option<&str> {
    let start = xml.find("<tfd:TimbreFiscalDigital")?;
    let end = xml[start..].find("/>")? + 2;
    Some(&xml[start..start + end])
}

/// Trouble before the document is looked at.
pub(super) fn trouble(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({ "status": "error", "message": message, "messageDetail": "", "data": null }))).into_response()
}
