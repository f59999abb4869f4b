//! A refusal as an answer: a status, a stable code, an English detail.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;
use zuc_protocol::ProtocolError;
use zuc_relay_store::StoreError;

use crate::RelayError;

/// A refusal.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Failure {
    /// Stable, as `relay.no_session`.
    #[schema(example = "relay.no_session")]
    code: &'static str,
    /// For logs; nothing personal.
    detail: String,
}

fn status(error: &RelayError) -> StatusCode {
    match error {
        RelayError::Protocol(ProtocolError::TooLarge { .. }) => StatusCode::PAYLOAD_TOO_LARGE,
        RelayError::Protocol(_) => StatusCode::BAD_REQUEST,
        RelayError::Control(_) | RelayError::Store(StoreError::ControlMoved { .. } | StoreError::Fenced { .. }) => {
            StatusCode::CONFLICT
        }
        RelayError::Store(StoreError::UnknownCompany | StoreError::NotFound(_)) | RelayError::NotFound(_) => {
            StatusCode::NOT_FOUND
        }
        RelayError::Store(StoreError::Refused(_) | StoreError::CompanyExists) | RelayError::Refused(_) => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
        RelayError::NoSession => StatusCode::UNAUTHORIZED,
        RelayError::NotAllowed => StatusCode::FORBIDDEN,
        RelayError::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
        RelayError::Store(StoreError::Unavailable(_)) => StatusCode::SERVICE_UNAVAILABLE,
        RelayError::Store(StoreError::Corrupt { .. }) | RelayError::Files(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl IntoResponse for RelayError {
    fn into_response(self) -> Response {
        if self.is_ours() {
            tracing::error!(error.code = self.code(), error = %self, "a request could not be answered");
        }
        let failure = Failure { code: self.code(), detail: self.to_string() };
        let mut response = (status(&self), Json(failure)).into_response();
        if let Self::TooMany { retry_after_s } = self {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(retry_after_s));
        }
        response
    }
}
