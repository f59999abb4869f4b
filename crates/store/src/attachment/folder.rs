//! Sealed files on a disk: `HASH` once whole, `HASH.part` while coming, `….new` while being sealed. No name that a person or
//! a peer gave reaches a path.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Seek as _, SeekFrom, Write};
use std::path::{Path, PathBuf};

use zuc_domain::attachment::{ContentKey, FileHash, MAX_BYTES};
use zuc_protocol::attachment::{Naming, Opener, PIECE, SEALED_PIECE, Sealer, sealed_size};
use zuc_protocol::secret::AttachmentKey;

use super::AttachmentError;
use crate::StoreError;

/// Bytes read at once to name a file.
const GULP: usize = 256 << 10;

/// A file that was just sealed onto this disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewFile {
    /// Names its sealed bytes.
    pub hash: FileHash,
    /// What opens them.
    pub key: ContentKey,
    /// How long it is, in clear bytes.
    pub size: u64,
}

/// The folder of sealed files.
#[derive(Debug, Clone)]
pub(super) struct Folder(pub(super) PathBuf);

impl Folder {
    fn whole(&self, hash: FileHash) -> PathBuf {
        self.0.join(hex::encode(hash.0))
    }

    fn part(&self, hash: FileHash) -> PathBuf {
        self.0.join(format!("{}.part", hex::encode(hash.0)))
    }

    /// Whether the whole file is here.
    pub(super) fn has(&self, hash: FileHash) -> bool {
        self.whole(hash).exists()
    }

    /// How much of a file that is coming is here.
    pub(super) fn has_of(&self, hash: FileHash) -> u64 {
        fs::metadata(self.part(hash)).map_or(0, |found| found.len())
    }

    /// Seals what `source` gives under a fresh key; `noise` also names it while that goes on. What is here when this
    /// returns is synced.
    ///
    /// # Errors
    /// [`AttachmentError::TooLarge`]; what the disk, or `source`, says.
    pub(super) fn seal(&self, source: &mut dyn Read, key: [u8; 32], noise: [u8; 16]) -> Result<NewFile, StoreError> {
        let beside = self.0.join(format!("{}.new", hex::encode(noise)));
        let sealed = self.seal_into(&beside, source, key);
        if sealed.is_err() {
            // what it was for is not there: the sweep takes it, should it not go now
            let _ = fs::remove_file(&beside);
        }
        sealed
    }

    fn seal_into(&self, beside: &Path, source: &mut dyn Read, key: [u8; 32]) -> Result<NewFile, StoreError> {
        let mut out =
            private(OpenOptions::new().create_new(true).write(true)).open(beside).map_err(StoreError::io(beside))?;
        let mut sealer = Sealer::new(AttachmentKey::from_bytes(key));
        let (mut naming, mut size) = (Naming::default(), 0);
        let (mut now, mut next) = (Vec::with_capacity(PIECE), Vec::with_capacity(PIECE));
        fill(source, &mut now).map_err(StoreError::io("the file"))?;
        loop {
            fill(source, &mut next).map_err(StoreError::io("the file"))?;
            size += now.len() as u64;
            if size + next.len() as u64 > MAX_BYTES {
                return Err(AttachmentError::TooLarge.into());
            }
            let last = next.is_empty();
            let sealed = sealer.seal(&now, last).map_err(|_| AttachmentError::TooLarge)?;
            naming.take(&sealed);
            out.write_all(&sealed).map_err(StoreError::io(beside))?;
            if last {
                break;
            }
            std::mem::swap(&mut now, &mut next);
        }
        out.sync_all().map_err(StoreError::io(beside))?;
        let hash = FileHash(naming.name().0);
        self.settle(beside, hash)?;
        Ok(NewFile { hash, key: ContentKey(key), size })
    }

    /// Opens a whole file into `out`.
    ///
    /// # Errors
    /// [`AttachmentError::NotHere`], [`AttachmentError::Altered`]: then whatever was written is worth nothing.
    pub(super) fn open(&self, file: &NewFile, out: &mut dyn Write) -> Result<(), StoreError> {
        let path = self.whole(file.hash);
        let mut sealed = match File::open(&path) {
            Err(cause) if cause.kind() == ErrorKind::NotFound => return Err(AttachmentError::NotHere.into()),
            opened => opened.map_err(StoreError::io(&path))?,
        };
        let long = sealed.metadata().map_err(StoreError::io(&path))?.len();
        if long != sealed_size(file.size) {
            return Err(AttachmentError::Altered.into());
        }
        let mut opener = Opener::new(AttachmentKey::from_bytes(file.key.0));
        let (mut piece, mut left) = (vec![0; SEALED_PIECE], long);
        while left > 0 {
            let take = left.min(SEALED_PIECE as u64);
            left -= take;
            let piece = &mut piece[..usize::try_from(take).unwrap_or(SEALED_PIECE)];
            sealed.read_exact(piece).map_err(StoreError::io(&path))?;
            let clear = opener.open(piece, left == 0).map_err(|_| AttachmentError::Altered)?;
            out.write_all(&clear).map_err(StoreError::io("the file"))?;
        }
        Ok(())
    }

    /// Sealed bytes of a whole file from a place on, `max` at most.
    pub(super) fn read(&self, hash: FileHash, at: u64, max: usize) -> Result<Vec<u8>, StoreError> {
        let path = self.whole(hash);
        let mut file = File::open(&path).map_err(StoreError::io(&path))?;
        file.seek(SeekFrom::Start(at)).map_err(StoreError::io(&path))?;
        let mut bytes = Vec::new();
        file.take(max as u64).read_to_end(&mut bytes).map_err(StoreError::io(&path))?;
        Ok(bytes)
    }

    /// Adds bytes to a file that is coming, where it ends; synced, so that no cut makes them be asked for again.
    pub(super) fn append(&self, hash: FileHash, bytes: &[u8]) -> Result<(), StoreError> {
        let path = self.part(hash);
        let mut file =
            private(OpenOptions::new().create(true).append(true)).open(&path).map_err(StoreError::io(&path))?;
        file.write_all(bytes).and_then(|()| file.sync_data()).map_err(StoreError::io(&path))
    }

    /// Takes a file that has come to its end, if it is what its name says; else nothing of it is kept.
    ///
    /// # Errors
    /// [`AttachmentError::Altered`].
    pub(super) fn finish(&self, hash: FileHash) -> Result<(), StoreError> {
        let path = self.part(hash);
        if is_named(&path, hash)? {
            return self.settle(&path, hash);
        }
        self.drop_part(hash)?;
        Err(AttachmentError::Altered.into())
    }

    /// Throws away what has come of a file.
    pub(super) fn drop_part(&self, hash: FileHash) -> Result<(), StoreError> {
        gone(&self.part(hash))
    }

    /// Takes a whole file away, durably; what had come of it once more stays.
    pub(super) fn give_up(&self, hash: FileHash) -> Result<(), StoreError> {
        gone(&self.whole(hash))?;
        sync(&self.0)
    }

    /// Whether a whole file still is what its name says; one that is not is thrown away, to be fetched again.
    pub(super) fn is_sound(&self, hash: FileHash) -> Result<bool, StoreError> {
        let path = self.whole(hash);
        let sound = is_named(&path, hash)?;
        if !sound {
            gone(&path)?;
        }
        Ok(sound)
    }

    /// Deletes whatever is none of `kept`, also what was begun and not ended. How many files went.
    pub(super) fn sweep(&self, kept: &BTreeSet<FileHash>) -> Result<usize, StoreError> {
        let mut swept = 0;
        for entry in fs::read_dir(&self.0).map_err(StoreError::io(&self.0))? {
            let path = entry.map_err(StoreError::io(&self.0))?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let hash = name.strip_suffix(".part").unwrap_or(name).parse::<FileHash>();
            if !hash.is_ok_and(|hash| kept.contains(&hash)) {
                gone(&path)?;
                swept += 1;
            }
        }
        if swept > 0 {
            sync(&self.0)?;
        }
        Ok(swept)
    }

    fn settle(&self, beside: &Path, hash: FileHash) -> Result<(), StoreError> {
        let path = self.whole(hash);
        fs::rename(beside, &path).map_err(StoreError::io(&path))?;
        sync(&self.0)
    }
}

/// Reads as much as fits a piece, or what is left.
fn fill(source: &mut dyn Read, into: &mut Vec<u8>) -> std::io::Result<()> {
    into.clear();
    source.take(PIECE as u64).read_to_end(into)?;
    Ok(())
}

/// Whether a file's bytes are what its name says.
pub(crate) fn is_named(path: &Path, hash: FileHash) -> Result<bool, StoreError> {
    Ok(name_of(path)? == hash)
}

fn name_of(path: &Path) -> Result<FileHash, StoreError> {
    let mut file = File::open(path).map_err(StoreError::io(path))?;
    let (mut naming, mut gulp) = (Naming::default(), vec![0; GULP]);
    loop {
        match file.read(&mut gulp).map_err(StoreError::io(path))? {
            0 => return Ok(FileHash(naming.name().0)),
            read => naming.take(&gulp[..read]),
        }
    }
}

fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

fn gone(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(cause) if cause.kind() != ErrorKind::NotFound => Err(StoreError::io(path)(cause)),
        _ => Ok(()),
    }
}

fn sync(folder: &Path) -> Result<(), StoreError> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(StoreError::io(folder))
}

#[cfg(test)]
mod tests {
    use zuc_domain::attachment::FileName;

    use super::*;

    fn folder() -> (tempfile::TempDir, Folder) {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder(place.path().to_owned());
        (place, folder)
    }

    fn names(folder: &Folder) -> Vec<String> {
        let entries = fs::read_dir(&folder.0).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn what_is_sealed_comes_back_and_lies_nowhere_in_clear() {
        let (_place, folder) = folder();
        for length in [0, 1, PIECE, PIECE + 1, 3 * PIECE - 7] {
            let clear = b"CANARIO-7731 ".iter().copied().cycle().take(length).collect::<Vec<u8>>();
            let file = folder.seal(&mut clear.as_slice(), [3; 32], [4; 16]).unwrap();
            assert_eq!(file.size, length as u64);
            let mut opened = Vec::new();
            folder.open(&file, &mut opened).unwrap();
            assert_eq!(opened, clear);
            let sealed = fs::read(folder.whole(file.hash)).unwrap();
            assert!(!sealed.windows(7).any(|window| window == b"CANARIO"));
            let wrong = NewFile { key: ContentKey([9; 32]), ..file };
            assert_eq!(folder.open(&wrong, &mut opened).unwrap_err().code(), "attachment.altered");
        }
    }

    #[test]
    fn a_file_above_the_bound_is_refused_and_leaves_nothing() {
        let (_place, folder) = folder();
        let refused = folder.seal(&mut std::io::repeat(7).take(MAX_BYTES + 1), [3; 32], [4; 16]).unwrap_err();
        assert_eq!(refused.code(), "attachment.too_large");
        assert!(names(&folder).is_empty());
        let whole = folder.seal(&mut std::io::repeat(7).take(MAX_BYTES), [3; 32], [4; 16]).unwrap();
        assert_eq!(folder.0.join(&names(&folder)[0]).metadata().unwrap().len(), sealed_size(whole.size));
    }

    #[test]
    fn what_came_and_is_not_what_its_name_says_is_thrown_away_and_what_is_is_kept() {
        let ((_here, from), (_there, to)) = (folder(), folder());
        let file = from.seal(&mut b"acta constitutiva".as_slice(), [3; 32], [4; 16]).unwrap();
        let sealed = from.read(file.hash, 0, 1_000).unwrap();
        to.append(file.hash, b"otra cosa").unwrap();
        assert_eq!(to.finish(file.hash).unwrap_err().code(), "attachment.altered");
        assert!(names(&to).is_empty());
        to.append(file.hash, &sealed[..10]).unwrap();
        assert_eq!(to.has_of(file.hash), 10);
        to.append(file.hash, &from.read(file.hash, 10, 1_000).unwrap()).unwrap();
        to.finish(file.hash).unwrap();
        assert!(to.has(file.hash) && to.is_sound(file.hash).unwrap());
        fs::write(to.whole(file.hash), b"podrido").unwrap();
        assert!(!to.is_sound(file.hash).unwrap() && !to.has(file.hash));
    }

    /// Names that would leave the folder, be no file, hide what they are, or be too long: five hundred of them.
    fn hostile_names() -> Vec<String> {
        let heads = [
            "..",
            "../..",
            "/etc/passwd",
            "C:\\Windows\\x",
            "CON",
            "nul.txt",
            "a\u{202e}fdp.exe",
            "",
            ".",
            "~/.ssh/id",
        ];
        let middles = ["/", "\\", "\0", "\u{2028}", "\r\n", "n\u{303}", " . ", ":ads", "*?<>|\"", "\u{feff}"];
        let tails = [
            String::new(),
            "x".repeat(4_096),
            "\u{e9}".repeat(2_048) + ".pdf",
            "..".repeat(50),
            "COM1.tar.gz".to_owned(),
        ];
        let of = |head: &str| {
            let with = |middle: &str| tails.iter().map(|tail| format!("{head}{middle}{tail}")).collect::<Vec<_>>();
            middles.iter().flat_map(|middle| with(middle)).collect::<Vec<_>>()
        };
        heads.iter().flat_map(|head| of(head)).collect()
    }

    #[test]
    fn no_hostile_name_leaves_the_folder_it_is_saved_into_and_none_reaches_the_folder_of_sealed_files() {
        let place = tempfile::tempdir().unwrap();
        let (sealed, saved) = (place.path().join("attachments"), place.path().join("guardados"));
        fs::create_dir(&sealed).unwrap();
        fs::create_dir(&saved).unwrap();
        let folder = Folder(sealed);
        let names = hostile_names();
        assert_eq!(names.len(), 500);
        let file = folder.seal(&mut b"papel".as_slice(), [3; 32], [4; 16]).unwrap();
        for given in &names {
            let name = FileName::new(given);
            let path = saved.join(name.as_str());
            let mut out = File::create(&path).unwrap_or_else(|error| panic!("{given:?} as {name}: {error}"));
            folder.open(&file, &mut out).unwrap();
            assert_eq!(
                path.canonicalize().unwrap().parent(),
                Some(saved.canonicalize().unwrap().as_path()),
                "{given:?}"
            );
        }
        let mut beside: Vec<_> = fs::read_dir(place.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        beside.sort();
        assert_eq!(beside, ["attachments", "guardados"]);
        assert_eq!(self::names(&folder), [hex::encode(file.hash.0)]);
        assert!(fs::read_dir(&saved).unwrap().all(|entry| entry.unwrap().file_type().unwrap().is_file()));
    }

    #[test]
    fn the_sweep_takes_what_nobody_knows_and_nothing_else() {
        let (_place, folder) = folder();
        let kept = folder.seal(&mut b"uno".as_slice(), [3; 32], [4; 16]).unwrap();
        folder.seal(&mut b"dos".as_slice(), [5; 32], [4; 16]).unwrap();
        folder.append(kept.hash, b"x").unwrap();
        fs::write(folder.0.join("0011.new"), b"half").unwrap();
        assert_eq!(folder.sweep(&BTreeSet::from([kept.hash])).unwrap(), 2);
        assert!(folder.has(kept.hash) && folder.has_of(kept.hash) == 1);
    }
}
