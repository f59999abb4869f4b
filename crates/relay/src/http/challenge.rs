//! Asking a device to prove itself.

use axum::extract::State;
use zuc_protocol::{
    ids::{CompanyId, Digest32},
    session::Challenge,
    suite,
};

use super::{App, admission::Caller, body::Wire, failure::Failure, openapi::Postcard};
use crate::{RelayError, chance::random};

/// Gives a challenge to sign, good for a minute and once.
#[utoipa::path(
    post,
    path = "/api/v1/session/challenge",
    request_body(content = Postcard, description = "`CompanyId`", content_type = "application/octet-stream"),
    responses(
        (status = 200, description = "`Challenge`", body = Postcard, content_type = "application/octet-stream"),
        (status = "4XX", body = Failure),
    )
)]
pub(super) async fn challenge(
    State(app): State<App>,
    _caller: Caller,
    Wire(company): Wire<CompanyId>,
) -> Result<Wire<Challenge>, RelayError> {
    let challenge = Challenge {
        version: suite::VERSION,
        suite: suite::SUITE,
        nonce: Digest32(random()),
        relay: app.relay.store().log_id(company).await?,
        company,
        time_ms: app.relay.clock().now_ms(),
    };
    app.sessions.ask(challenge.clone());
    Ok(Wire(challenge))
}
