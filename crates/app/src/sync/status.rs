//! The status bar, its log, and "now".

use std::time::Duration;

use zuc_ipc::sync::{SyncLogRow, SyncStatus};

use super::exchange::Order;
use crate::{AppError, Office};

impl Office {
    /// The state of the status bar.
    pub async fn sync_status(&self) -> Result<SyncStatus, AppError> {
        let mut status = self.exchange.status();
        status.pending = self.store.unsent().await?;
        status.csd_days_left = self.csd_days_left().await?;
        Ok(status)
    }

    /// Exchanges now, without waiting for the next attempt.
    pub async fn sync_now(&self) -> Result<SyncStatus, AppError> {
        self.exchange.order(Order::Reconnect);
        self.sync_until_settled(Duration::from_secs(10)).await
    }

    /// Waits until everything is sent and received, or until `within` is over.
    pub async fn sync_until_settled(&self, within: Duration) -> Result<SyncStatus, AppError> {
        let mut states = self.exchange.watch();
        let settled = async {
            loop {
                let state = states.borrow_and_update().state.clone();
                let unsent = self.store.unsent().await?;
                if state == "no_relay" || (state == "up_to_date" && unsent == 0) {
                    return Ok::<(), AppError>(());
                }
                // the outbox can empty without a change of state
                let _ = tokio::time::timeout(Duration::from_millis(50), states.changed()).await;
            }
        };
        if let Ok(done) = tokio::time::timeout(within, settled).await {
            done?;
        }
        self.sync_status().await
    }

    /// The sync log, newest first.
    #[expect(clippy::unused_async, reason = "a use case is asked like every other")]
    pub async fn sync_log(&self) -> Result<Vec<SyncLogRow>, AppError> {
        Ok(self.exchange.lines())
    }
}
