//! `zuclubit-relay move`: a company goes from one store to another while both serve.

use anyhow::{Context as _, bail};
use clap::Args;
use zuc_relay_store::{CompanyId, move_company};

use crate::store_at::StoreAt;

/// Moves a company whole. The store it leaves refuses its writes from then on; called again, a move that broke off goes on.
#[derive(Args)]
pub(crate) struct MoveCommand {
    /// The company's id, 32 hexadecimal characters.
    #[arg(long, value_parser = company)]
    company: CompanyId,
    /// Where it is: a folder with a file per company, or `postgres://role@host/database`.
    #[arg(long)]
    from: StoreAt,
    /// Where it goes. The relay that serves it there has the same key.
    #[arg(long)]
    to: StoreAt,
}

fn company(text: &str) -> Result<CompanyId, String> {
    CompanyId::from_hex(text).ok_or_else(|| "not 32 hexadecimal characters".to_owned())
}

impl MoveCommand {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        if self.from == self.to {
            bail!("it is there already");
        }
        let from = self.from.open().await.context("the store it leaves cannot be opened")?;
        let to = self.to.open().await.context("the store it goes to cannot be opened")?;
        let mut ticket = [0; 16];
        rand::fill(&mut ticket);
        let rows = move_company(&*from, &*to, self.company, ticket).await.map_err(|error| {
            let code = error.code();
            anyhow::Error::new(error).context(code)
        })?;
        crate::say(&serde_json::json!({ "moved": self.company.to_string(), "rows": rows }))
    }
}
