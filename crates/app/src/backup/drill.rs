//! The trial: the newest backup is opened aside, verified whole and thrown away. The data are not touched.

use zuc_ipc::{backup::BackupTried, words};
use zuc_store::{BackupError, StoreError, backups_in};

use super::{TRIED, aside, instant};
use crate::{AppError, Office};

impl Office {
    /// Opens the newest backup of this laptop aside, makes its read tables, and verifies pages, chains, documents and
    /// rows against what the data were when it was made.
    ///
    /// # Errors
    /// `backup.none` without one; `backup.damaged`, `backup.names_missing`, `store.disk_full`.
    pub async fn backup_drill(&self) -> Result<BackupTried, AppError> {
        let _hand = self.at_work();
        let folder = self.backup_folder().await?;
        let me = self.exchange.device_keys().id();
        let told = self.told();
        let tell = told.clone();
        let newest = aside(move || {
            let mut backups = match backups_in(&folder) {
                // the home's own folder is made with the first backup
                Err(StoreError::Backup(BackupError::FolderGone)) => Vec::new(),
                found => found?,
            };
            backups.retain(|backup| backup.header.device == me);
            let newest = backups.into_iter().next().ok_or(BackupError::None)?;
            newest.check(tell.as_ref())?;
            Ok::<_, StoreError>(newest)
        })
        .await??;
        let tried = self.store.try_backup(&newest, told).await?;
        let good = tried.same && tried.problems.is_empty();
        let day = jiff::Timestamp::from_millisecond(newest.header.at_ms).unwrap_or_default();
        let day = day.to_zoned_datetime(self.zone.clone()).strftime("%d/%m/%Y, %H:%M").to_string();
        let text = if good {
            self.set_setting(TRIED, &self.now().as_millisecond().to_string()).await?;
            words::count("backup.tried_good", tried.records, &[("day", &day)])
        } else {
            words::fill("backup.tried_bad", &[("day", &day)])
        };
        let problems = tried.problems.iter().map(ToString::to_string).collect();
        Ok(BackupTried { at: instant(newest.header.at_ms), records: tried.records, good, problems, text })
    }
}
