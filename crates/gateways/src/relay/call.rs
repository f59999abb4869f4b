//! One call: what is sent, and how its answer is read.

use std::time::Duration;

use backon::{ExponentialBuilder, Retryable as _};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, Url, header};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use zuc_app::ports::RelayError;
use zuc_protocol::{
    codec::{self, MAX_FRAME},
    messages::ServerFrame,
    series::Series,
};

const BINARY: &str = "application/octet-stream";

/// A refusal, as the relay writes it.
#[derive(Deserialize)]
struct Failure {
    code: String,
}

/// How to speak to one address.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub(super) base: Url,
    http: Client,
}

impl Caller {
    pub(super) fn new(base: Url, http: Client) -> Self {
        Self { base, http }
    }

    /// The address of an endpoint.
    pub(super) fn url(&self, path: &str) -> Result<Url, RelayError> {
        self.base.join(path).map_err(|_| RelayError::Refused { code: "relay.bad_url".to_owned() })
    }

    pub(super) fn get(&self, path: &str) -> Result<RequestBuilder, RelayError> {
        Ok(self.http.request(Method::GET, self.url(path)?))
    }

    /// A request that carries a value of the protocol.
    pub(super) fn post<T: Serialize>(&self, path: &str, body: &T) -> Result<RequestBuilder, RelayError> {
        self.post_bytes(path, codec::encode(body, MAX_FRAME).map_err(|error| refused_here(&error))?)
    }

    /// A request that carries bytes.
    pub(super) fn post_bytes(&self, path: &str, bytes: Vec<u8>) -> Result<RequestBuilder, RelayError> {
        Ok(self.http.request(Method::POST, self.url(path)?).header(header::CONTENT_TYPE, BINARY).body(bytes))
    }
}

fn refused_here(error: &zuc_protocol::ProtocolError) -> RelayError {
    RelayError::Refused { code: error.code().to_owned() }
}

/// Sends a request and gives the answer's body, or what the relay refused by.
pub(super) async fn answer(request: RequestBuilder) -> Result<Vec<u8>, RelayError> {
    body(opened(request).await?).await
}

/// Sends a request and gives the answer, its body yet to be read, or what the relay refused by.
pub(super) async fn opened(request: RequestBuilder) -> Result<Response, RelayError> {
    let response = request.send().await.map_err(|error| broken(&error))?;
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    Err(refusal(status, &body(response).await?))
}

/// An answer of several frames, each read as it comes: no more of it is held than one.
pub(super) struct Frames {
    response: Response,
    series: Series,
}

impl Frames {
    /// Sends a request whose answer is of several frames.
    pub(super) async fn ask(request: RequestBuilder) -> Result<Self, RelayError> {
        Ok(Self { response: opened(request).await?, series: Series::default() })
    }

    /// The next of them, none at the end.
    pub(super) async fn next(&mut self) -> Result<Option<ServerFrame>, RelayError> {
        loop {
            if let Some(bytes) = self.series.take().map_err(|_long| RelayError::Nonsense)? {
                return ServerFrame::from_bytes(&bytes).map(Some).map_err(|_malformed| RelayError::Nonsense);
            }
            match self.response.chunk().await.map_err(|error| broken(&error))? {
                Some(piece) => self.series.put(&piece),
                None if self.series.is_whole() => return Ok(None),
                None => return Err(RelayError::Nonsense),
            }
        }
    }
}

/// The same, for a value of the protocol.
pub(super) async fn value<T: DeserializeOwned>(request: RequestBuilder) -> Result<T, RelayError> {
    codec::decode(&answer(request).await?, MAX_FRAME).map_err(|_| RelayError::Nonsense)
}

/// Asks again, twice, where the question changes nothing and nobody was there. A relay that takes the call and does not
/// answer is not asked again: whoever waits has waited long enough.
pub(super) async fn again<T, F: Future<Output = Result<T, RelayError>>>(
    question: impl FnMut() -> F,
) -> Result<T, RelayError> {
    let pauses =
        ExponentialBuilder::default().with_min_delay(Duration::from_millis(100)).with_jitter().with_max_times(2);
    question.retry(pauses).when(|error| matches!(error, RelayError::Unreachable(_))).await
}

async fn body(mut response: Response) -> Result<Vec<u8>, RelayError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| broken(&error))? {
        if bytes.len() + chunk.len() > MAX_FRAME {
            return Err(RelayError::Nonsense);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn refusal(status: StatusCode, bytes: &[u8]) -> RelayError {
    match serde_json::from_slice::<Failure>(bytes) {
        Ok(failure) => RelayError::Refused { code: failure.code },
        // A gateway in between says that the relay is away in its own words.
        Err(_) if matches!(status, StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT) => {
            RelayError::Unreachable(status.to_string())
        }
        Err(_) if status == StatusCode::REQUEST_TIMEOUT => RelayError::TimedOut,
        Err(_) => RelayError::Refused { code: format!("relay.http_{}", status.as_u16()) },
    }
}

fn broken(error: &reqwest::Error) -> RelayError {
    if error.is_timeout() {
        return RelayError::TimedOut;
    }
    // The deepest cause says what happened; the address stays out of logs.
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    RelayError::Unreachable(cause.to_string())
}
