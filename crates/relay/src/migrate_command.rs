//! `zuclubit-relay migrate`: what the owner of a PostgreSQL database does before a relay serves from it.

use anyhow::bail;
use clap::Args;

use crate::store_at::StoreAt;

/// Makes the tables of a PostgreSQL database or brings them up to date, and grants the relay's role what it needs.
#[derive(Args)]
pub(crate) struct MigrateCommand {
    /// The database, as the role that will own the tables: `postgres://owner@host/database`.
    #[arg(long, env = "ZUC_RELAY_OWNER_STORE", hide_env_values = true)]
    store: StoreAt,
    /// The role that relays serve as; it exists already and owns nothing.
    #[arg(long, default_value = "zuclubit_relay")]
    role: String,
}

impl MigrateCommand {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let StoreAt::Postgres(url) = &self.store else {
            bail!("a folder needs no migration: its files are brought up to date when they are opened");
        };
        zuc_relay_postgres::migrate(url, &self.role).await?;
        tracing::info!("the tables are up to date");
        Ok(())
    }
}
