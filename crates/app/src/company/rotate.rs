//! New keys of scopes: on demand, and when a key has served its time.

use zuc_domain::shared::{Action, Object, Scope};
use zuc_ipc::{Changes, company::KeysRotate, words};
use zuc_protocol::control::ControlLog;
use zuc_store::keys::random;
use zuc_sync::{
    ControlStep,
    membership::{due_rotations, rotate},
};

use crate::{AppError, Office, sync::wait_connected};

impl Office {
    /// Gives scopes new keys; all whose key is here, where none is named. Who reads them has the new ones at once, and what
    /// was written before stays readable for them.
    ///
    /// # Errors
    /// `device.no_such_scope`; `device.key_not_here` for one that this computer does not hold the key of; `relay.none`,
    /// `relay.unreachable` and the relay's codes.
    #[tracing::instrument(skip_all)]
    pub async fn keys_rotate(&self, which: KeysRotate) -> Result<Changes, AppError> {
        self.allow(Action::ManageDevices, Object::in_scope(Scope::Admin))?;
        let control = self.exchange.control();
        let here = self.exchange.ring().readable(&control);
        let mut scopes = Vec::new();
        for name in &which.scopes {
            let scope = name.parse().ok().filter(|scope| control.epoch(*scope).is_some());
            let scope = scope.ok_or_else(|| AppError::new("device.no_such_scope", name.clone()))?;
            if !here.contains(&scope) {
                return Err(AppError::new("device.key_not_here", name.clone()));
            }
            scopes.push(scope);
        }
        let scopes = if which.scopes.is_empty() { here } else { scopes };
        self.exchange.relay()?;
        wait_connected(self).await?;
        let count = scopes.len();
        self.author_over(|control, _| self.rotation(control, &scopes)).await?;
        let done = words::count("company.rotated", u64::try_from(count).unwrap_or(u64::MAX), &[]);
        Ok(self.tell(Changes { settings: true, done, ..Changes::default() }))
    }

    /// Gives new keys to the scopes whose key has served its time, if this computer may. The clock is trusted: one that runs
    /// ahead would give new keys without end.
    ///
    /// # Errors
    /// The relay's codes; it is tried again the next time.
    pub(crate) async fn rotate_what_is_due(&self) -> Result<(), AppError> {
        let control = self.exchange.control();
        let due = due_rotations(&control, &self.exchange.ring(), self.now().as_millisecond());
        if due.is_empty() {
            return Ok(());
        }
        tracing::info!(scopes = due.len(), "keys have served their time");
        self.exchange.author(self.rotation(&control, &due)?).await
    }

    fn rotation(&self, control: &ControlLog, scopes: &[zuc_protocol::Scope]) -> Result<Vec<ControlStep>, AppError> {
        let (ring, entropy) = (self.exchange.ring(), self.ports.entropy.clone());
        Ok(rotate(control, &ring, scopes, self.now().as_millisecond(), &mut || random(entropy.as_ref()))?)
    }
}
