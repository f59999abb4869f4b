//! What goes on by itself: sagas that are due, documents that wait for their stamp.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::{sync::Notify, time::timeout};

use crate::Office;

/// Longest pause between two looks; a wake-up makes it shorter.
const PAUSE: Duration = Duration::from_mins(1);

/// Works until the office is gone.
pub(crate) async fn run(office: Weak<Office>, work: Arc<Notify>) {
    loop {
        // over or woken, it looks again
        let _ = timeout(PAUSE, work.notified()).await;
        let Some(office) = office.upgrade() else { return };
        if !office.is_online() {
            continue;
        }
        if let Err(error) = office.run_sagas().await {
            tracing::warn!(code = error.code, detail = error.detail, "the sagas stopped");
        }
        if let Err(error) = Box::pin(office.follow_waiting()).await {
            tracing::warn!(code = error.code, detail = error.detail, "a document still waits for its stamp");
        }
    }
}
