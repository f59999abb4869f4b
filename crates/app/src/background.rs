//! What goes on by itself: jobs that are due, documents that wait for their stamp, what sales is told of invoices, histories
//! that are folded, the day's backup, snapshots of long logs.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::{sync::Notify, time::timeout};

use crate::{AppError, Office};

/// Longest pause between two looks; a wake-up makes it shorter.
const PAUSE: Duration = Duration::from_mins(1);
/// Quiet minutes between two foldings: each walks all documents.
const QUIET: u32 = 30;
/// Looks between two questions after snapshots.
const SNAPSHOTS: u32 = 10;
/// Documents folded in one go, which holds the writer for as long.
const FOLDED: u32 = 64;

impl Office {
    /// Does now what would go on by itself; without a relay only what needs none. Documents that are sealed are followed by any
    /// clock: their date is written.
    ///
    /// # Errors
    /// Of the first act that failed; what was done before stays done. `clock.off` where no job was done for that.
    pub async fn work_off(&self) -> Result<(), AppError> {
        self.catch_up().await;
        // what cannot be told now is told later
        if let Err(error) = self.publish_balances().await {
            tracing::warn!(code = error.code, detail = error.detail, "a team was not told of an invoice");
        }
        if !self.is_online() {
            return Ok(());
        }
        let jobs = Box::pin(self.run_jobs()).await;
        match &jobs {
            Ok(()) => self.tell_audit_head_if_due().await?,
            Err(error) if error.code == "clock.off" => {}
            Err(_) => return jobs,
        }
        self.follow_waiting().await?;
        jobs
    }
}

/// Works until the office is gone.
pub(crate) async fn run(office: Weak<Office>, work: Arc<Notify>) {
    let (mut quiet, mut looks) = (0, 0);
    loop {
        // over or woken, it looks again
        let woken = timeout(PAUSE, work.notified()).await.is_ok();
        let Some(office) = office.upgrade() else { return };
        quiet = if woken { quiet } else { quiet + 1 };
        if quiet == QUIET {
            quiet = 0;
            if let Err(error) = office.store.fold_tails(FOLDED).await {
                tracing::warn!(code = error.code(), "histories were not folded");
            }
        }
        // not while somebody waits for what woke it
        if !woken && let Err(error) = office.back_up_if_due().await {
            tracing::warn!(code = error.code, detail = error.detail, "the day's backup was not made");
        }
        looks = if woken { looks } else { (looks + 1) % SNAPSHOTS };
        if !woken
            && looks == 0
            && let Err(error) = Box::pin(office.look_at_snapshots()).await
        {
            tracing::warn!(code = error.code, detail = error.detail, "snapshots were not looked at");
        }
        if let Err(error) = office.work_off().await {
            tracing::warn!(code = error.code, detail = error.detail, "something that goes on by itself stopped");
        }
    }
}
