//! Deciding not to wait for receipts after the relay has lost its data.

use jiff::Timestamp;
use zuc_domain::shared::{Action, Object, PersonId, Scope};
use zuc_ipc::{Changes, company::Secret, sync::RelayLoss, words};
use zuc_protocol::{
    control::{ControlAct, ControlLog},
    identity::DeviceKeys,
    ids::LogId,
    messages::StandingLoss,
};
use zuc_sync::ControlStep;

use crate::{AppError, Office, sync::wait_connected};

/// How long a relay waits before an administrator may decide, in milliseconds; it judges by its own clock.
const DECIDED_AFTER_MS: i64 = 24 * 60 * 60 * 1_000;

impl Office {
    /// Has folios given and invoices stamped again, whatever receipts the computers that are missing may hold. It stands in
    /// the control log who decided that; after the next loss it is decided anew.
    ///
    /// # Errors
    /// `sync.thaw_early` within a day of the loss, where it is not the recovery code that decides; `sync.not_lost` when there
    /// is nothing to decide; `sync.bad_code` and `company.other_recovery_code` for a code; `relay.none`, `relay.unreachable` and
    /// the relay's codes.
    #[tracing::instrument(skip_all)]
    pub async fn relay_thaw(&self, code: Option<Secret>) -> Result<Changes, AppError> {
        self.allow(Action::ManageDevices, Object::in_scope(Scope::Admin))?;
        let root = code.map(|code| self.root_of(&code)).transpose()?;
        self.exchange.relay()?;
        wait_connected(self).await?;
        let log = self.store.relay_log().await?;
        let log = log.ok_or_else(|| AppError::new("sync.not_lost", "no log of the relay was read yet"))?;
        self.author_over(|control, _| self.thawing(control, log, root.as_ref())).await?;
        let done = words::say("company.thawed").to_owned();
        Ok(self.tell(Changes { settings: true, done, ..Changes::default() }))
    }

    /// Shows what the relay says of its loss, by the names of those that it waits for.
    pub(crate) fn tell_loss(&self, loss: Option<StandingLoss>) {
        let shown = loss.map(|loss| {
            let control = self.exchange.control();
            let person = |device| Some(control.device(device)?.person);
            let mut waits: Vec<String> = loss
                .waits
                .iter()
                .filter_map(|device| person(*device))
                .map(|person| self.exchange.name_of(PersonId(person.to_uuid())))
                .collect();
            waits.sort_unstable();
            waits.dedup();
            let at = |ms| Timestamp::from_millisecond(ms).map(|at| at.to_string()).unwrap_or_default();
            RelayLoss { since: at(loss.since_ms), waits, decidable: at(loss.since_ms.saturating_add(DECIDED_AFTER_MS)) }
        });
        self.exchange.set_status(|status| status.loss = shown);
    }

    fn thawing(
        &self,
        control: &ControlLog,
        log: LogId,
        root: Option<&DeviceKeys>,
    ) -> Result<Vec<ControlStep>, AppError> {
        let (act, now) = (ControlAct::Thaw { log }, self.now().as_millisecond());
        let record = match root {
            Some(root) => control.sign_as_root(act, now, root)?,
            None => control.sign(act, now, &self.exchange.device_keys())?,
        };
        Ok(vec![ControlStep { record, replacements: Vec::new(), wraps: Vec::new() }])
    }
}
