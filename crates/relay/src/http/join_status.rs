//! How a join stands.

use axum::{
    extract::{Path, Query, State},
    http::HeaderMap,
};
use serde::Deserialize;
use utoipa::IntoParams;
use zuc_protocol::{
    enrolment::JoinStatus,
    ids::{CompanyId, InviteId},
};
use zuc_relay_store::EnrolmentState;

use super::{
    App,
    admission::{Caller, access, prove},
    body::Wire,
    failure::Failure,
    openapi::Postcard,
};
use crate::RelayError;

/// Which company.
#[derive(Deserialize, IntoParams)]
pub(crate) struct Whose {
    /// In hexadecimal.
    company: String,
}

/// Tells the waiting device how its request stands; `Gone` when there is none, or nobody approved it in time.
#[utoipa::path(
    get,
    path = "/api/v1/joins/{invite}",
    security(("invite" = [])),
    params(("invite" = String, Path, description = "the invite, in hexadecimal"), Whose),
    responses(
        (status = 200, description = "`JoinStatus`", body = Postcard, content_type = "application/octet-stream"),
        (status = "4XX", body = Failure),
    )
)]
pub(super) async fn status(
    State(app): State<App>,
    caller: Caller,
    Path(invite): Path<String>,
    Query(whose): Query<Whose>,
    headers: HeaderMap,
) -> Result<Wire<JoinStatus>, RelayError> {
    let unknown = RelayError::NotFound("the invite");
    let (Some(invite), Some(company)) = (InviteId::from_hex(&invite), CompanyId::from_hex(&whose.company)) else {
        return Err(unknown);
    };
    let proven = match prove(&app, caller, company, invite, &access(&headers)?).await {
        Err(RelayError::Refused(_)) => return Ok(Wire(JoinStatus::Gone)),
        proven => proven?,
    };
    let in_time = app.relay.clock().now_ms() < proven.until_ms;
    Ok(Wire(match proven.state {
        Some(EnrolmentState::Approved) => JoinStatus::Approved,
        Some(EnrolmentState::Waiting) if in_time => JoinStatus::Pending,
        Some(EnrolmentState::Waiting) | None => JoinStatus::Gone,
    }))
}
