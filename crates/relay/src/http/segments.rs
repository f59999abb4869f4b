//! A scope's log in pieces for whoever is far behind: read beside the socket, as fast as they take it.

use std::time::Duration;

use axum::{
    body::{Body, Bytes},
    extract::{Path, Query, State},
    http::header,
    response::{IntoResponse, Response},
};
use futures::stream;
use serde::Deserialize;
use tokio::{
    sync::{OwnedSemaphorePermit, mpsc},
    time::timeout,
};
use utoipa::IntoParams;
use zuc_protocol::{
    Scope,
    messages::{ClientFrame, ServerFrame},
    series,
};

use super::{
    App,
    admission::Device,
    body::{BINARY, one},
    failure::Failure,
    openapi::Postcard,
};
use crate::{RelayError, log::Session};

/// Segments that are being read at once, of all companies together: each holds a page in memory while it is.
pub(super) const AT_ONCE: usize = 16;
/// When to ask again where that many are.
const BUSY_S: u64 = 5;
/// Entries of one frame.
const PAGE: u32 = 1_024;
/// How long a frame may wait to be taken. Who is slower begins again where it ended.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where to begin.
#[derive(Deserialize, IntoParams)]
pub(crate) struct From {
    /// The last entry that the reader has; 0 for none.
    #[serde(default)]
    from: u64,
}

/// A segment while it is read.
struct Reading {
    app: App,
    session: Session,
    scope: Scope,
    from: u64,
    until: u64,
    /// One of [`AT_ONCE`].
    _place: OwnedSemaphorePermit,
}

/// Sealed entries above a place, to the end of their segment of 4,096 or of the log; what was cut off is asked for from the last
/// whole frame on.
#[utoipa::path(
    get,
    path = "/api/v1/scopes/{scope}/segments",
    security(("session" = [])),
    params(("scope" = String, Path, description = "as `sales.1`"), From),
    responses(
        (status = 200, description = "`ServerFrame::Entries`, several, each with its length before it",
         body = Postcard, content_type = "application/octet-stream"),
        (status = "4XX", body = Failure),
    )
)]
pub(super) async fn segment(
    State(app): State<App>,
    Device(session): Device,
    Path(scope): Path<String>,
    Query(From { from }): Query<From>,
) -> Result<Response, RelayError> {
    let scope: Scope = scope.parse().map_err(|_unknown| RelayError::NotFound("the scope"))?;
    let place = app.downloads.clone().try_acquire_owned();
    let place = place.map_err(|_full| RelayError::TooMany { retry_after_s: BUSY_S })?;
    let until = series::segment_end(from);
    let mut reading = Reading { app, session, scope, from, until, _place: place };
    // what is refused is refused before anything is sent
    let first = reading.page().await?;
    let (send, frames) = mpsc::channel(1);
    tokio::spawn(reading.on(first, send));
    let body = stream::unfold(frames, |mut frames| async move {
        let bytes: Result<Bytes, RelayError> = frames.recv().await?;
        Some((bytes, frames))
    });
    Ok(([(header::CONTENT_TYPE, BINARY)], Body::from_stream(body)).into_response())
}

impl Reading {
    /// Reads on as long as somebody takes it. A reader that stands still loses its place to another, and asks again.
    async fn on(mut self, first: Option<ServerFrame>, send: mpsc::Sender<Result<Bytes, RelayError>>) {
        let mut next = Ok(first);
        loop {
            let bytes = match next {
                Ok(Some(frame)) => in_series(&frame),
                Ok(None) => return,
                Err(error) => Err(error),
            };
            let over = bytes.is_err();
            if !matches!(timeout(PATIENCE, send.send(bytes)).await, Ok(Ok(()))) || over {
                return;
            }
            next = self.page().await;
        }
    }

    /// The next frame of the segment, none at its end.
    async fn page(&mut self) -> Result<Option<ServerFrame>, RelayError> {
        let left = self.until.saturating_sub(self.from);
        if left == 0 {
            return Ok(None);
        }
        let max = u32::try_from(left).unwrap_or(PAGE).min(PAGE);
        let pull = ClientFrame::Pull { scope: self.scope, from: self.from, max };
        let frame = one(self.app.relay.handle(&self.session, pull).await)?.0;
        let ServerFrame::Entries { entries, .. } = &frame else {
            // why not is the last that is said
            self.from = self.until;
            return Ok(Some(frame));
        };
        metrics::counter!("relay_entries_sent_total").increment(entries.len() as u64);
        self.from += entries.len() as u64;
        Ok((!entries.is_empty()).then_some(frame))
    }
}

fn in_series(frame: &ServerFrame) -> Result<Bytes, RelayError> {
    let mut bytes = Vec::new();
    series::put(&mut bytes, &frame.to_bytes()?)?;
    Ok(Bytes::from(bytes))
}
