//! Making one lead of several; the others live on as aliases of it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::edit::LeadField;
use super::fill::LeadTakeBack;
use super::{Absorbed, Lead, LeadError, LeadEvent};
use crate::lead::duplicates::MatchScore;
use crate::shared::{Email, LeadId, Phone};

/// A decided merge.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Merge {
    /// The lead that stays.
    pub survivor: LeadId,
    /// The leads that become aliases.
    pub merged: Vec<LeadId>,
    /// Which lead each chosen field came from.
    pub field_choices: BTreeMap<String, LeadId>,
    /// Values the survivor takes.
    pub fields: Vec<LeadField>,
    /// Mails the survivor takes besides.
    pub emails: Vec<Email>,
    /// Phones the survivor takes besides.
    pub phones: Vec<Phone>,
    /// Labels the survivor takes besides.
    pub tags: Vec<String>,
    /// Since when one of them opposes being scored and written to.
    pub opposed_at: Option<Timestamp>,
    /// What each of them had taken in of leads that were merged into it before.
    pub absorbed: BTreeMap<LeadId, Absorbed>,
    /// Records that point to the survivor from now on.
    pub moved_links: Vec<Uuid>,
    /// How sure the matcher was.
    pub score: MatchScore,
    /// Names this merge when it is taken back.
    pub undo_token: Uuid,
}

impl Lead {
    /// Decides to merge `others` into this lead. `choices` names, by field, the lead whose value stays; a field
    /// without a choice keeps the survivor's value and takes the first other one where the survivor has none.
    /// Mails, phones and labels are united.
    ///
    /// # Errors
    /// [`LeadError::NotMergeable`] for leads of another scope, the same lead, or already merged ones.
    pub fn merge(
        &self,
        others: &[Self],
        choices: &BTreeMap<String, LeadId>,
        moved_links: Vec<Uuid>,
        score: MatchScore,
        undo_token: Uuid,
    ) -> Result<LeadEvent, LeadError> {
        self.open()?;
        let fits = |other: &Self| other.id != self.id && other.scope == self.scope && other.merged_into.is_none();
        if others.is_empty() || !others.iter().all(fits) {
            return Err(LeadError::NotMergeable);
        }
        let mut fields = Vec::new();
        let mut field_choices = BTreeMap::new();
        for current in self.mergeable_fields() {
            let name = current.name();
            let chosen = choices.get(name).filter(|id| **id != self.id);
            let donor = match chosen {
                Some(id) => others.iter().find(|other| other.id == *id),
                None if is_blank(&current) && choices.get(name) != Some(&self.id) => {
                    others.iter().find(|other| !is_blank(&other.field(&current)))
                }
                None => None,
            };
            if let Some(donor) = donor {
                field_choices.insert(name.to_owned(), donor.id);
                fields.push(donor.field(&current));
            }
        }
        let merge = Merge {
            survivor: self.id,
            merged: others.iter().map(|other| other.id).collect(),
            field_choices,
            fields,
            emails: others.iter().flat_map(|other| other.email.iter().chain(&other.other_emails)).cloned().collect(),
            phones: others.iter().flat_map(|other| other.phone.iter().chain(&other.other_phones)).cloned().collect(),
            tags: others.iter().flat_map(|other| other.tags.iter().cloned()).collect(),
            opposed_at: others.iter().filter_map(|other| other.opposed_at).min(),
            absorbed: others.iter().flat_map(|other| other.absorbed.clone()).collect(),
            moved_links,
            score,
            undo_token,
        };
        Ok(LeadEvent::Merged { merge: Box::new(merge) })
    }

    /// The fields of which one value stays when leads become one.
    pub fn mergeable_fields(&self) -> [LeadField; 15] {
        [
            LeadField::FullName(self.full_name.clone()),
            LeadField::Company(self.company.clone()),
            LeadField::Email(self.email.clone()),
            LeadField::Phone(self.phone.clone()),
            LeadField::Rfc(self.rfc.clone()),
            LeadField::CompanySize(self.company_size),
            LeadField::Industry(self.industry.clone()),
            LeadField::Medium(self.medium.clone()),
            LeadField::Campaign(self.campaign.clone()),
            LeadField::EstimatedAmount(self.estimated_amount),
            LeadField::PostalCode(self.postal_code.clone()),
            LeadField::City(self.city.clone()),
            LeadField::MailOpenRate(self.mail_open_rate),
            LeadField::DemoRequested(self.demo_requested),
            LeadField::Notes(self.notes.clone()),
        ]
    }

    pub(super) fn apply_merge(&mut self, merge: &Merge) {
        if merge.merged.contains(&self.id) {
            self.merged_into = Some(merge.survivor);
        }
        if merge.survivor != self.id {
            return;
        }
        let (email, phone) = (self.email.clone(), self.phone.clone());
        for field in &merge.fields {
            self.set(field.clone());
        }
        self.other_emails.extend(email.into_iter().chain(merge.emails.iter().cloned()));
        self.other_phones.extend(phone.into_iter().chain(merge.phones.iter().cloned()));
        if let Some(main) = &self.email {
            self.other_emails.remove(main);
        }
        if let Some(main) = &self.phone {
            self.other_phones.remove(main);
        }
        self.tags.extend(merge.tags.iter().cloned());
        if merge.opposed_at.is_some() {
            self.oppose(self.opposed_at.into_iter().chain(merge.opposed_at).min());
        }
        self.absorbed.extend(merge.absorbed.clone());
    }

    /// Notes what of an alias was seen when it was merged away: the heads of its document.
    pub fn seen_at_merge(&mut self, heads: String) {
        self.merged_seen = Some(heads);
    }

    /// Takes an alias back to a lead of its own; what the survivor took stays there until it is undone.
    pub fn unmerge(&mut self) {
        self.merged_into = None;
        self.merged_seen = None;
        self.moved_to = None;
    }

    /// Decides what goes again of that which `alias` brought to this lead, which stood at `before` and at `after` when they
    /// became one: what the merge wrote, and what landed here later. What somebody else wrote since stays.
    ///
    /// # Errors
    /// Merged and converted leads are read-only.
    pub fn split(&self, alias: &Self, before: &Self, after: &Self) -> Result<LeadTakeBack, LeadError> {
        let mut back = self.take_back(before, after)?;
        if self.absorbed.contains_key(&alias.id) {
            for now in self.mergeable_fields() {
                let was = before.field(&now);
                let landed = now == alias.field(&now) && now != was && now != after.field(&now);
                if landed && !self.would_be_nameless(&was) {
                    back.fields.push(was);
                }
            }
        }
        let (email, phone) = (before.email.as_ref(), before.phone.as_ref());
        let emails = alias.email.iter().chain(&alias.other_emails);
        let had = |one: &&Email| Some(*one) == email || before.other_emails.contains(*one);
        back.emails.extend(emails.filter(|one| !had(one) && self.other_emails.contains(*one)).cloned());
        let phones = alias.phone.iter().chain(&alias.other_phones);
        let had = |one: &&Phone| Some(*one) == phone || before.other_phones.contains(*one);
        back.phones.extend(phones.filter(|one| !had(one) && self.other_phones.contains(*one)).cloned());
        back.tags
            .extend(alias.tags.iter().filter(|tag| !before.tags.contains(*tag) && self.tags.contains(*tag)).cloned());
        Ok(back)
    }

    /// Takes out what [`Self::split`] decided. An opposition that came with the alias goes with it; never fails.
    pub fn apply_split(&mut self, alias: &Self, before: &Self, back: &LeadTakeBack) {
        self.apply_take_back(back);
        self.absorbed.remove(&alias.id);
        if before.opposed_at.is_none() && self.opposed_at.is_some() && self.opposed_at == alias.opposed_at {
            self.oppose(None);
        }
    }

    pub(super) fn would_be_nameless(&self, new: &LeadField) -> bool {
        match new {
            LeadField::FullName(None) => self.company.is_none(),
            LeadField::Company(None) => self.full_name.is_none(),
            _ => false,
        }
    }
}

pub(super) fn is_blank(field: &LeadField) -> bool {
    match field {
        LeadField::FullName(value)
        | LeadField::Company(value)
        | LeadField::Industry(value)
        | LeadField::Medium(value)
        | LeadField::Campaign(value)
        | LeadField::City(value) => value.is_none(),
        LeadField::Email(value) => value.is_none(),
        LeadField::Phone(value) => value.is_none(),
        LeadField::Rfc(value) => value.is_none(),
        LeadField::CompanySize(value) => value.is_none(),
        LeadField::EstimatedAmount(value) => value.is_none(),
        LeadField::PostalCode(value) => value.is_none(),
        LeadField::MailOpenRate(value) => value.is_none(),
        LeadField::NextStep(value) => value.is_none(),
        LeadField::DemoRequested(value) => !value,
        LeadField::Source(text) | LeadField::Notes(text) => text.is_empty(),
        LeadField::Tags(tags) => tags.is_empty(),
    }
}
