//! Taking a device out of the company.

use std::time::Duration;

use zuc_domain::shared::{Action, Object, Scope};
use zuc_ipc::{
    Changes,
    company::{DeviceRevoke, RevokeReason},
    words,
};
use zuc_protocol::{
    control::{ControlLog, Mark, RemoveReason},
    ids::DeviceId,
    messages::{ClientFrame, ServerFrame},
    person_key::Bag,
};
use zuc_store::keys::random;
use zuc_sync::{
    ControlStep,
    membership::{Removing, freeze, release, remove_device},
};

use crate::{AppError, Office, failpoint::failpoint, sync::wait_connected};

/// How often an act is made again because the membership had moved.
const TRIES: usize = 4;
/// How long it is waited for new keys that somebody else's act kept from following at once.
const RENEWING: Duration = Duration::from_secs(10);

impl Office {
    /// Takes a device out: it is stopped, what the relay has of it counts, and nothing new can be read with its keys. What
    /// this computer does not hold the key of is renewed by those who do, when they are next connected; until then nothing
    /// is sealed there.
    ///
    /// # Errors
    /// `device.unknown`; `device.own` for this one; `relay.none`, and `relay.unreachable` before anything is done; the
    /// relay's codes. Told again, it goes on where it was cut short.
    #[tracing::instrument(skip_all)]
    pub async fn device_revoke(&self, revoke: DeviceRevoke) -> Result<Changes, AppError> {
        self.allow(Action::ManageDevices, Object::in_scope(Scope::Admin))?;
        let control = self.exchange.control();
        let found = control.devices().find(|(id, device)| id.to_string() == revoke.device && device.removed.is_none());
        let (device, state) = found.ok_or_else(|| AppError::new("device.unknown", "no such device in the company"))?;
        let name = self.exchange.name_of(zuc_domain::shared::PersonId(state.person.to_uuid()));
        if device == self.exchange.device_keys().id() {
            return Err(AppError::new("device.own", "another administrator takes this device out"));
        }
        self.exchange.relay()?;
        wait_connected(self).await?;
        let stop = |control: &ControlLog, _: &[Bag]| {
            Ok(vec![freeze(control, &self.exchange.ring(), device, self.now().as_millisecond())?])
        };
        if !state.frozen_at(control.last_seq()) {
            self.author_over(stop).await?;
        }
        failpoint("membership.stopped")?;
        let reason = match revoke.reason {
            RevokeReason::Left => RemoveReason::Left,
            RevokeReason::Lost => RemoveReason::LostOrStolen,
        };
        let removing = Removing { device, marks: self.marks_of(device).await?, wipe: revoke.wipe, reason };
        let authored = self.author_over(|control, bags| self.removal(control, bags, &removing)).await;
        // once it is out, what did not follow is owed, and given by whoever can
        if !is_removed(&self.exchange.control(), device) {
            authored?;
        }
        self.wait_for_keys().await;
        let waits = self.exchange.control().scopes().any(|scope| self.exchange.control().is_stale(scope));
        let done = if waits {
            words::fill("company.removed_waits", &[("name", &name)])
        } else {
            words::fill("company.removed", &[("name", &name)])
        };
        Ok(self.tell(Changes { settings: true, done, ..Changes::default() }))
    }

    /// Lets a stopped device go on: a removal that was cut short is not wanted any more.
    ///
    /// # Errors
    /// `device.unknown` for one that is none, `device.not_stopped`; `relay.none`, `relay.unreachable` and the relay's codes.
    #[tracing::instrument(skip_all)]
    pub async fn device_release(&self, device: String) -> Result<Changes, AppError> {
        self.allow(Action::ManageDevices, Object::in_scope(Scope::Admin))?;
        let control = self.exchange.control();
        let found = control.devices().find(|(id, state)| id.to_string() == device && state.removed.is_none());
        let (device, state) = found.ok_or_else(|| AppError::new("device.unknown", "no such device in the company"))?;
        if !state.frozen_at(control.last_seq()) {
            return Err(AppError::new("device.not_stopped", "the device is at work"));
        }
        self.exchange.relay()?;
        wait_connected(self).await?;
        let name = self.exchange.name_of(zuc_domain::shared::PersonId(state.person.to_uuid()));
        let release = |control: &ControlLog, _: &[Bag]| {
            Ok(vec![release(control, &self.exchange.ring(), device, self.now().as_millisecond())?])
        };
        self.author_over(release).await?;
        Ok(self.tell(Changes {
            settings: true,
            done: words::fill("company.released", &[("name", &name)]),
            ..Changes::default()
        }))
    }

    pub(super) async fn marks_of(&self, device: DeviceId) -> Result<Vec<Mark>, AppError> {
        let question = ClientFrame::Marks { device };
        match self.exchange.relay()?.ask(&self.exchange.credentials(), question).await? {
            ServerFrame::Marks { marks } => Ok(marks),
            ServerFrame::Error { code, .. } => Err(AppError::new(code, "the relay gave no marks")),
            _ => Err(AppError::new("relay.nonsense", "not the marks that were asked for")),
        }
    }

    fn removal(&self, control: &ControlLog, bags: &[Bag], removing: &Removing) -> Result<Vec<ControlStep>, AppError> {
        if is_removed(control, removing.device) {
            return Ok(Vec::new());
        }
        let (ring, entropy) = (self.ring_with_bags(control), self.ports.entropy.clone());
        let mut fresh = || random(entropy.as_ref());
        Ok(remove_device(control, &ring, bags, removing, self.now().as_millisecond(), &mut fresh)?)
    }

    /// Waits until the scopes whose key is here have a new one: the exchange sees to it where it did not follow at once.
    pub(super) async fn wait_for_keys(&self) {
        let renewed = async {
            loop {
                let (control, ring) = (self.exchange.control(), self.exchange.ring());
                if !ring.readable(&control).into_iter().any(|scope| control.is_stale(scope)) {
                    return;
                }
                self.exchange.moved_from(control.head()).await;
            }
        };
        // what is late is owed
        let _ = tokio::time::timeout(RENEWING, renewed).await;
    }

    /// Takes acts to the relay that are made over the membership as it is known here, and over its bags of person keys;
    /// again where somebody else's came first.
    pub(super) async fn author_over(
        &self,
        make: impl Fn(&ControlLog, &[Bag]) -> Result<Vec<ControlStep>, AppError>,
    ) -> Result<(), AppError> {
        let mut tries = 1..TRIES;
        loop {
            let control = self.exchange.control();
            let steps = make(&control, &self.bags(&control).await?)?;
            match self.exchange.author(steps).await {
                Err(error) if error.code == "sync.control_conflict" && tries.next().is_some() => {
                    self.exchange.moved_from(control.head()).await;
                }
                answered => return answered,
            }
        }
    }

    /// The bags of person keys as they lie here.
    pub(crate) async fn bags(&self, control: &ControlLog) -> Result<Vec<Bag>, AppError> {
        let mut bags = Vec::new();
        for scope in control.scopes().collect::<Vec<_>>() {
            let rows = self.store.bag_rows(zuc_store::domain_scope(scope)).await?;
            if let Some(generation) = control.bag(scope) {
                let mut bag = Bag::new(scope, generation);
                bag.merge(rows);
                bags.push(bag);
            }
        }
        Ok(bags)
    }
}

fn is_removed(control: &ControlLog, device: DeviceId) -> bool {
    control.device(device).is_none_or(|state| state.removed.is_some())
}
