//! The relay without a socket: frames in, frames out.

use std::sync::Arc;

use zuc_protocol::messages::{ClientFrame, ServerFrame};
use zuc_relay_store::RelayStore;

use crate::{
    Clock,
    keys::RelayKeys,
    log::{LogService, Session},
    pac::Pac,
};

/// Everything the relay does for its companies.
pub struct Relay {
    log: LogService,
    pac: Option<Arc<dyn Pac>>,
}

impl Relay {
    /// A relay over a store. Without a PAC it stamps nothing and does all the rest.
    pub fn open(
        store: Arc<dyn RelayStore>,
        keys: Arc<RelayKeys>,
        clock: Arc<dyn Clock>,
        pac: Option<Arc<dyn Pac>>,
    ) -> Self {
        Self { log: LogService::open(store, keys, clock), pac }
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

    pub(crate) fn keys(&self) -> &RelayKeys {
        &self.log.keys
    }

    /// Answers one frame.
    pub async fn handle(&self, session: &Session, frame: ClientFrame) -> Vec<ServerFrame> {
        self.log.handle(session, frame).await
    }
}
