//! Whether the relay works, dependency by dependency.

use std::time::Duration;

use axum::{Json, extract::State, http::StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use super::App;

/// How long a dependency may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// How the relay is.
#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    /// `ok`, `degraded` when something beside the storage fails, `down` when the storage does.
    status: &'static str,
    /// What fails.
    degraded: Vec<&'static str>,
}

/// 503 only when the storage is unusable: a PAC that is away must not restart the relay.
#[utoipa::path(
    get,
    path = "/health",
    responses((status = 200, body = Health), (status = 503, body = Health))
)]
pub(super) async fn health(State(app): State<App>) -> (StatusCode, Json<Health>) {
    let storage = tokio::time::timeout(PATIENCE, app.relay.store().ping()).await;
    if !matches!(storage, Ok(Ok(()))) {
        tracing::error!("the storage does not answer");
        return (StatusCode::SERVICE_UNAVAILABLE, Json(Health { status: "down", degraded: vec!["storage"] }));
    }
    let mut degraded = Vec::new();
    if let Some(pac) = app.relay.pac()
        && !matches!(tokio::time::timeout(PATIENCE, pac.ready()).await, Ok(Ok(())))
    {
        degraded.push("pac");
    }
    let status = if degraded.is_empty() { "ok" } else { "degraded" };
    (StatusCode::OK, Json(Health { status, degraded }))
}
