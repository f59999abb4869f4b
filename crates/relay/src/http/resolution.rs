//! What a person found at the PAC, for an attempt that waits for one.

use axum::extract::{Path, State};
use zuc_protocol::{Blob, messages::ServerFrame};

use super::{App, admission::Device, body::Wire, failure::Failure, openapi::Postcard};
use crate::RelayError;

/// Settles an attempt in HUMAN: by the stamped XML from the PAC's own list, which passes the same checks as an answer,
/// or by the word that there is none.
#[utoipa::path(
    post,
    path = "/api/v1/stamps/{stamp_key}/resolution",
    security(("session" = [])),
    params(("stamp_key" = String, Path, description = "64 hexadecimal digits")),
    request_body(content = Postcard, description = "`Option<Blob>`", content_type = "application/octet-stream"),
    responses(
        (status = 200, description = "`ServerFrame::Stamp`", body = Postcard, content_type = "application/octet-stream"),
        (status = "4XX", body = Failure),
    )
)]
pub(super) async fn settle(
    State(app): State<App>,
    Device(session): Device,
    Path(stamp_key): Path<String>,
    Wire(found): Wire<Option<Blob>>,
) -> Result<Wire<ServerFrame>, RelayError> {
    let stamping = app.relay.stamping().ok_or(RelayError::Refused("relay.no_pac"))?;
    let view = stamping.resolve(&session, &stamp_key, found.map(|xml| xml.0)).await?;
    Ok(Wire(ServerFrame::Stamp(Box::new(view))))
}
