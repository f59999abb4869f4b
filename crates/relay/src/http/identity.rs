//! Who the relay is.

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use super::{App, admission::Caller};
use crate::RelayError;

/// What the relay says of itself.
#[derive(Serialize, ToSchema)]
pub(crate) struct Identity {
    /// The key it signs receipts and facts with, in hexadecimal; an admin enters it in the control log.
    key: String,
    /// Its own id, made of the key; each company's log has another.
    log: String,
    /// Its version.
    version: &'static str,
    /// Its clock, milliseconds since 1970.
    time_ms: i64,
}

/// Tells the relay's key.
#[utoipa::path(get, path = "/api/v1/relay", responses((status = 200, body = Identity)))]
pub(super) async fn identity(State(app): State<App>, _caller: Caller) -> Result<Json<Identity>, RelayError> {
    let key = app.relay.keys().verify_key();
    let id = blake3::derive_key("zuclubit relay 2026 relay id", &key.0);
    let mut log = zuc_protocol::ids::LogId([0; 16]);
    log.0.copy_from_slice(&id[..16]);
    Ok(Json(Identity {
        key: key.to_string(),
        log: log.to_string(),
        version: env!("CARGO_PKG_VERSION"),
        time_ms: app.relay.clock().now_ms(),
    }))
}
