//! What an engine begins with.

use zuc_protocol::ids::{DeviceId, KeyId, LogId};
use zuc_protocol::person_key::BagKeyWraps;
use zuc_protocol::scope::Scope;

use crate::alarm::Alarm;
use crate::input::{AuthorCursor, Begun, Cursor, OwnHead, StoredBatch};

/// Bounds and patience.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// Batches in one push.
    pub push_batches: usize,
    /// Bytes of batches in one push; below the frame's 1 MiB.
    pub push_bytes: usize,
    /// Entries asked for at once.
    pub pull_max: u32,
    /// So many entries behind, a scope's log is read in segments, beside the connection.
    pub far: u64,
    /// After so long without an answer, ask or send again, in milliseconds.
    pub retry_ms: i64,
    /// How often to compare heads, in milliseconds.
    pub heads_ms: i64,
    /// A log of at least so many entries, of which nothing is here, is begun at a snapshot.
    pub begin_at: u64,
    /// How often the disk is asked whether it holds what was read, in milliseconds; it looks when it is due.
    pub check_ms: i64,
    /// After so long without a word from the relay, connect again, in milliseconds.
    pub silence_ms: i64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            push_batches: 64,
            push_bytes: 768 << 10,
            pull_max: 1_000,
            far: 4_096,
            retry_ms: 10_000,
            heads_ms: 30_000,
            begin_at: 256,
            check_ms: 60_000,
            silence_ms: 60_000,
        }
    }
}

/// What the store remembers.
#[derive(Default)]
pub struct Resume {
    /// How far each scope's log is applied.
    pub cursors: Vec<(Scope, Cursor)>,
    /// How far each author's chain is read.
    pub authors: Vec<(Scope, DeviceId, AuthorCursor)>,
    /// Own acknowledged batches.
    pub own: Vec<OwnHead>,
    /// Sealed, stored and not acknowledged, by number.
    pub unacked: Vec<StoredBatch>,
    /// The rows of the bags' current generations that the relay has; those it lacks travel with their batch.
    pub bag_keys: Vec<(Scope, KeyId)>,
    /// Key wraps of the bags' current generations.
    pub bag_wraps: Vec<BagKeyWraps>,
    /// Scopes of whose bag the relay may lack rows that are here: its whole listing is compared once.
    pub bags_unsure: Vec<Scope>,
    /// Scopes that were begun at a snapshot.
    pub begun: Vec<Begun>,
    /// Places that were read, with the chain there, in their order: the newest [`crate::REMEMBERED`] of each scope.
    pub places: Vec<(Scope, Cursor)>,
    /// Scopes whose log is not trusted.
    pub alarms: Vec<(Scope, Alarm)>,
    /// The relay's log that the cursors belong to.
    pub relay_log: Option<LogId>,
    /// Names that the relay's log had before, the newest 64 of them: it takes none a second time.
    pub earlier_logs: Vec<LogId>,
    /// That log follows another that this device has read, and was not given back all that is held here.
    pub offers_due: bool,
}
