//! Settings of this device.

use zuc_ipc::{Changes, company::SettingsSet, words};

use crate::{AppError, Office};

impl Office {
    /// Changes the relay of this device.
    pub async fn settings_set(&self, new: SettingsSet) -> Result<Changes, AppError> {
        if let Some(url) = &new.relay_url {
            self.set_relay(url.trim()).await?;
        }
        Ok(self.tell(Changes { settings: true, done: words::say("settings.saved").to_owned(), ..Changes::default() }))
    }

    /// A setting of this device.
    pub(crate) async fn setting(&self, name: &str) -> Result<Option<String>, AppError> {
        Ok(self.store.setting(name).await?)
    }

    /// Writes a setting of this device.
    pub(crate) async fn set_setting(&self, name: &str, value: &str) -> Result<(), AppError> {
        Ok(self.store.set_setting(name, value).await?)
    }
}
