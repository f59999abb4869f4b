//! What goes on by itself: sagas that are due, documents that wait for their stamp, histories that are folded, the day's
//! backup.

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
/// Documents folded in one go, which holds the writer for as long.
const FOLDED: u32 = 64;

impl Office {
    /// Does now what would go on by itself; nothing without a relay. Documents that are sealed are followed by any clock:
    /// their date is written.
    ///
    /// # Errors
    /// Of the first act that failed; what was done before stays done. `clock.off` where no saga was run for that.
    pub async fn work_off(&self) -> Result<(), AppError> {
        if !self.is_online() {
            return Ok(());
        }
        let trusted = self.trust_clock();
        if trusted.is_ok() {
            self.run_sagas().await?;
            // what somebody else's act came before is due again the next time
            if let Err(error) = self.rotate_what_is_due().await {
                tracing::warn!(code = error.code, detail = error.detail, "keys that are due were not renewed");
            }
        }
        self.follow_waiting().await?;
        trusted
    }
}

/// Works until the office is gone.
pub(crate) async fn run(office: Weak<Office>, work: Arc<Notify>) {
    let mut quiet = 0;
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
        if let Err(error) = office.work_off().await {
            tracing::warn!(code = error.code, detail = error.detail, "something that goes on by itself stopped");
        }
    }
}
