//! The live exchange where no socket passes: the same frames, carried up by `POST` and waited for by `GET`.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use axum::{
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use futures::stream;
use tokio::time::{Instant, sleep, timeout_at};
use zuc_protocol::{
    ids::{CompanyId, DeviceId, Digest32},
    messages::{ClientFrame, ServerFrame},
    series,
};

use super::{App, admission::Token, body::BINARY, failure::Failure, openapi::Postcard};
use crate::{RelayError, chance::random, log::Session};

/// The header that names a link.
const LINK: &str = "x-zuclubit-link";
/// How long a `GET` waits; proxies cut what says nothing for half a minute.
const WAIT: Duration = Duration::from_secs(20);
/// How long a link may stand without a request, in milliseconds.
const IDLE_MS: i64 = 100_000;
/// Links that are held at most.
const HELD: usize = 4_096;
/// How often a session that gives no credit is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// The links that are held, one a device.
#[derive(Default)]
pub(crate) struct Links(Mutex<HashMap<(CompanyId, DeviceId), Arc<Link>>>);

/// A link: a session that outlives its requests.
struct Link {
    id: Digest32,
    session: Session,
    seen_ms: AtomicI64,
    /// One says something at a time, so that what is worked out for it is bounded.
    saying: Arc<Turn>,
    /// Two who wait would take each other's frames.
    hearing: Turn,
}

type Turn = tokio::sync::Mutex<()>;

/// What a request names that does not stand, or is another's turn.
const NO_LINK: RelayError = RelayError::Refused("relay.no_link");

impl Links {
    /// A new link of a device; one that it had before ends.
    fn open(&self, session: Session, now_ms: i64) -> Result<Digest32, RelayError> {
        let mut held = self.0.lock().expect("no holder panics");
        held.retain(|_, link| now_ms - link.seen_ms.load(Ordering::Relaxed) < IDLE_MS);
        let whose = (session.company, session.device);
        if held.len() >= HELD && !held.contains_key(&whose) {
            return Err(RelayError::TooMany { retry_after_s: 5 });
        }
        let id = Digest32(random());
        let seen_ms = AtomicI64::new(now_ms);
        let (saying, hearing) = (Arc::default(), Turn::default());
        held.insert(whose, Arc::new(Link { id, session, seen_ms, saying, hearing }));
        Ok(id)
    }

    fn find(&self, token: &Token, headers: &HeaderMap, now_ms: i64) -> Result<Arc<Link>, RelayError> {
        let named = headers.get(LINK).and_then(|value| value.to_str().ok()).and_then(Digest32::from_hex);
        let held = self.0.lock().expect("no holder panics");
        let link = held.get(&(token.company, token.device)).filter(|link| Some(link.id) == named);
        let link = link.ok_or(NO_LINK)?.clone();
        link.seen_ms.store(now_ms, Ordering::Relaxed);
        Ok(link)
    }

    fn close(&self, link: &Link) {
        let whose = (link.session.company, link.session.device);
        let mut held = self.0.lock().expect("no holder panics");
        if held.get(&whose).is_some_and(|held| held.id == link.id) {
            held.remove(&whose);
        }
    }
}

/// Opens a link, where none is named, and carries frames up; each answer is worked out when the one before it was taken.
#[utoipa::path(
    post,
    path = "/api/v1/poll",
    security(("session" = [])),
    request_body(content = Postcard, description = "`ClientFrame`, up to 64, each with its length before it",
                 content_type = "application/octet-stream"),
    responses(
        (status = 200, description = "`ServerFrame`, several, each with its length before it; a new link is named in `x-zuclubit-link`",
         body = Postcard, content_type = "application/octet-stream"),
        (status = "4XX", body = Failure),
    )
)]
pub(super) async fn say(
    State(app): State<App>,
    token: Token,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, RelayError> {
    let now_ms = app.relay.clock().now_ms();
    if !headers.contains_key(LINK) {
        app.limits.company(token.company)?;
        let session = app.relay.log().session(token.company, token.device).await?;
        let id = app.links.open(session, now_ms)?;
        let name = HeaderValue::from_str(&id.to_string()).map_err(|_no_header| RelayError::NotFound("a link"))?;
        return Ok(([(LINK, name)], answer(vec![])?).into_response());
    }
    let link = app.links.find(&token, &headers, now_ms)?;
    let mut frames = Vec::new();
    for bytes in series::all(&body)? {
        frames.push(ClientFrame::from_bytes(&bytes)?);
    }
    let turn = link.saying.clone().try_lock_owned().map_err(|_taken| NO_LINK)?;
    let body = stream::unfold((app, link, turn, frames.into_iter()), |(app, link, turn, mut frames)| async move {
        let said = app.relay.handle(&link.session, frames.next()?).await;
        Some((in_series(said), (app, link, turn, frames)))
    });
    Ok(([(header::CONTENT_TYPE, BINARY)], Body::from_stream(body)).into_response())
}

/// Waits for what the relay has to say of itself, for twenty seconds at most.
#[utoipa::path(
    get,
    path = "/api/v1/poll",
    security(("session" = [])),
    responses(
        (status = 200, description = "`ServerFrame`, several or none, each with its length before it", body = Postcard,
         content_type = "application/octet-stream"),
        (status = "4XX", body = Failure),
    )
)]
pub(super) async fn hear(State(app): State<App>, token: Token, headers: HeaderMap) -> Result<Response, RelayError> {
    let link = app.links.find(&token, &headers, app.relay.clock().now_ms())?;
    let _turn = link.hearing.try_lock().map_err(|_taken| NO_LINK)?;
    let mut stopping = app.stopping.clone();
    #[expect(clippy::disallowed_methods, reason = "how long to wait is measured, never what day it is")]
    let began = Instant::now();
    let mut hungry = None;
    loop {
        let frames = app.relay.log().poll(&link.session).await;
        if !frames.is_empty() {
            return answer(frames);
        }
        if link.session.is_over() {
            app.links.close(&link);
            return answer(vec![ServerFrame::GoAway { code: "relay.closed".to_owned() }]);
        }
        let starves = link.session.starves();
        hungry = starves.then(|| hungry.unwrap_or_else(|| began.elapsed()));
        if hungry.is_some_and(|since| began.elapsed() > since + app.slow) {
            app.links.close(&link);
            return answer(vec![ServerFrame::GoAway { code: "relay.no_credit".to_owned() }]);
        }
        let news = async { if starves { sleep(LOOK).await } else { link.session.woken().await } };
        tokio::select! {
            waited = timeout_at(began + WAIT, news) => if waited.is_err() {
                return answer(vec![]);
            },
            () = super::stopped(&mut stopping) => {
                return answer(vec![ServerFrame::GoAway { code: "relay.stopping".to_owned() }]);
            }
        }
    }
}

fn answer(frames: Vec<ServerFrame>) -> Result<Response, RelayError> {
    Ok(([(header::CONTENT_TYPE, BINARY)], in_series(frames)?).into_response())
}

fn in_series(frames: Vec<ServerFrame>) -> Result<Bytes, RelayError> {
    let mut body = Vec::new();
    for frame in frames {
        if let ServerFrame::Entries { entries, .. } = &frame {
            metrics::counter!("relay_entries_sent_total").increment(entries.len() as u64);
        }
        series::put(&mut body, &frame.to_bytes()?)?;
    }
    Ok(Bytes::from(body))
}
