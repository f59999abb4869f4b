//! A PAC to develop and test against: a process of its own that speaks SW's REST shape, keeps its own ledger, signs with
//! its own certificate and refuses what the SAT refuses. Its timbres are worth nothing at the SAT.
//!
//! It forgives nothing and promises nothing: it dedupes only where its profile says so, and can be told to fail in the
//! ways real PACs fail.

mod hostile;
mod identity;
mod ledger;
mod profile;
mod reply;
mod server;
mod stamp;

use std::{path::Path, sync::Arc};

use tokio::sync::Mutex;

pub use ledger::{LedgerError, LedgerRow};
pub use profile::{Fault, Hostile, Profile};
pub use server::serve;

use self::{identity::Identity, ledger::Ledger};
use crate::Clock;

/// Why the sandbox cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// Its ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Its certificates.
    #[error(transparent)]
    Certificates(#[from] zuc_cfdi::sandbox::SandboxError),
    /// Its own files do not go together.
    #[error("the sandbox's certificates cannot be used")]
    Csd(#[from] zuc_cfdi::csd::CsdError),
    /// Its folder.
    #[error("the sandbox's folder cannot be used")]
    Files(#[from] std::io::Error),
    /// The profile is no profile.
    #[error("the profile cannot be read")]
    Profile(#[from] serde_json::Error),
}

/// The sandbox PAC.
pub struct SandboxPac {
    identity: Identity,
    /// The one lock: looking for an earlier timbre and writing a new one are one step.
    ledger: Mutex<Ledger>,
    profile: std::sync::Mutex<Profile>,
    clock: Arc<dyn Clock>,
}

impl SandboxPac {
    /// Opens the sandbox in its folder; certificates and ledger are made when they are missing.
    ///
    /// # Errors
    /// [`SandboxError`].
    pub async fn open(folder: &Path, profile: Profile, clock: Arc<dyn Clock>) -> Result<Self, SandboxError> {
        std::fs::create_dir_all(folder)?;
        let identity = Identity::load_or_make(folder, clock.now_ms())?;
        let ledger = Mutex::new(Ledger::open(&folder.join("ledger.db")).await?);
        Ok(Self { identity, ledger, profile: std::sync::Mutex::new(profile), clock })
    }

    /// The certificate that signs its timbres, in DER.
    pub fn pac_certificate(&self) -> &[u8] {
        self.identity.pac.certificate().der()
    }

    /// RFC under which it stamps.
    pub fn rfc(&self) -> &str {
        self.identity.pac.certificate().rfc()
    }

    /// All timbres it ever gave, oldest first: what a test believes.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub async fn timbres(&self) -> Result<Vec<LedgerRow>, LedgerError> {
        self.ledger.lock().await.all().await
    }

    /// Changes how it behaves from now on.
    pub fn set_profile(&self, profile: Profile) {
        *self.profile.lock().expect("no holder panics") = profile;
    }

    /// How it behaves.
    pub fn profile(&self) -> Profile {
        self.profile.lock().expect("no holder panics").clone()
    }
}
