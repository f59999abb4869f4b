//! The stamping ledger: at most one timbre per invoice, whatever fails and whenever.
//!
//! An *intent* says that an invoice shall be issued, or never; the first word wins. An *attempt* is one sealed XML
//! under one stamp key, kept for ever. Leases are fenced and measured on the database's clock; each transition
//! names the state and fence it comes from, so that of two relays only one moves an attempt.

use async_trait::async_trait;

use zuc_protocol::{
    ids::ItemId,
    receipt::{IntentKind, SignedReceipt, StampState},
};

use crate::{CompanyId, DeviceId, RelayFact, Scope, StoreError};

/// Whether the ledger ever moves an attempt from one state to the other.
pub fn may_become(from: StampState, to: StampState) -> bool {
    use StampState::{Absent, Claimed, Human, Received, Refused, Rejected, Sent, Stamped, Unknown, Withdrawn};
    matches!(
        (from, to),
        (Received, Claimed | Refused | Withdrawn)
            | (Claimed, Sent | Received)
            | (Sent, Stamped | Rejected | Unknown)
            | (Unknown, Stamped | Absent | Human)
            | (Absent, Claimed | Withdrawn)
            | (Rejected | Refused, Withdrawn)
            | (Human, Stamped | Absent)
    )
}

/// Whether the next step is a person's, or there is none.
pub fn rests(state: StampState) -> bool {
    use StampState::{Human, Refused, Rejected, Stamped, Withdrawn};
    matches!(state, Stamped | Rejected | Refused | Withdrawn | Human)
}

/// A sealed XML that asks for a timbre.
#[derive(Clone, Debug)]
pub struct NewAttempt {
    /// 64 hexadecimal characters over company, issuer and cadena original.
    pub stamp_key: String,
    /// The invoice.
    pub invoice: ItemId,
    /// Its serie, as in the XML.
    pub serie: String,
    /// Its folio, as claimed.
    pub folio: u64,
    /// The scope that receives the receipt.
    pub scope: Scope,
    /// The sealed XML, verbatim.
    pub xml: Vec<u8>,
    /// The device that asked.
    pub by: DeviceId,
    /// The folio was given in a log that is lost: what was sent then is not known, so it enters as UNKNOWN.
    pub of_earlier_log: bool,
}

/// What became of a new attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReceiveOutcome {
    /// It is durable and waits.
    New,
    /// This stamp key stands already.
    Known(StampState),
}

/// An attempt as anybody of finance may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The stamp key.
    pub stamp_key: String,
    /// The invoice.
    pub invoice: ItemId,
    /// The serie.
    pub serie: String,
    /// The folio.
    pub folio: u64,
    /// The scope of the receipt.
    pub scope: Scope,
    /// Where it stands.
    pub state: StampState,
    /// The fence of the last lease.
    pub fence: u64,
    /// The code of a refusal, a rejection or an unknown.
    pub code: Option<String>,
    /// The PAC's text, unchanged.
    pub detail: Option<String>,
    /// The timbre's UUID.
    pub uuid: Option<String>,
    /// The sealed XML, until it is erased a day after the receipt.
    pub xml: Option<Vec<u8>>,
    /// The stamped XML as received, until it is erased a day after the receipt.
    pub stamped_xml: Option<Vec<u8>>,
    /// The receipt of a timbre or of a failure.
    pub receipt: Option<SignedReceipt>,
    /// Definite answers "not found" so far.
    pub absences: u32,
    /// How often it was taken up again after an answer was lost.
    pub recoveries: u64,
    /// When the next step may begin, on the database's clock.
    pub due_ms: i64,
}

/// An attempt whose lease the caller holds.
#[derive(Clone, Debug)]
pub struct ClaimedAttempt {
    /// The attempt, as it was read in the claiming transaction.
    pub attempt: Attempt,
    /// The lease's fence; each transition must name it.
    pub fence: u64,
    /// The lease's end on the database's clock.
    pub lease_until_ms: i64,
}

/// A verified timbre.
#[derive(Clone, Debug)]
pub struct Timbre {
    /// The UUID as delivered; compared without case.
    pub uuid: String,
    /// The stamped XML as received.
    pub stamped_xml: Vec<u8>,
}

/// A receipt and the fact that carries it into the log.
#[derive(Clone, Debug)]
pub struct Receipted {
    /// Signed by the relay.
    pub receipt: SignedReceipt,
    /// Appended in the transaction that makes it true.
    pub fact: RelayFact,
}

/// How a call to the PAC ended.
pub enum Outcome {
    /// A timbre that passed every check, and its receipt.
    Stamped(Timbre, Receipted),
    /// A definite no.
    Rejected {
        /// The PAC's or the SAT's code.
        code: String,
        /// Its text.
        detail: String,
        /// What the log is told.
        receipt: Receipted,
    },
    /// Nothing that can be believed.
    Unknown {
        /// Why.
        code: String,
        /// Whether it was a recovery that counts; one that was not let in was none.
        counts: bool,
    },
    /// A definite "no such timbre"; the second one after the settle time makes it absent.
    NotFound {
        /// When to ask again, from now.
        settle_ms: i64,
    },
    /// Recovery is not for machines here.
    Human {
        /// Why.
        code: String,
        /// What the log is told.
        receipt: Receipted,
    },
}

/// The ledger.
#[async_trait]
pub trait StampLedger: Send + Sync {
    /// The intent that stands for an invoice.
    async fn intent(&self, company: CompanyId, invoice: ItemId) -> Result<Option<IntentKind>, StoreError>;

    /// Sets an invoice's intent, or tells which stands.
    async fn intend(&self, company: CompanyId, invoice: ItemId, intent: IntentKind) -> Result<IntentKind, StoreError>;

    /// Takes an attempt in; implies [`IntentKind::Issue`].
    ///
    /// # Errors
    /// [`StoreError::Refused`]: `stamp.intent_void`, `stamp.invoice_busy` (another attempt of the invoice is neither
    /// withdrawn nor refused), `stamp.folio_not_claimed` (the folio is not this invoice's).
    async fn receive(&self, company: CompanyId, attempt: NewAttempt) -> Result<ReceiveOutcome, StoreError>;

    /// Our own checks say no, before anything is sent: RECEIVED → REFUSED.
    async fn refuse(
        &self,
        company: CompanyId,
        stamp_key: &str,
        code: &str,
        detail: &str,
        receipt: Receipted,
    ) -> Result<(), StoreError>;

    /// Takes the lease of an attempt that is due: RECEIVED or ABSENT → CLAIMED, or a recovery lease on an UNKNOWN one
    /// whose settle time is over. `None` when it is not due or another holds it.
    ///
    /// A recovery lease also moves the attempt's due time to the lease's end plus `settle_ms`, committed before the
    /// recovery's first byte leaves.
    async fn take(
        &self,
        company: CompanyId,
        stamp_key: &str,
        lease_ms: i64,
        settle_ms: i64,
    ) -> Result<Option<ClaimedAttempt>, StoreError>;

    /// CLAIMED → SENT, durable before the call; gives the deadline on the database's clock.
    ///
    /// After `deadline_ms` without an outcome the attempt is UNKNOWN, and due when `settle_ms` more have passed.
    async fn sent(
        &self,
        company: CompanyId,
        stamp_key: &str,
        fence: u64,
        deadline_ms: i64,
        settle_ms: i64,
    ) -> Result<i64, StoreError>;

    /// CLAIMED → RECEIVED: the PAC is not to be reached and nothing was sent; due again after `delay_ms`.
    async fn release_claim(
        &self,
        company: CompanyId,
        stamp_key: &str,
        fence: u64,
        delay_ms: i64,
    ) -> Result<(), StoreError>;

    /// SENT or UNKNOWN → what the answer says, guarded by the fence, with the receipt in the same transaction.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] when another moved the attempt; [`StoreError::Refused`] `stamp.uuid_seen` when another
    /// attempt bears this UUID; [`StoreError::ControlMoved`] when the receipt's epoch was chosen by an old head.
    async fn settle(
        &self,
        company: CompanyId,
        stamp_key: &str,
        fence: u64,
        outcome: Outcome,
    ) -> Result<StampState, StoreError>;

    /// A person looked at the PAC: HUMAN → STAMPED or ABSENT.
    async fn resolve(
        &self,
        company: CompanyId,
        stamp_key: &str,
        found: Option<(Timbre, Receipted)>,
    ) -> Result<StampState, StoreError>;

    /// RECEIVED, ABSENT, REJECTED or REFUSED → WITHDRAWN; the one way to new bytes under the same folio.
    async fn withdraw(&self, company: CompanyId, stamp_key: &str, receipt: Receipted) -> Result<(), StoreError>;

    /// Moves what time moves: CLAIMED whose lease is over → RECEIVED with a higher fence, SENT past its deadline →
    /// UNKNOWN; then gives the keys that are due now and when the next one will be.
    async fn sweep(&self, company: CompanyId) -> Result<(Vec<String>, Option<i64>), StoreError>;

    /// An attempt.
    async fn attempt(&self, company: CompanyId, stamp_key: &str) -> Result<Attempt, StoreError>;

    /// The attempts of an invoice, oldest first.
    async fn attempts_of(&self, company: CompanyId, invoice: ItemId) -> Result<Vec<Attempt>, StoreError>;

    /// Erases the XML of attempts whose receipt is older than a day; gives how many.
    async fn erase_bodies(&self, company: CompanyId, older_than_ms: i64) -> Result<u64, StoreError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leaves_stamped_and_nothing_but_recovery_leaves_unknown() {
        for next in StampState::ALL {
            assert!(!may_become(StampState::Stamped, next));
        }
        assert!(!may_become(StampState::Unknown, StampState::Claimed));
        assert!(!may_become(StampState::Unknown, StampState::Withdrawn));
        assert!(!may_become(StampState::Sent, StampState::Withdrawn));
        assert!(!may_become(StampState::Sent, StampState::Claimed));
    }
}
