//! A folder on a disk that forgets, and what is left of it when the power goes.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use tempfile::TempDir;

use crate::disk::{Disk, Policy};

/// Names of virtual file systems are one company for the whole process.
static NAMES: AtomicU64 = AtomicU64::new(0);

/// A folder over a [`Disk`].
pub struct Ground {
    place: TempDir,
    turn: u32,
    disk: Disk,
}

impl Ground {
    /// An empty one; in memory where the system has a folder there, for an `fsync` of it costs nothing.
    pub fn new() -> Self {
        Self::holding(&[])
    }

    /// The same, with files in it that were always there: what each is called, and its bytes.
    pub fn holding(files: &[(&str, &[u8])]) -> Self {
        let memory = Path::new("/dev/shm");
        let place = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
        let place = place.expect("a temporary folder");
        let folder = folder(&place, 0);
        std::fs::create_dir(&folder).expect("a folder of its own");
        for (name, bytes) in files {
            std::fs::write(folder.join(name), bytes).expect("room for a file");
        }
        let disk = register(&folder);
        Self { place, turn: 0, disk }
    }

    /// Where it is; another folder after each power cut.
    pub fn folder(&self) -> PathBuf {
        folder(&self.place, self.turn)
    }

    /// The disk, to make it fail.
    pub fn disk(&self) -> &Disk {
        &self.disk
    }

    /// The power goes, and comes back over what it left; the seed chooses what of the unsynced got through. Whatever is
    /// open over the folder before is open over nothing.
    pub fn power_cut(&mut self, seed: u64) {
        self.next(|disk, into| disk.crash_image(seed, into));
    }

    /// The process dies, and the system writes what it was given.
    pub fn kill(&mut self) {
        self.next(|disk, into| disk.crash_image_under(Policy::Everything, 0, into));
    }

    /// What lay here is gone; the files of another folder lie here instead, or none.
    pub fn replace(&mut self, with: Option<&Path>) {
        self.disk.cut();
        let before = self.folder();
        let after = folder(&self.place, self.turn + 1);
        std::fs::create_dir(&after).expect("a folder of its own");
        if let Some(with) = with {
            copy_files(with, &after);
        }
        self.turn += 1;
        self.disk = register(&after);
        std::fs::remove_dir_all(before).expect("a folder of its own");
    }

    fn next(&mut self, image: impl FnOnce(&Disk, &Path) -> std::io::Result<crate::disk::Crash>) {
        self.disk.cut();
        let before = self.folder();
        let after = folder(&self.place, self.turn + 1);
        std::fs::create_dir(&after).expect("a folder of its own");
        image(&self.disk, &after).expect("a folder of its own");
        self.turn += 1;
        self.disk = register(&after);
        std::fs::remove_dir_all(before).expect("a folder of its own");
    }
}

impl Default for Ground {
    fn default() -> Self {
        Self::new()
    }
}

/// Copies the files of a folder that nobody has open.
pub(super) fn copy_files(from: &Path, into: &Path) {
    for file in std::fs::read_dir(from).expect("a folder") {
        let file = file.expect("a file");
        std::fs::copy(file.path(), into.join(file.file_name())).expect("room for a file");
    }
}

fn folder(place: &TempDir, turn: u32) -> PathBuf {
    place.path().join(turn.to_string())
}

fn register(folder: &Path) -> Disk {
    let name = format!("ground-{}", NAMES.fetch_add(1, Ordering::Relaxed));
    Disk::register(&name, folder).expect("a name of its own")
}
