//! Reaching the relay, losing it, and saying so.

use std::{sync::Arc, time::Duration};

use zuc_ipc::sync::SyncStatus;
use zuc_sync::Input;

use super::{
    away::Standing,
    driver::{Driver, TICK, settle},
};
use crate::{
    AppError, Notice, Office,
    ports::{Link, Relay, RelayError},
};

/// The longest pause while nothing answers: a try costs next to nothing then, and whoever comes back into the network
/// shall not wait for it.
const PAUSE_OFFLINE: Duration = Duration::from_millis(600);
/// The longest pause while the relay answers but does not let us in: it may have too much to do.
const PAUSE_REFUSED: Duration = Duration::from_secs(10);

/// Connects, or says how long the pauses between tries may become.
pub(super) async fn connect(office: &Arc<Office>, driver: &mut Driver) -> Result<(), Duration> {
    let Ok(relay) = office.exchange.relay() else {
        set_state(office, "no_relay").await;
        return Err(PAUSE_REFUSED);
    };
    match reach(office, relay.as_ref()).await {
        Ok(link) => {
            office.set_online(true);
            office.exchange.line(office.now(), "connected", zuc_ipc::words::say("sync.connected").to_owned());
            driver.inputs.push_back(Input::Tick(office.now().as_millisecond()));
            driver.inputs.push_back(Input::Connected { token: link.token.clone() });
            driver.link = Some(link);
            driver.owed.all();
            match office.store.unsent().await {
                Ok(waiting) => driver.inputs.push_back(Input::Waiting(waiting)),
                Err(error) => tracing::error!(code = error.code(), "the outbox could not be counted"),
            }
            settle(office, driver).await;
            office.work.notify_one();
            Ok(())
        }
        Err(error) => {
            office.set_online(false);
            tracing::debug!(code = error.code(), "the relay does not answer");
            let offline = matches!(error.code(), "relay.unreachable" | "relay.timed_out");
            // what was found out about a relay is said whether it answers or not
            let distrust = driver.engine.distrust();
            let said = distrust.or_else(|| (!offline).then(|| error.code()));
            office.exchange.set_status(|status| status.error = said.map(str::to_owned));
            set_state(office, if said.is_none() { "offline" } else { "error" }).await;
            Err(if offline { PAUSE_OFFLINE } else { PAUSE_REFUSED })
        }
    }
}

/// Opens a connection. A relay that does not know this company, or this device in it, has lost its data or went back: it is
/// given the control log, which is its own proof, and asked once more.
async fn reach(office: &Office, relay: &dyn Relay) -> Result<Link, RelayError> {
    let credentials = office.exchange.credentials();
    match relay.connect(&credentials).await {
        Err(RelayError::Refused { code })
            if matches!(code.as_str(), "relay.no_session" | "relay.unknown_company")
                && office.exchange.standing() == Standing::In =>
        {
            relay.register(office.exchange.control().records_from(0)).await?;
            relay.connect(&credentials).await
        }
        reached => reached,
    }
}

pub(super) fn disconnected(office: &Arc<Office>, driver: &mut Driver) {
    if driver.link.take().is_some() {
        office.set_online(false);
        office.exchange.line(office.now(), "disconnected", zuc_ipc::words::say("sync.disconnected").to_owned());
    }
    driver.inputs.push_back(Input::Disconnected);
}

async fn set_state(office: &Arc<Office>, state: &str) {
    let pending = office.store.unsent().await.unwrap_or_default();
    let before: SyncStatus = office.exchange.status();
    office.exchange.set_status(|status| {
        state.clone_into(&mut status.state);
        status.pending = pending;
    });
    let after = office.exchange.status();
    if after != before {
        let _ = office.notices.send(Notice::Sync(after));
    }
}

/// Waits until the exchange is connected, as acts of membership need it.
///
/// # Errors
/// `relay.unreachable` when that takes too long.
pub(crate) async fn wait_connected(office: &Office) -> Result<(), AppError> {
    let mut states = office.exchange.watch();
    let connected = async {
        loop {
            if matches!(states.borrow_and_update().state.as_str(), "up_to_date" | "syncing") {
                return;
            }
            // a lost sender means that the office closes, which the time limit covers
            let _ = tokio::time::timeout(TICK, states.changed()).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(15), connected)
        .await
        .map_err(|_| AppError::new("relay.unreachable", "the relay does not answer"))
}
