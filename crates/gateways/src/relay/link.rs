//! The live exchange: a socket between two bounded channels.

use std::{sync::Arc, time::Duration};

use futures::{
    SinkExt as _, StreamExt as _,
    stream::{SplitSink, SplitStream},
};
use tokio::{
    net::TcpStream,
    sync::mpsc,
    time::{Instant, timeout},
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async_with_config,
    tungstenite::{Error, Message, protocol::WebSocketConfig},
};
use zuc_app::ports::{Link, RelayError};
use zuc_protocol::{
    codec::MAX_FRAME,
    messages::{ClientFrame, ServerFrame},
};

use super::{call::Caller, ways::Ways};

/// How long the socket may take to open.
const OPEN: Duration = Duration::from_secs(10);
/// How long the relay may leave a frame unread.
const WRITE: Duration = Duration::from_secs(30);
/// Frames that wait on either side.
pub(super) const WAITING: usize = 64;
const BUFFER: usize = 16 << 10;
/// Whoever held the link let go.
const CLOSED_HERE: &str = "closed here";

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Opens the socket; the greeting is the caller's to send.
pub(super) async fn open(caller: &Caller, ways: &Arc<Ways>, token: String) -> Result<Link, RelayError> {
    let socket = match socket(caller).await {
        Ok(socket) => socket,
        Err(error) => {
            ways.socket_failed();
            return Err(error);
        }
    };
    let (send, outgoing) = mpsc::channel(WAITING);
    let (incoming, receive) = mpsc::channel(WAITING);
    tokio::spawn(run(socket, ways.clone(), outgoing, incoming));
    Ok(Link { token, send, receive })
}

/// Whether a socket opens and something answers through it.
pub(super) async fn answers(caller: &Caller) -> bool {
    let answered = async {
        let mut socket = socket(caller).await.ok()?;
        socket.send(Message::Ping(Vec::new().into())).await.ok()?;
        while let Some(Ok(message)) = socket.next().await {
            if matches!(message, Message::Pong(_)) {
                let _gone = socket.close(None).await;
                return Some(());
            }
        }
        None
    };
    matches!(timeout(OPEN, answered).await, Ok(Some(())))
}

async fn socket(caller: &Caller) -> Result<Socket, RelayError> {
    let mut url = caller.url("api/v1/sync")?;
    let scheme = if url.scheme() == "https" { "wss" } else { "ws" };
    url.set_scheme(scheme).map_err(|()| RelayError::Refused { code: "relay.bad_url".to_owned() })?;
    let config = WebSocketConfig::default()
        .read_buffer_size(BUFFER)
        .write_buffer_size(0)
        .max_write_buffer_size(2 * MAX_FRAME)
        .max_message_size(Some(MAX_FRAME))
        .max_frame_size(Some(MAX_FRAME));
    let opening = connect_async_with_config(url.as_str(), Some(config), true);
    let (socket, _answer) =
        timeout(OPEN, opening).await.map_err(|_late| RelayError::TimedOut)?.map_err(|error| refused(&error))?;
    Ok(socket)
}

fn refused(error: &Error) -> RelayError {
    match error {
        Error::Http(answer) if answer.status().is_client_error() => {
            RelayError::Refused { code: format!("relay.http_{}", answer.status().as_u16()) }
        }
        other => RelayError::Unreachable(other.to_string()),
    }
}

/// Ends when either half does, or when the holder of the link lets go; what is received by then is delivered.
async fn run(
    socket: Socket,
    ways: Arc<Ways>,
    outgoing: mpsc::Receiver<ClientFrame>,
    incoming: mpsc::Sender<ServerFrame>,
) {
    let (sink, stream) = socket.split();
    #[expect(clippy::disallowed_methods, reason = "how long it stood is measured, never what day it is")]
    let began = Instant::now();
    let mut heard = false;
    let ended = tokio::select! {
        ended = write(sink, outgoing) => ended,
        ended = read(stream, incoming, &ways, &mut heard) => ended,
    };
    // one that was let go before anything could have come says nothing
    if !heard && (ended != CLOSED_HERE || began.elapsed() > OPEN) {
        ways.socket_failed();
    }
    tracing::debug!(reason = ended, "the live exchange ended");
}

async fn write(mut sink: SplitSink<Socket, Message>, mut outgoing: mpsc::Receiver<ClientFrame>) -> &'static str {
    while let Some(frame) = outgoing.recv().await {
        let Ok(bytes) = frame.to_bytes() else {
            tracing::error!("a frame is longer than the relay takes");
            return "too large";
        };
        match timeout(WRITE, sink.send(Message::Binary(bytes.into()))).await {
            Ok(Ok(())) => {}
            Ok(Err(_broken)) => return "broken",
            Err(_late) => return "the relay does not read",
        }
    }
    // The relay sees a closed socket at once; if it does not hear it, it sees silence.
    let _gone = timeout(Duration::from_secs(1), sink.close()).await;
    CLOSED_HERE
}

async fn read(
    mut stream: SplitStream<Socket>,
    incoming: mpsc::Sender<ServerFrame>,
    ways: &Ways,
    heard: &mut bool,
) -> &'static str {
    loop {
        match stream.next().await {
            Some(Ok(Message::Binary(bytes))) => match ServerFrame::from_bytes(&bytes) {
                Ok(frame) => {
                    *heard = true;
                    ways.socket_passed();
                    if incoming.send(frame).await.is_err() {
                        return CLOSED_HERE;
                    }
                }
                Err(_malformed) => return "nonsense",
            },
            Some(Ok(Message::Text(_))) => return "nonsense",
            Some(Ok(Message::Close(_))) | None => return "closed there",
            Some(Ok(_)) => {}
            Some(Err(_broken)) => return "broken",
        }
    }
}
