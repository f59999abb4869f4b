//! The printed recovery code on a new computer: it lets an administrator in where none is left.

use std::sync::Arc;

use zuc_ipc::company::{Boot, CompanyRecover};
use zuc_protocol::{
    control::{ControlLog, SignedControl},
    identity::DeviceKeys,
    ids::{CompanyId, HeldRows, Incarnation, PersonId},
    messages::{ClientFrame, ServerFrame},
    recovery,
};
use zuc_store::{Identity, Store, keys::random};
use zuc_sync::{
    KeyRing,
    membership::{Recovering, recover},
};

use super::{
    Desk, State,
    code::{BEFORE, RECOVERY},
    found::{BEGUN, fresh_person},
    open::DEVICE,
};
use crate::{
    AppError, Office,
    failpoint::failpoint,
    ports::{Credentials, Relay, RelayError},
    sync::{append_control, control_records},
};

/// How often the acts are made again because the membership had moved.
const TRIES: usize = 5;

/// Who speaks to the relay by the code.
struct Root {
    relay: Arc<dyn Relay>,
    who: Credentials,
}

/// The person who comes in.
struct Newcomer {
    person: PersonId,
    keys: DeviceKeys,
    name: String,
}

impl Desk {
    /// Comes into a company by its recovery code: as somebody new, who may do and read everything. From here on the next
    /// code is shown until it was typed back ([`Desk::recovery_confirm`]), which ends this one.
    ///
    /// Cut short or refused, it leaves nothing here, and may be told again. The relay may have taken the device by then: it
    /// stands in the list of devices as one that nobody has, and is to be taken out.
    ///
    /// # Errors
    /// `company.exists` when there is one here; `company.no_person`; `sync.bad_code` for a typing error; `company.bad_id` for
    /// what names no company; `recovery.refused` where the relay does not know the company, or the code is not the one that
    /// counts; `relay.too_many_requests` after too many wrong ones; those of a relay that does not answer.
    #[tracing::instrument(skip_all)]
    pub async fn company_recover(&self, ask: CompanyRecover) -> Result<Boot, AppError> {
        let name = ask.person_name.trim().to_owned();
        if name.is_empty() {
            return Err(AppError::new("company.no_person", "somebody sits here").at("person_name"));
        }
        let secret = recovery::from_code(&ask.code).map_err(|error| AppError::from(error).at("code"))?;
        let company = CompanyId::from_hex(ask.company.trim())
            .ok_or_else(|| AppError::new("company.bad_id", "no company has such an id").at("company"))?;
        let mut state = self.state.lock().await;
        if !Self::has_room(&state) {
            return Err(AppError::new("company.exists", "this home already has a company"));
        }
        let url = ask.relay_url.trim();
        let relay = self.ports.relays.at(url).map_err(|error| AppError::from(error).at("relay_url"))?;
        let root = Root { relay, who: Credentials { company, device: Arc::new(recovery::root_keys(&secret)) } };
        // whatever the relay has against the code is said before anything is made here
        root.records().await?;
        let store = self.new_store(&mut state).await?;
        let office = match Box::pin(self.enter_by(&root, &store, name, url, &secret)).await {
            Ok(office) => office,
            Err(error) => {
                *state = self.start_over(store).await?;
                return Err(error);
            }
        };
        *state = State::Open(office, true);
        drop(state);
        self.boot().await
    }

    /// From an empty store to one of the company; until then the store says that it is not.
    async fn enter_by(
        &self,
        root: &Root,
        store: &Store,
        name: String,
        url: &str,
        secret: &[u8; recovery::SECRET],
    ) -> Result<Arc<Office>, AppError> {
        let entropy = self.ports.entropy.as_ref();
        store.set_setting(BEGUN, "begun").await?;
        let keys = DeviceKeys::from_seeds(&random(entropy), &random(entropy));
        store.vault_set(DEVICE, keys.to_seeds().as_slice()).await?;
        let public = keys.public();
        let newcomer = Newcomer { person: fresh_person(random(entropy)), keys, name };
        let records = self.let_in(root, &newcomer).await?;
        failpoint("recovery.let_in")?;
        for (seq, record) in (0_u64..).zip(&records) {
            store.append_control(seq, &record.hash(), &record.to_bytes()?).await?;
        }
        store.vault_set(BEFORE, secret).await?;
        store.vault_set(RECOVERY, &random::<{ recovery::SECRET }>(entropy)).await?;
        store.set_setting("relay", url).await?;
        let incarnation = Incarnation(random(entropy));
        let identity = Identity {
            company: zuc_domain::shared::CompanyId(root.who.company.to_uuid()),
            device: zuc_domain::shared::DeviceId(public.id().to_uuid()),
            incarnation,
            actor: public.actor(incarnation),
        };
        store.adopt(identity).await?;
        let office = self.office_over(store.clone()).await?;
        store.delete_setting(BEGUN).await?;
        Ok(office)
    }

    /// Has the relay take the newcomer, with everything that the code opens; gives the membership in which nothing is lacking.
    async fn let_in(&self, root: &Root, newcomer: &Newcomer) -> Result<Vec<SignedControl>, AppError> {
        let entropy = self.ports.entropy.as_ref();
        let recovering = Recovering { person: newcomer.person, device: &newcomer.keys, label: &newcomer.name };
        for _ in 0..TRIES {
            let records = root.records().await?;
            let control = ControlLog::replay(root.who.company, records.iter().cloned())?;
            let ring = root.ring(&control).await?;
            let now = self.ports.clock.now().as_millisecond();
            let steps = recover(&control, &ring, &recovering, now, &mut || random(entropy))?;
            if steps.is_empty() {
                return Ok(records);
            }
            for step in steps {
                if !append_control(root.relay.as_ref(), &root.who, step).await? {
                    break;
                }
            }
        }
        Err(AppError::new("sync.control_conflict", "the membership moves all the time"))
    }
}

impl Root {
    /// The whole control log.
    async fn records(&self) -> Result<Vec<SignedControl>, AppError> {
        control_records(self.relay.as_ref(), &self.who).await.map_err(|error| match error.code() {
            // which of the two it is, a relay says to nobody
            "relay.no_session" | "relay.unknown_company" => {
                AppError::new("recovery.refused", "the relay knows no such company with such a code")
            }
            _ => error.into(),
        })
    }

    /// The keys that the code opens, those of the bags too.
    async fn ring(&self, control: &ControlLog) -> Result<KeyRing, AppError> {
        let mut ring = KeyRing::of_root(DeviceKeys::clone(&self.who.device), control);
        for scope in control.scopes() {
            let question = ClientFrame::Bag { scope, have: HeldRows([0; 16]), after: None };
            let ServerFrame::Bag { wraps, .. } = self.relay.ask(&self.who, question).await? else {
                return Err(RelayError::Nonsense.into());
            };
            for wraps in &wraps {
                if let Err(error) = ring.learn_bag(control, wraps) {
                    // of several that were given some are for others, or of a generation before
                    tracing::debug!(code = error.code(), scope = %scope, "a bag key that the code does not open");
                }
            }
        }
        Ok(ring)
    }
}
