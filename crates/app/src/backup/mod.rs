//! Backups of this device: by themselves once a day, or now; which there are, and whether the newest is good.

mod drill;
mod schedule;
mod trial;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use zuc_ipc::backup::{BackupProgress, BackupRow, BackupTo, BackupView};
use zuc_store::{BACKUP_FOLDER, Backup, BackupOrder, Progress, Reason, Step, Told, backups_in};

use crate::{AppError, Notice, Office, failpoint::failpoint};

/// Setting: when the last backup was made, in Unix milliseconds.
const MADE: &str = "backup_made";
/// Setting: the last try that failed, as JSON.
const FAILED: &str = "backup_failed";
/// Setting: when a backup was tried last and was good, in Unix milliseconds.
const TRIED: &str = "backup_tried";

/// Setting: since when there are backups here to be tried, in Unix milliseconds.
const SINCE: &str = "backup_since";

/// A try that failed.
#[derive(Serialize, Deserialize)]
struct Failed {
    at_ms: i64,
    code: String,
}

impl Office {
    /// Makes a backup now, into `to`, or into the folder that is set.
    ///
    /// # Errors
    /// `backup.folder_gone`, `backup.folder_shut`, `backup.no_room`; `store.disk_full` where the data's own disk is full;
    /// `lock.ask` where the folder is not the one inside the data.
    pub async fn backup_now(&self, to: BackupTo) -> Result<BackupView, AppError> {
        let _hand = self.at_work();
        let folder = match to.folder.trim() {
            "" => self.backup_folder().await?,
            typed => whole(Path::new(typed))?,
        };
        if folder != self.own_backups()? {
            self.ask_again()?;
        }
        let made = self.back_up(folder, Reason::Manual).await?;
        Ok(BackupView { made: Some(row(&made, true)), ..self.backup_view().await? })
    }

    /// How the backups stand.
    pub async fn backup_view(&self) -> Result<BackupView, AppError> {
        let folder = self.backup_folder().await?;
        let own = self.own_backups()?;
        let me = self.exchange.device_keys().id();
        let place = folder.clone();
        let rows = aside(move || backups_in(&place)).await?;
        // a folder that is not there is said by the last try; what is shown of it is nothing
        let rows = rows.unwrap_or_default().iter().map(|backup| row(backup, backup.header.device == me)).collect();
        let failed: Option<Failed> = self.setting(FAILED).await?.and_then(|json| serde_json::from_str(&json).ok());
        Ok(BackupView {
            inside: folder == own,
            folder: folder.display().to_string(),
            rows,
            failed_at: failed.as_ref().map(|failed| instant(failed.at_ms)).unwrap_or_default(),
            failed: failed.map(|failed| failed.code),
            made: None,
            tried_at: self.millis(TRIED).await?.map(instant).unwrap_or_default(),
            trial_due: self.trial_due().await?,
            files_elsewhere: self.store.file_space().await?.elsewhere,
        })
    }

    /// Backups go into this folder from now on; empty for the one inside the data.
    ///
    /// # Errors
    /// `backup.folder_gone` where it is not there; `lock.ask` for another than the one inside the data.
    pub async fn backup_set_folder(&self, folder: &str) -> Result<BackupView, AppError> {
        if folder.trim().is_empty() {
            self.store.delete_setting(BACKUP_FOLDER).await?;
        } else {
            // every day's backup goes there from now on
            self.ask_again()?;
            let folder = whole(Path::new(folder.trim()))?;
            self.set_setting(BACKUP_FOLDER, &folder.display().to_string()).await?;
        }
        // what was wrong with the folder before is wrong no more
        self.store.delete_setting(FAILED).await?;
        self.backup_view().await
    }

    async fn back_up(&self, folder: PathBuf, reason: Reason) -> Result<Backup, AppError> {
        let order = BackupOrder { folder, at: self.now().to_zoned_datetime(self.zone.clone()), reason };
        let told = self.told();
        failpoint("backup.begun")?;
        let made = self.store.back_up(&order, told).await;
        match &made {
            Ok(_) => {
                let now = self.now().as_millisecond().to_string();
                self.set_setting(MADE, &now).await?;
                if self.millis(SINCE).await?.is_none() {
                    self.set_setting(SINCE, &now).await?;
                }
                self.store.delete_setting(FAILED).await?;
            }
            Err(error) => {
                let failed = Failed { at_ms: self.now().as_millisecond(), code: error.code().to_owned() };
                let noted = self.set_setting(FAILED, &serde_json::to_string(&failed)?).await;
                if let Err(error) = noted {
                    // a full disk has no room for this either
                    tracing::warn!(code = error.code, "that a backup failed could not be noted");
                }
            }
        }
        Ok(made?)
    }

    /// Makes a backup of what stands here before another takes its place; gives where it lies.
    pub(crate) async fn back_up_before_restoring(&self) -> Result<PathBuf, AppError> {
        Ok(self.back_up(self.own_backups()?, Reason::Restore).await?.path)
    }

    async fn backup_folder(&self) -> Result<PathBuf, AppError> {
        match self.setting(BACKUP_FOLDER).await? {
            Some(folder) => Ok(PathBuf::from(folder)),
            None => self.own_backups(),
        }
    }

    fn own_backups(&self) -> Result<PathBuf, AppError> {
        let home = self.store.home().ok_or_else(|| AppError::new("app.internal", "a store without a home"))?;
        Ok(home.own_backups())
    }

    async fn millis(&self, setting: &str) -> Result<Option<i64>, AppError> {
        Ok(self.setting(setting).await?.and_then(|text| text.parse().ok()))
    }

    fn told(&self) -> Arc<Told> {
        told(self.notices.clone())
    }
}

/// Tells every window how far it is, at each step and each whole percent.
pub(crate) fn told(notices: tokio::sync::broadcast::Sender<Notice>) -> Arc<Told> {
    let last = std::sync::Mutex::new((Step::Copy, u64::MAX));
    Arc::new(move |progress: Progress| {
        let percent = (progress.done * 100).checked_div(progress.total).unwrap_or(0);
        let mut last = last.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if *last != (progress.step, percent) {
            *last = (progress.step, percent);
            let (done, total) = (progress.done, progress.total);
            // nobody listening is not an error: the command line has no window
            let _ = notices.send(Notice::Backup(BackupProgress { step: name(progress.step).to_owned(), done, total }));
        }
    })
}

const fn name(step: Step) -> &'static str {
    match step {
        Step::Copy => "copy",
        Step::Write => "write",
        Step::Check => "check",
        Step::Read => "read",
        Step::Project => "project",
        Step::Verify => "verify",
    }
}

/// Work on files, on a thread of its own.
pub(crate) async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, AppError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| AppError::new("app.internal", "work on files was interrupted"))
}

/// The folder as it is called from everywhere.
fn whole(folder: &Path) -> Result<PathBuf, AppError> {
    let gone = |error: std::io::Error| AppError::new("backup.folder_gone", error.kind().to_string()).at("folder");
    let folder = std::fs::canonicalize(folder).map_err(gone)?;
    if folder.is_dir() { Ok(folder) } else { Err(AppError::new("backup.folder_gone", "not a folder").at("folder")) }
}

fn row(backup: &Backup, own: bool) -> BackupRow {
    let reason = match backup.header.reason {
        Reason::Daily => "daily",
        Reason::Manual => "manual",
        Reason::Migration => "migration",
        Reason::Restore => "restore",
    };
    BackupRow {
        path: backup.path.display().to_string(),
        at: instant(backup.header.at_ms),
        reason: reason.to_owned(),
        size: backup.size,
        own,
    }
}

/// RFC 3339.
pub(crate) fn instant(millis: i64) -> String {
    Timestamp::from_millisecond(millis).unwrap_or_default().to_string()
}
