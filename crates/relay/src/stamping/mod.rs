//! Stamping exactly once: a sealed CFDI comes in, at most one timbre goes out, whatever fails and whenever.
//!
//! The ledger (`zuc_relay_store::stamp`) holds the states; this module moves them. A call to the PAC stands between two
//! commits: the first says that bytes may have left, the second what came back.

mod breaker;
mod check;
mod command;
mod drive;
mod job;
mod receipt;
mod worker;

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::sync::Notify;
use zuc_protocol::ids::CompanyId;

pub use check::Trust;
pub(crate) use command::{answer, command};

use self::breaker::Breaker;
use crate::{log::LogService, pac::Pac};

/// How the stamping behaves besides what its PAC declares.
#[derive(Clone, Debug)]
pub struct StampingSettings {
    /// What is believed of certificates and answers.
    pub trust: Trust,
    /// How long a claim holds before its call is committed as sent.
    pub claim: Duration,
    /// How long a PAC that cannot be reached is left alone before the next try.
    pub retry: Duration,
    /// How long the asker waits for the outcome; then it is told the state so far.
    pub wait: Duration,
    /// Failures in a row after which the PAC is left alone.
    pub breaker_failures: u32,
    /// For how long.
    pub breaker_open: Duration,
    /// Recoveries after which a person must look.
    pub recoveries: u64,
}

impl Default for StampingSettings {
    fn default() -> Self {
        Self {
            trust: Trust::default(),
            claim: Duration::from_secs(20),
            retry: Duration::from_secs(5),
            wait: Duration::from_secs(20),
            breaker_failures: 5,
            breaker_open: Duration::from_mins(1),
            recoveries: 20,
        }
    }
}

/// The stamping service of one relay and one PAC.
pub struct Stamping {
    log: Arc<LogService>,
    pac: Arc<dyn Pac>,
    settings: StampingSettings,
    breaker: Breaker,
    /// Companies with an attempt that does not rest.
    busy: Mutex<HashSet<CompanyId>>,
    news: Notify,
}

impl Stamping {
    /// The service; [`Stamping::work`] must run beside it, or nothing is recovered.
    pub fn new(log: Arc<LogService>, pac: Arc<dyn Pac>, settings: StampingSettings) -> Self {
        let breaker = Breaker::new(settings.breaker_failures, settings.breaker_open);
        Self { log, pac, settings, breaker, busy: Mutex::new(HashSet::new()), news: Notify::new() }
    }

    /// Whether the PAC answered the last calls; what `/health` says of it.
    pub fn pac_is_well(&self) -> bool {
        self.breaker.is_closed()
    }

    fn mark_busy(&self, company: CompanyId) {
        self.busy.lock().expect("no holder panics").insert(company);
        self.news.notify_one();
    }
}

fn ms(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
