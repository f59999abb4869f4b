//! The lock: a passphrase before the data, by hand or when nobody has sat here for a while.

use std::{sync::atomic::Ordering, time::Duration};

use zuc_ipc::{
    company::{Boot, Secret},
    lock::{LockIdle, LockPut, LockView, UnlockByCode},
};
use zuc_protocol::recovery;
use zuc_store::{
    StoreError,
    keys::{Lock, SealedFile, keys_by_code},
};

use super::{Desk, State};
use crate::{AppError, Notice, Office, backup::aside, sync::Standing};

/// Setting of the minutes without anybody.
const IDLE: &str = "lock.idle_minutes";
const IDLE_FIRST: u32 = 15;
/// What a person may choose.
const IDLES: [u32; 5] = [0, 5, 15, 30, 60];
/// Between two looks whether anybody is here.
const LOOK: Duration = Duration::from_secs(5);
/// Shorter is guessed.
const SHORTEST: usize = 8;

impl Desk {
    /// How the lock stands.
    ///
    /// # Errors
    /// As [`Desk::office`].
    pub async fn lock_view(&self) -> Result<LockView, AppError> {
        let office = self.office().await?;
        let lock = self.lock().await?;
        let (on, keyring) = (lock.is_on(), lock.has_keyring());
        Ok(LockView { on, keyring, idle_minutes: idle_minutes(&office).await? })
    }

    /// Locks the data behind a passphrase; behind another, where one stands.
    ///
    /// # Errors
    /// `lock.short`; `store.wrong_passphrase` when the one that stands is another; of the keyring and the disk, and then
    /// everything is as it was.
    pub async fn lock_put(&self, put: LockPut) -> Result<LockView, AppError> {
        let office = self.office().await?;
        long_enough(&put.phrase)?;
        self.touch();
        self.keep_for_code(&office).await;
        let lock = self.lock().await?;
        aside(move || lock.put(&put.current, &put.phrase)).await?.map_err(at_current)?;
        office.proof.given(office.now().as_millisecond());
        self.lock_view().await
    }

    /// Asks for the passphrase again; for some minutes it stands for whoever typed it.
    ///
    /// # Errors
    /// `store.wrong_passphrase`; `lock.none` where there is no lock.
    pub async fn lock_prove(&self, phrase: Secret) -> Result<LockView, AppError> {
        let office = self.office().await?;
        let lock = self.lock().await?;
        if !lock.is_on() {
            return Err(AppError::new("lock.none", "the data open without a passphrase"));
        }
        aside(move || lock.prove(&phrase.text)).await?.map_err(at_current)?;
        office.proof.given(office.now().as_millisecond());
        self.touch();
        self.lock_view().await
    }

    /// Takes the lock off: the keyring opens the data from now on.
    ///
    /// # Errors
    /// `store.wrong_passphrase`; `store.secrets_unavailable` where no keyring answers.
    pub async fn lock_off(&self, current: Secret) -> Result<LockView, AppError> {
        self.office().await?;
        let lock = self.lock().await?;
        aside(move || lock.take_off(&current.text)).await?.map_err(at_current)?;
        self.lock_view().await
    }

    /// After how long without anybody it locks.
    ///
    /// # Errors
    /// `field.invalid` for another number than the window offers.
    pub async fn lock_idle(&self, idle: LockIdle) -> Result<LockView, AppError> {
        let office = self.office().await?;
        if !IDLES.contains(&idle.minutes) {
            return Err(AppError::invalid("minutes"));
        }
        office.set_setting(IDLE, &idle.minutes.to_string()).await?;
        self.lock_view().await
    }

    /// Locks: what is under way is ended first, and nothing answers until the passphrase was typed.
    ///
    /// # Errors
    /// `lock.none` where there is no passphrase.
    pub async fn lock_now(&self) -> Result<Boot, AppError> {
        if !self.is_lockable() {
            return Err(AppError::new("lock.none", "the data open without a passphrase"));
        }
        self.shut_up(&mut *self.state.lock().await).await;
        self.boot().await
    }

    /// Opens locked data with the recovery code; from now on the new passphrase opens them.
    ///
    /// # Errors
    /// `recovery.…` for what is no code, `backup.wrong_code` for another company's, `lock.no_code` where the keys were never
    /// laid aside for it, `lock.short`. The home stays locked.
    pub async fn unlock_by_code(&self, by: UnlockByCode) -> Result<Boot, AppError> {
        long_enough(&by.phrase)?;
        let state = self.state.lock().await;
        let State::Locked(home) = &*state else {
            drop(state);
            return self.boot().await;
        };
        let code = recovery::from_code(&by.code).map_err(|error| AppError::from(error).at("code"))?;
        let root = recovery::root_keys(&code);
        let keys = keys_by_code(home, &root).map_err(|error| match error {
            StoreError::KeyMissing => AppError::new("lock.no_code", "the keys were not laid aside for the code"),
            error => AppError::from(error).at("code"),
        })?;
        keys.fit(home).await?;
        let (lock, phrase) = (self.lock().await?, by.phrase.clone());
        aside(move || lock.reset(&keys, &phrase)).await??;
        drop(state);
        self.unlock(Secret { text: by.phrase }).await
    }

    /// Somebody sits here.
    pub fn touch(&self) {
        self.touched.store(self.ports.clock.now().as_millisecond(), Ordering::Relaxed);
    }

    /// Locks, where there is a lock and nobody has sat here for as long as was chosen. Whether it did.
    pub async fn lock_if_idle(&self) -> bool {
        if !self.is_lockable() {
            return false;
        }
        let Ok(office) = self.office().await else { return false };
        let minutes = idle_minutes(&office).await.unwrap_or(IDLE_FIRST);
        let now = self.ports.clock.now().as_millisecond();
        let touched = self.touched.load(Ordering::Relaxed);
        if touched == 0 || touched > now {
            // from here on; a clock that was put back does not keep a laptop open
            self.touched.store(now, Ordering::Relaxed);
            return false;
        }
        if minutes == 0 || now - touched < i64::from(minutes) * 60_000 || office.is_at_work() {
            return false;
        }
        drop(office);
        self.shut_up(&mut *self.state.lock().await).await;
        let _ = self.notices.send(Notice::Locked);
        true
    }

    /// Looks from time to time whether anybody is here, as long as the desk lives.
    pub fn watch(&self) {
        let desk = self.me.clone();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(LOOK).await;
                let Some(desk) = desk.upgrade() else { return };
                if desk.lock_if_idle().await {
                    tracing::info!("nobody was here: locked");
                }
            }
        });
    }

    /// Lays the keys aside for the recovery code; where that fails the passphrase still opens them.
    pub(super) async fn keep_for_code(&self, office: &Office) {
        let (store, root) = (office.store.clone(), office.exchange.control().root());
        if let Ok(Err(error)) = aside(move || store.keep_keys_for_code(&root)).await {
            tracing::warn!(code = error.code(), "the keys could not be laid aside for the recovery code");
        }
    }

    /// After the passphrase has opened the home.
    pub(super) async fn settle_lock(&self) {
        let Ok(lock) = self.lock().await else { return };
        if let Ok(Err(error)) = aside(move || lock.settle()).await {
            tracing::warn!(code = error.code(), "what an earlier lock left in the keyring stays there");
        }
    }

    /// Whether a passphrase opens the data.
    pub(super) fn is_lockable(&self) -> bool {
        self.root.join("keys.sealed").exists()
    }

    /// The lock of this home; asking for the keyring blocks.
    async fn lock(&self) -> Result<Lock, AppError> {
        let (root, secrets, entropy) = (self.root.clone(), self.ports.secrets.clone(), self.ports.entropy.clone());
        aside(move || {
            let path = root.join("keys.sealed");
            // a home that was made under a passphrase alone is one of a machine whose keyring is not to be used
            let keyring = if path.exists() && !SealedFile::is_halved(&path) { None } else { secrets.keyring() };
            Lock::new(root, keyring, entropy)
        })
        .await
    }

    async fn shut_up(&self, state: &mut State) {
        if let State::Open(office, _) = std::mem::replace(state, State::Moving) {
            self.leave(&office).await;
            if office.exchange.standing() == Standing::Wipe {
                *state = State::Wiped;
                return;
            }
        }
        *state = match self.home_again().await {
            Ok(home) if home.sealed_keys().exists() => State::Locked(home),
            // a command under way holds the folder for longer: the next question opens as far as a passphrase is not needed
            Ok(_) | Err(_) => State::Shut,
        };
    }
}

async fn idle_minutes(office: &Office) -> Result<u32, AppError> {
    Ok(office.setting(IDLE).await?.and_then(|text| text.parse().ok()).unwrap_or(IDLE_FIRST))
}

fn long_enough(phrase: &str) -> Result<(), AppError> {
    if phrase.trim().chars().count() < SHORTEST {
        return Err(AppError::new("lock.short", "a passphrase has eight letters or more").at("phrase"));
    }
    Ok(())
}

fn at_current(error: StoreError) -> AppError {
    let wrong = matches!(error, StoreError::WrongPassphrase);
    let error = AppError::from(error);
    if wrong { error.at("current") } else { error }
}
