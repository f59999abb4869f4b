//! Deciding not to wait for receipts after the relay has lost its data.

use zuc_domain::shared::{Action, Object, Scope};
use zuc_ipc::{Changes, words};
use zuc_protocol::{
    control::{ControlAct, ControlLog},
    ids::LogId,
};
use zuc_sync::ControlStep;

use crate::{AppError, Office, sync::wait_connected};

impl Office {
    /// Has folios given and invoices stamped again, whatever receipts the computers that are missing may hold. It stands in
    /// the control log who decided that; after the next loss it is decided anew.
    ///
    /// # Errors
    /// `sync.thaw_early` within a day of the loss, `sync.not_lost` when there is nothing to decide; `relay.none`,
    /// `relay.unreachable` and the relay's codes.
    #[tracing::instrument(skip_all)]
    pub async fn relay_thaw(&self) -> Result<Changes, AppError> {
        self.allow(Action::ManageDevices, Object::in_scope(Scope::Admin))?;
        self.exchange.relay()?;
        wait_connected(self).await?;
        let log = self.store.relay_log().await?;
        let log = log.ok_or_else(|| AppError::new("sync.not_lost", "no log of the relay was read yet"))?;
        self.author_over(|control, _| self.thawing(control, log)).await?;
        let done = words::say("company.thawed").to_owned();
        Ok(self.tell(Changes { settings: true, done, ..Changes::default() }))
    }

    fn thawing(&self, control: &ControlLog, log: LogId) -> Result<Vec<ControlStep>, AppError> {
        let act = ControlAct::Thaw { log };
        let record = control.sign(act, self.now().as_millisecond(), &self.exchange.device_keys())?;
        Ok(vec![ControlStep { record, replacements: Vec::new(), wraps: Vec::new() }])
    }
}
