//! The relay on the network: an endpoint a file.
//!
//! Bodies are postcard of the protocol's types (`application/octet-stream`), refusals JSON `{code, detail}`. Nothing
//! that names a person or a company is logged.

mod admission;
mod body;
mod challenge;
mod companies;
#[expect(unused_qualifications, reason = "the description's macro writes the types' whole paths")]
mod control;
mod correlation;
#[expect(unused_qualifications, reason = "the description's macro writes the types' whole paths")]
mod entries;
mod failure;
mod frames;
mod health;
mod identity;
mod invites;
mod join;
#[expect(unused_qualifications, reason = "the description's macro writes the types' whole paths")]
mod join_status;
mod joins;
mod limits;
mod metrics;
mod openapi;
mod poll;
mod resolution;
#[expect(unused_qualifications, reason = "the description's macro writes the types' whole paths")]
mod segments;
mod session;
mod sessions;
mod sync;

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::{Router, extract::DefaultBodyLimit, http::StatusCode, middleware, routing::get, serve::ListenerExt as _};
use tokio::{
    net::TcpListener,
    sync::{Semaphore, watch},
};
use tower_http::timeout::TimeoutLayer;
use utoipa::OpenApi as _;
use utoipa_axum::{router::OpenApiRouter, routes};
use zuc_protocol::{codec::MAX_FRAME, series};

use self::{limits::Limits, poll::Links, sessions::Sessions};
use crate::Relay;

/// How long a request may take.
const REQUEST: Duration = Duration::from_secs(30);
/// How long sockets get to say goodbye when the relay stops.
const GOODBYE: Duration = Duration::from_secs(10);

/// How many requests the relay takes from whom. Frames on a socket do not count: the socket's own pace bounds them.
#[derive(Clone, Debug)]
pub struct HttpOptions {
    /// Requests a minute of one company.
    pub per_company: u32,
    /// Requests a minute without a session, of one address.
    pub per_address: u32,
    /// Wrong codes and signatures a minute, of one address or against one company; then nothing is checked for them.
    pub wrong_proofs: u32,
    /// New companies an hour, of one address.
    pub new_companies: u32,
    /// How long a socket may leave a frame unread.
    pub slow: Duration,
    /// Proxies whose word on who asks is taken.
    pub proxies: Vec<IpAddr>,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            per_company: 1_000,
            per_address: 600,
            wrong_proofs: 10,
            new_companies: 60,
            slow: Duration::from_secs(5),
            proxies: Vec::new(),
        }
    }
}

/// What every handler has.
#[derive(Clone)]
pub(crate) struct App(Arc<Shared>);

pub(crate) struct Shared {
    pub(crate) relay: Arc<Relay>,
    pub(crate) sessions: Sessions,
    pub(crate) links: Links,
    /// Places for those who read a segment.
    pub(crate) downloads: Arc<Semaphore>,
    pub(crate) limits: Limits,
    pub(crate) slow: Duration,
    pub(crate) stopping: watch::Receiver<bool>,
}

impl std::ops::Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

fn router(app: App) -> Router {
    let (api, document) = OpenApiRouter::with_openapi(openapi::Document::openapi())
        .routes(routes!(identity::identity))
        .routes(routes!(companies::register))
        .routes(routes!(companies::restore))
        .routes(routes!(challenge::challenge))
        .routes(routes!(session::begin))
        .routes(routes!(invites::offer))
        .routes(routes!(join::join, joins::pending))
        .routes(routes!(join_status::status))
        .routes(routes!(control::read, control::append))
        .routes(routes!(frames::answer))
        .routes(routes!(entries::page))
        .routes(routes!(segments::segment))
        .routes(routes!(poll::say, poll::hear))
        .routes(routes!(resolution::settle))
        .routes(routes!(health::health))
        .routes(routes!(metrics::render))
        .split_for_parts();
    let document = openapi::text(&document);
    api.route("/openapi.json", get(move || std::future::ready(openapi::answer(&document))))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, REQUEST))
        // A socket lives longer than a request.
        .route("/api/v1/sync", get(sync::upgrade))
        // A frame, perhaps with its length before it.
        .layer(DefaultBodyLimit::max(MAX_FRAME + series::LENGTH))
        .layer(middleware::from_fn_with_state(app.clone(), correlation::correlate))
        .with_state(app)
}

/// Serves until `stop` is ready; then sockets are told to go and requests under way are answered.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    relay: Arc<Relay>,
    options: HttpOptions,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    metrics::begin();
    let (stopping, watched) = watch::channel(false);
    let app = App(Arc::new(Shared {
        relay,
        sessions: Sessions::default(),
        links: Links::default(),
        downloads: Arc::new(Semaphore::new(segments::AT_ONCE)),
        limits: Limits::new(&options),
        slow: options.slow,
        stopping: watched,
    }));
    let service = router(app).into_make_service_with_connect_info::<SocketAddr>();
    // Frames are small and wait for nothing.
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(error = %error, "a connection ended before it began");
        }
    });
    let watched_late = stopping.subscribe();
    let serving = axum::serve(listener, service).with_graceful_shutdown(async move {
        stop.await;
        stopping.send_replace(true);
        // Sockets hold a receiver each until they have said goodbye.
        let _late = tokio::time::timeout(GOODBYE, sockets_gone(&stopping)).await;
    });
    let late = async {
        let mut watched = watched_late;
        stopped(&mut watched).await;
        drop(watched);
        tokio::time::sleep(GOODBYE + GOODBYE).await;
    };
    tokio::select! {
        served = serving => served,
        () = late => Ok(()),
    }
}

/// Waits until the relay stops.
async fn stopped(stopping: &mut watch::Receiver<bool>) {
    // The sender lives as long as the server; an error is its end, too.
    let _gone = stopping.wait_for(|stopping| *stopping).await;
}

/// Waits until only the router's own receiver is left.
async fn sockets_gone(stopping: &watch::Sender<bool>) {
    while stopping.receiver_count() > 1 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
