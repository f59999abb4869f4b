//! Bodies: postcard of the protocol's types, bounded.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Serialize, de::DeserializeOwned};
use zuc_protocol::{ProtocolError, codec, messages::ServerFrame};

use crate::RelayError;

/// The content type of our bodies.
pub(crate) const BINARY: &str = "application/octet-stream";

/// A value of the protocol, in or out.
pub(crate) struct Wire<T>(pub(crate) T);

impl<T: Serialize> IntoResponse for Wire<T> {
    fn into_response(self) -> Response {
        match codec::encode(&self.0, codec::MAX_FRAME) {
            Ok(bytes) => ([(header::CONTENT_TYPE, BINARY)], bytes).into_response(),
            Err(error) => RelayError::from(error).into_response(),
        }
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Wire<T> {
    type Rejection = RelayError;

    async fn from_request(request: Request, state: &S) -> Result<Self, RelayError> {
        // A page in a browser cannot send this type across origins without asking first.
        if request.headers().get(header::CONTENT_TYPE).is_none_or(|kind| kind != BINARY) {
            return Err(RelayError::Protocol(ProtocolError::Malformed));
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| {
            RelayError::Protocol(match rejection.into_response().status() {
                StatusCode::PAYLOAD_TOO_LARGE => ProtocolError::TooLarge { max: codec::MAX_FRAME },
                _ => ProtocolError::Malformed,
            })
        })?;
        Ok(Self(codec::decode(&bytes, codec::MAX_FRAME)?))
    }
}

/// What answers a frame over HTTP: one frame. Of a push that was taken in part it is the acknowledgement; the rest,
/// pushed again, is refused then.
pub(crate) fn one(frames: Vec<ServerFrame>) -> Result<Wire<ServerFrame>, RelayError> {
    frames.into_iter().next().map(Wire).ok_or(RelayError::NotFound("an answer"))
}
