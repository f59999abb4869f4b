//! `zuclubit-relay serve`: the server itself.

use std::{
    net::{IpAddr, SocketAddr},
    num::NonZeroUsize,
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use anyhow::Context as _;
use clap::Args;
use tokio::net::TcpListener;
use zuc_relay::{
    Clock as _, HttpOptions, Relay, RelayKeys, SystemClock,
    compact::{Compactor, WAIT_DAYS},
};
use zuc_relay_store::RelayStore;

use crate::{pac_options::PacOptions, store_at::StoreAt};

/// How long after its start a relay looks for the first time whether entries can be dropped, and how often it does.
const FIRST_COMPACT: Duration = Duration::from_mins(10);
const COMPACT_EVERY: Duration = Duration::from_hours(24);

/// Serves until it is told to stop.
#[derive(Args)]
pub(crate) struct ServeCommand {
    /// The folder of the relay's key, and of the companies' files where no other store is named.
    #[arg(long, env = "ZUC_RELAY_DATA")]
    data: PathBuf,
    /// Where companies are kept: a folder, or `postgres://role@host/database`; `companies` in the data folder.
    #[arg(long, env = "ZUC_RELAY_STORE", hide_env_values = true)]
    store: Option<StoreAt>,
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
    /// Bytes that the files of one company may have.
    #[arg(long, env = "ZUC_RELAY_FILES", default_value_t = zuc_relay::log::QUOTA)]
    files_per_company: u64,
    /// How many days a snapshot stands undisputed before entries that everybody holds are dropped for it.
    #[arg(long, env = "ZUC_RELAY_COMPACT_AFTER", default_value_t = WAIT_DAYS)]
    compact_after_days: u32,
    /// How many companies' files stay open at once: each takes some 0.8 MiB, and more are faster where many companies work at the same
    /// time. A database knows none.
    #[arg(long, env = "ZUC_RELAY_OPEN_COMPANIES", default_value_t = default_open())]
    open_companies: NonZeroUsize,
    /// A proxy in front of the relay, whose word on who asks is taken (`X-Forwarded-For`); may be given again.
    #[arg(long = "trusted-proxy", env = "ZUC_RELAY_TRUSTED_PROXIES", value_delimiter = ',')]
    trusted_proxies: Vec<IpAddr>,
}

impl ServeCommand {
    pub(crate) async fn run(self, stop: impl Future<Output = ()> + Send + 'static) -> anyhow::Result<()> {
        std::fs::create_dir_all(&self.data).context("the data folder cannot be made")?;
        let keys = RelayKeys::load_or_make(&self.data.join("relay.key"))?;
        let store = self.store.unwrap_or_else(|| StoreAt::Folder(self.data.join("companies")));
        let options = zuc_relay_sqlite::Options { max_open: self.open_companies.get(), ..Default::default() };
        let store = store.open_with(options).await.context("the store cannot be opened")?;
        let (pac, settings) = (self.pac.pac()?, self.pac.stamping()?);
        let quota = self.files_per_company;
        tokio::spawn(compact_daily(store.clone(), self.compact_after_days));
        let relay = Arc::new(Relay::open_with(store, Arc::new(keys), Arc::new(SystemClock), pac, settings, quota));
        if let Some(stamping) = relay.stamping() {
            // Dropped with the process: whatever it leaves half done is what its ledger is for.
            tokio::spawn(stamping.clone().work(std::future::pending()));
        }
        let listener = TcpListener::bind(self.listen).await.context("the address cannot be listened on")?;
        crate::say(&serde_json::json!({ "listening": listener.local_addr()?.to_string() }))?;
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

fn default_open() -> NonZeroUsize {
    NonZeroUsize::new(zuc_relay_sqlite::Options::default().max_open).unwrap_or(NonZeroUsize::MIN)
}

/// Drops what can be, for as long as the relay serves; what could not be now is tried again the next day.
async fn compact_daily(store: Arc<dyn RelayStore>, wait_days: u32) {
    tokio::time::sleep(FIRST_COMPACT).await;
    loop {
        let compactor = Compactor { store: &*store, now_ms: SystemClock.now_ms(), wait_days, dry_run: false };
        if let Err(error) = compactor.all().await {
            tracing::error!(error.code = error.code(), "the companies cannot be listed");
        }
        tokio::time::sleep(COMPACT_EVERY).await;
    }
}
