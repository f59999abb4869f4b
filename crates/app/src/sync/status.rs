//! The status bar, its log, and "now".

use std::time::Duration;

use tokio::sync::oneshot;
use zuc_ipc::sync::{SyncLogRow, SyncStatus};

use super::{Standing, exchange::Order};
use crate::{AppError, Office};

/// What nothing follows upon: this device is none of the company's any more, or it is stopped, or it only reads.
fn is_out(code: &str) -> bool {
    matches!(code, "sync.revoked" | "sync.stopped" | "sync.wiped" | "store.read_only")
}

impl Office {
    /// The state of the status bar.
    pub async fn sync_status(&self) -> Result<SyncStatus, AppError> {
        let mut status = self.exchange.status();
        status.pending = self.store.unsent().await?;
        status.csd_days_left = self.csd_days_left().await?;
        status.trial_due = self.trial_due().await?;
        Ok(status)
    }

    /// Exchanges now, without waiting for the next attempt.
    pub async fn sync_now(&self) -> Result<SyncStatus, AppError> {
        let (begun, beginning) = oneshot::channel();
        self.exchange.order(Order::Anew(begun));
        // without this, what the old connection had reached would pass for an answer; a closing office gives none
        let _ = beginning.await;
        self.sync_until_settled(Duration::from_secs(10)).await
    }

    /// Waits until everything is sent and received, or until `within` is over; the state is that of the moment in which
    /// the waiting ended, whatever has come since.
    pub async fn sync_until_settled(&self, within: Duration) -> Result<SyncStatus, AppError> {
        let mut states = self.exchange.watch();
        let settled = async {
            loop {
                let mut status = states.borrow_and_update().clone();
                if status.error.as_deref().is_some_and(is_out) {
                    // of one that wipes itself there may be no store any more
                    return Ok::<_, AppError>(status);
                }
                status.pending = match self.store.unsent().await {
                    Err(_closed) if self.exchange.standing() == Standing::Wipe => continue,
                    unsent => unsent?,
                };
                if status.state == "no_relay" || (status.state == "up_to_date" && status.pending == 0) {
                    return Ok(status);
                }
                // the outbox can empty without a change of state
                let _ = tokio::time::timeout(Duration::from_millis(50), states.changed()).await;
            }
        };
        let mut status = match tokio::time::timeout(within, settled).await {
            Ok(settled) => settled?,
            Err(_late) => return self.sync_status().await,
        };
        if !status.error.as_deref().is_some_and(is_out) {
            status.csd_days_left = self.csd_days_left().await?;
            status.trial_due = self.trial_due().await?;
        }
        Ok(status)
    }

    /// The sync log, newest first.
    #[expect(clippy::unused_async, reason = "a use case is asked like every other")]
    pub async fn sync_log(&self) -> Result<Vec<SyncLogRow>, AppError> {
        Ok(self.exchange.lines())
    }
}
