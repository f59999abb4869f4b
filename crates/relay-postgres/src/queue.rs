//! Writers of one company wait for each other here before they take a connection.
//!
//! Between nodes the server's lock decides. Without this queue, though, a busy company's writers would each hold a
//! connection while they wait for that lock, and other companies would find none.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::sync::{Mutex as Turn, OwnedMutexGuard};
use zuc_relay_store::{CompanyId, StoreError};

/// Queues that are kept though nobody waits in them.
const IDLE_MAX: usize = 1_024;

/// A queue a company; whoever came first is first.
pub(crate) struct Queues {
    open: Mutex<HashMap<CompanyId, Arc<Turn<()>>>>,
    patience: Duration,
}

impl Queues {
    pub(crate) fn new(patience: Duration) -> Self {
        Self { open: Mutex::new(HashMap::new()), patience }
    }

    /// Waits for the company's turn, which ends when the guard is dropped.
    pub(crate) async fn turn(&self, company: CompanyId) -> Result<OwnedMutexGuard<()>, StoreError> {
        let queue = {
            let mut open = self.open.lock().expect("no holder panics");
            if open.len() > IDLE_MAX {
                open.retain(|_company, queue| Arc::strong_count(queue) > 1);
            }
            open.entry(company).or_default().clone()
        };
        let late = |_elapsed| StoreError::Unavailable("the company's turn did not come in time".into());
        tokio::time::timeout(self.patience, queue.lock_owned()).await.map_err(late)
    }
}
