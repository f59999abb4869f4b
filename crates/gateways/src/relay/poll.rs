//! The live exchange without a socket: frames go up by `POST`, and what the relay has to say is waited for by `GET`.

use std::{sync::Arc, time::Duration};

use reqwest::RequestBuilder;
use tokio::{
    sync::mpsc,
    time::{sleep, timeout},
};
use zuc_app::ports::{Credentials, Link, RelayError};
use zuc_protocol::{
    codec::MAX_FRAME,
    messages::{ClientFrame, ServerFrame},
    series::{self, LENGTH, MAX_SERIES},
};

use super::{
    call::{Caller, Frames, opened},
    link::{self, WAITING},
    session::Sessions,
    ways::Ways,
};

const PATH: &str = "api/v1/poll";
/// The header that names the link.
const LINK: &str = "x-zuclubit-link";
/// How long an answer may take, with all that is worked out for it.
const ANSWER: Duration = Duration::from_mins(2);
/// How long this process may leave a frame unread.
const READ: Duration = Duration::from_secs(30);

/// What both halves of a link share.
struct Polled {
    caller: Caller,
    sessions: Arc<Sessions>,
    who: Credentials,
    id: String,
}

/// Opens a link; the greeting is the caller's to send. It ends by itself once sockets pass again.
pub(super) async fn open(
    caller: &Caller,
    sessions: &Arc<Sessions>,
    ways: &Arc<Ways>,
    who: &Credentials,
    token: String,
) -> Result<Link, RelayError> {
    let answer = opened(caller.post_bytes(PATH, Vec::new())?.bearer_auth(&token)).await?;
    let id = answer.headers().get(LINK).and_then(|id| id.to_str().ok()).ok_or(RelayError::Nonsense)?.to_owned();
    let polled = Arc::new(Polled { caller: caller.clone(), sessions: sessions.clone(), who: who.clone(), id });
    let (send, outgoing) = mpsc::channel(WAITING);
    let (incoming, receive) = mpsc::channel(WAITING);
    tokio::spawn(run(polled, ways.clone(), outgoing, incoming));
    Ok(Link { token, send, receive })
}

/// Ends when either half does, or when the holder of the link lets go.
async fn run(
    polled: Arc<Polled>,
    ways: Arc<Ways>,
    outgoing: mpsc::Receiver<ClientFrame>,
    incoming: mpsc::Sender<ServerFrame>,
) {
    let ended = tokio::select! {
        ended = say(&polled, outgoing, &incoming) => ended,
        ended = hear(&polled, &incoming) => ended,
        () = sockets_pass(&polled.caller, &ways) => Ok("sockets pass again"),
    };
    match ended {
        Ok(reason) => tracing::debug!(reason, "the live exchange ended"),
        Err(error) => tracing::debug!(code = error.code(), "the live exchange ended"),
    }
}

/// Carries frames up, as many in one request as wait.
async fn say(
    polled: &Polled,
    mut outgoing: mpsc::Receiver<ClientFrame>,
    incoming: &mpsc::Sender<ServerFrame>,
) -> Result<&'static str, RelayError> {
    let mut next = None;
    loop {
        let Some(frame) = (match next.take() {
            Some(frame) => Some(frame),
            None => outgoing.recv().await,
        }) else {
            return Ok("closed here");
        };
        let mut body = Vec::new();
        let mut count = 0;
        let mut waiting = Some(frame);
        while let Some(frame) = waiting.take() {
            let bytes = frame.to_bytes().map_err(|error| RelayError::Refused { code: error.code().to_owned() })?;
            if count > 0 && (count == MAX_SERIES || body.len() + LENGTH + bytes.len() > MAX_FRAME) {
                next = Some(frame);
                break;
            }
            series::put(&mut body, &bytes).map_err(|_long| RelayError::Nonsense)?;
            count += 1;
            waiting = outgoing.try_recv().ok();
        }
        polled.pass_on(polled.caller.post_bytes(PATH, body)?, incoming).await?;
    }
}

/// Waits for what the relay has to say.
async fn hear(polled: &Polled, incoming: &mpsc::Sender<ServerFrame>) -> Result<&'static str, RelayError> {
    loop {
        polled.pass_on(polled.caller.get(PATH)?, incoming).await?;
    }
}

/// Waits until a socket opens and answers.
async fn sockets_pass(caller: &Caller, ways: &Ways) {
    for pause in ways.looks() {
        sleep(pause).await;
        if link::answers(caller).await {
            ways.socket_passed();
            return;
        }
    }
}

impl Polled {
    /// Sends a request of this link, with a token that is good for a while yet, and passes on what it is answered.
    async fn pass_on(&self, request: RequestBuilder, incoming: &mpsc::Sender<ServerFrame>) -> Result<(), RelayError> {
        let token = self.sessions.token(&self.caller, &self.who).await?;
        let request = request.bearer_auth(token).header(LINK, &self.id).timeout(ANSWER);
        let mut answer = Frames::ask(request).await?;
        while let Some(frame) = answer.next().await? {
            match timeout(READ, incoming.send(frame)).await {
                Ok(Ok(())) => {}
                Ok(Err(_closed)) => return Err(RelayError::Unreachable("closed here".to_owned())),
                Err(_late) => return Err(RelayError::TimedOut),
            }
        }
        Ok(())
    }
}
