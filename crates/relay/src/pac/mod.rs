//! What the relay asks of a PAC, whichever it is.
//!
//! An adapter says beforehand what its PAC can do about a lost answer; the ledger decides by that, never by hope.

mod sw;

use std::time::Duration;

use async_trait::async_trait;

pub use sw::{Credentials, SwPac, SwSettings};

/// How an adapter finds out what became of a call whose answer was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recovery {
    /// The identical bytes under the identical reference: the PAC answers with the earlier timbre.
    Resend,
    /// A question by our reference, which never stamps.
    LookUp,
    /// None: a person must look.
    Person,
}

/// What an adapter declares.
#[derive(Clone, Copy, Debug)]
pub struct Capabilities {
    /// How a lost answer is found again.
    pub recovery: Recovery,
    /// How long after the deadline a call may still take effect at the PAC.
    pub settle: Duration,
    /// How long a call may take.
    pub deadline: Duration,
}

/// What a PAC said, before anybody has verified it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It hands over a stamped XML.
    Stamped(Vec<u8>),
    /// It had stamped this before (code 307, or a reference used before); the XML it stamped then.
    Before(Vec<u8>),
    /// A definite no, with the PAC's or the SAT's code and text.
    Rejected {
        /// The code.
        code: String,
        /// The text, unchanged.
        detail: String,
    },
}

/// What a look-up said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// The stamped XML.
    Timbre(Vec<u8>),
    /// A definite "no such timbre".
    Nothing,
}

/// The code where the PAC does not let the account in.
pub(crate) const ACCOUNT: &str = "pac.account";

/// No answer that says anything.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the PAC gave no usable answer: {code}")]
pub struct NoAnswer {
    /// Why, for the ledger: `pac.timeout`, `pac.connection`, `pac.http_500`, `pac.malformed`.
    pub code: String,
}

impl NoAnswer {
    pub(crate) fn new(code: &str) -> Self {
        Self { code: code.to_owned() }
    }
}

/// A PAC.
#[async_trait]
pub trait Pac: Send + Sync {
    /// What it can do.
    fn capabilities(&self) -> Capabilities;

    /// Whether it can be reached and lets us in; asked before anything is committed as sent, so that a PAC that is
    /// down leaves no doubt behind.
    async fn ready(&self) -> Result<(), NoAnswer>;

    /// Sends a sealed XML under our reference, once.
    async fn stamp(&self, reference: &str, xml: &[u8]) -> Result<Answer, NoAnswer>;

    /// Asks by our reference; only for adapters whose recovery is [`Recovery::LookUp`].
    async fn look_up(&self, reference: &str) -> Result<Found, NoAnswer>;
}
