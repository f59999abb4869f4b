//! Why a use case refused: a stable code, and where to look.

use zuc_ipc::Failure;

/// A refusal or a failure; nothing was written when one is returned.
#[derive(Debug, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct AppError {
    /// Stable code, `area.reason`.
    pub code: String,
    /// English, for logs and the folded detail; nothing personal.
    pub detail: String,
    /// Field it points to, as the command names it.
    pub field: Option<String>,
    /// Spanish, when what to do depends on the case.
    pub hint: Option<String>,
}

impl AppError {
    /// A refusal with a code and a detail.
    pub fn new(code: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { code: code.into(), detail: detail.into(), field: None, hint: None }
    }

    /// Nothing has this id.
    pub fn not_found(what: &str) -> Self {
        Self::new("app.not_found", what)
    }

    /// A value of a command that cannot be read.
    pub fn invalid(field: &str) -> Self {
        Self::new("app.invalid_input", format!("{field} cannot be read")).at(field)
    }

    /// A field that says something else by now than whoever would write it believes.
    pub fn changed(code: &str, field: &str, now: &str) -> Self {
        Self::new(code, "the field changed since it was shown")
            .at(field)
            .hint(zuc_ipc::words::fill("app.now_says", &[("text", &now)]))
    }

    /// The same, pointing to `field`.
    #[must_use]
    pub fn at(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// The same, with a Spanish hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Whether no relay answered; the same again later may work.
    pub(crate) fn is_network(&self) -> bool {
        matches!(self.code.as_str(), "relay.unreachable" | "relay.timed_out" | "relay.none")
    }

    /// Whether the relay was found out to show what cannot be; it is asked again once that is resolved.
    pub(crate) fn is_distrust(&self) -> bool {
        matches!(self.code.as_str(), "sync.control_forked" | "sync.log_forked" | "sync.two_logs" | "sync.chain_broken")
    }

    /// Whether another device does the job, or this one may not do it yet, or not any more.
    pub(crate) fn is_of_lease(&self) -> bool {
        matches!(self.code.as_str(), "relay.leased" | "lease.behind" | "lease.over" | "lease.fenced")
    }

    /// Whether it says nothing about the act itself: the network, the disk, a lease held elsewhere, ledgers that wait for
    /// receipts, keys that are on their way, a relay that is not trusted. A record that cannot be read is none of these.
    pub(crate) fn is_passing(&self) -> bool {
        const PASSING: [&str; 5] =
            ["relay.frozen", "store.database", "store.disk_full", "store.no_bag", "store.person_key_missing"];
        self.is_network() || self.is_distrust() || self.is_of_lease() || PASSING.contains(&self.code.as_str())
    }

    /// As it crosses to the window or the terminal; logged here if it is our fault.
    pub fn into_failure(self) -> Failure {
        if zuc_ipc::sentence(&self.code).is_none() && self.hint.is_none() {
            tracing::error!(code = self.code, detail = self.detail, "a use case failed");
        }
        Failure { code: self.code, detail: self.detail, field: self.field, hint: self.hint }
    }
}

/// Errors of other rooms that carry a code of their own.
macro_rules! coded {
    ($($type:ty),* $(,)?) => {$(
        impl From<$type> for AppError {
            fn from(error: $type) -> Self {
                Self::new(error.code(), error.to_string())
            }
        }
    )*};
}

coded!(
    zuc_store::StoreError,
    zuc_protocol::ProtocolError,
    zuc_protocol::control::ControlError,
    zuc_domain::shared::Forbidden,
    zuc_domain::shared::ConflictError,
    zuc_domain::shared::PricingError,
    zuc_domain::lead::LeadError,
    zuc_domain::lead::opportunity::OpportunityError,
    zuc_domain::customer::CustomerError,
    zuc_domain::proposal::ProposalError,
    zuc_domain::customer::ContractError,
    zuc_domain::financial::InvoiceError,
    zuc_cfdi::csd::CsdError,
    zuc_cfdi::seal::SealError,
    zuc_cfdi::tfd::StampError,
    zuc_cfdi::xml::ReadError,
    crate::import::ImportError,
    crate::ports::RelayError,
);

impl From<serde_json::Error> for AppError {
    fn from(error: serde_json::Error) -> Self {
        Self::new("app.internal", format!("json: {error}"))
    }
}
