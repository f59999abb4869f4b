//! Until when nothing is stamped in a log that follows a lost one.

use zuc_protocol::{
    Scope,
    control::{ControlAuthor, ControlLog},
    ids::{CompanyId, DeviceId, LogId},
    messages::{ServerFrame, StandingLoss},
    receipt::{ReceiptHeader, SignedReceipt},
    relay_fact::SealedRelayFact,
};
use zuc_relay_store::{GaveBack, Ledger, LogKind, Loss, label};

use super::{LogService, Session};
use crate::RelayError;

/// Entries read at once while a ledger is rebuilt.
const PAGE: u32 = 1_024;
const PAGE_BYTES: usize = 4 << 20;
/// How long everybody is waited for before an administrator decides, in milliseconds.
const DECIDED_AFTER_MS: i64 = 24 * 60 * 60 * 1_000;

impl LogService {
    /// An administrator waits a day for the others before they decide without them; the recovery code need not.
    pub(super) async fn check_thaw(
        &self,
        company: CompanyId,
        log: LogId,
        author: ControlAuthor,
    ) -> Result<(), RelayError> {
        let loss = self.store.loss(company).await?.filter(|loss| loss.thawed_ms.is_none());
        let Some(loss) = loss else { return Err(RelayError::Refused("sync.not_lost")) };
        if self.store.log_id(company).await? != log {
            return Err(RelayError::Refused("sync.not_lost"));
        }
        let waits = author != ControlAuthor::Root;
        if waits && self.store.clock_ms(company).await? < loss.since_ms + DECIDED_AFTER_MS {
            return Err(RelayError::Refused("sync.thaw_early"));
        }
        Ok(())
    }

    /// Gives folios and stamps again once no receipt can be missing: every device that reads them and was not removed has
    /// given back what it held, or an administrator has said in the control log that nobody is waited for. Which devices
    /// those are is known once those who let them in have given their records back.
    ///
    /// One that came into the company later holds nothing, which proves nothing: one at least must have read an earlier log.
    pub(super) async fn thaw_when_whole(&self, company: CompanyId) -> Result<(), RelayError> {
        let Some(loss) = self.store.loss(company).await?.filter(|loss| loss.thawed_ms.is_none()) else {
            return Ok(());
        };
        let control = self.control(company).await?;
        let control = control.as_ref();
        let log = self.store.log_id(company).await?;
        let read_them = |gave: &GaveBack| {
            gave.witness && control.device(gave.device).is_some_and(|state| control.reads(state, Scope::Fiscal))
        };
        let witness = loss.offered.iter().any(read_them);
        if (awaited(control, &loss).is_empty() && witness) || control.is_thawed(log) {
            self.thaw(company, log).await?;
        } else {
            // whoever looks on learns that one less is waited for
            self.wake(company);
        }
        Ok(())
    }

    /// What a session has not been told yet of a loss that stands, or that it is over.
    pub(super) async fn loss_news(&self, session: &Session) -> Result<Option<ServerFrame>, RelayError> {
        let loss = self.store.loss(session.company).await?.filter(|loss| loss.thawed_ms.is_none());
        let control = self.control(session.company).await?;
        let loss = loss.map(|loss| StandingLoss { since_ms: loss.since_ms, waits: awaited(&control, &loss) });
        Ok(session.tell_loss(loss.clone()).then_some(ServerFrame::Lost { loss }))
    }

    pub(super) async fn thaw(&self, company: CompanyId, log: LogId) -> Result<(), RelayError> {
        let ledger = Ledger::of(self.receipts(company).await?);
        let (folios, stamped) = (ledger.folios.len(), ledger.stamped.len());
        self.store.thaw(company, log, ledger).await?;
        tracing::warn!(company.label = label(company), folios, stamped, "the ledgers were rebuilt from receipts");
        self.wake(company);
        Ok(())
    }

    /// The receipts in the log, each as the relay of its time signed it.
    async fn receipts(&self, company: CompanyId) -> Result<Vec<(ReceiptHeader, SignedReceipt)>, RelayError> {
        let control = self.control(company).await?;
        let (mut from, mut receipts) = (0, Vec::new());
        loop {
            let page = self.store.read(company, Scope::Fiscal, from, PAGE, PAGE_BYTES).await?;
            let Some(last) = page.entries.last() else { return Ok(receipts) };
            from = last.seq;
            for entry in page.entries.iter().filter(|entry| entry.kind == LogKind::RelayFact) {
                let fact = SealedRelayFact::from_bytes(entry.bytes.as_slice());
                let Some(receipt) = fact.ok().and_then(|fact| fact.header.receipt) else { continue };
                if let Some(header) = control.relay_keys().find_map(|key| receipt.verify(company, key).ok()) {
                    receipts.push((header, receipt));
                }
            }
        }
    }
}

/// The devices that may hold receipts and have not given back what they hold.
fn awaited(control: &ControlLog, loss: &Loss) -> Vec<DeviceId> {
    let gave = |device| loss.offered.iter().any(|gave| gave.device == device);
    let may_hold = |state| [Scope::Fiscal, Scope::Admin].into_iter().any(|scope| control.reads(state, scope));
    control.devices().filter(|(device, state)| may_hold(state) && !gave(*device)).map(|(device, _)| device).collect()
}
