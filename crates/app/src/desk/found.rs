//! Founding a company: its keys, its first device, its recovery code.

use zuc_domain::{
    compliance::legal_name_without_suffix,
    shared::{PostalCode, Rfc},
};
use zuc_ipc::company::{Boot, CompanyCreated, CompanyNew, Secret};
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

use super::{Desk, State, open::DEVICE};
use crate::{AppError, company::CompanyProfile, sample_company};

impl Desk {
    /// Makes a company on this device; whoever makes it manages and administers it, and the sample's person does everything.
    ///
    /// # Errors
    /// `company.exists` when there is one here; the codes of RFC, name, régimen and postal code.
    #[tracing::instrument(skip_all)]
    pub async fn company_create(&self, new: CompanyNew) -> Result<CompanyCreated, AppError> {
        let new = if new.sample { sample_company::founding(new) } else { new };
        let profile = checked(&new)?;
        let mut state = self.state.lock().await;
        let State::Fresh(home) = &*state else {
            return Err(AppError::new("company.exists", "this home already has a company"));
        };
        let secrets = self.secrets(home, None)?;
        let State::Fresh(home) = std::mem::replace(&mut *state, State::Moving) else {
            return Err(AppError::new("app.internal", "the desk moved"));
        };
        let store = match self.store(home, secrets).await {
            Ok(store) => store,
            Err(error) => {
                *state = State::Fresh(zuc_store::keys::Home::open(&self.root)?);
                return Err(error);
            }
        };
        let code = self.found(&store, &new).await?;
        let office = self.office_over(store).await?;
        office.set_setting("recovery", "unconfirmed").await?;
        office.set_profile(profile).await?;
        if !new.relay_url.trim().is_empty() {
            office.set_relay(new.relay_url.trim()).await?;
        }
        if new.sample {
            // the lists are the project's own: a sample that cannot be made is a fault worth seeing
            Box::pin(office.fill_with_sample()).await?;
        }
        *state = State::Open(office, true);
        drop(state);
        Ok(CompanyCreated { recovery_code: code, boot: self.boot().await? })
    }

    /// The recovery code typed back: whoever loses all devices will need it.
    ///
    /// # Errors
    /// `sync.bad_code` for a typing error, `company.other_recovery_code` for another company's.
    pub async fn recovery_confirm(&self, typed: Secret) -> Result<Boot, AppError> {
        let secret = recovery::from_code(&typed.text)?;
        let root = recovery::root_keys(&secret).public();
        let mut state = self.state.lock().await;
        let State::Open(office, unconfirmed) = &mut *state else {
            return Err(AppError::new("app.no_company", "no company is open here"));
        };
        if office.exchange.control().root() != root {
            return Err(AppError::new("company.other_recovery_code", "the code is not this company's"));
        }
        office.set_setting("recovery", "confirmed").await?;
        *unconfirmed = false;
        drop(state);
        self.boot().await
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
        let mut person = random::<16>(entropy);
        person[6] = (person[6] & 0x0f) | 0x40;
        person[8] = (person[8] & 0x3f) | 0x80;
        let genesis = found(
            &Founding {
                salt: random(entropy),
                name: &new.name,
                person: PersonId(person),
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
