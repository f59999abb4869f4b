//! `zuclubit-relay sandbox-pac`: the PAC to develop and test against.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use anyhow::Context as _;
use clap::Args;
use tokio::net::TcpListener;
use zuc_relay::{
    SystemClock,
    sandbox::{self, Profile, SandboxPac},
};

/// A PAC without fiscal value, which speaks SW's shape.
#[derive(Args)]
pub(crate) struct SandboxCommand {
    /// The folder of its ledger and certificates.
    #[arg(long)]
    data: PathBuf,
    /// Where to listen; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8788")]
    listen: SocketAddr,
    /// How it behaves, as JSON; it can be changed at `PUT /profile`.
    #[arg(long)]
    profile: Option<PathBuf>,
}

impl SandboxCommand {
    pub(crate) async fn run(self, stop: impl Future<Output = ()> + Send + 'static) -> anyhow::Result<()> {
        let profile = match &self.profile {
            None => Profile::default(),
            Some(path) => serde_json::from_slice(&std::fs::read(path).context("the profile cannot be read")?)
                .context("the profile is no profile")?,
        };
        let pac = Arc::new(SandboxPac::open(&self.data, profile, Arc::new(SystemClock)).await?);
        let listener = TcpListener::bind(self.listen).await.context("the address cannot be listened on")?;
        crate::say(&serde_json::json!({
            "listening": listener.local_addr()?.to_string(),
            "rfc": pac.rfc(),
            "certificate": self.data.join("pac.cer"),
        }))?;
        sandbox::serve(listener, pac, stop).await?;
        Ok(())
    }
}
