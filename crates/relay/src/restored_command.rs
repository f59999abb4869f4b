//! `zuclubit-relay restored`: a backup of the store was put back.

use anyhow::Context as _;
use clap::Args;
use zuc_relay_store::{LogId, loss::note_all_lost};

use crate::store_at::StoreAt;

/// Says that the store is a backup's, before a relay serves from it: the laptops give back what is missing, and no folio is
/// given and nothing stamped before the receipts are there.
#[derive(Args)]
pub(crate) struct RestoredCommand {
    /// The store: a folder with a file per company, or `postgres://role@host/database`.
    #[arg(long, env = "ZUC_RELAY_STORE", hide_env_values = true)]
    store: StoreAt,
}

impl RestoredCommand {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let store = self.store.open().await.context("the store cannot be opened")?;
        let fresh = || {
            let mut name = [0; 16];
            rand::fill(&mut name);
            LogId(name)
        };
        let companies = note_all_lost(&*store, fresh).await.map_err(|error| {
            let code = error.code();
            anyhow::Error::new(error).context(code)
        })?;
        crate::say(&serde_json::json!({ "companies": companies }))
    }
}
