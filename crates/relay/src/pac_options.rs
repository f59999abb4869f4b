//! Which PAC, and how it is believed: the command line's part.

use std::{path::PathBuf, sync::Arc, time::Duration};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use zuc_cfdi::csd::Certificate;
use zuc_relay::{
    pac::{Capabilities, Credentials, Pac, Recovery, SwPac, SwSettings},
    stamping::{StampingSettings, Trust},
};

/// Which PAC stamps; with none the relay stamps nothing and does all the rest.
#[derive(Args)]
#[expect(
    clippy::struct_field_names,
    reason = "a field is an option of the command line, and there each says whose it is"
)]
pub(crate) struct PacOptions {
    /// The PAC's address, without a slash at its end.
    #[arg(long, env = "ZUC_PAC_URL", requires = "pac_token")]
    pac_url: Option<String>,
    /// The address of its data warehouse, where it is another.
    #[arg(long, env = "ZUC_PAC_API_URL", requires = "pac_url")]
    pac_api_url: Option<String>,
    /// The PAC's token.
    #[arg(long, env = "ZUC_PAC_TOKEN", hide_env_values = true)]
    pac_token: Option<String>,
    /// What the PAC can do about a lost answer.
    #[arg(long, env = "ZUC_PAC_RECOVERY", value_enum, default_value_t = RecoveryWord::Resend)]
    pac_recovery: RecoveryWord,
    /// How long a call may take, in milliseconds.
    #[arg(long, env = "ZUC_PAC_DEADLINE_MS", default_value_t = 10_000)]
    pac_deadline_ms: u64,
    /// How long after the deadline a call may still take effect at the PAC, in milliseconds.
    #[arg(long, env = "ZUC_PAC_SETTLE_MS", default_value_t = 40_000)]
    pac_settle_ms: u64,
    /// How long an attempt may be prepared before another worker takes it over, in milliseconds.
    #[arg(long, env = "ZUC_PAC_CLAIM_MS", default_value_t = 20_000)]
    pac_claim_ms: u64,
    /// RFC of the PAC; a timbre of another is not believed.
    #[arg(long, env = "ZUC_PAC_RFC")]
    pac_rfc: Option<String>,
    /// A certificate (DER) that signs its timbres; with one given, no other seal is believed.
    #[arg(long, env = "ZUC_PAC_CERTIFICATE")]
    pac_certificate: Vec<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum RecoveryWord {
    /// The identical bytes again: the PAC dedupes.
    Resend,
    /// A question by our reference.
    LookUp,
    /// A person looks.
    Person,
}

impl PacOptions {
    pub(crate) fn pac(&self) -> anyhow::Result<Option<Arc<dyn Pac>>> {
        let (Some(url), Some(token)) = (&self.pac_url, &self.pac_token) else { return Ok(None) };
        let settings = SwSettings {
            services_url: url.clone(),
            api_url: self.pac_api_url.as_ref().unwrap_or(url).clone(),
            credentials: Credentials::Token(token.clone()),
            capabilities: Capabilities {
                recovery: match self.pac_recovery {
                    RecoveryWord::Resend => Recovery::Resend,
                    RecoveryWord::LookUp => Recovery::LookUp,
                    RecoveryWord::Person => Recovery::Person,
                },
                settle: Duration::from_millis(self.pac_settle_ms),
                deadline: Duration::from_millis(self.pac_deadline_ms),
            },
        };
        Ok(Some(Arc::new(SwPac::try_new(settings)?)))
    }

    pub(crate) fn stamping(&self) -> anyhow::Result<StampingSettings> {
        let read = |path: &PathBuf| -> anyhow::Result<Certificate> {
            let der = std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
            Ok(Certificate::from_der(&der)?)
        };
        let sat_certificates = self.pac_certificate.iter().map(read).collect::<anyhow::Result<_>>()?;
        let trust = Trust { provider: self.pac_rfc.clone(), sat_certificates, authorities: vec![] };
        let claim = Duration::from_millis(self.pac_claim_ms);
        Ok(StampingSettings { trust, claim, ..StampingSettings::default() })
    }
}
