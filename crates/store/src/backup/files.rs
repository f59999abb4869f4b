//! The bytes of files beside backups: a folder in which each lies once, by the hash of its sealed bytes. They are sealed under
//! keys of their own, which the backups hold, so that whoever is forgotten is forgotten here too.

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use zuc_domain::attachment::FileHash;

use super::disk::{at_folder, beside, private, sync_folder};
use crate::attachment::is_named;
use crate::{Store, StoreError};

/// The folder's name in a folder of backups.
const FOLDER: &str = "archivos";

/// Copies the sealed files of a home to where its backups lie, those that are not there yet. What stands there is whole.
///
/// # Errors
/// What the folder says.
pub(super) fn put_beside(home: &Path, backups: &Path) -> Result<(), StoreError> {
    let files: Vec<(FileHash, PathBuf)> = named_in(home)?.collect();
    if files.is_empty() {
        return Ok(());
    }
    let folder = backups.join(FOLDER);
    crate::keys::make_private(&folder)?;
    for (_, from) in files {
        copy(&from, &folder)?;
    }
    Ok(())
}

/// Copies the files that are `known` from beside a backup into a home, those that it has not and that are what their names
/// say.
pub(super) fn take_back(backups: &Path, home: &Path, known: &BTreeSet<FileHash>) -> Result<(), StoreError> {
    let folder = backups.join(FOLDER);
    if !folder.is_dir() {
        return Ok(());
    }
    for (hash, from) in named_in(&folder)?.filter(|(hash, _)| known.contains(hash)) {
        if is_named(&from, hash)? {
            copy(&from, home)?;
        }
    }
    Ok(())
}

/// Deletes files of persons who were forgotten: nothing opens them any more, and they are to lie nowhere.
pub(super) fn forget(backups: &Path, gone: &BTreeSet<FileHash>) -> Result<(), StoreError> {
    for hash in gone {
        let path = backups.join(FOLDER).join(hex::encode(hash.0));
        match std::fs::remove_file(&path) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(at_folder(&path)(cause)),
            _ => {}
        }
    }
    Ok(())
}

fn named_in(folder: &Path) -> Result<impl Iterator<Item = (FileHash, PathBuf)>, StoreError> {
    let entries = std::fs::read_dir(folder).map_err(at_folder(folder))?;
    Ok(entries.filter_map(|entry| {
        let path = entry.ok()?.path();
        let hash = path.file_name()?.to_str()?.parse().ok()?;
        Some((hash, path))
    }))
}

/// Whole under its name, or not at all.
fn copy(from: &Path, folder: &Path) -> Result<(), StoreError> {
    let to = folder.join(from.file_name().unwrap_or_default());
    if to.exists() {
        return Ok(());
    }
    let part = beside(&to);
    let mut out = private(&part)?;
    let mut source = File::open(from).map_err(at_folder(from))?;
    io::copy(&mut source, &mut out).and_then(|_| out.sync_all()).map_err(at_folder(&part))?;
    std::fs::rename(&part, &to).map_err(at_folder(&to))?;
    sync_folder(&to)
}

impl Store {
    /// Copies this laptop's files to where its backups lie, on a thread of its own: a slow disk must not hold up the rest.
    pub(super) async fn put_files_beside(&self, backups: &Path) -> Result<(), StoreError> {
        let Some(home) = self.home() else { return Ok(()) };
        let (from, to) = (home.attachments(), backups.to_owned());
        let put = tokio::task::spawn_blocking(move || put_beside(&from, &to)).await;
        put.map_err(|_| super::BackupError::FolderGone)?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_go_beside_a_backup_once_come_back_when_they_are_sound_and_are_forgotten() {
        let places = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let [home, backups, other] = places.each_ref().map(tempfile::TempDir::path);
        let name = |bytes: &[u8]| {
            let mut naming = zuc_protocol::attachment::Naming::default();
            naming.take(bytes);
            FileHash(naming.name().0)
        };
        let file = |folder: &Path, hash: FileHash| folder.join(hex::encode(hash.0));
        let (one, two, spoilt) = (name(b"uno"), name(b"dos"), name(b"tres"));
        for (hash, bytes) in [(one, "uno"), (two, "dos"), (spoilt, "podrido")] {
            std::fs::write(file(home, hash), bytes).unwrap();
        }
        std::fs::write(home.join("0011.new"), b"half").unwrap();
        put_beside(home, backups).unwrap();
        put_beside(home, backups).unwrap();
        let shelf = backups.join(FOLDER);
        assert_eq!(std::fs::read_dir(&shelf).unwrap().count(), 3, "what is half is nobody's");

        take_back(backups, other, &BTreeSet::from([one, spoilt])).unwrap();
        let back: Vec<_> = named_in(other).unwrap().map(|(hash, _)| hash).collect();
        assert_eq!(back, [one], "the other is not known, or is not what its name says");
        forget(backups, &BTreeSet::from([one, name(b"nunca")])).unwrap();
        assert!(!file(&shelf, one).exists() && file(&shelf, two).exists());
        take_back(other, home, &BTreeSet::from([one])).unwrap();
    }
}
