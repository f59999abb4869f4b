//! Making room for a company.

use axum::{Json, extract::State, http::StatusCode};
use serde::Serialize;
use utoipa::ToSchema;
use zuc_protocol::control::SignedControl;

use super::{App, admission::Caller, body::Wire, failure::Failure, openapi::Postcard};
use crate::RelayError;

/// A company's place at this relay.
#[derive(Serialize, ToSchema)]
pub(crate) struct Place {
    /// The company: the hash of its genesis.
    company: String,
    /// Its log here.
    log: String,
}

/// Takes any self-signed genesis record; the same one again changes nothing.
#[utoipa::path(
    post,
    path = "/api/v1/companies",
    request_body(content = Postcard, description = "`SignedControl`", content_type = "application/octet-stream"),
    responses(
        (status = 201, body = Place),
        (status = 200, description = "it stood already", body = Place),
        (status = "4XX", body = Failure),
    )
)]
pub(super) async fn register(
    State(app): State<App>,
    Caller(address): Caller,
    Wire(genesis): Wire<SignedControl>,
) -> Result<(StatusCode, Json<Place>), RelayError> {
    app.limits.founding(address)?;
    let (company, new) = app.relay.log().create(genesis).await?;
    let log = app.relay.store().log_id(company).await?;
    if new {
        tracing::info!(company.label = zuc_relay_store::label(company), "company registered");
        metrics::counter!("relay_companies_registered_total").increment(1);
    }
    let status = if new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(Place { company: company.to_string(), log: log.to_string() })))
}

/// Makes room again for a company whose data this relay has lost, and takes the records of its membership back, in order,
/// from any place on. They are their own proof; what stands already changes nothing.
#[utoipa::path(
    post,
    path = "/api/v1/companies/records",
    request_body(
        content = Postcard,
        description = "`SignedControl`, the genesis, and a sequence of others",
        content_type = "application/octet-stream",
    ),
    responses(
        (status = 201, body = Place),
        (status = 200, description = "it stood already", body = Place),
        (status = "4XX", body = Failure),
    )
)]
pub(super) async fn restore(
    State(app): State<App>,
    Caller(address): Caller,
    Wire((genesis, records)): Wire<(SignedControl, Vec<SignedControl>)>,
) -> Result<(StatusCode, Json<Place>), RelayError> {
    app.limits.founding(address)?;
    let (company, new) = app.relay.log().restore(genesis, records).await?;
    let log = app.relay.store().log_id(company).await?;
    let status = if new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(Place { company: company.to_string(), log: log.to_string() })))
}
