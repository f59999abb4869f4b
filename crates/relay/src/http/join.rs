//! Asking to join.

use axum::{extract::State, http::StatusCode};
use zuc_protocol::{codec, enrolment::JoinRequest, ids::Digest32};
use zuc_relay_store::StoreError;

use super::{
    App,
    admission::{Caller, INVALID, prove},
    body::Wire,
    failure::Failure,
    openapi::Postcard,
};
use crate::RelayError;

/// The longest request.
const LONGEST: usize = 4 << 10;

/// Spends an invite on a join request; the same request again is answered as the first time.
///
/// An invite that is unknown, over, used by another or not proved is refused with one code.
#[utoipa::path(
    post,
    path = "/api/v1/joins",
    request_body(
        content = Postcard,
        description = "`(Digest32, JoinRequest)`: the proof of the invite, and the request",
        content_type = "application/octet-stream"
    ),
    responses((status = 202, description = "it waits for an admin"), (status = "4XX", body = Failure))
)]
pub(super) async fn join(
    State(app): State<App>,
    caller: Caller,
    Wire((access, request)): Wire<(Digest32, JoinRequest)>,
) -> Result<StatusCode, RelayError> {
    let bytes = codec::encode(&request, LONGEST)?;
    let (company, invite) = (request.company, request.invite);
    let proven = prove(&app, caller, company, invite, &access).await?;
    // A request that stands may be repeated after the invite's end: its answer was lost.
    if proven.state.is_none() && app.relay.clock().now_ms() >= proven.until_ms {
        return Err(INVALID);
    }
    match app.relay.store().join(company, invite, request.device.id(), bytes).await {
        Ok(()) => Ok(StatusCode::ACCEPTED),
        // In the same words as above, so that nobody learns which of the reasons it was.
        Err(StoreError::Refused(_)) => Err(INVALID),
        Err(error) => Err(error.into()),
    }
}
