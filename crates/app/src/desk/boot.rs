//! What the window needs first.

use zuc_domain::shared::Role;
use zuc_ipc::company::{Boot, CompanyView, PersonView, Stage};

use super::{Desk, State};
use crate::{AppError, Office};

impl Desk {
    /// Where the program stands; opens the home where that was not done, or tries it again.
    ///
    /// # Errors
    /// As [`Desk::at`].
    pub async fn boot(&self) -> Result<Boot, AppError> {
        let mut state = self.state.lock().await;
        self.try_open(&mut state).await?;
        let (stage, office) = match &*state {
            State::Shut | State::Fresh(_) | State::Moving => (Stage::Fresh, None),
            State::Locked(_) => (Stage::Locked, None),
            State::Joining(..) => (Stage::Joining, None),
            State::Wiped => (Stage::Wiped, None),
            State::Open(office, _) if office.is_of_the_company().is_err() => (Stage::Removed, None),
            State::Open(office, true) => (Stage::Recovery, Some(office.clone())),
            State::Open(office, false) => (Stage::Ready, Some(office.clone())),
        };
        drop(state);
        let version = env!("CARGO_PKG_VERSION").to_owned();
        let Some(office) = office else {
            return Ok(Boot { stage, version, ..Boot::default() });
        };
        Ok(Boot {
            stage,
            company: Some(office.company_view().await?),
            person: Some(office.person_view()),
            counts: office.sidebar_counts().await?,
            version,
        })
    }
}

impl Office {
    async fn company_view(&self) -> Result<CompanyView, AppError> {
        let relay_url = self.setting("relay").await?.unwrap_or_default();
        let id = self.exchange.company().to_string();
        match self.profile().await {
            Ok(profile) => Ok(CompanyView {
                id,
                rfc: profile.rfc.to_string(),
                name: profile.legal_name,
                regimen_text: zuc_cfdi::catalogs::regimen_text(&profile.regimen_fiscal).unwrap_or_default().to_owned(),
                regimen_fiscal: profile.regimen_fiscal,
                cp: profile.lugar_expedicion.to_string(),
                relay_url,
                sample: profile.sample,
            }),
            // a device that has just joined shows its shell while the data arrive
            Err(error) if error.code == "company.no_profile" => {
                Ok(CompanyView { id, relay_url, ..CompanyView::default() })
            }
            Err(error) => Err(error),
        }
    }

    fn person_view(&self) -> PersonView {
        PersonView {
            id: self.actor.person.to_string(),
            name: self.exchange.name_of(self.actor.person),
            roles: self.acting().roles.iter().map(|role| Role::name(*role).to_owned()).collect(),
        }
    }
}
