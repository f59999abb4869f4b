//! Answering wrongly, on purpose.

use axum::{
    body::{Body, Bytes},
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use serde_json::Value;

use super::profile::Fault;

/// What is sent instead of the right answer, once the call has had its effect.
pub(super) fn spoil(fault: Fault, status: StatusCode, mut body: Value) -> Response {
    let cfdi = body.pointer("/data/cfdi").and_then(Value::as_str).map(str::to_owned);
    let spoilt = match (fault, cfdi) {
        (Fault::DropBeforeCommit | Fault::DropAfterCommit, _) => return cut(),
        (Fault::ErrorAfterCommit, _) => return (StatusCode::INTERNAL_SERVER_ERROR, "error").into_response(),
        (Fault::Html, _) => {
            let page = "<html><body>Servicio en mantenimiento</body></html>";
            return ([(header::CONTENT_TYPE, "text/html")], page).into_response();
        }
        (Fault::DoubleReply, _) => {
            return (status, [(header::CONTENT_TYPE, "application/json")], format!("{body}{body}")).into_response();
        }
        (Fault::WrongTfd, Some(cfdi)) => other_seal(&cfdi),
        (Fault::AlteredTotal, Some(cfdi)) => cfdi.replacen(" Total=\"", " Total=\"9", 1),
        (Fault::Truncated, Some(cfdi)) => cfdi.chars().take(cfdi.chars().count() / 2).collect(),
        (_, _) => return (status, axum::Json(body)).into_response(),
    };
    if let Some(cfdi) = body.pointer_mut("/data/cfdi") {
        *cfdi = Value::String(spoilt);
    }
    (status, axum::Json(body)).into_response()
}

/// A response whose connection breaks before its body has come.
pub(super) fn cut() -> Response {
    let broken = futures::stream::once(async { Err::<Bytes, _>(std::io::Error::other("cut")) });
    ([(header::CONTENT_LENGTH, "1000")], Body::from_stream(broken)).into_response()
}

/// The stamp repeats a seal that is not the document's.
fn other_seal(cfdi: &str) -> String {
    match cfdi.find("SelloCFD=\"") {
        None => cfdi.to_owned(),
        Some(at) => {
            let start = at + "SelloCFD=\"".len();
            let end = (start + 8).min(cfdi.len());
            format!("{}AAAAAAAA{}", &cfdi[..start], &cfdi[end..])
        }
    }
}
