//! The backups of a folder: their names, which there are, which are kept.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use zuc_protocol::ids::DeviceId;

use super::disk::at_folder;
use super::{Backup, Reason};
use crate::StoreError;

/// Days, and weeks, of which the newest backup stays.
const DAYS: usize = 7;
const WEEKS: usize = 4;
/// Those made by hand, before a migration and before a restoration, that stay beside them.
const OTHERS: usize = 3;
const ENDING: &str = "zuc";

/// What tells a laptop's files from another's in one folder.
pub(super) fn short(device: DeviceId) -> String {
    hex::encode(&device.0[..4])
}

/// A place for a new backup.
pub(super) fn place(folder: &Path, at: DateTime, device: DeviceId) -> PathBuf {
    let name = format!("respaldo-{}-{}", at.strftime("%Y-%m-%d-%H%M%S"), short(device));
    let first = folder.join(format!("{name}.{ENDING}"));
    let others = (2..u32::MAX).map(|n| folder.join(format!("{name}-{n}.{ENDING}")));
    std::iter::once(first.clone()).chain(others).find(|path| !path.exists()).unwrap_or(first)
}

/// The backups of a folder, newest first; other files are passed over.
///
/// # Errors
/// [`super::BackupError::FolderGone`] when it is not there.
pub fn backups_in(folder: &Path) -> Result<Vec<Backup>, StoreError> {
    let mut backups = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(at_folder(folder))? {
        let path = entry.map_err(at_folder(folder))?.path();
        if path.extension().is_some_and(|ending| ending == ENDING) {
            backups.extend(Backup::open(&path).ok());
        }
    }
    backups.sort_by(|one, other| (other.header.at_ms, &other.path).cmp(&(one.header.at_ms, &one.path)));
    Ok(backups)
}

/// Deletes the backups of a laptop that are not kept, and what it left half written; how many went.
pub(super) fn prune(folder: &Path, device: DeviceId, zone: &TimeZone) -> Result<usize, StoreError> {
    let mut backups = backups_in(folder)?;
    backups.retain(|backup| backup.header.device == device);
    let made: Vec<(Date, Reason)> = backups
        .iter()
        .map(|backup| {
            let at = jiff::Timestamp::from_millisecond(backup.header.at_ms).unwrap_or_default();
            (at.to_zoned_datetime(zone.clone()).date(), backup.header.reason)
        })
        .collect();
    let mut gone = 0;
    for (backup, _) in backups.iter().zip(kept(&made)).filter(|(_, kept)| !kept) {
        std::fs::remove_file(&backup.path).map_err(at_folder(&backup.path))?;
        gone += 1;
    }
    let half = format!("-{}", short(device));
    for entry in std::fs::read_dir(folder).map_err(at_folder(folder))?.flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') && path.extension().is_some_and(|ending| ending == "part") && name.contains(&half) {
            // of a backup that was cut short; one that cannot be deleted is no reason to say that this one failed
            let _ = std::fs::remove_file(path);
        }
    }
    Ok(gone)
}

/// Of backups, newest first, which stay: the newest of seven days and of four weeks, the last three made by hand, the last
/// three made before a migration, and the last three made before a restoration.
fn kept(made: &[(Date, Reason)]) -> Vec<bool> {
    let (mut days, mut weeks) = (BTreeSet::new(), BTreeSet::new());
    let (mut manual, mut migrations, mut restorations) = (0, 0, 0);
    made.iter()
        .map(|(day, reason)| {
            let week = day.iso_week_date();
            let of_its_day = days.len() < DAYS && days.insert(*day);
            let of_its_week = weeks.len() < WEEKS && weeks.insert((week.year(), week.week()));
            let other = match reason {
                Reason::Daily => false,
                Reason::Manual => within(&mut manual),
                Reason::Migration => within(&mut migrations),
                Reason::Restore => within(&mut restorations),
            };
            of_its_day || of_its_week || other
        })
        .collect()
}

fn within(count: &mut usize) -> bool {
    *count += 1;
    *count <= OTHERS
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan as _;
    use jiff::civil::date;

    use super::*;

    #[test]
    fn of_sixty_daily_ones_seven_days_and_four_weeks_stay() {
        let newest = date(2026, 11, 29);
        let made: Vec<_> = (0..60).map(|back| (newest - back.days(), Reason::Daily)).collect();
        let days: Vec<Date> =
            made.iter().zip(kept(&made)).filter(|(_, kept)| *kept).map(|((day, _), _)| *day).collect();
        let week = (0..7).map(|back| newest - back.days());
        let sundays = [date(2026, 11, 22), date(2026, 11, 15), date(2026, 11, 8)];
        assert_eq!(days, week.chain(sundays).collect::<Vec<_>>());
        // pruned every day, the same stay as pruned once
        let mut stay: Vec<(Date, Reason)> = Vec::new();
        for day in made.iter().rev() {
            stay.insert(0, *day);
            let kept = kept(&stay);
            let mut kept = kept.iter();
            stay.retain(|_| *kept.next().unwrap());
        }
        assert_eq!(stay.len(), 10);
    }

    #[test]
    fn the_last_three_by_hand_before_a_migration_and_before_a_restoration_stay_beside_them() {
        let day = date(2026, 11, 29);
        let hour = |reason| (day, reason);
        let others = [Reason::Manual, Reason::Migration, Reason::Restore].map(|reason| [hour(reason); 5]);
        let made = [[hour(Reason::Daily); 2].as_slice(), &others.concat()].concat();
        let kept = kept(&made);
        let three = [true, true, true, false, false];
        assert_eq!(kept, [[true, false].as_slice(), &three, &three, &three].concat());
    }
}
