//! Leaving nothing of a home: what its company asks of a device that was lost or stolen.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use crate::StoreError;
use crate::keys::{Home, SealedFile, SecretStore};

/// Says that a wiping was begun; it goes last, so that one that was cut short is ended at the next start.
const BEGUN: &str = "wiping";
/// Files of a home, whatever else somebody keeps in the folder. The key goes before what it opens.
const FILES: [&str; 17] = [
    "keys.sealed",
    "keys.new",
    "code.sealed",
    "code.new",
    "zuclubit.db-wal",
    "zuclubit.db-shm",
    "zuclubit.db-journal",
    "zuclubit.db",
    "restoring.db-wal",
    "restoring.db-shm",
    "restoring.db",
    "restore.pending",
    "restore.new",
    "boot.mark",
    "boot.new",
    "boot.sealed",
    "zuclubit.log",
];
/// What names the keys: it stays until they are gone.
const NAMES: [&str; 2] = ["home.new", "home.id"];
/// Folders of a home. Backups elsewhere stay: without the home's keys only the recovery code opens them.
const FOLDERS: [&str; 4] = ["attachments", "backups", "respaldos", "logs"];

/// Whether a wiping of the home at `root` was begun and has not come to its end.
pub fn is_begun(root: &Path) -> bool {
    root.join(BEGUN).exists()
}

/// Deletes the keys of the home at `root`, then its files. No store may be open over it; whoever holds its lock may go on
/// holding it. Told again it goes on where it was cut short.
///
/// # Errors
/// [`StoreError::Io`] for a file that cannot be deleted, those of `secrets` when its keys cannot be: what could be deleted is.
pub fn wipe(root: &Path, secrets: Option<&dyn SecretStore>) -> Result<(), StoreError> {
    let mark = root.join(BEGUN);
    fs::write(&mark, []).map_err(StoreError::io(&mark))?;
    let mut first = None;
    let mut keep = |done: Result<(), StoreError>| first = first.take().or(done.err());
    // without its keys nothing of the rest can be read, should it stay
    if let Some(secrets) = secrets {
        keep(Home::name_at(root).and_then(|name| name.map_or(Ok(()), |name| secrets.delete(&name))));
        if let Some(half) = SealedFile::half_of(&root.join("keys.sealed")) {
            keep(secrets.delete(&half));
        }
    }
    for name in FILES {
        keep(gone(&root.join(name), fs::remove_file(root.join(name))));
    }
    for name in FOLDERS {
        keep(gone(&root.join(name), fs::remove_dir_all(root.join(name))));
    }
    if let Some(error) = first {
        return Err(error);
    }
    for name in NAMES.into_iter().chain([BEGUN, "lock"]) {
        gone(&root.join(name), fs::remove_file(root.join(name)))?;
    }
    // somebody else's files may lie beside: then the folder stays
    let _ = fs::remove_dir(root);
    Ok(())
}

fn gone(path: &Path, done: std::io::Result<()>) -> Result<(), StoreError> {
    match done {
        Err(cause) if cause.kind() != ErrorKind::NotFound => Err(StoreError::io(path)(cause)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use zeroize::Zeroizing;

    use super::*;
    use crate::keys::Keys;

    /// Refuses to forget while it is shut.
    #[derive(Default)]
    struct Place(Mutex<Held>);

    /// Names and secrets, and whether it is shut.
    type Held = (Vec<(String, Vec<u8>)>, bool);

    impl SecretStore for Place {
        fn get(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
            let held = self.0.lock().unwrap();
            Ok(held.0.iter().find(|(of, _)| of == name).map(|(_, secret)| Zeroizing::new(secret.clone())))
        }

        fn set(&self, name: &str, secret: &[u8]) -> Result<(), StoreError> {
            self.0.lock().unwrap().0.push((name.to_owned(), secret.to_vec()));
            Ok(())
        }

        fn delete(&self, name: &str) -> Result<(), StoreError> {
            let mut held = self.0.lock().unwrap();
            if held.1 {
                return Err(StoreError::SecretsUnavailable("shut".to_owned()));
            }
            held.0.retain(|(of, _)| of != name);
            Ok(())
        }
    }

    #[test]
    fn a_wiped_home_leaves_no_file_and_no_key_and_what_was_cut_short_is_ended_later() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("home");
        let home = Home::open(&root).unwrap();
        let place = Place::default();
        Keys::obtain(&home, &place, &|bytes: &mut [u8]| bytes.fill(7)).unwrap();
        fs::create_dir(root.join("respaldos")).unwrap();
        let folders = ["backups/a.zuc", "respaldos/b.zuc", "attachments/c", "logs/d.log"];
        for name in FILES.into_iter().chain(folders) {
            fs::write(root.join(name), b"x").unwrap();
        }
        place.0.lock().unwrap().1 = true;
        assert!(matches!(wipe(&root, Some(&place)), Err(StoreError::SecretsUnavailable(_))));
        assert!(is_begun(&root) && !root.join("zuclubit.db").exists(), "the rest is gone all the same");
        place.0.lock().unwrap().1 = false;
        wipe(&root, Some(&place)).unwrap();
        assert!(!root.exists() && place.0.lock().unwrap().0.is_empty());
        drop(home);
    }

    #[test]
    fn what_is_not_the_homes_stays() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("home");
        drop(Home::open(&root).unwrap());
        fs::write(root.join("carta.txt"), b"x").unwrap();
        wipe(&root, None).unwrap();
        let left: Vec<_> = fs::read_dir(&root).unwrap().map(|file| file.unwrap().file_name()).collect();
        assert_eq!(left, ["carta.txt"]);
    }
}
