//! Refuses an archive that would hurt before anything reads its content.
//!
//! Every entry is inflated once into nothing while the bytes are counted, because what a header says
//! about sizes is only a claim.

use std::io::{Cursor, Read};

use zip::{ZipArchive, read::ZipReadOptions};

use super::error::ImportError;

/// Inflated bytes per stored byte.
const MAX_RATIO: u64 = 100;
/// Inflated bytes of the whole archive.
const MAX_TOTAL: u64 = 200 * 1024 * 1024;
/// Entries of the archive.
const MAX_ENTRIES: usize = 2_000;
/// Below this an entry cannot hurt, and a small part of a workbook may well repeat itself.
const RATIO_FROM: u64 = 64 * 1024;
/// The type bits of a Unix mode and their value for a symbolic link.
const FILE_TYPE: u32 = 0o170_000;
const SYMLINK: u32 = 0o120_000;

/// Checks names, count, overlap, ratio and total of an archive.
///
/// # Errors
/// [`ImportError::ZipBomb`] for an archive beyond a limit or that lies, [`ImportError::BadWorkbook`] for one that
/// cannot be read, as when it was cut short.
pub(super) fn check(bytes: &[u8]) -> Result<(), ImportError> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| ImportError::BadWorkbook)?;
    if archive.len() > MAX_ENTRIES || archive.has_duplicate_names() {
        return Err(ImportError::ZipBomb);
    }
    let mut spans = Vec::with_capacity(archive.len());
    let mut total = 0_u64;
    for index in 0..archive.len() {
        let (span, inflated) = inflate(&mut archive, index, MAX_TOTAL - total)?;
        spans.push(span);
        total += inflated;
    }
    spans.push((archive.central_directory_start(), bytes.len() as u64));
    spans.sort_unstable();
    let overlap = spans.windows(2).any(|pair| pair[0].1 > pair[1].0);
    if overlap || exceeds_ratio(total, bytes.len() as u64) { Err(ImportError::ZipBomb) } else { Ok(()) }
}

/// The stretch of the file that an entry takes up, and how many bytes it really inflates to.
fn inflate(archive: &mut ZipArchive<Cursor<&[u8]>>, index: usize, left: u64) -> Result<((u64, u64), u64), ImportError> {
    // Checksums are the reader's affair; with them off, the bytes are counted here and not cut at the claimed size.
    let options = ZipReadOptions::new().ignore_crc32(true);
    let mut entry = archive.by_index_with_options(index, options).map_err(|_| ImportError::BadWorkbook)?;
    let linked = entry.unix_mode().is_some_and(|mode| mode & FILE_TYPE == SYMLINK);
    let name = entry.name().map_err(|_| ImportError::ZipBomb)?.into_owned();
    if linked || reaches_outside(&name) || entry.enclosed_name().is_none() {
        return Err(ImportError::ZipBomb);
    }
    let (stored, claimed) = (entry.compressed_size(), entry.size());
    if claimed > left {
        return Err(ImportError::ZipBomb);
    }
    let start = entry.header_start();
    let data = entry.data_start().unwrap_or(start);
    let mut buffer = vec![0_u8; 64 * 1024];
    let mut inflated = 0_u64;
    // Up to the claimed size and not beyond: the next byte, if there is one, shows the lie.
    while inflated < claimed {
        let wanted = usize::try_from(claimed - inflated).unwrap_or(usize::MAX).min(buffer.len());
        let read = entry.read(&mut buffer[..wanted]).map_err(|_| ImportError::BadWorkbook)?;
        inflated += read as u64;
        if read == 0 || exceeds_ratio(inflated, stored) {
            return Err(ImportError::ZipBomb);
        }
    }
    if !matches!(entry.read(&mut buffer[..1]), Ok(0)) {
        return Err(ImportError::ZipBomb);
    }
    Ok(((start, data.saturating_add(stored)), inflated))
}

fn exceeds_ratio(inflated: u64, stored: u64) -> bool {
    inflated >= RATIO_FROM && inflated / stored.max(1) >= MAX_RATIO
}

/// Absolute paths, drives, parents and backslashes have no place in a workbook.
fn reaches_outside(name: &str) -> bool {
    name.starts_with('/')
        || name.contains(['\\', '\0'])
        || name.as_bytes().get(1) == Some(&b':')
        || name.split('/').any(|part| part == "..")
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::{ZipWriter, write::SimpleFileOptions};

    use super::*;

    fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in entries {
            writer.start_file(*name, SimpleFileOptions::default()).unwrap();
            writer.write_all(content).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    /// Rewrites the uncompressed size in the local and in the central header.
    fn lie_about_size(mut bytes: Vec<u8>, size: u32) -> Vec<u8> {
        let central = bytes.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
        bytes[22..26].copy_from_slice(&size.to_le_bytes());
        bytes[central + 24..central + 28].copy_from_slice(&size.to_le_bytes());
        bytes
    }

    #[test]
    fn an_honest_archive_passes() {
        assert_eq!(check(&archive(&[("xl/workbook.xml", b"<workbook/>"), ("a.xml", b"<a/>")])), Ok(()));
    }

    #[test]
    fn zeros_without_end_are_refused() {
        assert_eq!(check(&archive(&[("a.xml", &vec![0; 20_000_000])])), Err(ImportError::ZipBomb));
    }

    #[test]
    fn a_header_that_lies_about_its_size_is_refused() {
        let honest = archive(&[("a.xml", &b"0123456789abcdef".repeat(64))]);
        assert_eq!(check(&lie_about_size(honest.clone(), 12)), Err(ImportError::ZipBomb));
        assert_eq!(check(&lie_about_size(honest.clone(), u32::MAX - 1)), Err(ImportError::ZipBomb));
        assert_eq!(check(&lie_about_size(honest, 4_096)), Err(ImportError::ZipBomb));
    }

    #[test]
    fn two_entries_over_the_same_bytes_are_refused() {
        let content: Vec<u8> = (0..2_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let mut bytes = archive(&[("a.xml", &content), ("b.xml", &content)]);
        let second = bytes.windows(4).rposition(|window| window == b"PK\x01\x02").unwrap();
        // The second central header now points at the local header of the first entry.
        bytes[second + 42..second + 46].copy_from_slice(&0_u32.to_le_bytes());
        assert_eq!(check(&bytes), Err(ImportError::ZipBomb));
    }

    #[test]
    fn names_that_reach_outside_are_refused() {
        for name in ["../../etc/passwd", "/etc/passwd", "xl\\..\\..\\a", "C:evil", "xl/../../a"] {
            assert_eq!(check(&archive(&[(name, b"x")])), Err(ImportError::ZipBomb), "{name}");
        }
    }

    #[test]
    fn a_symbolic_link_is_refused() {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        writer.add_symlink("a.xml", "/etc/passwd", SimpleFileOptions::default()).unwrap();
        let bytes = writer.finish().unwrap().into_inner();
        assert_eq!(check(&bytes), Err(ImportError::ZipBomb));
    }

    #[test]
    fn too_many_entries_are_refused() {
        let names: Vec<String> = (0..=MAX_ENTRIES).map(|i| format!("{i}.xml")).collect();
        let entries: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), b"x".as_slice())).collect();
        assert_eq!(check(&archive(&entries)), Err(ImportError::ZipBomb));
    }

    #[test]
    fn a_cut_archive_is_not_a_workbook() {
        let whole = archive(&[("a.xml", b"<a/>"), ("b.xml", b"<b/>")]);
        for length in 0..whole.len() {
            check(&whole[..length]).unwrap_err();
        }
    }
}
