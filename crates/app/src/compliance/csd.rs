//! The certificates that seal the company's invoices.

use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zeroize::Zeroizing;
use zuc_cfdi::csd::Csd;
use zuc_domain::{
    compliance::ComplianceEvent,
    shared::{Action, Object, Scope},
};
use zuc_ipc::{
    Changes,
    invoice::{CsdAdd, CsdRow},
};
use zuc_protocol::item::Fact;
use zuc_store::{FactRecord, Projector, StoreError};

use crate::{AppError, Office};

/// Largest certificate or key file read: the SAT's are under 2 KiB.
const MAX_FILE: u64 = 64 * 1024;
/// Seconds of a day.
const DAY: i64 = 86_400;

/// What the company knows of a certificate; its key is only in the vault of the device that loaded it.
#[derive(Clone, Serialize, Deserialize)]
struct CsdFact {
    id: Uuid,
    company: Uuid,
    at: Timestamp,
    no_certificado: String,
    rfc: String,
    name: String,
    not_before: Timestamp,
    not_after: Timestamp,
    /// DER, base64.
    certificate: String,
}

impl FactRecord for CsdFact {
    const KIND: &'static str = Fact::CSD;
    const SEALED: &'static [&'static str] = &[];

    fn uuid(&self) -> Uuid {
        self.id
    }

    fn subject(&self) -> Uuid {
        self.company
    }

    fn scope(&self) -> Scope {
        Scope::Fiscal
    }

    async fn project(&self, _into: &mut Projector<'_>) -> Result<(), StoreError> {
        // a company has a handful; they are read as facts
        Ok(())
    }
}

impl Office {
    /// Loads a certificate and its key: checks both, keeps the key in this device's vault, forgets the password.
    ///
    /// # Errors
    /// `csd.wrong_password`, `csd.is_fiel`, `csd.other_rfc`, `csd.expired`, `csd.not_yet_valid`, `csd.key_mismatch`,
    /// `csd.unreadable_certificate`, `csd.unreadable_key`; nothing is kept then.
    #[tracing::instrument(skip_all)]
    pub async fn csd_add(&self, add: CsdAdd) -> Result<Vec<CsdRow>, AppError> {
        self.allow(Action::ManageCsd, Object::in_scope(Scope::Fiscal))?;
        let cer = read(&add.cer_path).await.map_err(|error| error.at("cer_path"))?;
        let key = Zeroizing::new(read(&add.key_path).await.map_err(|error| error.at("key_path"))?);
        let password = Zeroizing::new(add.password);
        let profile = self.profile().await?;
        let csd = Csd::open(&cer, &key, password.as_bytes())?;
        csd.check(profile.rfc.as_str(), self.now())?;
        let certificate = csd.certificate();
        self.store.vault_set(&vault_name(certificate.number()), &csd.key_der()?).await?;
        let mut tx = self.begin().await?;
        let known = tx.facts::<CsdFact>(self.company_id()).await?;
        if !known.iter().any(|fact| fact.no_certificado == certificate.number()) {
            let fact = CsdFact {
                id: tx.fresh_id(),
                company: self.company_id(),
                at: self.now(),
                no_certificado: certificate.number().to_owned(),
                rfc: certificate.rfc().to_owned(),
                name: certificate.name().to_owned(),
                not_before: certificate.not_before(),
                not_after: certificate.not_after(),
                certificate: csd.certificate_base64().to_owned(),
            };
            let previous = known.iter().max_by_key(|fact| fact.at);
            let event = ComplianceEvent::CsdRotated {
                company: self.company_id(),
                emisor_rfc: fact.rfc.clone(),
                old_serial: previous.map(|fact| fact.no_certificado.clone()),
                new_serial: fact.no_certificado.clone(),
                valid_from: fact.not_before,
                valid_to: fact.not_after,
            };
            tx.record_fact(&fact, &[&event]).await?;
        }
        tx.commit().await?;
        self.tell(Changes {
            settings: true,
            done: zuc_ipc::words::say("certificate.added").to_owned(),
            ..Changes::default()
        });
        self.csd_list().await
    }

    /// Certificates of the company, the newest first; none for a person who may not see them.
    pub async fn csd_list(&self) -> Result<Vec<CsdRow>, AppError> {
        if !self.may(Action::ReadCfdi, Object::in_scope(Scope::Fiscal)) {
            return Ok(Vec::new());
        }
        let day = |at: Timestamp| at.to_zoned_datetime(TimeZone::UTC).date().to_string();
        let mut rows = Vec::new();
        for fact in self.csd_facts().await? {
            let has_key = self.store.vault_get(&vault_name(&fact.no_certificado)).await?.is_some();
            rows.push(CsdRow {
                days_left: (fact.not_after.as_second() - self.now().as_second()).div_euclid(DAY),
                valid_from: day(fact.not_before),
                valid_to: day(fact.not_after),
                no_certificado: fact.no_certificado,
                rfc: fact.rfc,
                name: fact.name,
                has_key,
            });
        }
        Ok(rows)
    }

    /// The certificate to seal with now: the newest valid one whose key is here. Its buffers are zeroed when it is
    /// dropped.
    ///
    /// # Errors
    /// `csd.none` when this device holds no key, `csd.expired` when none of them is valid.
    pub(super) async fn sealing_csd(&self, rfc: &str) -> Result<Csd, AppError> {
        let mut last = AppError::new("csd.none", "no certificate with its key is on this device");
        for fact in self.csd_facts().await? {
            let Some(key) = self.store.vault_get(&vault_name(&fact.no_certificado)).await? else { continue };
            let csd = Csd::from_der_key(&crate::from_base64(&fact.certificate)?, key)?;
            match csd.check(rfc, self.now()) {
                Ok(()) => return Ok(csd),
                Err(error) => last = error.into(),
            }
        }
        Err(last)
    }

    /// Days until the newest certificate ends.
    pub(crate) async fn csd_days_left(&self) -> Result<Option<i64>, AppError> {
        Ok(self.csd_list().await?.first().map(|row| row.days_left))
    }

    async fn csd_facts(&self) -> Result<Vec<CsdFact>, AppError> {
        let mut facts = self.store.facts::<CsdFact>(self.company_id()).await?;
        facts.sort_by_key(|fact| std::cmp::Reverse(fact.at));
        Ok(facts)
    }
}

fn vault_name(no_certificado: &str) -> String {
    format!("csd/{no_certificado}")
}

async fn read(path: &str) -> Result<Vec<u8>, AppError> {
    let unreadable = |error: std::io::Error| AppError::new("file.not_read", error.kind().to_string());
    if tokio::fs::metadata(path).await.map_err(unreadable)?.len() > MAX_FILE {
        return Err(AppError::new("file.too_large", "a certificate or key is a few kilobytes"));
    }
    tokio::fs::read(path).await.map_err(unreadable)
}
