//! Beginning a session.

use axum::extract::State;
use zuc_protocol::session::{ChallengeAnswer, SessionToken};

use super::{App, admission::Caller, body::Wire, failure::Failure, openapi::Postcard};
use crate::RelayError;

/// Gives a token for a signed challenge, good for fifteen minutes.
///
/// A device that was stopped or removed gets one too: it may read the control log and learn why.
#[utoipa::path(
    post,
    path = "/api/v1/session",
    request_body(content = Postcard, description = "`ChallengeAnswer`", content_type = "application/octet-stream"),
    responses(
        (status = 200, description = "`SessionToken`", body = Postcard, content_type = "application/octet-stream"),
        (status = 401, body = Failure),
        (status = 429, body = Failure),
    )
)]
pub(super) async fn begin(
    State(app): State<App>,
    Caller(address): Caller,
    Wire(answer): Wire<ChallengeAnswer>,
) -> Result<Wire<SessionToken>, RelayError> {
    let (company, now_ms) = (answer.challenge.company, app.relay.clock().now_ms());
    app.limits.proof(address, company, now_ms)?;
    let proved = match check(&app, &answer, now_ms).await {
        Err(RelayError::NoSession | RelayError::Protocol(_)) => false,
        other => other?,
    };
    if !proved {
        app.limits.wrong(address, company, now_ms);
        return Err(RelayError::NoSession);
    }
    app.limits.company(company)?;
    Ok(Wire(app.sessions.give(company, answer.device, now_ms)))
}

async fn check(app: &App, answer: &ChallengeAnswer, now_ms: i64) -> Result<bool, RelayError> {
    if !app.sessions.answered(&answer.challenge, now_ms) {
        return Ok(false);
    }
    let session = app.relay.log().session(answer.challenge.company, answer.device).await?;
    let control = app.relay.log().control(session.company).await?;
    let root = session.root.then(|| control.root().verify);
    let key = root.or(control.device(answer.device).map(|device| device.public.verify));
    answer.verify(&key.ok_or(RelayError::NoSession)?)?;
    Ok(true)
}
