//! What becomes of a home whose company has taken this device out.

use std::sync::Arc;

use zuc_ipc::Changes;
use zuc_store::wipe;

use super::{Desk, State};
use crate::{AppError, LeftTold, Notice, Office, failpoint::failpoint, sync::Standing};

/// That this home was wiped.
pub(super) fn wiped() -> AppError {
    AppError::new("sync.wiped", "the company took this device out and had it wiped")
}

impl Office {
    /// Refuses work once this device is none of the company's any more.
    ///
    /// # Errors
    /// `sync.revoked`; `sync.wiped` where it is to keep nothing.
    pub(super) fn is_of_the_company(&self) -> Result<(), AppError> {
        match self.exchange.standing() {
            Standing::In => Ok(()),
            Standing::Out => Err(AppError::new("sync.revoked", "the company has taken this device out")),
            Standing::Wipe => Err(wiped()),
        }
    }
}

impl Desk {
    /// What this computer could not send before its company took it out, and where it is. Nothing where no company is open.
    ///
    /// # Errors
    /// What the store says.
    pub async fn left_here(&self) -> Result<Vec<LeftTold>, AppError> {
        let office = match &*self.state.lock().await {
            State::Open(office, _) => office.clone(),
            _ => return Ok(Vec::new()),
        };
        office.left_told().await
    }

    /// Waits for the company to take this device out, whether somebody sits here or not.
    pub(super) fn heed(&self, office: &Office) {
        let (desk, mut standing) = (self.me.clone(), office.exchange.watch_standing());
        tokio::spawn(async move {
            // it ends with the office
            while standing.changed().await.is_ok() {
                let Some(desk) = desk.upgrade() else { return };
                if *standing.borrow_and_update() == Standing::Wipe {
                    desk.wipe().await;
                }
                // nobody listening is not an error: the command line has no window
                let _ = desk.notices.send(Notice::Changes(Changes::all()));
            }
        });
    }

    /// Whether a company may come in here: none is here, or the one that was has taken this device out.
    pub(super) fn has_room(state: &State) -> bool {
        match state {
            State::Fresh(_) | State::Wiped => true,
            State::Open(office, _) => office.exchange.standing() != Standing::In,
            State::Shut | State::Locked(_) | State::Joining(..) | State::Moving => false,
        }
    }

    /// Makes room where this device was taken out: what is left here is set aside, and nothing of it deleted.
    pub(super) async fn make_room(&self, state: &mut State) -> Result<(), AppError> {
        if matches!(state, State::Fresh(_)) || !Self::has_room(state) {
            return Ok(());
        }
        if let State::Open(office, _) = std::mem::replace(state, State::Shut) {
            self.leave(&office).await;
        }
        let home = self.home_again().await?;
        home.set_aside()?;
        *state = State::Fresh(home);
        Ok(())
    }

    /// Closes the company that is open here and leaves nothing of it, if it has told this device to.
    pub(super) async fn wipe(&self) {
        let mut state = self.state.lock().await;
        let told = |office: &Arc<Office>| office.exchange.standing() == Standing::Wipe;
        if !matches!(&*state, State::Open(office, _) if told(office)) {
            return;
        }
        if let State::Open(office, _) = std::mem::replace(&mut *state, State::Wiped) {
            self.leave(&office).await;
        }
    }

    /// Ends an office, and leaves nothing behind where the company told this device to.
    pub(super) async fn leave(&self, office: &Office) {
        office.close().await;
        if office.exchange.standing() == Standing::Wipe {
            self.leave_nothing().await;
        }
    }

    /// Deletes keys and files. What cannot be deleted now is at the next start.
    pub(super) async fn leave_nothing(&self) {
        if failpoint("home.wiping").is_err() {
            return;
        }
        let (root, secrets) = (self.root.clone(), self.ports.secrets.clone());
        let wiping = tokio::task::spawn_blocking(move || wipe::wipe(&root, secrets.keyring().as_deref()));
        match wiping.await {
            Ok(Ok(())) => tracing::warn!("this home was wiped, as its company asked"),
            Ok(Err(error)) => tracing::error!(code = error.code(), "something of this home could not be deleted"),
            Err(_) => tracing::error!("wiping this home was interrupted"),
        }
    }
}
