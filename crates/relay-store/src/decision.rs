//! What only one authority can decide: folios, RFCs, leads, and the leases of jobs that only one device may do.

use async_trait::async_trait;
use zuc_protocol::{
    ids::ItemId,
    receipt::{ClaimRequest, Decision, SignedReceipt},
};

use crate::{CompanyId, DeviceId, RelayFact, StoreError};

/// A decision, told inside the transaction that makes it true.
#[derive(Clone, Debug)]
pub struct Decided {
    /// What was decided.
    pub decision: Decision,
    /// Whether it changed anything; a repeated claim of the same folio does not.
    pub fresh: bool,
    /// The database's clock, milliseconds since 1970.
    pub now_ms: i64,
}

/// A decision's receipt, and the facts to append with it.
#[derive(Clone, Debug)]
pub struct Signed {
    /// What the asker gets, now and whenever it asks again under the same id.
    pub receipt: SignedReceipt,
    /// What the log gets.
    pub facts: Vec<RelayFact>,
}

/// Signs a decision with the relay's key.
pub type Sign = Box<dyn FnOnce(&Decided) -> Result<Signed, StoreError> + Send>;

/// What a folio is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FolioState {
    /// An invoice holds it.
    Reserved,
    /// Its invoice was discarded before anything was sent: it serves the next claim.
    Free,
    /// A timbre bears it.
    Stamped,
    /// Its invoice was discarded after an attempt was sent: it serves nobody.
    Inutilizado,
}

/// A folio.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folio {
    /// The serie; may be empty.
    pub serie: String,
    /// The number, from 1.
    pub number: u64,
    /// The invoice that holds it; none when it is free.
    pub invoice: Option<ItemId>,
    /// What it is.
    pub state: FolioState,
}

/// The decisions.
#[async_trait]
pub trait DecisionStore: Send + Sync {
    /// Decides a claim and keeps its receipt and facts in the same transaction; the same request id gives the same
    /// receipt for ever.
    ///
    /// Folios are dense per serie: an invoice keeps the one it holds; a new claim gets the lowest free one, else the
    /// next. `see_holder` says whether the asker may learn which account holds an RFC that it did not get.
    ///
    /// # Errors
    /// [`StoreError::Refused`]: `relay.request_reused` (this id asked something else), `folio.other_serie`,
    /// `folio.in_use` (discarding while an attempt could still be stamped, or is), `stamp.intent_void`,
    /// `lease.fenced`, `lease.behind` (the asker has not read to the end of a scope that it names); [`StoreError::NotFound`] when there is nothing to discard; [`StoreError::ControlMoved`] when a
    /// fact was sealed by a head that moved.
    async fn decide(
        &self,
        company: CompanyId,
        device: DeviceId,
        request: ClaimRequest,
        see_holder: bool,
        sign: Sign,
    ) -> Result<SignedReceipt, StoreError>;

    /// All folios of a serie, ascending.
    async fn folios(&self, company: CompanyId, serie: &str) -> Result<Vec<Folio>, StoreError>;
}
