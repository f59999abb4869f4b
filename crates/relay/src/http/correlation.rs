//! One id through the logs of laptop and relay, one line and two figures per request.

use std::time::Duration;

use axum::{
    extract::{MatchedPath, Request, State},
    http::HeaderValue,
    middleware::Next,
    response::Response,
};
use tokio::time::Instant;
use tracing::Instrument as _;

use super::App;
use crate::chance::random;

/// The header that carries the id, in and out.
const HEADER: &str = "x-correlation-id";
const LONGEST: usize = 64;

pub(super) async fn correlate(State(app): State<App>, request: Request, next: Next) -> Response {
    let given = request.headers().get(HEADER).and_then(|value| value.to_str().ok());
    let id = match given {
        Some(id) if sound(id) => id.to_owned(),
        _ => fresh(app.relay.clock().now_ms()),
    };
    // The pattern, never the path: a path holds ids.
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let method = request.method().clone();
    let span = tracing::info_span!("request", correlation_id = %id, company.label = tracing::field::Empty);
    #[expect(clippy::disallowed_methods, reason = "how long the answer took, for the log")]
    let began = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let took = began.elapsed();
    let status = response.status();
    span.in_scope(|| {
        tracing::info!(http.method = %method, http.route = route, http.status = status.as_u16(), duration_ms = millis(took), "request");
    });
    metrics::counter!("relay_http_requests_total", "route" => route.clone(), "status" => status.as_str().to_owned())
        .increment(1);
    metrics::histogram!("relay_http_request_seconds", "route" => route).record(took.as_secs_f64());
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HEADER, value);
    }
    response
}

fn millis(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}

fn sound(id: &str) -> bool {
    (1..=LONGEST).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn fresh(now_ms: i64) -> String {
    let millis = u64::try_from(now_ms).unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(millis, &random()).into_uuid().to_string()
}
