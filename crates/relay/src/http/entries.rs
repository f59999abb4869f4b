//! Ranges of a scope's log.

use axum::extract::{Path, Query, State};
use serde::Deserialize;
use utoipa::IntoParams;
use zuc_protocol::{
    Scope,
    messages::{ClientFrame, ServerFrame},
};

use super::{
    App,
    admission::Device,
    body::{Wire, one},
    failure::Failure,
    openapi::Postcard,
};
use crate::RelayError;

/// Which entries.
#[derive(Deserialize, IntoParams)]
pub(crate) struct Range {
    /// The last entry that the reader has; 0 for none.
    #[serde(default)]
    from: u64,
    /// How many at most; a frame full when absent.
    max: Option<u32>,
}

/// Sealed entries above a cursor.
#[utoipa::path(
    get,
    path = "/api/v1/scopes/{scope}/entries",
    security(("session" = [])),
    params(("scope" = String, Path, description = "as `sales.1`"), Range),
    responses(
        (status = 200, description = "`ServerFrame::Entries`", body = Postcard, content_type = "application/octet-stream"),
        (status = "4XX", body = Failure),
    )
)]
pub(super) async fn page(
    State(app): State<App>,
    Device(session): Device,
    Path(scope): Path<String>,
    Query(range): Query<Range>,
) -> Result<Wire<ServerFrame>, RelayError> {
    let scope: Scope = scope.parse().map_err(|_unknown| RelayError::NotFound("the scope"))?;
    let pull = ClientFrame::Pull { scope, from: range.from, max: range.max.unwrap_or(u32::MAX) };
    one(app.relay.handle(&session, pull).await)
}
