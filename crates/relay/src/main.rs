//! `zuclubit-relay`: the server of a company's exchange.

mod pac_options;
mod sandbox_command;

use std::{
    io::Write as _,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    sync::Arc,
};

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};
use tokio::net::TcpListener;
use zuc_relay::{HttpOptions, Relay, RelayKeys, SystemClock};
use zuc_relay_sqlite::{Options, SqliteStore};

use crate::{pac_options::PacOptions, sandbox_command::SandboxCommand};

/// Orders sealed entries it cannot read.
#[derive(Parser)]
#[command(name = "zuclubit-relay", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serves until it is told to stop.
    Serve(Serve),
    /// Plays a PAC whose timbres are worth nothing.
    SandboxPac(SandboxCommand),
}

#[derive(Args)]
struct Serve {
    /// The folder of the companies' files and of the relay's key.
    #[arg(long, env = "ZUC_RELAY_DATA")]
    data: PathBuf,
    /// Where to listen; port 0 takes a free one.
    #[arg(long, env = "ZUC_RELAY_LISTEN", default_value = "127.0.0.1:8787")]
    listen: SocketAddr,
    #[command(flatten)]
    pac: PacOptions,
    /// Requests a minute of one company.
    #[arg(long, default_value_t = HttpOptions::default().per_company)]
    per_company: u32,
    /// Requests a minute of one address without a session.
    #[arg(long, default_value_t = HttpOptions::default().per_address)]
    per_address: u32,
    /// A proxy in front of the relay, whose word on who asks is taken (`X-Forwarded-For`); may be given again.
    #[arg(long = "trusted-proxy", env = "ZUC_RELAY_TRUSTED_PROXIES", value_delimiter = ',')]
    trusted_proxies: Vec<IpAddr>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_unset| "info".into());
    tracing_subscriber::fmt().json().with_writer(std::io::stderr).with_env_filter(filter).init();
    match Arguments::parse().command {
        Command::Serve(serve) => serve.run().await,
        Command::SandboxPac(sandbox) => sandbox.run(stop()?).await,
    }
}

impl Serve {
    async fn run(self) -> anyhow::Result<()> {
        std::fs::create_dir_all(&self.data).context("the data folder cannot be made")?;
        let keys = RelayKeys::load_or_make(&self.data.join("relay.key"))?;
        let store = SqliteStore::open(&self.data.join("companies"), Options::default()).await?;
        let (pac, settings) = (self.pac.pac()?, self.pac.stamping()?);
        let relay = Arc::new(Relay::open_with(Arc::new(store), Arc::new(keys), Arc::new(SystemClock), pac, settings));
        if let Some(stamping) = relay.stamping() {
            // Dropped with the process: whatever it leaves half done is what its ledger is for.
            tokio::spawn(stamping.clone().work(std::future::pending()));
        }
        let listener = TcpListener::bind(self.listen).await.context("the address cannot be listened on")?;
        let stop = stop()?;
        started(&serde_json::json!({ "listening": listener.local_addr()?.to_string() }))?;
        let options = HttpOptions {
            per_company: self.per_company,
            per_address: self.per_address,
            proxies: self.trusted_proxies,
            ..HttpOptions::default()
        };
        zuc_relay::serve(listener, relay, options, stop).await?;
        tracing::info!("stopped");
        Ok(())
    }
}

/// The one line of the standard output: whoever started the program waits for it.
fn started(line: &serde_json::Value) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()?;
    Ok(())
}

/// Ready at the first request to stop.
fn stop() -> anyhow::Result<impl Future<Output = ()> + Send + 'static> {
    #[cfg(unix)]
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    Ok(async move {
        #[cfg(unix)]
        tokio::select! {
            _asked = terminate.recv() => {}
            _asked = tokio::signal::ctrl_c() => {}
        }
        #[cfg(not(unix))]
        let _asked = tokio::signal::ctrl_c().await;
    })
}
