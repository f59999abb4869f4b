//! The worker: whatever time, a crash or a PAC left half done is taken up again.

use std::{sync::Arc, time::Duration};

use futures::{StreamExt as _, stream};
use zuc_protocol::ids::CompanyId;
use zuc_relay_store::{StoreError, archive::MOVED};

use super::Stamping;

/// The body of an XML stays this long after its receipt.
const KEPT_MS: i64 = 24 * 60 * 60 * 1_000;
/// How often bodies are erased.
const ERASE: Duration = Duration::from_hours(1);
/// The longest sleep between two looks at a company with an attempt under way.
const LOOK: Duration = Duration::from_secs(2);
/// Attempts of one company that are moved at once.
const AT_ONCE: usize = 4;

impl Stamping {
    /// Works until `stop` is ready. Begins with every company, because a crash may have left work in any.
    #[expect(clippy::disallowed_methods, reason = "how long to wait is measured, never what day it is")]
    pub async fn work(self: Arc<Self>, stop: impl Future<Output = ()> + Send) {
        let mut stop = std::pin::pin!(stop);
        let mut erase_at = tokio::time::Instant::now();
        match self.log.store.companies().await {
            Ok(companies) => self.busy.lock().expect("no holder panics").extend(companies),
            Err(error) => tracing::error!(error = %error, "the companies cannot be listed"),
        }
        loop {
            let sleep = self.round().await;
            if tokio::time::Instant::now() >= erase_at {
                self.erase().await;
                erase_at = tokio::time::Instant::now() + ERASE;
            }
            tokio::select! {
                () = &mut stop => return,
                () = self.news.notified() => {}
                () = tokio::time::sleep(sleep) => {}
            }
        }
    }

    /// One look at every busy company; gives how long nothing more will be due.
    pub(super) async fn round(self: &Arc<Self>) -> Duration {
        let busy: Vec<_> = self.busy.lock().expect("no holder panics").iter().copied().collect();
        let mut sleep = if busy.is_empty() { ERASE } else { LOOK };
        for company in busy {
            match self.look(company).await {
                Ok(Some(due_in)) => sleep = sleep.min(due_in),
                Ok(None) => {}
                Err(error) => tracing::error!(error = %error, "a company's ledger cannot be read"),
            }
        }
        sleep
    }

    async fn look(self: &Arc<Self>, company: CompanyId) -> Result<Option<Duration>, StoreError> {
        // Taken off first: what arrives during the look puts it on again.
        self.busy.lock().expect("no holder panics").remove(&company);
        let (due, _next) = match self.log.store.sweep(company).await {
            // Another store's relay does its work now.
            Err(StoreError::Refused(MOVED)) => return Ok(None),
            swept => swept.inspect_err(|_error| {
                self.busy.lock().expect("no holder panics").insert(company);
            })?,
        };
        stream::iter(due).for_each_concurrent(AT_ONCE, |key| async move { self.drive(company, &key).await }).await;
        let (_due, next) = self.log.store.sweep(company).await?;
        let Some(next) = next else { return Ok(None) };
        self.busy.lock().expect("no holder panics").insert(company);
        let now = self.log.store.clock_ms(company).await?;
        let due_in = u64::try_from(next - now).unwrap_or(0).max(5);
        Ok(Some(Duration::from_millis(due_in)))
    }

    async fn erase(&self) {
        let Ok(companies) = self.log.store.companies().await else { return };
        for company in companies {
            if let Err(error) = self.log.store.erase_bodies(company, KEPT_MS).await {
                tracing::warn!(error = %error, "bodies could not be erased");
            }
        }
    }
}
