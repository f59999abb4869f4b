//! The receipts of stamping, each with the sealed fact that carries it to the finance people.

use serde_json::json;
use sha2::{Digest as _, Sha256};
use zuc_protocol::{
    ProtocolError,
    ids::Digest32,
    receipt::{Decision, StampState},
};
use zuc_relay_store::{Attempt, Receipted};

use crate::author::{Author, Told};

/// Of a timbre. The stamped XML travels inside the sealed fact, unless it is too large for an entry.
pub(super) fn of_timbre(
    author: &Author,
    attempt: &Attempt,
    uuid: &str,
    stamped_xml: &[u8],
    time_ms: i64,
) -> Result<Receipted, ProtocolError> {
    let decision = Decision::Stamp {
        invoice: attempt.invoice,
        stamp_key: attempt.stamp_key.clone(),
        serie: attempt.serie.clone(),
        folio: attempt.folio,
        uuid: uuid.to_owned(),
        xml: Digest32(Sha256::digest(stamped_xml).into()),
    };
    let told = |xml: Option<&str>| Told {
        kind: "receipt.stamp",
        subject: attempt.invoice,
        body: json!({
            "uuid": uuid,
            "stamp_key": attempt.stamp_key,
            "serie": attempt.serie,
            "folio": attempt.folio,
            "xml": xml,
        }),
    };
    let text = std::str::from_utf8(stamped_xml).ok();
    match author.receipted(attempt.scope, time_ms, decision.clone(), &told(text)) {
        Err(ProtocolError::TooLarge { .. }) => author.receipted(attempt.scope, time_ms, decision, &told(None)),
        other => other,
    }
}

/// Of an attempt that ended without a timbre. `detail` is the PAC's text, which only the sealed fact holds.
pub(super) fn of_failure(
    author: &Author,
    attempt: &Attempt,
    state: StampState,
    code: &str,
    detail: &str,
    time_ms: i64,
) -> Result<Receipted, ProtocolError> {
    let decision = Decision::StampFailed {
        invoice: attempt.invoice,
        stamp_key: attempt.stamp_key.clone(),
        state,
        code: code.to_owned(),
    };
    let told = Told {
        kind: "receipt.stamp_failed",
        subject: attempt.invoice,
        body: json!({
            "stamp_key": attempt.stamp_key,
            "state": state.name(),
            "code": code,
            "detail": detail,
        }),
    };
    author.receipted(attempt.scope, time_ms, decision, &told)
}
