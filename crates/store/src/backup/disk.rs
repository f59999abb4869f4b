//! Files in the folder for backups: private, whole under their name, and what goes wrong said as what a person can do.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::BackupError;
use crate::StoreError;

/// The name that a file has until it is whole.
pub(super) fn beside(to: &Path) -> PathBuf {
    let name = to.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    to.with_file_name(format!(".{name}.part"))
}

/// A new file that only its owner reads.
pub(super) fn private(path: &Path) -> Result<File, StoreError> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).truncate(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(at_folder(path))
}

/// Makes a rename last.
pub(super) fn sync_folder(of: &Path) -> Result<(), StoreError> {
    match of.parent() {
        Some(folder) => File::open(folder).and_then(|folder| folder.sync_all()).map_err(at_folder(folder)),
        None => Ok(()),
    }
}

/// What the folder for backups answers, said as what a person can do about it.
pub(super) fn at_folder(path: &Path) -> impl FnOnce(std::io::Error) -> StoreError {
    use std::io::ErrorKind;
    let path = path.to_owned();
    move |cause| match cause.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => BackupError::NoRoom.into(),
        ErrorKind::NotFound | ErrorKind::NotADirectory => BackupError::FolderGone.into(),
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => BackupError::FolderShut.into(),
        _ => StoreError::Io { path, cause },
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Error, ErrorKind};

    use super::*;

    #[test]
    fn a_full_a_missing_and_a_shut_folder_are_told_apart() {
        let code = |kind: ErrorKind| at_folder(Path::new("respaldos"))(Error::from(kind)).code();
        assert_eq!(code(ErrorKind::StorageFull), "backup.no_room");
        assert_eq!(code(ErrorKind::QuotaExceeded), "backup.no_room");
        assert_eq!(code(ErrorKind::NotFound), "backup.folder_gone");
        assert_eq!(code(ErrorKind::PermissionDenied), "backup.folder_shut");
        assert_eq!(code(ErrorKind::ReadOnlyFilesystem), "backup.folder_shut");
        assert_eq!(code(ErrorKind::TimedOut), "store.io");
    }
}
