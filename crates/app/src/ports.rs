//! What the use cases need from outside this process, as traits; `gateways` makes them real.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::mpsc;
use zuc_protocol::{
    control::SignedControl,
    enrolment::{InviteOffer, JoinRequest, JoinStatus},
    identity::DeviceKeys,
    ids::{CompanyId, Digest32, InviteId, LogId, VerifyKey},
    messages::{ClientFrame, ServerFrame},
    scope::Scope,
};
pub use zuc_store::{
    StoreError,
    keys::{Entropy, SecretStore},
};

/// The time.
pub trait Clock: Send + Sync {
    /// Now, UTC.
    fn now(&self) -> Timestamp;
}

/// Who speaks to the relay.
#[derive(Clone)]
pub struct Credentials {
    /// The company.
    pub company: CompanyId,
    /// This device's keys; they sign the challenge and never leave the process.
    pub device: Arc<DeviceKeys>,
}

/// A live exchange with the relay; the first frame to send is the greeting with this token.
pub struct Link {
    /// The session's token.
    pub token: String,
    /// To the relay.
    pub send: mpsc::Sender<ClientFrame>,
    /// From the relay; ends when the connection does.
    pub receive: mpsc::Receiver<ServerFrame>,
}

/// What a relay says of itself.
#[derive(Clone, Debug)]
pub struct RelayIdentity {
    /// The key it signs receipts and facts with; an admin enters it in the control log.
    pub key: VerifyKey,
    /// Its log.
    pub log: LogId,
    /// Its clock, milliseconds since 1970.
    pub time_ms: i64,
}

/// Why the relay did not answer, or what it answered instead.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// No connection, or it broke.
    #[error("the relay cannot be reached: {0}")]
    Unreachable(String),
    /// It took too long.
    #[error("the relay did not answer in time")]
    TimedOut,
    /// It refused, with its own code.
    #[error("the relay refused: {code}")]
    Refused {
        /// Stable code, as `relay.invite_used`.
        code: String,
    },
    /// An answer that is no answer to the question.
    #[error("the relay's answer makes no sense")]
    Nonsense,
}

impl RelayError {
    /// Stable code.
    pub fn code(&self) -> &str {
        match self {
            Self::Unreachable(_) => "relay.unreachable",
            Self::TimedOut => "relay.timed_out",
            Self::Refused { code } => code,
            Self::Nonsense => "relay.nonsense",
        }
    }
}

/// One relay, by its address.
#[async_trait]
pub trait Relay: Send + Sync {
    /// What it says of itself.
    async fn identity(&self) -> Result<RelayIdentity, RelayError>;
    /// Makes room for a company by its control log, from the genesis on: one that the relay has lost comes back so. Doing it
    /// again changes nothing.
    async fn register(&self, control: &[SignedControl]) -> Result<(), RelayError>;
    /// Lets the relay admit whoever proves the invite.
    async fn offer_invite(&self, who: &Credentials, offer: &InviteOffer) -> Result<(), RelayError>;
    /// Requests that wait for an admin.
    async fn pending_joins(&self, who: &Credentials) -> Result<Vec<JoinRequest>, RelayError>;
    /// Asks to join, proving the invite by `access`.
    async fn join(&self, access: &Digest32, request: &JoinRequest) -> Result<(), RelayError>;
    /// How that stands.
    async fn join_status(
        &self,
        company: CompanyId,
        invite: InviteId,
        access: &Digest32,
    ) -> Result<JoinStatus, RelayError>;
    /// The control log, for whoever proves the invite by `access`.
    async fn control(
        &self,
        company: CompanyId,
        invite: InviteId,
        access: &Digest32,
    ) -> Result<Vec<SignedControl>, RelayError>;
    /// One question, one answer: claims, stamping, control, bags.
    async fn ask(&self, who: &Credentials, question: ClientFrame) -> Result<ServerFrame, RelayError>;
    /// Reads a scope's log above a place, to the end of its segment: page by page to `pages`, until nobody takes them.
    async fn segment(
        &self,
        who: &Credentials,
        scope: Scope,
        from: u64,
        pages: mpsc::Sender<ServerFrame>,
    ) -> Result<(), RelayError>;
    /// A live exchange: over a socket, or where none passes by asking again and again.
    async fn connect(&self, who: &Credentials) -> Result<Link, RelayError>;
}

/// Finds the relay at an address.
pub trait Relays: Send + Sync {
    /// The relay at `url`; nothing is sent yet.
    ///
    /// # Errors
    /// [`RelayError::Refused`] with `relay.bad_url` for what is no address.
    fn at(&self, url: &str) -> Result<Arc<dyn Relay>, RelayError>;
}

/// Where the keys of a home can be kept.
pub trait SecretPlaces: Send + Sync {
    /// The OS keyring, where one answers.
    fn keyring(&self) -> Option<Arc<dyn SecretStore>>;
    /// A passphrase given from outside (a file, a descriptor), for scripts.
    fn passphrase(&self) -> Option<String>;
}

/// Everything from outside, together.
#[derive(Clone)]
pub struct Ports {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub entropy: Arc<dyn Entropy>,
    /// Relays.
    pub relays: Arc<dyn Relays>,
    /// Secrets.
    pub secrets: Arc<dyn SecretPlaces>,
}
