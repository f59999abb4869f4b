//! Taking a backup back: into an empty home, or in the place of what stands, of which a backup is made first, and which is set
//! aside.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use zuc_ipc::{
    Changes,
    backup::{RestoreAsk, RestoreDone},
    words,
};
use zuc_protocol::recovery;
use zuc_store::{
    Backup, BackupError, StoreError,
    keys::{Home, Keys, SecretStore, random},
};

use super::{Desk, State};
use crate::{
    AppError, Notice,
    backup::{aside, instant, told},
    failpoint::failpoint,
};

/// How long what was not sent yet is waited for, before it is set aside with the rest.
const SENDING: std::time::Duration = std::time::Duration::from_secs(10);

impl Desk {
    /// Makes this home what a backup holds, and opens it. The keys of the home open the backup, or the recovery code does.
    /// Of what stands here and opens a backup is made first; then it is set aside and nothing of it deleted; refused, it stays
    /// as it is.
    ///
    /// # Errors
    /// `backup.not_found`, `backup.not_one`, `backup.damaged`, `backup.needs_code`, `backup.wrong_code`,
    /// `backup.other_company`, `backup.names_missing`, `store.too_new`, `store.disk_full`, `store.home_in_use`;
    /// `sync.bad_code` for a typing error; `lock.ask` where a passphrase opens what stands here and was not typed just now;
    /// those of a backup, where none could be made first.
    #[tracing::instrument(skip_all)]
    pub async fn restore(&self, ask: RestoreAsk) -> Result<RestoreDone, AppError> {
        let backup = self.looked_at(PathBuf::from(ask.file.trim())).await?;
        let mut state = self.state.lock().await;
        if let Err(error) = self.try_open(&mut state).await
            && error.code == "store.home_in_use"
        {
            return Err(error);
        }
        let (mut unsent, mut before) = (0, PathBuf::new());
        if let State::Open(office, _) = &*state {
            if office.exchange.company() != backup.header.company {
                return Err(StoreError::from(BackupError::OtherCompany).into());
            }
            office.ask_again()?;
            // what a newer version wrote this one cannot back up; it is set aside whole
            if office.store.newer().is_none() {
                before = office.back_up_before_restoring().await?;
            }
            unsent = office.store.unsent().await?;
            if unsent > 0 && office.is_online() {
                unsent = office.sync_until_settled(SENDING).await?.pending;
            }
        }
        match std::mem::replace(&mut *state, State::Moving) {
            State::Open(office, _) => office.close().await,
            State::Joining(store, _) => store.close().await,
            State::Shut | State::Fresh(_) | State::Locked(_) | State::Wiped | State::Moving => {}
        }
        let restored = self.restore_home(&backup, &ask).await;
        *state = State::Shut;
        // refused, it opens as it did before
        let opened = self.try_open(&mut state).await;
        let (forgotten, stood) = restored?;
        opened?;
        if let (State::Open(office, _), Some(folder)) = (&*state, before.parent()) {
            // what was taken back is older than that backup
            office.store.remember_backups_in(folder).await?;
        }
        // nothing that a window shows is known to hold; nobody listening is not an error: the command line has no window
        let _ = self.notices.send(Notice::Changes(Changes::all()));
        let zone = crate::office::zone();
        let day = jiff::Timestamp::from_millisecond(backup.header.at_ms).unwrap_or_default().to_zoned_datetime(zone);
        let day = day.strftime("%d/%m/%Y, %H:%M").to_string();
        let text = if unsent > 0 {
            words::count("backup.restored_unsent", unsent, &[("day", &day)])
        } else {
            words::fill("backup.restored", &[("day", &day)])
        };
        Ok(RestoreDone {
            at: instant(backup.header.at_ms),
            forgotten: u64::try_from(forgotten).unwrap_or(0),
            unsent,
            aside: stood.map(|path| path.display().to_string()).unwrap_or_default(),
            before: before.display().to_string(),
            text,
        })
    }

    /// All that can be said of the file is said before anything is closed.
    async fn looked_at(&self, file: PathBuf) -> Result<Backup, AppError> {
        let told = told(self.notices.clone());
        let looked = aside(move || {
            let backup = Backup::open(&file)?;
            backup.check(told.as_ref())?;
            Ok::<_, StoreError>(backup)
        });
        Ok(looked.await??)
    }

    async fn restore_home(&self, backup: &Backup, ask: &RestoreAsk) -> Result<(usize, Option<PathBuf>), AppError> {
        let home = self.home_again().await?;
        if home.company().is_some_and(|company| company != backup.header.company.to_uuid()) {
            return Err(StoreError::from(BackupError::OtherCompany).into());
        }
        let secrets = self.secrets(&home, None)?;
        let (home, keys) = self.keys_of(home, backup, ask, secrets.clone()).await?;
        let (entropy, told) = (self.ports.entropy.clone(), told(self.notices.clone()));
        let restored = backup.restore_into(&home, &keys, ask.nameless, entropy, told).await?;
        let forgotten = restored.forgotten;
        drop(restored);
        failpoint("restore.made")?;
        let id: [u8; 16] = random(self.ports.entropy.as_ref());
        let put = aside(move || {
            match keys.put_away(&id, secrets.as_ref()) {
                // a key file that cannot be read any more stands in nobody's way
                Err(StoreError::KeyFileDamaged) => {
                    home.set_keys_aside()?;
                    keys.put_away(&id, secrets.as_ref())?;
                }
                put => put?,
            }
            failpoint("restore.keyed")?;
            Ok::<_, AppError>(home.swap_in(&id)?)
        });
        Ok((forgotten, put.await??))
    }

    /// The keys that the backup is under: those of the home, or those that the recovery code opens. Argon2 and the keyring
    /// block, so they get a thread of their own.
    async fn keys_of(
        &self,
        home: Home,
        backup: &Backup,
        ask: &RestoreAsk,
        secrets: Arc<dyn SecretStore>,
    ) -> Result<(Home, Keys), AppError> {
        let held = aside(move || {
            let held = Keys::held(&home, secrets.as_ref());
            (home, held)
        });
        let (home, held) = held.await?;
        let held = match held {
            Err(StoreError::KeyFileDamaged) => None,
            held => held?,
        };
        if let Some(keys) = held.filter(|keys| backup.header.is_under(keys)) {
            return Ok((home, keys));
        }
        if ask.code.trim().is_empty() {
            return Err(StoreError::from(BackupError::NeedsCode).into());
        }
        let secret = recovery::from_code(&ask.code).map_err(|error| AppError::from(error).at("code"))?;
        let keys = backup.header.keys_by(&recovery::root_keys(&secret))?;
        Ok((home, keys))
    }

    /// The home, once whatever this process had open over it is closed.
    pub(super) async fn home_again(&self) -> Result<Home, AppError> {
        let mut tries = 100;
        loop {
            match Home::open(Path::new(&self.root)) {
                // work in the background may hold the folder for a moment longer
                Err(StoreError::HomeInUse) if tries > 0 => tries -= 1,
                opened => return Ok(opened?),
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }
}
