//! The capture of a lead.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::{Lead, LeadError, LeadEvent, LeadState};
use crate::shared::text::clean;
use crate::shared::{
    Act, Consent, Email, ImportBatchId, LeadId, Money, Percentage, PersonId, Phone, PostalCode, Rfc, Scope, Transition,
    fold,
};

/// What is known when a lead is captured.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewLead {
    /// Fresh id.
    pub id: LeadId,
    /// Sales scope of the team.
    pub scope: Scope,
    /// The person.
    pub full_name: Option<String>,
    /// The company.
    pub company: Option<String>,
    /// Mail.
    pub email: Option<Email>,
    /// Phone.
    pub phone: Option<Phone>,
    /// Mails besides.
    pub other_emails: BTreeSet<Email>,
    /// Phones besides.
    pub other_phones: BTreeSet<Phone>,
    /// Tax id.
    pub rfc: Option<Rfc>,
    /// Employees.
    pub company_size: Option<u32>,
    /// Line of business.
    pub industry: Option<String>,
    /// Where it came from.
    pub source: String,
    /// Marketing medium.
    pub medium: Option<String>,
    /// Marketing campaign.
    pub campaign: Option<String>,
    /// What the deal may be worth.
    pub estimated_amount: Option<Money>,
    /// Postal code.
    pub postal_code: Option<PostalCode>,
    /// City.
    pub city: Option<String>,
    /// Day of capture.
    pub created_on: Date,
    /// Share of mails opened.
    pub mail_open_rate: Option<Percentage>,
    /// Asked for a demo.
    pub demo_requested: bool,
    /// Free notes.
    pub notes: String,
    /// Who works it from the start.
    pub owner: Option<PersonId>,
    /// Labels.
    pub tags: BTreeSet<String>,
    /// The import it came with.
    pub import_batch: Option<ImportBatchId>,
    /// Legal basis.
    pub consent: Option<Consent>,
    /// Leads this one may be a duplicate of.
    pub duplicate_candidates: Vec<LeadId>,
}

impl NewLead {
    /// A lead of which nothing is known yet but where it came from.
    pub fn new(id: LeadId, scope: Scope, source: impl Into<String>, created_on: Date) -> Self {
        Self {
            id,
            scope,
            full_name: None,
            company: None,
            email: None,
            phone: None,
            other_emails: BTreeSet::new(),
            other_phones: BTreeSet::new(),
            rfc: None,
            company_size: None,
            industry: None,
            source: source.into(),
            medium: None,
            campaign: None,
            estimated_amount: None,
            postal_code: None,
            city: None,
            created_on,
            mail_open_rate: None,
            demo_requested: false,
            notes: String::new(),
            owner: None,
            tags: BTreeSet::new(),
            import_batch: None,
            consent: None,
            duplicate_candidates: Vec::new(),
        }
    }
}

impl Lead {
    /// Decides whether `new` may be captured. An owner from the start makes it assigned.
    ///
    /// # Errors
    /// [`LeadError::NoNameNoCompany`]: one of the two is needed.
    pub fn create(new: NewLead, act: &Act) -> Result<LeadEvent, LeadError> {
        let new = NewLead {
            full_name: new.full_name.as_deref().and_then(clean),
            company: new.company.as_deref().and_then(clean),
            industry: new.industry.as_deref().and_then(clean),
            ..new
        };
        if new.full_name.is_none() && new.company.is_none() {
            return Err(LeadError::NoNameNoCompany);
        }
        let transition = new.owner.map(|_| Transition::record(&fold::<LeadState>([]), LeadState::Assigned, act, None));
        Ok(LeadEvent::Created { new: Box::new(new), transition })
    }

    /// The lead that [`LeadEvent::Created`] makes; `None` for any other event.
    pub fn from_created(event: &LeadEvent) -> Option<Self> {
        let LeadEvent::Created { new, transition } = event else { return None };
        let new = new.as_ref().clone();
        Some(Self {
            id: new.id,
            scope: new.scope,
            full_name: new.full_name,
            company: new.company,
            email: new.email,
            phone: new.phone,
            other_emails: new.other_emails,
            other_phones: new.other_phones,
            rfc: new.rfc,
            company_size: new.company_size,
            industry: new.industry,
            source: new.source,
            medium: new.medium,
            campaign: new.campaign,
            estimated_amount: new.estimated_amount,
            postal_code: new.postal_code,
            city: new.city,
            created_on: new.created_on,
            mail_open_rate: new.mail_open_rate,
            demo_requested: new.demo_requested,
            notes: new.notes,
            owner: new.owner,
            next_step: None,
            tags: new.tags,
            import_batch: new.import_batch,
            consent: new.consent,
            opposed_at: None,
            nurture_until: None,
            criteria: None,
            first_contact_at: None,
            score: None,
            merged_into: None,
            merged_seen: None,
            moved_to: None,
            moved_from: None,
            absorbed: BTreeMap::new(),
            converted: None,
            transitions: transition.iter().map(|t| (t.id, t.clone())).collect(),
        })
    }
}
