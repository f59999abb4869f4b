//! The relay as the use cases ask it.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use reqwest::{Client, RequestBuilder, Url};
use serde::Deserialize;
use tokio::sync::mpsc;
use zuc_app::ports::{Credentials, Link, Relay, RelayError, RelayIdentity};
use zuc_protocol::{
    control::SignedControl,
    enrolment::{InviteOffer, JoinRequest, JoinStatus},
    ids::{CompanyId, Digest32, InviteId, LogId, VerifyKey},
    messages::{ClientFrame, ServerFrame},
    scope::Scope,
};

use super::{
    call::{Caller, Frames, again, answer, value},
    link, poll,
    session::Sessions,
    ways::Ways,
};

/// The header with which a joiner proves its invite.
const ACCESS: &str = "x-zuclubit-access";

/// How long a segment may take; what came by then is kept.
const SEGMENT: Duration = Duration::from_mins(5);

/// Bytes of records in one call.
const RECORDS: usize = 900 << 10;

/// A relay at one address.
pub struct RelayClient {
    caller: Caller,
    sessions: Arc<Sessions>,
    ways: Arc<Ways>,
}

/// What the relay says of itself.
#[derive(Deserialize)]
struct Identity {
    key: String,
    log: String,
    time_ms: i64,
}

impl RelayClient {
    /// The relay at `base`, whose path ends with a slash. Where no socket passes, it is looked again after `look`.
    pub(super) fn new(base: Url, http: Client, look: Duration) -> Self {
        let (sessions, ways) = (Arc::new(Sessions::default()), Arc::new(Ways::new(look)));
        Self { caller: Caller::new(base, http), sessions, ways }
    }

    /// Asks as a device; once more with a new token where the relay does not know the old one any more.
    async fn as_device<T, F: Future<Output = Result<T, RelayError>>>(
        &self,
        who: &Credentials,
        request: impl Fn() -> Result<RequestBuilder, RelayError>,
        read: impl Fn(RequestBuilder) -> F,
    ) -> Result<T, RelayError> {
        let token = self.sessions.token(&self.caller, who).await?;
        match read(request()?.bearer_auth(token)).await {
            Err(RelayError::Refused { code }) if code == "relay.no_session" => {
                let token = self.sessions.fresh(&self.caller, who).await?;
                read(request()?.bearer_auth(token)).await
            }
            answered => answered,
        }
    }
}

/// How many records fit a call beside the genesis; one at least.
fn fitting(genesis: &SignedControl, records: &[SignedControl]) -> usize {
    let size = |record: &SignedControl| record.record.len() + 160;
    let mut bytes = size(genesis);
    let fits = records.iter().take_while(|record| {
        bytes += size(record);
        bytes < RECORDS
    });
    fits.count().max(1)
}

#[async_trait]
impl Relay for RelayClient {
    async fn identity(&self) -> Result<RelayIdentity, RelayError> {
        let bytes = again(|| async { answer(self.caller.get("api/v1/relay")?).await }).await?;
        let said: Identity = serde_json::from_slice(&bytes).map_err(|_| RelayError::Nonsense)?;
        match (VerifyKey::from_hex(&said.key), LogId::from_hex(&said.log)) {
            (Some(key), Some(log)) => Ok(RelayIdentity { key, log, time_ms: said.time_ms }),
            _ => Err(RelayError::Nonsense),
        }
    }

    async fn register(&self, control: &[SignedControl]) -> Result<(), RelayError> {
        let Some((genesis, mut rest)) = control.split_first() else { return Err(RelayError::Nonsense) };
        // The same records again change nothing.
        if rest.is_empty() {
            again(|| async { answer(self.caller.post("api/v1/companies", genesis)?).await }).await?;
        }
        while !rest.is_empty() {
            let (page, left) = rest.split_at(fitting(genesis, rest));
            again(|| async { answer(self.caller.post("api/v1/companies/records", &(genesis, page))?).await }).await?;
            rest = left;
        }
        Ok(())
    }

    async fn offer_invite(&self, who: &Credentials, offer: &InviteOffer) -> Result<(), RelayError> {
        self.as_device(who, || self.caller.post("api/v1/invites", offer), answer).await?;
        Ok(())
    }

    async fn pending_joins(&self, who: &Credentials) -> Result<Vec<JoinRequest>, RelayError> {
        again(|| self.as_device(who, || self.caller.get("api/v1/joins"), value)).await
    }

    async fn join(&self, access: &Digest32, request: &JoinRequest) -> Result<(), RelayError> {
        // The relay answers the identical request as the first time.
        again(|| async { answer(self.caller.post("api/v1/joins", &(access, request))?).await }).await?;
        Ok(())
    }

    async fn join_status(
        &self,
        company: CompanyId,
        invite: InviteId,
        access: &Digest32,
    ) -> Result<JoinStatus, RelayError> {
        let path = format!("api/v1/joins/{invite}?company={company}");
        again(|| async { value(self.caller.get(&path)?.header(ACCESS, access.to_string())).await }).await
    }

    async fn control(
        &self,
        company: CompanyId,
        invite: InviteId,
        access: &Digest32,
    ) -> Result<Vec<SignedControl>, RelayError> {
        let mut all = Vec::new();
        loop {
            let path = format!("api/v1/control?company={company}&invite={invite}&from={}", all.len());
            let page: ServerFrame =
                again(|| async { value(self.caller.get(&path)?.header(ACCESS, access.to_string())).await }).await?;
            let ServerFrame::ControlRecords { records, len, .. } = page else { return Err(RelayError::Nonsense) };
            if records.is_empty() && (all.len() as u64) < len {
                return Err(RelayError::Nonsense);
            }
            all.extend(records);
            if all.len() as u64 >= len {
                return Ok(all);
            }
        }
    }

    async fn ask(&self, who: &Credentials, question: ClientFrame) -> Result<ServerFrame, RelayError> {
        match self.as_device(who, || self.caller.post("api/v1/frames", &question), value).await? {
            ServerFrame::Error { code, .. } => Err(RelayError::Refused { code }),
            answered => Ok(answered),
        }
    }

    async fn segment(
        &self,
        who: &Credentials,
        scope: Scope,
        from: u64,
        pages: mpsc::Sender<ServerFrame>,
    ) -> Result<(), RelayError> {
        let path = format!("api/v1/scopes/{scope}/segments?from={from}");
        let mut answer = self.as_device(who, || Ok(self.caller.get(&path)?.timeout(SEGMENT)), Frames::ask).await?;
        while let Some(frame) = answer.next().await? {
            match frame {
                ServerFrame::Entries { .. } => {
                    if pages.send(frame).await.is_err() {
                        // who does not take it any more has what they wanted
                        return Ok(());
                    }
                }
                ServerFrame::Error { code, .. } => return Err(RelayError::Refused { code }),
                _ => return Err(RelayError::Nonsense),
            }
        }
        Ok(())
    }

    async fn connect(&self, who: &Credentials) -> Result<Link, RelayError> {
        // A socket outlives its token; a new one also shows at once whether the relay still knows this device.
        let token = self.sessions.fresh(&self.caller, who).await?;
        if !self.ways.polls() {
            // it was there a moment ago: what fails now is the socket
            match link::open(&self.caller, &self.ways, token.clone()).await {
                Err(_broken) if self.ways.polls() => {}
                opened => return opened,
            }
        }
        poll::open(&self.caller, &self.sessions, &self.ways, who, token).await
    }
}
