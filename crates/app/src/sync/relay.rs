//! Setting the relay: registering the company there and entering its key in the control log.

use zuc_domain::shared::{Action, Object, Scope};
use zuc_protocol::control::{ControlAct, ControlError};
use zuc_sync::ControlStep;

use super::{connect, exchange::Order};
use crate::{AppError, Office};

impl Office {
    /// Sets this device's relay. The first time an admin does so the company is registered there and the relay's key
    /// is entered in the control log, so that only its facts count; the others learn it from there.
    ///
    /// # Errors
    /// `relay.bad_url`; an unreachable relay is no error: it is tried again when it answers.
    pub(crate) async fn set_relay(&self, url: &str) -> Result<(), AppError> {
        if url.is_empty() {
            self.exchange.set_relay(None);
            self.set_setting("relay", "").await?;
            self.exchange.order(Order::Reconnect);
            return Ok(());
        }
        let relay = self.ports.relays.at(url)?;
        self.set_setting("relay", url).await?;
        self.exchange.set_relay(Some(relay));
        if self.may(Action::EditCompany, Object::in_scope(Scope::Admin)) {
            self.introduce(url).await?;
        }
        self.exchange.order(Order::Reconnect);
        Ok(())
    }

    /// Registers the company and trusts the relay's key, unless the control log already does.
    async fn introduce(&self, url: &str) -> Result<(), AppError> {
        let relay = self.exchange.relay()?;
        let control = self.exchange.control();
        relay.register(control.records_from(0)).await?;
        let identity = relay.identity().await?;
        if control.relay_key() == Some(&identity.key) {
            return Ok(());
        }
        let act = ControlAct::RelayKey { key: identity.key, url: url.to_owned() };
        let record = control.sign(act, self.now().as_millisecond(), &self.exchange.device_keys())?;
        self.exchange.order(Order::Reconnect);
        connect::wait_connected(self).await?;
        self.exchange.author(vec![ControlStep { record, replacements: Vec::new(), wraps: Vec::new() }]).await
    }

    /// Refuses to ask the relay's ledgers for anything while one of its logs, or the membership that it shows, is not trusted:
    /// what they promise may be promised to somebody else too.
    ///
    /// # Errors
    /// Those of [`AppError::is_distrust`].
    pub(crate) async fn trust_the_relay(&self) -> Result<(), AppError> {
        if self.exchange.control().fork().is_some() {
            return Err(ControlError::Forked.into());
        }
        match self.store.alarms().await?.first() {
            None => Ok(()),
            Some((scope, alarm)) => Err(AppError::new(alarm.wrong.code(), format!("the log of {scope}"))),
        }
    }

    /// Asks the relay for its time, and refuses where this laptop's is too far from it.
    ///
    /// # Errors
    /// `clock.off`; those of a relay that does not answer.
    pub(crate) async fn compare_clocks(&self) -> Result<(), AppError> {
        let identity = self.exchange.relay()?.identity().await?;
        self.note_relay_time(identity.time_ms);
        self.trust_clock()
    }

    /// Notes how far this laptop's clock is from the relay's.
    pub(crate) fn note_relay_time(&self, millis: i64) {
        self.set_skew(self.now().as_millisecond() - millis);
    }
}
