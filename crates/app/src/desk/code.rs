//! The recovery code: shown until it was typed back, and the end of the one before it.

use std::sync::Arc;

use zeroize::Zeroizing;
use zuc_ipc::company::{Boot, Secret};
use zuc_protocol::recovery;
use zuc_store::Store;

use super::{Desk, State};
use crate::{AppError, Office, failpoint::failpoint};

/// Vault name of the recovery code's secret, from when it was made until it was typed back.
pub(super) const RECOVERY: &str = "recovery";
/// Vault name of the code by which this device came in. It ends once the next one was typed back, and not before: else there
/// might be none that anybody has on paper.
pub(super) const BEFORE: &str = "recovery.before";

impl Desk {
    /// The recovery code that nobody has typed back yet; afterwards nobody can show it again.
    ///
    /// # Errors
    /// `app.no_company` when there is none to show.
    pub async fn recovery_code(&self) -> Result<Secret, AppError> {
        let none = || AppError::new("app.no_company", "no recovery code waits to be typed back");
        let state = self.state.lock().await;
        let State::Open(office, true) = &*state else { return Err(none()) };
        let secret = kept(&office.store, RECOVERY).await?.ok_or_else(none)?;
        Ok(Secret { text: recovery::to_code(&secret).to_string() })
    }

    /// The recovery code typed back: whoever loses all devices will need it. One by which this device came in ends now.
    ///
    /// # Errors
    /// `sync.bad_code` for a typing error, `company.other_recovery_code` for another than the one that was shown; where one
    /// before it has to end, `relay.unreachable`, `store.no_bag` while keys are on their way, and the relay's codes: both are
    /// good until it is told again.
    pub async fn recovery_confirm(&self, typed: Secret) -> Result<Boot, AppError> {
        let secret = recovery::from_code(&typed.text)?;
        let next = recovery::root_keys(&secret);
        let office = self.open_office().await?;
        let other = || AppError::new("company.other_recovery_code", "the code is not the one that was shown");
        let stands = office.exchange.control().root() == next.public();
        match kept(&office.store, BEFORE).await? {
            Some(before) if !stands => {
                let shown = kept(&office.store, RECOVERY).await?.map(|secret| recovery::root_keys(&secret).public());
                if shown != Some(next.public()) {
                    return Err(other());
                }
                failpoint("recovery.replacing")?;
                office.code_replace(&recovery::root_keys(&before), &next).await?;
            }
            _ if stands => {}
            _ => return Err(other()),
        }
        office.store.vault_delete(BEFORE).await?;
        office.store.vault_delete(RECOVERY).await?;
        if self.is_lockable() {
            // whoever forgets the passphrase comes in by the code that counts
            self.keep_for_code(&office).await;
        }
        if let State::Open(_, unconfirmed) = &mut *self.state.lock().await {
            *unconfirmed = false;
        }
        self.boot().await
    }

    async fn open_office(&self) -> Result<Arc<Office>, AppError> {
        match &*self.state.lock().await {
            State::Open(office, _) => Ok(office.clone()),
            _ => Err(AppError::new("app.no_company", "no company is open here")),
        }
    }
}

async fn kept(store: &Store, name: &str) -> Result<Option<Zeroizing<[u8; recovery::SECRET]>>, AppError> {
    let Some(kept) = store.vault_get(name).await? else { return Ok(None) };
    let secret = <[u8; recovery::SECRET]>::try_from(kept.as_slice())
        .map_err(|_| AppError::new("store.corrupt", "a recovery secret of another size"))?;
    Ok(Some(Zeroizing::new(secret)))
}
