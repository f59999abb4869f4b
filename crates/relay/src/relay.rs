//! The relay without a socket: frames in, frames out.

use std::sync::Arc;

use zuc_protocol::messages::{ClientFrame, ServerFrame};
use zuc_relay_store::RelayStore;

use crate::{
    Clock,
    keys::RelayKeys,
    log::{LogService, QUOTA, Session},
    pac::Pac,
    stamping::{self, Stamping, StampingSettings},
};

/// Everything the relay does for its companies.
pub struct Relay {
    log: Arc<LogService>,
    pac: Option<Arc<dyn Pac>>,
    stamping: Option<Arc<Stamping>>,
}

impl Relay {
    /// A relay over a store. Without a PAC it stamps nothing and does all the rest.
    pub fn open(
        store: Arc<dyn RelayStore>,
        keys: Arc<RelayKeys>,
        clock: Arc<dyn Clock>,
        pac: Option<Arc<dyn Pac>>,
    ) -> Self {
        Self::open_with(store, keys, clock, pac, StampingSettings::default(), QUOTA)
    }

    /// The same, with how it stamps, and with so many bytes for the files of one company.
    pub fn open_with(
        store: Arc<dyn RelayStore>,
        keys: Arc<RelayKeys>,
        clock: Arc<dyn Clock>,
        pac: Option<Arc<dyn Pac>>,
        settings: StampingSettings,
        quota: u64,
    ) -> Self {
        let log = Arc::new(LogService::open(store, keys, clock).with_quota(quota));
        let stamping = pac.clone().map(|pac| Arc::new(Stamping::new(log.clone(), pac, settings)));
        Self { log, pac, stamping }
    }

    /// The stamping, when there is a PAC; its [`Stamping::work`] must run beside the relay.
    pub fn stamping(&self) -> Option<&Arc<Stamping>> {
        self.stamping.as_ref()
    }

    /// The log of scopes and members.
    pub fn log(&self) -> &LogService {
        &self.log
    }

    /// The PAC, when one was named.
    pub fn pac(&self) -> Option<&Arc<dyn Pac>> {
        self.pac.as_ref()
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        self.log.clock.as_ref()
    }

    pub(crate) fn store(&self) -> &dyn RelayStore {
        self.log.store.as_ref()
    }

    /// The relay's own keys; an admin enters the public half into the control log.
    pub fn relay_keys(&self) -> &RelayKeys {
        &self.log.keys
    }

    pub(crate) fn keys(&self) -> &RelayKeys {
        &self.log.keys
    }

    /// Answers one frame.
    pub async fn handle(&self, session: &Session, frame: ClientFrame) -> Vec<ServerFrame> {
        match (frame, &self.stamping) {
            (ClientFrame::Stamp(job), Some(stamping)) => {
                let id = job.id;
                stamping::answer(id, stamping.stamp(session, *job).await)
            }
            (ClientFrame::StampCommand { id, command }, _) => {
                stamping::answer(id, stamping::command(&self.log, session, command).await)
            }
            (frame, _) => self.log.handle(session, frame).await,
        }
    }
}
