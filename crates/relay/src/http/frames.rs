//! One frame, one answer.

use axum::extract::State;
use zuc_protocol::messages::{ClientFrame, ServerFrame};

use super::{
    App,
    admission::Device,
    body::{Wire, one},
    failure::Failure,
    openapi::Postcard,
};
use crate::RelayError;

/// Answers any frame that has one answer: claims, stamping, bags, pulls, pushes.
#[utoipa::path(
    post,
    path = "/api/v1/frames",
    security(("session" = [])),
    request_body(content = Postcard, description = "`ClientFrame`", content_type = "application/octet-stream"),
    responses(
        (status = 200, description = "`ServerFrame`", body = Postcard, content_type = "application/octet-stream"),
        (status = "4XX", body = Failure),
    )
)]
pub(super) async fn answer(
    State(app): State<App>,
    Device(session): Device,
    Wire(frame): Wire<ClientFrame>,
) -> Result<Wire<ServerFrame>, RelayError> {
    // A subscription and its credit live as long as their socket.
    if matches!(frame, ClientFrame::Subscribe { .. } | ClientFrame::Credit { .. }) {
        return Err(RelayError::Refused("relay.socket_only"));
    }
    one(app.relay.handle(&session, frame).await)
}
