//! A log that follows a lost one: who has given back what they hold, and until when nothing is stamped.

use async_trait::async_trait;

use crate::{
    AppendOutcome, CompanyId, ControlHash, DeviceId, Ledger, LogId, NewEntry, RelayFact, RelayStore, Scope, StoreError,
};

/// The code of a claim or a stamping that waits for receipts to come back.
pub const FROZEN: &str = "relay.frozen";

/// What is known of the loss before the log that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// When it was noted, on the database's clock.
    pub since_ms: i64,
    /// When the ledgers were taken for whole.
    pub thawed_ms: Option<i64>,
    /// The devices that hold nothing more which the log lacks.
    pub offered: Vec<GaveBack>,
}

/// A device that holds nothing more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GaveBack {
    /// Which.
    pub device: DeviceId,
    /// Whether it had read an earlier log: what never did proves nothing by having nothing.
    pub witness: bool,
}

/// Logs that were lost.
#[async_trait]
pub trait LossStore: Send + Sync {
    /// The loss before the log that stands; `None` where it follows no other.
    async fn loss(&self, company: CompanyId) -> Result<Option<Loss>, StoreError>;

    /// Notes that the log `stands` has lost entries; it is called `log` from now on, which may be the same name. No folio
    /// is given and nothing stamped until [`LossStore::thaw`], and what became of every attempt under way is unknown.
    ///
    /// `false`, and nothing done, when the log has another name or this was noted of `log` before.
    async fn note_loss(&self, company: CompanyId, stands: LogId, log: LogId) -> Result<bool, StoreError>;

    /// The last number of every author in a scope.
    async fn authors(&self, company: CompanyId, scope: Scope) -> Result<Vec<(DeviceId, u64)>, StoreError>;

    /// Takes in entries of an earlier log, in one transaction, as [`crate::LogStore::append`] does; only that what an
    /// author had seen of the control log is compared with nothing, for the scopes come back one after the other. A fact
    /// that stands is passed over.
    ///
    /// # Errors
    /// [`StoreError::ControlMoved`] as for [`crate::LogStore::append`].
    async fn offer(
        &self,
        company: CompanyId,
        control_head: ControlHash,
        entries: Vec<NewEntry>,
        facts: Vec<RelayFact>,
    ) -> Result<Vec<AppendOutcome>, StoreError>;

    /// Notes that a device holds nothing more which the log of this name lacks.
    async fn note_offered(&self, company: CompanyId, log: LogId, by: GaveBack) -> Result<(), StoreError>;

    /// Writes what receipts say into the ledgers, and gives folios and stamps again, if the log still has this name. May be
    /// called again when more receipts came.
    async fn thaw(&self, company: CompanyId, log: LogId, ledger: Ledger) -> Result<(), StoreError>;
}

/// Notes of every company that its log may have lost entries, as after a backup of the store was put back: nothing waits for
/// the first laptop that finds it out. Gives how many there are; `fresh` gives a new name at each call.
///
/// # Errors
/// Those of the store; called again it goes on, and what was done is done once more.
pub async fn note_all_lost(store: &dyn RelayStore, mut fresh: impl FnMut() -> LogId) -> Result<usize, StoreError> {
    let companies = store.companies().await?;
    for company in &companies {
        store.note_loss(*company, store.log_id(*company).await?, fresh()).await?;
    }
    Ok(companies.len())
}
