//! A disk that forgets what was not synced.
//!
//! [`Disk`] is a SQLite VFS over the system's own. Files live where they always do, and besides each of them the disk
//! keeps what an `fsync` has made durable and, apart, every write, truncation, creation and deletion since. At any
//! moment it can write down the folder as a power cut would leave it: what is durable, and of the rest whatever a seed
//! chooses. A test that only kills the process would pass without any `fsync`, because the kernel keeps the writes of
//! the dead; this one does not.
//!
//! What it holds to: a write that was not synced may be lost, come late, or be torn at sectors of 512 bytes, and bytes
//! outside it are untouched (the power-safe overwrite that SQLite takes for granted). Names become durable when their
//! folder is synced, each by itself. After a failed `fsync` the writes it should have made durable are clean in the
//! page cache and some of them never reach the disk, as on Linux. The shared-memory index is real and never survives.

mod chance;
mod exit;
mod file;
mod image;
mod state;
mod vfs;

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use image::{Crash, Policy};
pub use state::{Failure, Fault};

use chance::Chance;
use state::State;

/// A registered VFS and the files opened through it. Dropping it takes the name away; files still open then fail.
#[derive(Debug)]
pub struct Disk {
    name: String,
    shared: Arc<Shared>,
    registration: vfs::Registration,
}

/// What the VFS and its owner both reach.
#[derive(Debug)]
struct Shared(Mutex<State>);

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Disk {
    /// Registers a VFS under `name`, which no other may have at the time. It keeps track of the databases below
    /// `folder`; files elsewhere and temporary ones go straight through.
    ///
    /// # Errors
    /// When `folder` does not exist, when the name is taken, or when SQLite refuses.
    pub fn register(name: &str, folder: &Path) -> io::Result<Self> {
        let shared = Arc::new(Shared(Mutex::new(State::new(folder.canonicalize()?))));
        let registration = vfs::Registration::new(name, Arc::clone(&shared))?;
        Ok(Self { name: name.to_owned(), shared, registration })
    }

    /// The name to open databases with.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many operations that change the disk there were: writes, truncations, syncs, creations, deletions.
    pub fn points(&self) -> u64 {
        self.shared.state().points()
    }

    /// Cuts the power after the `n`-th of [`Disk::points`], counted from the start: whatever comes then fails with an
    /// I/O error and leaves no trace.
    pub fn cut_after(&self, n: u64) {
        self.shared.state().cut_after(n);
    }

    /// Cuts the power now.
    pub fn cut(&self) {
        self.shared.state().cut();
    }

    /// Whether the power is still on.
    pub fn powered(&self) -> bool {
        self.shared.state().powered()
    }

    /// From now on the operations that `failure` names fail. The one before it, if any, is healed.
    pub fn fail(&self, failure: Failure) {
        self.shared.state().fail(failure);
    }

    /// The disk works again.
    pub fn heal(&self) {
        self.shared.state().heal();
    }

    /// How many operations were made to fail since [`Disk::fail`].
    pub fn failed(&self) -> u64 {
        self.shared.state().failed()
    }

    /// Writes into the folder `into`, which must exist, the files as a power cut at this moment could leave them.
    /// The same seed over the same history chooses the same. The disk itself goes on.
    pub fn crash_image(&self, seed: u64, into: &Path) -> io::Result<Crash> {
        let state = self.shared.state();
        let mut chance = Chance::new(seed);
        let policy = Policy::draw(&state, &mut chance);
        image::write(&state, policy, &mut chance, into)
    }

    /// As [`Disk::crash_image`], under a policy of the caller's.
    pub fn crash_image_under(&self, policy: Policy, seed: u64, into: &Path) -> io::Result<Crash> {
        image::write(&self.shared.state(), policy, &mut Chance::new(seed), into)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        self.registration.remove();
        self.shared.state().cut();
        self.shared.state().forget();
    }
}
