//! The control log.

use axum::{
    extract::{FromRequestParts as _, Query, Request, State},
    http::header,
};
use serde::Deserialize;
use utoipa::IntoParams;
use zuc_protocol::{
    ids::{CompanyId, InviteId},
    messages::{ClientFrame, ServerFrame},
};

use super::{
    App,
    admission::{Caller, Device, INVALID, access, prove},
    body::{Wire, one},
    failure::Failure,
    openapi::Postcard,
};
use crate::RelayError;

/// How long a joiner may still read the log with its invite after it was let in: an answer may have been lost.
const AFTER_MS: i64 = 24 * 60 * 60 * 1_000;

/// What to read, and by which invite when there is no session yet.
#[derive(Deserialize, IntoParams)]
pub(crate) struct Wanted {
    /// The first record wanted.
    #[serde(default)]
    from: u64,
    /// For a joiner: the company, in hexadecimal.
    company: Option<String>,
    /// For a joiner: the invite, in hexadecimal.
    invite: Option<String>,
}

/// Control records from a place on. A joiner reads them by its invite: it shows the short code over admin and head
/// before it is let in, and afterwards checks that the log names it.
#[utoipa::path(
    get,
    path = "/api/v1/control",
    security(("session" = []), ("invite" = [])),
    params(Wanted),
    responses(
        (status = 200, description = "`ServerFrame::ControlRecords`", body = Postcard,
            content_type = "application/octet-stream"),
        (status = "4XX", body = Failure),
    )
)]
pub(super) async fn read(
    State(app): State<App>,
    Query(wanted): Query<Wanted>,
    request: Request,
) -> Result<Wire<ServerFrame>, RelayError> {
    let (mut parts, _body) = request.into_parts();
    let company = if parts.headers.contains_key(header::AUTHORIZATION) {
        Device::from_request_parts(&mut parts, &app).await?.0.company
    } else {
        let caller = Caller::from_request_parts(&mut parts, &app).await?;
        let company = wanted.company.as_deref().and_then(CompanyId::from_hex).ok_or(RelayError::NoSession)?;
        let invite = wanted.invite.as_deref().and_then(InviteId::from_hex).ok_or(RelayError::NoSession)?;
        let proven = prove(&app, caller, company, invite, &access(&parts.headers)?).await?;
        let grace = if proven.state.is_some() { AFTER_MS } else { 0 };
        if app.relay.clock().now_ms() >= proven.until_ms + grace {
            return Err(INVALID);
        }
        app.limits.company(company)?;
        company
    };
    Ok(Wire(app.relay.log().control_records(company, wanted.from).await?))
}

/// Appends a record if it follows the head.
#[utoipa::path(
    post,
    path = "/api/v1/control",
    security(("session" = [])),
    request_body(content = Postcard, description = "`ClientFrame::ControlAppend`", content_type = "application/octet-stream"),
    responses(
        (status = 200, description = "`ServerFrame::{ControlAccepted, ControlConflict, Error}`", body = Postcard,
            content_type = "application/octet-stream"),
        (status = "4XX", body = Failure),
    )
)]
pub(super) async fn append(
    State(app): State<App>,
    Device(session): Device,
    Wire(frame): Wire<ClientFrame>,
) -> Result<Wire<ServerFrame>, RelayError> {
    if !matches!(frame, ClientFrame::ControlAppend { .. }) {
        return Err(RelayError::Refused("relay.other_frame"));
    }
    one(app.relay.handle(&session, frame).await)
}
