//! Settings of this device.

use zuc_ipc::{Changes, company::SettingsSet};

use crate::{AppError, Office};

impl Office {
    /// Changes theme, density or relay of this device.
    pub async fn settings_set(&self, new: SettingsSet) -> Result<Changes, AppError> {
        if let Some(theme) = &new.theme {
            let stored = match theme.as_str() {
                "light" | "dark" => theme.as_str(),
                "system" | "" => "",
                _ => return Err(AppError::invalid("theme")),
            };
            self.set_setting("theme", stored).await?;
        }
        if let Some(density) = &new.density {
            if !["compact", "comfortable"].contains(&density.as_str()) {
                return Err(AppError::invalid("density"));
            }
            self.set_setting("density", density).await?;
        }
        if let Some(url) = &new.relay_url {
            self.set_relay(url.trim()).await?;
        }
        Ok(self.tell(Changes { settings: true, done: "Ajustes guardados".to_owned(), ..Changes::default() }))
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
