//! Joining a company by invite.

use serde::{Deserialize, Serialize};
use zuc_ipc::company::{Join, JoinStatus};
use zuc_protocol::{
    Role,
    control::{ControlLog, SignedControl},
    enrolment::{Invite, JoinRequest, JoinStatus as Status, comparison_code},
    identity::DeviceKeys,
    ids::{ControlHead, Incarnation},
};
use zuc_store::{
    Identity, Store,
    keys::{Home, random},
};
use zuc_sync::KeyRing;

use super::{Desk, State, open::DEVICE};
use crate::AppError;

/// Vault name of a joining under way.
const JOINING: &str = "joining";

/// A joining under way: kept in the vault, so that closing the program does not end it.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Joining {
    invite: String,
    short_code: String,
    /// The membership over which the code was made; none in a joining that an older program began.
    #[serde(default)]
    seen: Option<ControlHead>,
}

impl Joining {
    pub(super) async fn load(store: &Store) -> Result<Option<Self>, AppError> {
        let Some(kept) = store.vault_get(JOINING).await? else { return Ok(None) };
        Ok(Some(serde_json::from_slice(&kept)?))
    }
}

impl Desk {
    /// A store for a company that comes in, by invite or by the recovery code; the home stays as it is where that fails.
    pub(super) async fn new_store(&self, state: &mut State) -> Result<Store, AppError> {
        self.make_room(state).await?;
        let State::Fresh(home) = &*state else {
            return Err(AppError::new("company.exists", "this home already has a company"));
        };
        let secrets = self.secrets(home, None)?;
        let State::Fresh(home) = std::mem::replace(state, State::Moving) else {
            return Err(AppError::new("app.internal", "the desk moved"));
        };
        match self.store(home, secrets).await {
            Ok(store) => Ok(store),
            Err(error) => {
                *state = State::Fresh(Home::open(&self.root)?);
                Err(error)
            }
        }
    }

    /// Asks to join: makes this device's keys, proves the invite, shows the code to compare.
    ///
    /// # Errors
    /// `sync.bad_code` for a typing error; `device.old_log` and `device.other_admin` where the relay shows another
    /// membership than the invite; `relay.invite_used`, `relay.invite_over` and the relay's other codes; nothing is left
    /// behind then.
    #[tracing::instrument(skip_all)]
    pub async fn company_join(&self, join: Join) -> Result<JoinStatus, AppError> {
        let invite = Invite::from_code(&join.invite)?;
        let name = join.person_name.trim().to_owned();
        if name.is_empty() {
            return Err(AppError::new("company.no_person", "somebody sits here").at("person_name"));
        }
        let mut state = self.state.lock().await;
        if !Self::has_room(&state) {
            return Err(AppError::new("company.exists", "this home already has a company"));
        }
        let entropy = self.ports.entropy.as_ref();
        let keys = DeviceKeys::from_seeds(&random(entropy), &random(entropy));
        let relay = self.ports.relays.at(&invite.relay_url)?;
        let access = invite.secret.access();
        let records = relay.control(invite.company, invite.id, &access).await?;
        let control = ControlLog::replay(invite.company, records)?;
        extends(&control, invite.control_head)?;
        let admin = control
            .devices()
            .filter(|(id, _)| control.rights(*id).is_some_and(|rights| rights.has(Role::Administracion)))
            .map(|(_, device)| device.public)
            .find(|public| public.fingerprint() == invite.admin)
            .ok_or_else(|| AppError::new("device.other_admin", "the relay shows another admin than the invite"))?;
        let seen = control.head().head();
        let request = JoinRequest::make(&invite, keys.public(), &name, seen, &random(entropy));
        relay.join(&access, &request).await?;
        let short_code = comparison_code(&admin, &request);
        let store = self.new_store(&mut state).await?;
        store.vault_set(DEVICE, keys.to_seeds().as_slice()).await?;
        let joining = Joining { invite: join.invite, short_code: short_code.clone(), seen: Some(seen) };
        store.vault_set(JOINING, &serde_json::to_vec(&joining)?).await?;
        *state = State::Joining(store, joining);
        Ok(JoinStatus { state: "waiting".to_owned(), short_code, company: String::new() })
    }

    /// How the joining stands; once approved the company is open here, once refused the home is as before.
    pub async fn join_status(&self) -> Result<JoinStatus, AppError> {
        let mut state = self.state.lock().await;
        let joining = match &*state {
            State::Joining(_, joining) => joining.clone(),
            State::Open(..) => {
                return Ok(JoinStatus { state: "approved".to_owned(), ..JoinStatus::default() });
            }
            State::Shut | State::Fresh(_) | State::Locked(_) | State::Wiped | State::Moving => {
                return Err(AppError::new("app.no_company", "nobody is joining here"));
            }
        };
        let invite = Invite::from_code(&joining.invite)?;
        let short_code = joining.short_code.clone();
        let relay = self.ports.relays.at(&invite.relay_url)?;
        let access = invite.secret.access();
        match relay.join_status(invite.company, invite.id, &access).await? {
            Status::Pending => Ok(JoinStatus { state: "waiting".to_owned(), short_code, company: String::new() }),
            Status::Gone => {
                let State::Joining(store, _) = std::mem::replace(&mut *state, State::Moving) else {
                    return Err(AppError::new("app.internal", "the desk moved"));
                };
                // this invite lets nobody in any more: the next one, or a founding, begins on a fresh home
                *state = self.start_over(store).await?;
                Ok(JoinStatus { state: "refused".to_owned(), short_code, company: String::new() })
            }
            Status::Approved => {
                let records = relay.control(invite.company, invite.id, &access).await?;
                let State::Joining(store, _) = std::mem::replace(&mut *state, State::Moving) else {
                    return Err(AppError::new("app.internal", "the desk moved"));
                };
                match self.enter(&store, &invite, joining.seen, records).await {
                    Ok(false) => {
                        *state = State::Joining(store, joining);
                        Ok(JoinStatus { state: "keys".to_owned(), short_code, company: String::new() })
                    }
                    Ok(true) => {
                        let office = self.office_over(store).await?;
                        *state = State::Open(office, false);
                        Ok(JoinStatus { state: "approved".to_owned(), short_code, company: String::new() })
                    }
                    Err(error) => {
                        *state = State::Joining(store, joining);
                        Err(error)
                    }
                }
            }
        }
    }

    /// Proves that the keys wrapped to this device open, and only then makes the store this company's; `false` while the
    /// approval is there and the rest of its keys is still to be given.
    async fn enter(
        &self,
        store: &Store,
        invite: &Invite,
        seen: Option<ControlHead>,
        records: Vec<SignedControl>,
    ) -> Result<bool, AppError> {
        let seeds = store.vault_get(DEVICE).await?.ok_or_else(|| AppError::new("store.corrupt", "no device keys"))?;
        let seeds: &[u8; 64] =
            seeds.as_slice().try_into().map_err(|_| AppError::new("store.corrupt", "device keys of another size"))?;
        let control = ControlLog::replay(invite.company, records.iter().cloned())?;
        seen.map_or(Ok(()), |seen| extends(&control, seen))?;
        let keys = DeviceKeys::from_both(seeds);
        let public = keys.public();
        let ring = KeyRing::of_device(keys, &control);
        if ring.lacks(&control, public.id()) {
            return Ok(false);
        }
        ring.prove(&control)?;
        for (seq, record) in (0_u64..).zip(&records) {
            store.append_control(seq, &record.hash(), &record.to_bytes()?).await?;
        }
        let incarnation = Incarnation(random(self.ports.entropy.as_ref()));
        store.set_setting("relay", &invite.relay_url).await?;
        store
            .adopt(Identity {
                company: zuc_domain::shared::CompanyId(control.company().to_uuid()),
                device: zuc_domain::shared::DeviceId(public.id().to_uuid()),
                incarnation,
                actor: public.actor(incarnation),
            })
            .await?;
        store.vault_delete(JOINING).await?;
        Ok(true)
    }
}

/// The membership that the relay shows holds the record somebody else has seen there: it is not one from before.
fn extends(control: &ControlLog, seen: ControlHead) -> Result<(), AppError> {
    match control.seq_of(seen) {
        Some(_) => Ok(()),
        None => Err(AppError::new("device.old_log", "the relay shows an older membership than the invite")),
    }
}
