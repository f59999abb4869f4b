//! Changing one field of a lead, keeping what it was.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Lead, LeadError, NextStep};
use crate::shared::text::clean;
use crate::shared::{Email, Money, Percentage, Phone, PostalCode, Rfc};

/// A field of a lead with its value.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "field", content = "value", rename_all = "camelCase")]
pub enum LeadField {
    /// The person.
    FullName(Option<String>),
    /// The company.
    Company(Option<String>),
    /// Mail.
    Email(Option<Email>),
    /// Phone.
    Phone(Option<Phone>),
    /// Tax id.
    Rfc(Option<Rfc>),
    /// Employees.
    CompanySize(Option<u32>),
    /// Line of business.
    Industry(Option<String>),
    /// Where it came from.
    Source(String),
    /// Marketing medium.
    Medium(Option<String>),
    /// Marketing campaign.
    Campaign(Option<String>),
    /// What the deal may be worth.
    EstimatedAmount(Option<Money>),
    /// Postal code.
    PostalCode(Option<PostalCode>),
    /// City.
    City(Option<String>),
    /// Share of mails opened.
    MailOpenRate(Option<Percentage>),
    /// Asked for a demo.
    DemoRequested(bool),
    /// Free notes.
    Notes(String),
    /// What comes next.
    NextStep(Option<NextStep>),
    /// Labels.
    Tags(BTreeSet<String>),
}

/// A decided change of one field; kept in the document's history, no event of its own.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LeadEdit {
    /// What it was.
    pub old: LeadField,
    /// What it becomes.
    pub new: LeadField,
}

impl LeadField {
    /// The field's stable name, in camel case.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::FullName(_) => "fullName",
            Self::Company(_) => "company",
            Self::Email(_) => "email",
            Self::Phone(_) => "phone",
            Self::Rfc(_) => "rfc",
            Self::CompanySize(_) => "companySize",
            Self::Industry(_) => "industry",
            Self::Source(_) => "source",
            Self::Medium(_) => "medium",
            Self::Campaign(_) => "campaign",
            Self::EstimatedAmount(_) => "estimatedAmount",
            Self::PostalCode(_) => "postalCode",
            Self::City(_) => "city",
            Self::MailOpenRate(_) => "mailOpenRate",
            Self::DemoRequested(_) => "demoRequested",
            Self::Notes(_) => "notes",
            Self::NextStep(_) => "nextStep",
            Self::Tags(_) => "tags",
        }
    }

    /// The field's name in the record, as documents and conflicts have it.
    pub const fn register(&self) -> &'static str {
        match self {
            Self::FullName(_) => "full_name",
            Self::Company(_) => "company",
            Self::Email(_) => "email",
            Self::Phone(_) => "phone",
            Self::Rfc(_) => "rfc",
            Self::CompanySize(_) => "company_size",
            Self::Industry(_) => "industry",
            Self::Source(_) => "source",
            Self::Medium(_) => "medium",
            Self::Campaign(_) => "campaign",
            Self::EstimatedAmount(_) => "estimated_amount",
            Self::PostalCode(_) => "postal_code",
            Self::City(_) => "city",
            Self::MailOpenRate(_) => "mail_open_rate",
            Self::DemoRequested(_) => "demo_requested",
            Self::Notes(_) => "notes",
            Self::NextStep(_) => "next_step",
            Self::Tags(_) => "tags",
        }
    }

    fn cleaned(self) -> Self {
        let tidy = |text: Option<String>| text.as_deref().and_then(clean);
        match self {
            Self::FullName(text) => Self::FullName(tidy(text)),
            Self::Company(text) => Self::Company(tidy(text)),
            Self::Industry(text) => Self::Industry(tidy(text)),
            Self::Medium(text) => Self::Medium(tidy(text)),
            Self::Campaign(text) => Self::Campaign(tidy(text)),
            Self::City(text) => Self::City(tidy(text)),
            other => other,
        }
    }
}

impl Lead {
    /// The current value of the field that `like` names.
    pub fn field(&self, like: &LeadField) -> LeadField {
        match like {
            LeadField::FullName(_) => LeadField::FullName(self.full_name.clone()),
            LeadField::Company(_) => LeadField::Company(self.company.clone()),
            LeadField::Email(_) => LeadField::Email(self.email.clone()),
            LeadField::Phone(_) => LeadField::Phone(self.phone.clone()),
            LeadField::Rfc(_) => LeadField::Rfc(self.rfc.clone()),
            LeadField::CompanySize(_) => LeadField::CompanySize(self.company_size),
            LeadField::Industry(_) => LeadField::Industry(self.industry.clone()),
            LeadField::Source(_) => LeadField::Source(self.source.clone()),
            LeadField::Medium(_) => LeadField::Medium(self.medium.clone()),
            LeadField::Campaign(_) => LeadField::Campaign(self.campaign.clone()),
            LeadField::EstimatedAmount(_) => LeadField::EstimatedAmount(self.estimated_amount),
            LeadField::PostalCode(_) => LeadField::PostalCode(self.postal_code.clone()),
            LeadField::City(_) => LeadField::City(self.city.clone()),
            LeadField::MailOpenRate(_) => LeadField::MailOpenRate(self.mail_open_rate),
            LeadField::DemoRequested(_) => LeadField::DemoRequested(self.demo_requested),
            LeadField::Notes(_) => LeadField::Notes(self.notes.clone()),
            LeadField::NextStep(_) => LeadField::NextStep(self.next_step.clone()),
            LeadField::Tags(_) => LeadField::Tags(self.tags.clone()),
        }
    }

    /// Decides whether a field may take a new value.
    ///
    /// # Errors
    /// Merged and converted leads are read-only; the last of name and company stays; [`LeadError::Unchanged`]
    /// where it already has the value.
    pub fn edit(&self, new: LeadField) -> Result<LeadEdit, LeadError> {
        self.open()?;
        let new = new.cleaned();
        let old = self.field(&new);
        if self.would_be_nameless(&new) {
            Err(LeadError::NoNameNoCompany)
        } else if old == new {
            Err(LeadError::Unchanged)
        } else {
            Ok(LeadEdit { old, new })
        }
    }

    /// Puts the new value in; never fails.
    pub fn apply_edit(&mut self, edit: &LeadEdit) {
        self.set(edit.new.clone());
    }

    pub(super) fn set(&mut self, field: LeadField) {
        // whoever writes it has decided what it says
        self.answer(field.register());
        match field {
            LeadField::FullName(value) => self.full_name = value,
            LeadField::Company(value) => self.company = value,
            LeadField::Email(value) => self.email = value,
            LeadField::Phone(value) => self.phone = value,
            LeadField::Rfc(value) => self.rfc = value,
            LeadField::CompanySize(value) => self.company_size = value,
            LeadField::Industry(value) => self.industry = value,
            LeadField::Source(value) => self.source = value,
            LeadField::Medium(value) => self.medium = value,
            LeadField::Campaign(value) => self.campaign = value,
            LeadField::EstimatedAmount(value) => self.estimated_amount = value,
            LeadField::PostalCode(value) => self.postal_code = value,
            LeadField::City(value) => self.city = value,
            LeadField::MailOpenRate(value) => self.mail_open_rate = value,
            LeadField::DemoRequested(value) => self.demo_requested = value,
            LeadField::Notes(value) => self.notes = value,
            LeadField::NextStep(value) => self.next_step = value,
            LeadField::Tags(value) => self.tags = value,
        }
    }
}
