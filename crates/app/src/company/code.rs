//! Acts that the recovery code signs, at the device of whoever administers.

use std::time::Duration;

use zuc_ipc::company::Secret;
use zuc_protocol::{control::ControlLog, identity::DeviceKeys, recovery};
use zuc_store::keys::random;
use zuc_sync::{ControlStep, membership::replace_root};

use crate::{AppError, Office, sync::wait_connected};

/// How long the keys of bags that are on their way are waited for.
const KEYS: Duration = Duration::from_secs(15);
/// Between two looks at them.
const LOOK: Duration = Duration::from_millis(50);

impl Office {
    /// The keys of a typed recovery code, if it is the one that counts.
    ///
    /// # Errors
    /// `sync.bad_code` for a typing error, `company.other_recovery_code` for another.
    pub(super) fn root_of(&self, code: &Secret) -> Result<DeviceKeys, AppError> {
        let secret = recovery::from_code(&code.text).map_err(|error| AppError::from(error).at("code"))?;
        let root = recovery::root_keys(&secret);
        if self.exchange.control().root() != root.public() {
            return Err(AppError::new("company.other_recovery_code", "the code is not this company's").at("code"));
        }
        Ok(root)
    }

    /// Ends a recovery code, and begins another that opens whatever it opened.
    ///
    /// # Errors
    /// `relay.none`, `relay.unreachable`; `store.no_bag` while keys are on their way; the relay's codes.
    pub(crate) async fn code_replace(&self, before: &DeviceKeys, next: &DeviceKeys) -> Result<(), AppError> {
        self.exchange.relay()?;
        wait_connected(self).await?;
        self.wait_for_bags().await?;
        self.author_over(|control, _| self.replacing(control, before, next)).await
    }

    fn replacing(
        &self,
        control: &ControlLog,
        before: &DeviceKeys,
        next: &DeviceKeys,
    ) -> Result<Vec<ControlStep>, AppError> {
        if control.root() == next.public() {
            return Ok(Vec::new());
        }
        let (ring, entropy) = (self.ring_with_bags(control), self.ports.entropy.clone());
        let now = self.now().as_millisecond();
        Ok(replace_root(control, &ring, before, next, now, &mut || random(entropy.as_ref()))?)
    }

    /// Waits until the key of every bag that this device may open is here: the next code is to open them all.
    async fn wait_for_bags(&self) -> Result<(), AppError> {
        let me = self.exchange.device_keys().id();
        let all_here = async {
            loop {
                let control = self.exchange.control();
                let ring = self.ring_with_bags(&control);
                if control.scopes().all(|scope| !control.may_read(me, scope) || ring.bag(scope).is_some()) {
                    return;
                }
                tokio::time::sleep(LOOK).await;
            }
        };
        let late = |_| AppError::new("store.no_bag", "the key of a bag is on its way");
        tokio::time::timeout(KEYS, all_here).await.map_err(late)
    }
}
