//! Requests that wait for an admin.

use axum::extract::State;
use zuc_protocol::{codec, enrolment::JoinRequest};

use super::{App, admission::Device, body::Wire, failure::Failure, openapi::Postcard};
use crate::RelayError;

/// The requests that wait, oldest first; only the inviting device can tell which are real.
#[utoipa::path(
    get,
    path = "/api/v1/joins",
    security(("session" = [])),
    responses(
        (status = 200, description = "`Vec<JoinRequest>`", body = Postcard, content_type = "application/octet-stream"),
        (status = "4XX", body = Failure),
    )
)]
pub(super) async fn pending(State(app): State<App>, device: Device) -> Result<Wire<Vec<JoinRequest>>, RelayError> {
    device.administers(&app).await?;
    let company = device.0.company;
    let now_ms = app.relay.clock().now_ms();
    let mut requests = Vec::new();
    for waiting in app.relay.store().waiting(company).await? {
        let invite = app.relay.store().invite(company, waiting.invite).await?;
        if invite.is_some_and(|invite| now_ms < invite.until_ms) {
            requests.push(codec::decode(&waiting.bytes, codec::MAX_CONTROL)?);
        }
    }
    Ok(Wire(requests))
}
