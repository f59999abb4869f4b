//! Commands over several scopes of which a part is missing: after a day somebody is told.

use std::{sync::PoisonError, time::Duration};

use zuc_domain::shared::Scope;
use zuc_ipc::words;
use zuc_store::Incomplete;

use crate::{AppError, Office};

/// How long the rest of a command may be on its way.
const DAY: Duration = Duration::from_hours(24);

impl Office {
    /// Commands of which a part is missing that should be here: whoever reads every sales team knows that it is to come.
    ///
    /// # Errors
    /// What the store says.
    pub async fn incomplete(&self) -> Result<Vec<Incomplete>, AppError> {
        let (control, acting) = (self.exchange.control(), self.acting());
        let mut teams = control.scopes().map(zuc_store::domain_scope).filter(|scope| matches!(scope, Scope::Sales(_)));
        if !teams.all(|team| acting.reads(team)) {
            return Ok(Vec::new());
        }
        Ok(self.store.incomplete().await?)
    }

    /// Tells in the log of the exchange, once, of each command that is incomplete for more than a day.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) async fn tell_incomplete(&self) -> Result<(), AppError> {
        let now = self.now();
        for part in self.incomplete().await? {
            let waited = now.duration_since(part.since).unsigned_abs();
            let mut told = self.incomplete_told.lock().unwrap_or_else(PoisonError::into_inner);
            if waited >= DAY && told.insert(part.command) {
                let since = zuc_documents::numbers::date(part.since.to_zoned_datetime(self.zone.clone()).date());
                let text = words::fill("sync.incomplete", &[("since", &since), ("here", &part.here), ("of", &part.of)]);
                self.exchange.line(now, "error", text);
            }
        }
        Ok(())
    }
}
