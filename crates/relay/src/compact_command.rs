//! `zuclubit-relay compact`: what everybody holds need not lie here too.

use anyhow::Context as _;
use clap::Args;
use serde_json::json;
use zuc_relay::{
    Clock as _, SystemClock,
    compact::{Compactor, WAIT_DAYS},
};

use crate::store_at::StoreAt;

/// Drops what the laptops hold and a snapshot stands for, and says what hinders more. A relay that serves does it by itself
/// once a day.
#[derive(Args)]
pub(crate) struct CompactCommand {
    /// The store: a folder with a file per company, or `postgres://role@host/database`.
    #[arg(long, env = "ZUC_RELAY_STORE", hide_env_values = true)]
    store: StoreAt,
    /// Drop nothing and note nothing: only say what would go.
    #[arg(long)]
    dry_run: bool,
    /// How many days a snapshot stands undisputed before.
    #[arg(long, env = "ZUC_RELAY_COMPACT_AFTER", default_value_t = WAIT_DAYS)]
    after_days: u32,
}

impl CompactCommand {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let store = self.store.open().await.context("the store cannot be opened")?;
        let compactor = Compactor {
            store: &*store,
            now_ms: SystemClock.now_ms(),
            wait_days: self.after_days,
            dry_run: self.dry_run,
        };
        let all = compactor.all().await.map_err(|error| {
            let code = error.code();
            anyhow::Error::new(error).context(code)
        })?;
        let companies: Vec<_> = all
            .into_iter()
            .map(|(company, done)| match done {
                Ok(scopes) => json!({ "company": company.to_string(), "scopes": scopes }),
                Err(error) => json!({ "company": company.to_string(), "code": error.code() }),
            })
            .collect();
        crate::say(&json!({ "companies": companies }))
    }
}
