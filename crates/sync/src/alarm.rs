//! What is found out about a relay's log and does not pass with the connection.

use zuc_protocol::ids::DeviceId;

/// What is wrong with a scope's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// What the relay shows does not continue what was read. It may have been a slip: where the log continues it after all,
    /// that is over.
    Broken,
    /// Under one name there are two logs: somebody sealed a batch upon another than this device has read, or the relay
    /// went on under the name after it had shown something else. That is over when the log has another name.
    Forked,
    /// Somebody who sealed upon this log has sealed upon one of another name since, which stands beside it: a name that is
    /// left never comes back. That is over when the log has another name.
    Renamed,
}

impl Wrong {
    const ALL: [Self; 3] = [Self::Broken, Self::Forked, Self::Renamed];

    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Broken => "sync.chain_broken",
            Self::Forked => "sync.log_forked",
            Self::Renamed => "sync.two_logs",
        }
    }

    /// Whether it stops every scope: whoever shows two logs of one can show two of each.
    pub const fn stops_all(self) -> bool {
        matches!(self, Self::Forked | Self::Renamed)
    }

    /// The one of a code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|wrong| wrong.code() == code)
    }
}

/// Why a scope's log is not trusted: it is read on, but nothing is sealed and the relay's ledgers are asked nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// What is wrong.
    pub wrong: Wrong,
    /// The place where it showed.
    pub seq: u64,
    /// Who had seen another log, where somebody had.
    pub author: Option<DeviceId>,
}
