//! What is durable, what is not yet, and what fails.

use std::collections::BTreeMap;
use std::ffi::c_int;
use std::path::{Path, PathBuf};

use libsqlite3_sys as sqlite;

use super::chance::Chance;

/// What goes wrong with the disk while the power is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A write finds no space (`ENOSPC`) and nothing is written.
    NoSpace,
    /// A write, truncation, creation or deletion fails (`EIO`) and changes nothing.
    Write,
    /// Half of a write gets through before the space ends.
    ShortWrite,
    /// An `fsync` fails; of what it should have made durable some is lost for good.
    Sync,
    /// A read fails (`EIO`).
    Read,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::NoSpace, Self::Write, Self::ShortWrite, Self::Sync, Self::Read];

    fn hits(self, op: Op) -> bool {
        match self {
            Self::NoSpace | Self::ShortWrite => op == Op::Write,
            Self::Write => matches!(op, Op::Write | Op::Truncate | Op::Create | Op::Delete),
            Self::Sync => op == Op::Sync,
            Self::Read => op == Op::Read,
        }
    }
}

/// Which operations fail, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure {
    /// The kind; only operations that can fail so are counted.
    pub fault: Fault,
    /// The first that fails, counted from 1.
    pub from: u64,
    /// How many in a row fail.
    pub times: u64,
}

/// What a call to the VFS does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Create,
    Write,
    Truncate,
    Sync,
    Delete,
    Read,
}

impl Op {
    /// What SQLite is told when the operation fails.
    pub(super) fn error(self) -> c_int {
        match self {
            Self::Create => sqlite::SQLITE_CANTOPEN,
            Self::Write => sqlite::SQLITE_IOERR_WRITE,
            Self::Truncate => sqlite::SQLITE_IOERR_TRUNCATE,
            Self::Sync => sqlite::SQLITE_IOERR_FSYNC,
            Self::Delete => sqlite::SQLITE_IOERR_DELETE,
            Self::Read => sqlite::SQLITE_IOERR_READ,
        }
    }
}

/// An operation that does not go through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refused {
    /// The result code.
    pub(super) code: c_int,
    /// Half of the write is done all the same.
    pub(super) half: bool,
}

/// A change of a file's bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    Write { at: usize, bytes: Vec<u8> },
    Truncate(usize),
}

/// What one sees under one name for as long as it lives: an inode.
#[derive(Debug, Default)]
pub(super) struct Body {
    pub(super) durable: Vec<u8>,
    /// Since the last sync, with their place in the order of all.
    pub(super) pending: Vec<(u64, Change)>,
}

/// The number of a [`Body`].
pub(super) type BodyId = usize;

/// A directory entry.
#[derive(Debug, Default)]
pub(super) struct Name {
    pub(super) durable: Option<BodyId>,
    /// What the name came to mean since the folder was last synced.
    pub(super) pending: Vec<(u64, Option<BodyId>)>,
}

impl Name {
    fn current(&self) -> Option<BodyId> {
        self.pending.last().map_or(self.durable, |(_, body)| *body)
    }
}

/// The whole disk.
#[derive(Debug)]
pub(super) struct State {
    root: PathBuf,
    pub(super) bodies: Vec<Body>,
    pub(super) names: BTreeMap<PathBuf, Name>,
    order: u64,
    points: u64,
    cut: Option<u64>,
    powered: bool,
    failure: Option<Failure>,
    matched: u64,
    failed: u64,
    /// Which writes outlive a failed sync.
    chance: Chance,
}

impl State {
    pub(super) fn new(root: PathBuf) -> Self {
        Self {
            root,
            bodies: Vec::new(),
            names: BTreeMap::new(),
            order: 0,
            points: 0,
            cut: None,
            powered: true,
            failure: None,
            matched: 0,
            failed: 0,
            chance: Chance::new(0),
        }
    }

    pub(super) fn points(&self) -> u64 {
        self.points
    }

    pub(super) fn powered(&self) -> bool {
        self.powered
    }

    pub(super) fn failed(&self) -> u64 {
        self.failed
    }

    pub(super) fn cut_after(&mut self, n: u64) {
        self.cut = Some(n);
    }

    pub(super) fn cut(&mut self) {
        self.powered = false;
    }

    pub(super) fn fail(&mut self, failure: Failure) {
        (self.failure, self.matched, self.failed) = (Some(failure), 0, 0);
    }

    pub(super) fn heal(&mut self) {
        self.failure = None;
    }

    /// Frees the bytes.
    pub(super) fn forget(&mut self) {
        self.bodies = Vec::new();
        self.names.clear();
    }

    /// The name of `path` below the folder that is kept track of.
    pub(super) fn tracked(&self, path: &Path) -> Option<PathBuf> {
        path.strip_prefix(&self.root).ok().map(Path::to_owned)
    }

    /// Asks whether `op` may go on, and counts it.
    pub(super) fn admit(&mut self, op: Op) -> Result<(), Refused> {
        let no_power = Refused { code: op.error(), half: false };
        if op != Op::Read && self.cut.is_some_and(|cut| self.points >= cut) {
            self.powered = false;
        }
        if !self.powered {
            return Err(no_power);
        }
        if op != Op::Read {
            self.points += 1;
        }
        let Some(failure) = self.failure.filter(|failure| failure.fault.hits(op)) else { return Ok(()) };
        self.matched += 1;
        if self.matched < failure.from || self.matched - failure.from >= failure.times {
            return Ok(());
        }
        self.failed += 1;
        let code = match failure.fault {
            Fault::NoSpace | Fault::ShortWrite => sqlite::SQLITE_FULL,
            Fault::Write | Fault::Sync | Fault::Read => op.error(),
        };
        Err(Refused { code, half: failure.fault == Fault::ShortWrite })
    }

    /// Whether a file is under `name` whose bytes are kept track of.
    pub(super) fn knows(&self, name: &Path) -> bool {
        self.names.get(name).and_then(Name::current).is_some()
    }

    /// The file under `name` was opened: `before` are its bytes where it was there already, unknown to the disk.
    pub(super) fn opened(&mut self, name: PathBuf, before: Option<Vec<u8>>) -> BodyId {
        let order = self.next();
        let entry = self.names.entry(name).or_default();
        if let Some(body) = entry.current() {
            return body;
        }
        let id = self.bodies.len();
        if let Some(durable) = before {
            // Not made by this disk: it was there, all of it, before the story began.
            self.bodies.push(Body { durable, pending: Vec::new() });
            entry.durable = Some(id);
            entry.pending.clear();
        } else {
            self.bodies.push(Body::default());
            entry.pending.push((order, Some(id)));
        }
        id
    }

    pub(super) fn deleted(&mut self, name: PathBuf) {
        let order = self.next();
        self.names.entry(name).or_default().pending.push((order, None));
    }

    pub(super) fn changed(&mut self, body: BodyId, change: Change) {
        let order = self.next();
        if let Some(body) = self.bodies.get_mut(body) {
            body.pending.push((order, change));
        }
    }

    pub(super) fn synced(&mut self, body: BodyId) {
        if let Some(body) = self.bodies.get_mut(body) {
            for (_, change) in std::mem::take(&mut body.pending) {
                apply(&mut body.durable, &change);
            }
        }
    }

    /// The kernel gave up: what was to be written is clean in its cache, and some of it is not on the disk.
    pub(super) fn sync_failed(&mut self, body: BodyId) {
        if let Some(body) = self.bodies.get_mut(body) {
            for (_, change) in std::mem::take(&mut body.pending) {
                if self.chance.percent(50) {
                    apply(&mut body.durable, &change);
                }
            }
        }
    }

    /// The folder was synced: every name in it means for good what it means now.
    pub(super) fn folder_synced(&mut self) {
        for name in self.names.values_mut() {
            name.durable = name.current();
            name.pending.clear();
        }
    }

    fn next(&mut self) -> u64 {
        self.order += 1;
        self.order
    }
}

/// Carries `change` out.
pub(super) fn apply(file: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Write { at, bytes } => {
            let end = at + bytes.len();
            if file.len() < end {
                file.resize(end, 0);
            }
            file[*at..end].copy_from_slice(bytes);
        }
        Change::Truncate(len) => file.truncate(*len),
    }
}
