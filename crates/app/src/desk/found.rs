//! Founding a company: its keys, its first device, its recovery code.

use std::sync::Arc;

use zuc_domain::{
    compliance::legal_name_without_suffix,
    shared::{PostalCode, Rfc},
};
use zuc_ipc::company::{CompanyCreated, CompanyNew};
use zuc_protocol::{
    Rights, Role, Scope,
    control::{ControlLog, Founding, found},
    identity::DeviceKeys,
    ids::{Incarnation, PersonId},
    recovery,
    secret::{BagKey, EpochKey, IndexKey},
};
use zuc_store::{Identity, Store, domain_scope, keys::random};
use zuc_sync::membership::founding_bags;

use super::{Desk, State, code::RECOVERY, open::DEVICE};
use crate::{AppError, Office, company::CompanyProfile, failpoint::failpoint, sample_company};

/// Setting of a store whose company has begun to come in, and not come to its end.
pub(super) const BEGUN: &str = "founding";

/// Whether the company of this store was cut short while it came in.
pub(super) async fn unfinished(store: &Store) -> Result<bool, AppError> {
    Ok(store.setting(BEGUN).await?.is_some())
}

impl Desk {
    /// Makes a company on this device; whoever makes it manages and administers it, and the sample's person does everything.
    /// Cut short or refused, it leaves nothing behind, and may be begun again.
    ///
    /// # Errors
    /// `company.exists` when there is one here; the codes of RFC, name, régimen and postal code; those of a relay that is
    /// named and does not answer.
    #[tracing::instrument(skip_all)]
    pub async fn company_create(&self, new: CompanyNew) -> Result<CompanyCreated, AppError> {
        let new = if new.sample { sample_company::founding(new) } else { new };
        let profile = checked(&new)?;
        let mut state = self.state.lock().await;
        let State::Fresh(home) = &*state else {
            return Err(AppError::new("company.exists", "this home already has a company"));
        };
        if !new.relay_url.trim().is_empty() {
            let answer = async { self.ports.relays.at(new.relay_url.trim())?.identity().await };
            answer.await.map_err(|error| AppError::from(error).at("relay_url"))?;
        }
        let secrets = self.secrets(home, None)?;
        let State::Fresh(home) = std::mem::replace(&mut *state, State::Moving) else {
            return Err(AppError::new("app.internal", "the desk moved"));
        };
        let store = match self.store(home, secrets).await {
            Ok(store) => store,
            Err(error) => {
                // should the home not open either, the next look begins from there
                *state = State::Shut;
                self.try_open(&mut state).await?;
                return Err(error);
            }
        };
        let (office, code) = match self.establish(store.clone(), &new, profile).await {
            Ok(established) => established,
            Err(error) => {
                *state = State::Shut;
                *state = self.start_over(store).await?;
                return Err(error);
            }
        };
        *state = State::Open(office, true);
        drop(state);
        Ok(CompanyCreated { recovery_code: code, boot: self.boot().await? })
    }

    /// From an empty store to a company that is whole; until then the store says that it is not.
    async fn establish(
        &self,
        store: Store,
        new: &CompanyNew,
        profile: CompanyProfile,
    ) -> Result<(Arc<Office>, String), AppError> {
        store.set_setting(BEGUN, "begun").await?;
        let code = self.found(&store, new).await?;
        failpoint("founding.adopted")?;
        let office = self.office_over(store.clone()).await?;
        match furnish(&office, new, profile).await {
            Ok(()) => {}
            Err(error) => {
                office.close().await;
                return Err(error);
            }
        }
        store.delete_setting(BEGUN).await?;
        Ok((office, code))
    }

    async fn found(&self, store: &Store, new: &CompanyNew) -> Result<String, AppError> {
        let entropy = self.ports.entropy.as_ref();
        let device = DeviceKeys::from_seeds(&random(entropy), &random(entropy));
        let secret: [u8; 20] = random(entropy);
        let root = recovery::root_keys(&secret);
        let index = IndexKey::from_bytes(random(entropy));
        let roles: &[Role] = if new.sample {
            &[Role::Ventas, Role::Gerencia, Role::Finanzas, Role::Administracion]
        } else {
            &[Role::Gerencia, Role::Administracion]
        };
        let rights = Rights::new(roles.iter().copied(), [1]);
        let scopes: Vec<(Scope, EpochKey, BagKey)> = Scope::FIRST
            .into_iter()
            .map(|scope| (scope, EpochKey::from_bytes(random(entropy)), BagKey::from_bytes(random(entropy))))
            .collect();
        let genesis = found(
            &Founding {
                salt: random(entropy),
                name: &new.name,
                person: fresh_person(random(entropy)),
                rights: rights.clone(),
                label: &new.person_name,
                device: &device,
                root: &root,
                index: &index,
                scopes: scopes.clone(),
                relay_url: None,
                time_ms: self.ports.clock.now().as_millisecond(),
            },
            &mut || random(entropy),
        )?;
        let log = ControlLog::open(genesis.clone())?;
        store.vault_set(DEVICE, device.to_seeds().as_slice()).await?;
        for (scope, _, bag) in &scopes {
            if rights.may_read(*scope) {
                store.set_bag(domain_scope(*scope), bag).await?;
            }
        }
        store.append_control(0, &log.head(), &genesis.to_bytes()?).await?;
        let ring = zuc_sync::KeyRing::of_device(DeviceKeys::from_both(&device.to_seeds()), &log);
        let bags: Vec<(Scope, BagKey)> = scopes.iter().map(|(scope, _, bag)| (*scope, bag.clone())).collect();
        for wraps in founding_bags(&log, &ring, &bags, &mut || random(entropy))? {
            let key = store.bag(domain_scope(wraps.scope));
            store.store_bag(wraps.scope, wraps.bag, key.as_ref(), std::slice::from_ref(&wraps), &[]).await?;
        }
        store.vault_set(RECOVERY, &secret).await?;
        let incarnation = Incarnation(random(entropy));
        // last: a store without an identity is a founding that did not happen
        store
            .adopt(Identity {
                company: zuc_domain::shared::CompanyId(log.company().to_uuid()),
                device: zuc_domain::shared::DeviceId(device.id().to_uuid()),
                incarnation,
                actor: device.public().actor(incarnation),
            })
            .await?;
        Ok(recovery::to_code(&secret).to_string())
    }
}

/// A person who was not there before, as a random UUID.
pub(super) fn fresh_person(mut bytes: [u8; 16]) -> PersonId {
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    PersonId(bytes)
}

/// What a company has from the beginning.
async fn furnish(office: &Arc<Office>, new: &CompanyNew, profile: CompanyProfile) -> Result<(), AppError> {
    office.set_profile(profile).await?;
    failpoint("founding.profiled")?;
    if !new.relay_url.trim().is_empty() {
        office.set_relay(new.relay_url.trim()).await?;
    }
    if new.sample {
        // the lists are the project's own: a sample that cannot be made is a fault worth seeing
        Box::pin(office.fill_with_sample()).await?;
    }
    Ok(())
}

/// The profile of the new company, or what is wrong with it.
fn checked(new: &CompanyNew) -> Result<CompanyProfile, AppError> {
    let rfc: Rfc = new.rfc.parse().map_err(|_| AppError::new("company.bad_rfc", "not an RFC").at("rfc"))?;
    let name = legal_name_without_suffix(&new.name);
    if name.is_empty() {
        return Err(AppError::new("company.no_name", "a company has a name").at("name"));
    }
    let persona = crate::customer::sat_persona(rfc.persona())
        .ok_or_else(|| AppError::new("company.bad_rfc", "a generic RFC is nobody's").at("rfc"))?;
    if !zuc_cfdi::catalogs::regimen_fits(&new.regimen_fiscal, persona) {
        return Err(AppError::new("company.bad_regimen", "the régimen does not fit the persona").at("regimen_fiscal"));
    }
    let cp: PostalCode = new.cp.parse().map_err(|_| AppError::new("company.bad_cp", "five digits").at("cp"))?;
    if new.person_name.trim().is_empty() {
        return Err(AppError::new("company.no_person", "somebody makes the company").at("person_name"));
    }
    Ok(CompanyProfile {
        rfc,
        legal_name: name,
        regimen_fiscal: new.regimen_fiscal.clone(),
        lugar_expedicion: cp,
        sample: new.sample,
    })
}
