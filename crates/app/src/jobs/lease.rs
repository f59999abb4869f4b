//! Asking the relay for a lease.

use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;
use zuc_protocol::{
    ids::{DeviceId, LogId},
    receipt::{Claim, Decision, Seen},
};
use zuc_store::{Lease, Tx};

use crate::{AppError, Office, failpoint::failpoint};

/// How long the lease of one run lasts; it is never given back, so that what was done under it reaches the relay before
/// somebody else begins.
const LASTS_MS: u32 = 120_000;
/// Asked by who has not read everything.
pub(crate) const BEHIND: &str = "lease.behind";
/// How often, and how long apart, it is asked again by who is about to have read everything.
const TRIES: u32 = 40;
const PAUSE: Duration = Duration::from_millis(50);

/// A lease that this device holds, and the log that the relay keeps now.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Leased {
    pub(crate) lease: Lease,
    pub(crate) log: LogId,
}

impl Office {
    /// The lease of a job for one process, for this device alone.
    ///
    /// # Errors
    /// `relay.leased` where another device holds it; `lease.behind` where this one has not read everything; `clock.off` where
    /// its clock is too far from the relay's; those of a relay that does not answer.
    pub(crate) async fn lease(&self, job: &'static str, process: Uuid) -> Result<Leased, AppError> {
        for _ in 0..TRIES {
            match self.ask_lease(job, process).await {
                // the exchange reads on meanwhile
                Err(error) if error.code == BEHIND => tokio::time::sleep(PAUSE).await,
                answered => return answered,
            }
        }
        Err(AppError::new(BEHIND, "others write faster than this device reads"))
    }

    async fn ask_lease(&self, job: &'static str, process: Uuid) -> Result<Leased, AppError> {
        let (seen, period) = (self.seen(process).await?, process.to_string());
        let asked = self.now();
        let claim = Claim::Lease { job: job.to_owned(), period: period.clone(), for_ms: LASTS_MS, seen };
        let header = self.receipt_header(&self.claim(claim).await?)?;
        self.note_relay_time(header.time_ms);
        self.trust_clock()?;
        let me = DeviceId::from_uuid(self.actor.device.uuid());
        match header.decision {
            Decision::Lease { job: of, period: within, device, fence, until_ms }
                if device == me && of == job && within == period =>
            {
                let lasts = until_ms.saturating_sub(header.time_ms).min(i64::from(LASTS_MS));
                Ok(Leased { lease: Lease::granted(fence, asked, lasts), log: header.log })
            }
            Decision::Lease { .. } => Err(AppError::new("relay.leased", "another device does it")),
            _ => Err(AppError::new("relay.nonsense", "the receipt is for no lease")),
        }
    }

    /// How far this device has read of all that its roles read, and the latest lease that it saw the process moved under.
    async fn seen(&self, process: Uuid) -> Result<Seen, AppError> {
        let control = self.exchange.control();
        let me = self.exchange.device_keys().id();
        let read = self.store.cursors().await?;
        let upto = |scope| read.iter().find(|(of, _)| *of == scope).map_or(0, |(_, cursor)| cursor.seq);
        let scopes = control.scopes().filter(|scope| control.may_read(me, *scope));
        let scopes = scopes.map(|scope| (scope, upto(scope))).collect();
        Ok(Seen { control: control.head(), scopes, fence: self.store.process_fence(process).await? })
    }

    /// Commits a step that was done under a lease, if it runs still.
    ///
    /// # Errors
    /// `lease.over`, and nothing was written: whoever slept over the end of it asks anew.
    pub(crate) async fn commit_under(&self, tx: Tx, lease: &Lease) -> Result<(), AppError> {
        let now: Timestamp = failpoint("lease.slept").map_or(Timestamp::MAX, |()| self.now());
        Ok(tx.commit_under(lease, now).await?)
    }
}
