//! Who issues: the fiscal data of the company, which every laptop needs.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zuc_domain::shared::{Action, Object, PostalCode, Rfc, Scope};
use zuc_protocol::item::Fact;
use zuc_store::{FactRecord, Projector, StoreError};

use crate::{AppError, Office};

/// Fiscal data of the issuer; a change of them is a new fact, the newest one counts.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CompanyProfile {
    /// RFC.
    pub(crate) rfc: Rfc,
    /// Name without company type, uppercase.
    pub(crate) legal_name: String,
    /// Key of `c_RegimenFiscal`.
    pub(crate) regimen_fiscal: String,
    /// Postal code of the place of issue.
    pub(crate) lugar_expedicion: PostalCode,
    /// The data are the product's own sample.
    pub(crate) sample: bool,
}

/// The profile as it was at a moment.
#[derive(Clone, Serialize, Deserialize)]
struct ProfileFact {
    id: Uuid,
    company: Uuid,
    at: Timestamp,
    profile: CompanyProfile,
}

impl FactRecord for ProfileFact {
    const KIND: &'static str = Fact::COMPANY_PROFILE;
    const SEALED: &'static [&'static str] = &[];

    fn uuid(&self) -> Uuid {
        self.id
    }

    fn subject(&self) -> Uuid {
        self.company
    }

    fn scope(&self) -> Scope {
        Scope::Catalog
    }

    async fn project(&self, _into: &mut Projector<'_>) -> Result<(), StoreError> {
        // read as facts: there is one company, and its profile changes a few times in its life
        Ok(())
    }
}

impl Office {
    /// The newest profile.
    ///
    /// # Errors
    /// `company.no_profile` on a device that has not received it yet.
    pub(crate) async fn profile(&self) -> Result<CompanyProfile, AppError> {
        let company = self.company_id();
        let newest = self.store.facts::<ProfileFact>(company).await?.into_iter().max_by_key(|fact| (fact.at, fact.id));
        newest
            .map(|fact| fact.profile)
            .ok_or_else(|| AppError::new("company.no_profile", "the company's data have not arrived yet"))
    }

    /// Sets the profile.
    pub(crate) async fn set_profile(&self, profile: CompanyProfile) -> Result<(), AppError> {
        self.allow(Action::EditCompany, Object::in_scope(Scope::Admin))?;
        let mut tx = self.begin().await?;
        let fact = ProfileFact { id: tx.fresh_id(), company: self.company_id(), at: self.now(), profile };
        tx.record_fact(&fact, &[]).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The company's id.
    pub(crate) fn company_id(&self) -> Uuid {
        self.exchange.company().to_uuid()
    }
}
