//! Who a prospect is, for telling whether two of them are one: grows as rows are merged into it.

use zuc_domain::{
    lead::{
        Lead,
        duplicates::{BlockingKey, MatchRecord},
    },
    shared::{Email, LeadId, Phone, PostalCode, Rfc},
};

use super::draft::LeadDraft;

/// The parts of a record that the matcher looks at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Identity {
    /// Tax id.
    pub rfc: Option<Rfc>,
    /// All addresses.
    pub emails: Vec<Email>,
    /// All telephones.
    pub phones: Vec<Phone>,
    /// The company as typed.
    pub company: Option<String>,
    /// Código postal and street, where both are known.
    pub address: Option<(PostalCode, String)>,
}

impl Identity {
    /// What the domain's matcher compares.
    pub fn record(&self) -> MatchRecord {
        let record = MatchRecord::new(self.rfc.as_ref(), &self.emails, &self.phones, self.company.as_deref());
        match &self.address {
            Some((cp, street)) => record.at(cp, street),
            None => record,
        }
    }

    /// Takes what another of the same prospect knows besides; what is known already stays.
    pub fn absorb(&mut self, other: Self) {
        self.rfc = self.rfc.take().or(other.rfc);
        self.company = self.company.take().or(other.company);
        self.address = self.address.take().or(other.address);
        unite(&mut self.emails, other.emails);
        unite(&mut self.phones, other.phones);
    }
}

/// Appends what is not there yet.
pub(super) fn unite<T: PartialEq>(list: &mut Vec<T>, more: Vec<T>) {
    for item in more {
        if !list.contains(&item) {
            list.push(item);
        }
    }
}

impl From<&LeadDraft> for Identity {
    fn from(draft: &LeadDraft) -> Self {
        Self {
            rfc: draft.rfc.clone(),
            emails: draft.emails.clone(),
            phones: draft.phones.clone(),
            company: draft.company.clone(),
            address: draft.cp.clone().zip(draft.street.clone()),
        }
    }
}

impl From<&Lead> for Identity {
    fn from(lead: &Lead) -> Self {
        Self {
            rfc: lead.rfc.clone(),
            emails: lead.email.iter().chain(&lead.other_emails).cloned().collect(),
            phones: lead.phone.iter().chain(&lead.other_phones).cloned().collect(),
            company: lead.company.clone(),
            address: None,
        }
    }
}

/// A record that is there before the import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownLead {
    /// Its id.
    pub id: LeadId,
    /// Who it is.
    pub identity: Identity,
}

/// Looks up records that are there before the import, archived ones included.
pub trait ExistingLeads {
    /// The records that have the key. One more than
    /// [`NOISE_LIMIT`](zuc_domain::lead::duplicates::NOISE_LIMIT) is enough: such a key is noise.
    fn find(&self, key: &BlockingKey) -> Vec<KnownLead>;
}

/// An empty home.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoLeads;

impl ExistingLeads for NoLeads {
    fn find(&self, _: &BlockingKey) -> Vec<KnownLead> {
        Vec::new()
    }
}
