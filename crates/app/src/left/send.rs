//! On the computer of whoever left: what it could not send goes to the relay, once.

use std::{sync::Weak, time::Duration};

use jiff::Timestamp;
use serde::Serialize;
use zuc_ipc::words;
use zuc_protocol::messages::{ClientFrame, ServerFrame};

use crate::{AppError, Office, ports::RelayError, sync::Standing};

/// First pause after it could not be taken there; each is twice the one before.
const PAUSE: Duration = Duration::from_secs(2);
/// The longest.
const LONGEST: Duration = Duration::from_mins(10);

/// What this computer could not send in one scope, and where it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LeftTold {
    /// The scope.
    pub scope: String,
    /// How many changes were sealed for whoever manages or administers.
    pub changes: u64,
    /// How many found no room.
    pub beyond: u64,
    /// RFC 3339 of until when the relay keeps them; empty while it does not have them.
    pub until: String,
    /// Why it does not take them, where it said so.
    pub code: String,
    /// The same in words.
    pub why: String,
}

/// Waits until this device is taken out, and then until what it could not send is at the relay.
pub(crate) async fn run(office: Weak<Office>) {
    let Some(mut standing) = office.upgrade().map(|office| office.exchange.watch_standing()) else { return };
    let mut pause = PAUSE;
    loop {
        if *standing.borrow_and_update() != Standing::Out {
            // it ends with the office
            if standing.changed().await.is_err() {
                return;
            }
            continue;
        }
        let Some(this) = office.upgrade() else { return };
        match this.leave_behind().await {
            Ok(()) => return,
            Err(error) => tracing::debug!(code = error.code.as_str(), "what could not be sent is still here"),
        }
        drop(this);
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST);
    }
}

impl Office {
    /// Takes what this device could not send to the relay, scope by scope: the same bytes each time, and each until it is
    /// there or refused for good.
    ///
    /// # Errors
    /// Those of a relay that does not answer, and of the store.
    pub(crate) async fn leave_behind(&self) -> Result<(), AppError> {
        for here in self.store.left_here().await? {
            if here.until_ms.is_some() || here.code.is_some() {
                continue;
            }
            let question = ClientFrame::Leave { left: here.left.clone() };
            let said = match self.exchange.relay()?.ask(&self.exchange.credentials(), question).await {
                Ok(ServerFrame::LeftKept { scope, until_ms }) if scope == here.left.scope => Ok(until_ms),
                Ok(_) => return Err(RelayError::Nonsense.into()),
                Err(RelayError::Refused { code }) if code.starts_with("left.") => Err(code),
                Err(error) => return Err(error.into()),
            };
            let (kind, text) = match &said {
                Ok(_) => ("sent", words::count("sync.left_kept", here.changes, &[])),
                Err(code) => {
                    let why = zuc_ipc::sentence(code).unwrap_or(code);
                    ("error", words::count("sync.left_refused", here.changes, &[("why", &why)]))
                }
            };
            self.store.note_left(&here, said).await?;
            self.exchange.line(self.now(), kind, text);
        }
        Ok(())
    }

    /// What this device could not send, after another try to take it to the relay where the device is out.
    pub(crate) async fn left_told(&self) -> Result<Vec<LeftTold>, AppError> {
        if self.exchange.standing() == Standing::Out
            && let Err(error) = self.leave_behind().await
        {
            tracing::info!(code = error.code.as_str(), "what could not be sent is still here");
        }
        let here = self.store.left_here().await?;
        let told = here.into_iter().map(|here| LeftTold {
            scope: here.left.scope.to_string(),
            changes: here.changes,
            beyond: here.beyond,
            until: here
                .until_ms
                .and_then(|until| Timestamp::from_millisecond(until).ok())
                .map_or_else(String::new, |until| until.to_string()),
            why: here.code.as_deref().and_then(zuc_ipc::sentence).unwrap_or_default().to_owned(),
            code: here.code.unwrap_or_default(),
        });
        Ok(told.collect())
    }
}
