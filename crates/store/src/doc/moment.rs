//! When a change is written, and whether anybody could be reached then.

use automerge::Change;
use automerge::transaction::CommitOptions;

/// The message of a change that was written without a network; others bear none, so that they cost nothing.
const OFFLINE: &str = "o";

/// What the author's computer says of the time of a change. It decides nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Unix seconds of the author's clock.
    pub seconds: i64,
    /// Nobody could be reached.
    pub offline: bool,
}

impl From<i64> for Moment {
    /// A second with a network.
    fn from(seconds: i64) -> Self {
        Self { seconds, offline: false }
    }
}

impl Moment {
    pub(super) fn message(self) -> Option<String> {
        self.offline.then(|| OFFLINE.to_owned())
    }

    pub(super) fn options(self) -> CommitOptions {
        let options = CommitOptions::default().with_time(self.seconds);
        if self.offline { options.with_message(OFFLINE.to_owned()) } else { options }
    }

    /// Whether the author of a change says that nobody could be reached. What else its message says is for nobody.
    pub(super) fn was_offline(change: &Change) -> bool {
        change.message().is_some_and(|message| message == OFFLINE)
    }
}
