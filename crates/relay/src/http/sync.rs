//! The live exchange: one socket, one device.

use std::{
    pin::{Pin, pin},
    time::Duration,
};

use axum::{
    body::Bytes,
    extract::{
        State,
        ws::{Message, WebSocket, WebSocketUpgrade},
    },
    response::Response,
};
use futures::{
    SinkExt as _, StreamExt as _,
    stream::{SplitSink, SplitStream},
};
use tokio::{
    sync::watch,
    time::{Sleep, sleep, timeout},
};
use zuc_protocol::{
    codec::MAX_FRAME,
    messages::{ClientFrame, ServerFrame},
};
use zuc_relay_store::label;

use super::{App, admission::Caller};
use crate::{RelayError, log::Session};

/// How long a socket may take to greet.
const GREETING: Duration = Duration::from_secs(10);
/// How long a socket may say nothing; devices ask for heads twice a minute.
const SILENCE: Duration = Duration::from_secs(100);
/// The library's own buffers would be 128 KiB a socket.
const BUFFER: usize = 2 << 10;

/// Opens a socket; the first frame is the greeting, with the session's token.
#[utoipa::path(
    get,
    path = "/api/v1/sync",
    responses((status = 101, description = "a WebSocket: binary messages, `ClientFrame` up and `ServerFrame` down"))
)]
pub(super) async fn upgrade(State(app): State<App>, _caller: Caller, upgrade: WebSocketUpgrade) -> Response {
    upgrade
        .read_buffer_size(BUFFER)
        .write_buffer_size(0)
        .max_write_buffer_size(2 * MAX_FRAME)
        .max_message_size(MAX_FRAME)
        .max_frame_size(MAX_FRAME)
        .on_upgrade(move |socket| async move {
            let stopping = app.stopping.clone();
            metrics::gauge!("relay_sockets").increment(1.0);
            let (sink, stream) = socket.split();
            let mut line = Line { sink, slow: app.slow };
            if let Err(End(code)) = run(&app, &mut line, stream, stopping).await {
                tracing::debug!(end.code = code, "socket ended");
                line.goodbye(code).await;
            }
            metrics::gauge!("relay_sockets").decrement(1.0);
        })
}

/// Why a socket ends, as the device is told.
struct End(&'static str);

impl From<RelayError> for End {
    fn from(error: RelayError) -> Self {
        Self(error.code())
    }
}

/// The sending half.
struct Line {
    sink: SplitSink<WebSocket, Message>,
    slow: Duration,
}

impl Line {
    async fn send(&mut self, frames: Vec<ServerFrame>) -> Result<(), End> {
        for frame in frames {
            if let ServerFrame::Entries { entries, .. } = &frame {
                metrics::counter!("relay_entries_sent_total").increment(entries.len() as u64);
            }
            let bytes = frame.to_bytes().map_err(|_size| End("relay.too_large"))?;
            match timeout(self.slow, self.sink.send(Message::Binary(Bytes::from(bytes)))).await {
                Ok(Ok(())) => {}
                Ok(Err(_broken)) => return Err(End("relay.closed")),
                // It catches up over HTTP, at its own pace.
                Err(_slow) => return Err(End("relay.no_credit")),
            }
        }
        Ok(())
    }

    /// Tells why, if the other side still listens, and closes.
    async fn goodbye(&mut self, code: &str) {
        let farewell = async {
            if let Ok(bytes) = (ServerFrame::GoAway { code: code.to_owned() }).to_bytes() {
                self.sink.send(Message::Binary(Bytes::from(bytes))).await?;
            }
            self.sink.close().await
        };
        // Whoever is gone hears nothing.
        let _gone = timeout(Duration::from_secs(1), farewell).await;
    }
}

/// The next frame; `None` at the end of the socket.
async fn next(stream: &mut SplitStream<WebSocket>) -> Result<Option<ClientFrame>, End> {
    loop {
        match stream.next().await {
            Some(Ok(Message::Binary(bytes))) => {
                return ClientFrame::from_bytes(&bytes).map(Some).map_err(|_malformed| End("relay.malformed"));
            }
            Some(Ok(Message::Text(_))) => return Err(End("relay.malformed")),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            Some(Ok(Message::Close(_)) | Err(_)) | None => return Ok(None),
        }
    }
}

async fn run(
    app: &App,
    line: &mut Line,
    mut stream: SplitStream<WebSocket>,
    mut stopping: watch::Receiver<bool>,
) -> Result<(), End> {
    let greeting = timeout(GREETING, next(&mut stream)).await.map_err(|_late| End("relay.no_greeting"))??;
    let Some(ClientFrame::Hello { ref token, .. }) = greeting else { return Err(End("relay.no_greeting")) };
    let (company, device) = app.sessions.whose(token, app.relay.clock().now_ms())?;
    let session = app.relay.log().session(company, device).await?;
    tracing::info!(company.label = label(company), "socket opened");
    if let Some(greeting) = greeting {
        line.send(Box::pin(app.relay.handle(&session, greeting)).await).await?;
    }
    let mut patience = pin!(None);
    loop {
        deliver(app, line, &session).await?;
        if !session.starves() {
            patience.set(None);
        } else if patience.is_none() {
            patience.set(Some(sleep(app.slow)));
        }
        tokio::select! {
            frame = timeout(SILENCE, next(&mut stream)) => match frame {
                Err(_silent) => return Err(End("relay.silent")),
                Ok(frame) => match frame? {
                    None => return Ok(()),
                    // what an answer needs is not held by every socket that waits
                    Some(frame) => line.send(Box::pin(app.relay.handle(&session, frame)).await).await?,
                },
            },
            () = session.woken() => {}
            // It catches up by asking, at its own pace.
            () = over(patience.as_mut()) => return Err(End("relay.no_credit")),
            () = super::stopped(&mut stopping) => return Err(End("relay.stopping")),
        }
        if session.is_over() {
            return Ok(());
        }
    }
}

/// The end of the patience with a session that gives no credit; never where there is nothing to be patient with.
async fn over(patience: Pin<&mut Option<Sleep>>) {
    match patience.as_pin_mut() {
        Some(sleep) => sleep.await,
        None => std::future::pending().await,
    }
}

/// Sends all that the session has not been sent yet, as far as its credit goes.
async fn deliver(app: &App, line: &mut Line, session: &Session) -> Result<(), End> {
    loop {
        let frames = Box::pin(app.relay.log().poll(session)).await;
        if frames.is_empty() {
            return Ok(());
        }
        line.send(frames).await?;
    }
}
