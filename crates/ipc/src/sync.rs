//! Sync as the status bar and its log show it.

use serde::{Deserialize, Serialize};

/// State of the status bar; sent as the event `sync-status` too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncStatus {
    /// `up_to_date`, `syncing`, `offline`, `paused`, `error`, `no_relay`.
    pub state: String,
    /// Changes not yet acknowledged by the relay.
    pub pending: u64,
    /// Done of the running exchange.
    pub done: u64,
    /// Size of the running exchange.
    pub total: u64,
    /// RFC 3339 of the last moment everything was sent, empty when never.
    pub last_ok: String,
    /// Code of the error.
    pub error: Option<String>,
    /// Days until the certificate ends.
    pub csd_days_left: Option<i64>,
    /// What the relay waits for after it has lost its data.
    pub loss: Option<RelayLoss>,
    /// Whether no backup was tried for a month.
    pub trial_due: bool,
}

/// The relay has lost its data: until those who invoice have given back what they hold it gives no folio and stamps nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelayLoss {
    /// RFC 3339 of when that was noticed.
    pub since: String,
    /// Whose computers are waited for.
    pub waits: Vec<String>,
    /// RFC 3339 from when an administrator may decide not to wait.
    pub decidable: String,
}

/// Somebody who looks at a record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Onlooker {
    /// The person.
    pub id: String,
    /// Their name.
    pub name: String,
}

/// A line of the sync log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncLogRow {
    /// RFC 3339.
    pub at: String,
    /// `sent`, `received`, `connected`, `disconnected`, `error`.
    pub kind: String,
    /// Spanish.
    pub text: String,
}
