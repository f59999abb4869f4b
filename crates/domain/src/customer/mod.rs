//! Customers, their contacts, fiscal data and contracts.

pub mod contract;
pub mod error;
pub mod event;
pub mod fiscal;
pub mod state;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use contract::{Contract, ContractError, ContractEvent, ContractState};
pub use error::CustomerError;
pub use event::CustomerEvent;
pub use fiscal::{FiscalProfile, ProfileEvidence, ProfileStatus};
pub use state::CustomerState;

use crate::shared::named::named;
use crate::shared::text::clean;
use crate::shared::{
    Act, Consent, ContactId, Currency, CustomerId, Email, Folded, LeadId, PersonId, Phone, Rfc, Scope, StateMachine,
    Transition, TransitionId, fold,
};

/// Most contacts one customer document holds.
pub const MAX_CONTACTS: usize = 50;

named! {
    /// What a customer is.
    CustomerKind {
        /// A company.
        Moral = "persona_moral",
        /// An individual.
        Fisica = "persona_fisica",
        /// From abroad.
        Foreign = "extranjero",
    }

    /// How much a contact decides.
    DecisionPower {
        /// Signs.
        Decides = "decides",
        /// Has a say.
        Influences = "influences",
        /// Uses it.
        Uses = "uses",
        /// Nobody knows yet.
        Unknown = "unknown",
    }
}

/// A person at a customer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Contact {
    /// Id.
    pub id: ContactId,
    /// Name.
    pub name: String,
    /// What the person does there.
    pub role: Option<String>,
    /// The one to write to first.
    pub is_primary: bool,
    /// Mail.
    pub email: Option<Email>,
    /// Phone.
    pub phone: Option<Phone>,
    /// How much the person decides.
    pub decision_power: DecisionPower,
    /// Legal basis of the personal data.
    pub consent: Option<Consent>,
    /// Since when the person opposes being written to by campaigns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opposed_at: Option<Timestamp>,
}

/// A customer account.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Customer {
    /// Id.
    pub id: CustomerId,
    /// Sales scope of its team.
    pub scope: Scope,
    /// Legal name, as written.
    pub legal_name: String,
    /// Name on the door.
    pub trade_name: Option<String>,
    /// Tax id as far as sales knows it; the fiscal profile's counts.
    pub rfc: Option<Rfc>,
    /// What it is.
    pub kind: CustomerKind,
    /// Who looks after it.
    pub owner: PersonId,
    /// Currency it buys in.
    pub currency: Currency,
    /// Where it came from.
    pub source: String,
    /// The lead it came from.
    pub lead: Option<LeadId>,
    /// People, at most [`MAX_CONTACTS`].
    pub contacts: BTreeMap<ContactId, Contact>,
    /// What an invoice needs.
    pub fiscal_profile: Option<FiscalProfile>,
    /// Every recorded change of state.
    pub transitions: BTreeMap<TransitionId, Transition<CustomerState>>,
}

/// What is known when a customer is created.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewCustomer {
    /// Fresh id, or the one derived from the lead.
    pub id: CustomerId,
    /// Sales scope of the team.
    pub scope: Scope,
    /// Legal name.
    pub legal_name: String,
    /// Name on the door.
    pub trade_name: Option<String>,
    /// Tax id.
    pub rfc: Option<Rfc>,
    /// What it is.
    pub kind: CustomerKind,
    /// Who looks after it.
    pub owner: PersonId,
    /// Currency it buys in.
    pub currency: Currency,
    /// Where it came from.
    pub source: String,
    /// The lead it came from.
    pub lead: Option<LeadId>,
}

impl Customer {
    /// Decides whether a customer may be created.
    ///
    /// # Errors
    /// It needs a name.
    pub fn create(new: NewCustomer) -> Result<CustomerEvent, CustomerError> {
        let legal_name = clean(&new.legal_name).ok_or(CustomerError::NameMissing)?;
        let trade_name = new.trade_name.as_deref().and_then(clean);
        Ok(CustomerEvent::Created { new: Box::new(NewCustomer { legal_name, trade_name, ..new }) })
    }

    /// The customer that [`CustomerEvent::Created`] makes; `None` for any other event.
    pub fn from_created(event: &CustomerEvent) -> Option<Self> {
        let CustomerEvent::Created { new } = event else { return None };
        let new = new.as_ref().clone();
        Some(Self {
            id: new.id,
            scope: new.scope,
            legal_name: new.legal_name,
            trade_name: new.trade_name,
            rfc: new.rfc,
            kind: new.kind,
            owner: new.owner,
            currency: new.currency,
            source: new.source,
            lead: new.lead,
            contacts: BTreeMap::new(),
            fiscal_profile: None,
            transitions: BTreeMap::new(),
        })
    }

    /// The fold of every recorded transition.
    pub fn folded(&self) -> Folded<CustomerState> {
        fold(self.transitions.values())
    }

    /// The state to show.
    pub fn state(&self) -> CustomerState {
        self.folded().state()
    }

    /// The name a list shows.
    pub fn display_name(&self) -> &str {
        self.trade_name.as_deref().unwrap_or(&self.legal_name)
    }

    fn open(&self) -> Result<(), CustomerError> {
        if self.state() == CustomerState::Archived { Err(CustomerError::Archived) } else { Ok(()) }
    }

    /// Decides to link a contact; the first one is the primary one.
    ///
    /// # Errors
    /// It needs a name and a place among [`MAX_CONTACTS`].
    pub fn add_contact(&self, contact: Contact) -> Result<CustomerEvent, CustomerError> {
        self.open()?;
        let name = clean(&contact.name).ok_or(CustomerError::NameMissing)?;
        if self.contacts.len() >= MAX_CONTACTS && !self.contacts.contains_key(&contact.id) {
            return Err(CustomerError::TooManyContacts);
        }
        let is_primary = contact.is_primary || self.contacts.is_empty();
        Ok(CustomerEvent::ContactAdded { customer: self.id, contact: Contact { name, is_primary, ..contact } })
    }

    /// Decides to put in what an invoice needs. The name loses its company type.
    ///
    /// # Errors
    /// An archived customer is read-only; [`CustomerError::Unchanged`] where nothing changes.
    pub fn set_fiscal_profile(&self, profile: FiscalProfile) -> Result<CustomerEvent, CustomerError> {
        self.open()?;
        let profile = profile.sanitised();
        if profile.legal_name.is_empty() {
            return Err(CustomerError::NameMissing);
        }
        if self.fiscal_profile.as_ref() == Some(&profile) {
            return Err(CustomerError::Unchanged);
        }
        Ok(CustomerEvent::FiscalProfileUpdated { customer: self.id, profile: Box::new(profile) })
    }

    /// Decides that the customer has its first running contract; `None` when it is active already.
    ///
    /// # Errors
    /// An archived customer is read-only.
    pub fn activate(&self, act: &Act) -> Result<Option<Transition<CustomerState>>, CustomerError> {
        self.open()?;
        let folded = self.folded();
        let active = folded.state() == CustomerState::Active;
        Ok((!active).then(|| Transition::record(&folded, CustomerState::Active, act, None)))
    }

    /// Decides to archive: the saga's compensation of a customer it made.
    ///
    /// # Errors
    /// [`CustomerError::Archived`] when it is archived already.
    pub fn archive(&self, reason: &str, act: &Act) -> Result<Transition<CustomerState>, CustomerError> {
        self.open()?;
        let folded = self.folded();
        debug_assert!(folded.state().allows(CustomerState::Archived));
        Ok(Transition::record(&folded, CustomerState::Archived, act, Some(reason.to_owned())))
    }

    /// Decides to take it out of the archive again; `None` when it is not there.
    pub fn bring_back(&self, act: &Act) -> Option<Transition<CustomerState>> {
        let folded = self.folded();
        let archived = folded.state() == CustomerState::Archived;
        archived.then(|| Transition::record(&folded, CustomerState::Prospect, act, None))
    }

    /// Puts a change of state in; never fails.
    pub fn apply_transition(&mut self, transition: &Transition<CustomerState>) {
        self.transitions.insert(transition.id, transition.clone());
    }

    /// Never fails: an event is a fact, perhaps decided on another device.
    pub fn apply(&mut self, event: &CustomerEvent) {
        match event {
            CustomerEvent::Created { .. } => {}
            CustomerEvent::FiscalProfileUpdated { profile, .. } => {
                self.rfc = Some(profile.rfc.clone());
                self.fiscal_profile = Some(profile.as_ref().clone());
            }
            CustomerEvent::ContactAdded { contact, .. } => {
                if contact.is_primary {
                    for other in self.contacts.values_mut() {
                        other.is_primary = false;
                    }
                }
                self.contacts.insert(contact.id, contact.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests;
