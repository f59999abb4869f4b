//! From a folder to an open company.

use std::sync::Arc;

use zuc_domain::shared::{Actor, DeviceId, PersonId, Role};
use zuc_ipc::company::{Boot, Secret};
use zuc_protocol::{
    control::{ControlLog, SignedControl},
    identity::DeviceKeys,
};
use zuc_store::{
    OpenOptions, Store, StoreError,
    keys::{Home, Keys, SealedFile, SecretStore},
    wipe,
};

use super::{Desk, State, code, found, join::Joining};
use crate::{
    AppError, Office,
    sync::{Exchange, Standing},
};

/// Vault name of this device's keys.
pub(super) const DEVICE: &str = "device";

impl Desk {
    /// Opens a shut home as far as it can without a person; what does not open stays shut, and may be tried again.
    pub(super) async fn try_open(&self, state: &mut State) -> Result<(), AppError> {
        if matches!(state, State::Shut) && wipe::is_begun(&self.root) {
            self.leave_nothing().await;
            *state = State::Wiped;
        }
        if matches!(state, State::Shut) {
            *state = self.first_state(Home::open(&self.root)?).await?;
        }
        Ok(())
    }

    async fn first_state(&self, home: Home) -> Result<State, AppError> {
        if !home.database().exists() {
            return Ok(State::Fresh(home));
        }
        match self.secrets(&home, None) {
            Ok(secrets) => self.open(home, secrets).await,
            Err(error) if error.code == "app.locked" => Ok(State::Locked(home)),
            Err(error) => Err(error),
        }
    }

    /// Where the keys of `home` are: its sealed file when it has one, else the keyring, else a new sealed file.
    pub(super) fn secrets(&self, home: &Home, typed: Option<&str>) -> Result<Arc<dyn SecretStore>, AppError> {
        let path = home.sealed_keys();
        let passphrase = typed.map(ToOwned::to_owned).or_else(|| self.ports.secrets.passphrase());
        match (path.exists(), passphrase) {
            (true, None) => Err(AppError::new("app.locked", "the keys are sealed by a passphrase")),
            // a passphrase given from outside is the wish not to use the keyring
            (_, Some(passphrase)) if path.exists() || !home.database().exists() => {
                let half = if SealedFile::is_halved(&path) { self.ports.secrets.keyring() } else { None };
                Ok(Arc::new(SealedFile::new(path, passphrase, self.ports.entropy.clone()).with_half_in(half)))
            }
            _ => self.ports.secrets.keyring().ok_or_else(|| {
                if home.database().exists() {
                    // the key is there, behind a keyring that is shut or away: no passphrase would help
                    AppError::new("store.secrets_unavailable", "the keyring does not answer")
                } else {
                    AppError::new("store.no_secret_place", "no keyring answers and no passphrase was given")
                }
            }),
        }
    }

    /// Opens the data; Argon2 and the keyring block, so they get a thread of their own.
    pub(super) async fn store(&self, home: Home, secrets: Arc<dyn SecretStore>) -> Result<Store, AppError> {
        let entropy = self.ports.entropy.clone();
        let (home, keys) = tokio::task::spawn_blocking(move || {
            let keys = Keys::obtain(&home, secrets.as_ref(), entropy.as_ref());
            (home, keys)
        })
        .await
        .map_err(|_| AppError::new("app.internal", "opening the keys was interrupted"))?;
        let now = self.ports.clock.now().to_zoned_datetime(crate::office::zone());
        let options = OpenOptions { now, ..OpenOptions::default() };
        Ok(Store::open(home, &keys?, self.ports.entropy.clone(), &options).await?)
    }

    async fn open(&self, home: Home, secrets: Arc<dyn SecretStore>) -> Result<State, AppError> {
        let store = self.store(home, secrets).await?;
        if store.newer().is_some() {
            return self.open_to_read(store).await;
        }
        if let Some(joining) = Joining::load(&store).await? {
            return Ok(State::Joining(store, joining));
        }
        if store.identity().is_none() || found::unfinished(&store).await? {
            return self.start_over(store).await;
        }
        if store.went_back().await? {
            tracing::warn!("the database is an earlier one than this home had: it takes a new incarnation");
            store.renew().await?;
        }
        if let Err(error) = store.mark_boot().await {
            // on a full disk reading goes on; a mark that misses costs a new incarnation
            tracing::warn!(code = error.code(), "the boot could not be marked");
        }
        let locked = store.home().is_some_and(|home| home.sealed_keys().exists());
        let unconfirmed = store.vault_get(code::RECOVERY).await?.is_some();
        let office = self.office_over(store).await?;
        if locked {
            self.keep_for_code(&office).await;
        }
        self.touch();
        if office.exchange.standing() == Standing::Wipe {
            // the record came, and the program ended before it could obey
            self.leave(&office).await;
            return Ok(State::Wiped);
        }
        Ok(State::Open(office, unconfirmed))
    }

    /// Opens what a newer program wrote and this one only reads: nothing is marked, begun or ended in it, and the relay is not
    /// asked. What that program did not bring to an end waits for it.
    async fn open_to_read(&self, store: Store) -> Result<State, AppError> {
        let begun = Joining::load(&store).await?.is_some() || found::unfinished(&store).await?;
        if begun || store.identity().is_none() {
            store.close().await;
            return Err(StoreError::TooNew.into());
        }
        tracing::warn!("a newer version wrote these data: they are only read");
        let office = self.office_over(store).await?;
        self.touch();
        Ok(State::Open(office, false))
    }

    /// Sets aside what a founding, a joining or the recovery code left that did not come to its end: nobody has worked in it.
    pub(super) async fn start_over(&self, store: Store) -> Result<State, AppError> {
        store.close().await;
        drop(store);
        let home = self.home_again().await?;
        home.set_aside()?;
        tracing::warn!("what did not become a company was set aside");
        Ok(State::Fresh(home))
    }

    /// The office over a store that has an identity: folds the control log, finds the person of this device.
    pub(super) async fn office_over(&self, store: Store) -> Result<Arc<Office>, AppError> {
        let seeds = store.vault_get(DEVICE).await?.ok_or_else(|| AppError::new("store.corrupt", "no device keys"))?;
        let seeds: &[u8; 64] =
            seeds.as_slice().try_into().map_err(|_| AppError::new("store.corrupt", "device keys of another size"))?;
        let keys = Arc::new(DeviceKeys::from_both(seeds));
        let records = store.control_log().await?;
        let records = records.iter().map(|bytes| SignedControl::from_bytes(bytes)).collect::<Result<Vec<_>, _>>()?;
        let identity = store.identity().ok_or_else(|| AppError::new("store.corrupt", "no identity"))?;
        let company = zuc_protocol::ids::CompanyId::from_uuid(identity.company.0);
        let control = store.with_forks(ControlLog::replay(company, records)?).await?;
        let actor = actor_in(&control, keys.id())
            .ok_or_else(|| AppError::new("sync.revoked", "this device is not in the control log"))?;
        let exchange = Exchange::new(company, keys, control);
        let office = Office::new(store, self.ports.clone(), actor, self.notices.clone(), exchange);
        // a founding and a joining write the control log without the exchange, which else tells who is who
        if office.store.newer().is_none() {
            office.remember_members().await?;
        }
        self.heed(&office);
        office.start().await?;
        Ok(office)
    }

    /// Opens the data with the passphrase that was typed.
    ///
    /// # Errors
    /// `store.wrong_passphrase`; the home stays locked.
    pub async fn unlock(&self, secret: Secret) -> Result<Boot, AppError> {
        let mut state = self.state.lock().await;
        if matches!(&*state, State::Shut) {
            // a passphrase given from outside that is not the right one leaves the home shut
            let home = Home::open(&self.root)?;
            if home.database().exists() && home.sealed_keys().exists() {
                *state = State::Locked(home);
            }
        }
        if let State::Locked(home) = &*state {
            let secrets = self.secrets(home, Some(&secret.text))?;
            let State::Locked(home) = std::mem::replace(&mut *state, State::Moving) else {
                return Err(AppError::new("app.internal", "the desk moved"));
            };
            *state = match self.open(home, secrets).await {
                Ok(open) => open,
                Err(error) => {
                    // the lock of the folder went with the store that did not open
                    *state = State::Locked(Home::open(&self.root)?);
                    return Err(error);
                }
            };
            if let State::Open(office, _) = &*state {
                office.proof.given(office.now().as_millisecond());
            }
            self.settle_lock().await;
        }
        drop(state);
        self.boot().await
    }
}

/// Who sits at a device, with the roles that the control log gives them; `None` for a device it does not know.
pub(crate) fn actor_in(control: &ControlLog, device: zuc_protocol::ids::DeviceId) -> Option<Actor> {
    let person = control.device(device)?.person;
    let rights = control.person(person).and_then(|person| person.rights_at(control.last_seq()));
    let roles = rights.map(|rights| rights.roles.iter().copied().map(role).collect()).unwrap_or_default();
    let teams = rights.map(|rights| rights.teams.iter().copied().collect()).unwrap_or_default();
    Some(Actor { person: PersonId(person.to_uuid()), device: DeviceId(device.to_uuid()), roles, teams })
}

/// A role of the control log as the domain's.
pub(crate) fn role(role: zuc_protocol::Role) -> Role {
    match role {
        zuc_protocol::Role::Ventas => Role::Ventas,
        zuc_protocol::Role::Gerencia => Role::Gerencia,
        zuc_protocol::Role::Finanzas => Role::Finanzas,
        zuc_protocol::Role::Administracion => Role::Administracion,
    }
}

/// A role by its name, as the control log writes it.
pub(crate) fn wire_role(name: &str) -> Result<zuc_protocol::Role, AppError> {
    Ok(match name {
        "ventas" => zuc_protocol::Role::Ventas,
        "gerencia" => zuc_protocol::Role::Gerencia,
        "finanzas" => zuc_protocol::Role::Finanzas,
        "administracion" => zuc_protocol::Role::Administracion,
        _ => return Err(AppError::invalid("roles")),
    })
}
