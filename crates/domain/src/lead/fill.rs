//! What a list brings to a lead that is there: blanks are filled, what the lead says stays; and taking that back.

use std::collections::BTreeSet;

use super::merge::is_blank;
use super::{Lead, LeadError, LeadField};
use crate::shared::{Email, Phone};

/// What a lead takes from a row that certainly is the same prospect.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LeadFill {
    /// Values for fields that are blank.
    pub fields: Vec<LeadField>,
    /// Mails it has besides.
    pub emails: BTreeSet<Email>,
    /// Phones it has besides.
    pub phones: BTreeSet<Phone>,
}

/// What goes again of a fill or a merge.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LeadTakeBack {
    /// Fields as they were before.
    pub fields: Vec<LeadField>,
    /// Mails that go.
    pub emails: BTreeSet<Email>,
    /// Phones that go.
    pub phones: BTreeSet<Phone>,
    /// Labels that go.
    pub tags: BTreeSet<String>,
    /// Whether something of it was written over since, and stays.
    pub stays: bool,
}

impl LeadFill {
    /// Whether the lead knows all of it.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.emails.is_empty() && self.phones.is_empty()
    }
}

impl LeadTakeBack {
    /// Whether nothing goes.
    pub fn is_empty(&self) -> bool {
        let Self { fields, emails, phones, tags, .. } = self;
        fields.is_empty() && emails.is_empty() && phones.is_empty() && tags.is_empty()
    }

    fn takes_name(&self) -> bool {
        self.fields.contains(&LeadField::FullName(None))
    }
}

impl Lead {
    /// Decides what this lead takes from `row`: values for its blank fields, mails and phones that it lacks. Nothing
    /// that it says is written over.
    ///
    /// # Errors
    /// Merged and converted leads are read-only.
    pub fn fill(&self, row: &Self) -> Result<LeadFill, LeadError> {
        self.open()?;
        let fields: Vec<LeadField> = self
            .mergeable_fields()
            .iter()
            .filter(|mine| is_blank(mine))
            .map(|blank| row.field(blank))
            .filter(|theirs| !is_blank(theirs))
            .collect();
        let (email, phone) = (self.email.as_ref().or(row.email.as_ref()), self.phone.as_ref().or(row.phone.as_ref()));
        let emails = row.email.iter().chain(&row.other_emails);
        let phones = row.phone.iter().chain(&row.other_phones);
        Ok(LeadFill {
            fields,
            emails: emails.filter(|one| Some(*one) != email && !self.other_emails.contains(*one)).cloned().collect(),
            phones: phones.filter(|one| Some(*one) != phone && !self.other_phones.contains(*one)).cloned().collect(),
        })
    }

    /// Puts it in; never fails.
    pub fn apply_fill(&mut self, fill: &LeadFill) {
        for field in &fill.fields {
            self.set(field.clone());
        }
        self.other_emails.extend(fill.emails.iter().cloned());
        self.other_phones.extend(fill.phones.iter().cloned());
    }

    /// Decides what goes of that which came to this lead between `before` and `after`, two of its earlier states. A
    /// field that says something else by now stays, and so does the last of name and company.
    ///
    /// # Errors
    /// Merged and converted leads are read-only.
    pub fn take_back(&self, before: &Self, after: &Self) -> Result<LeadTakeBack, LeadError> {
        self.open()?;
        let mut back = LeadTakeBack::default();
        for now in self.mergeable_fields() {
            let (old, new) = (before.field(&now), after.field(&now));
            if old == new {
                continue;
            }
            let loses_name = match &old {
                LeadField::FullName(None) => self.company.is_none(),
                LeadField::Company(None) => self.full_name.is_none() || back.takes_name(),
                _ => false,
            };
            if now == new && !loses_name {
                back.fields.push(old);
            } else {
                back.stays = true;
            }
        }
        back.emails = gone(&before.other_emails, &after.other_emails, &self.other_emails, &mut back.stays);
        back.phones = gone(&before.other_phones, &after.other_phones, &self.other_phones, &mut back.stays);
        back.tags = gone(&before.tags, &after.tags, &self.tags, &mut back.stays);
        Ok(back)
    }

    /// Takes it out; never fails.
    pub fn apply_take_back(&mut self, back: &LeadTakeBack) {
        for field in &back.fields {
            self.set(field.clone());
        }
        self.other_emails.retain(|email| !back.emails.contains(email));
        self.other_phones.retain(|phone| !back.phones.contains(phone));
        self.tags.retain(|tag| !back.tags.contains(tag));
    }
}

/// What came between `before` and `after` and is still there; `stays` where someone took of it since.
fn gone<T: Ord + Clone>(before: &BTreeSet<T>, after: &BTreeSet<T>, now: &BTreeSet<T>, stays: &mut bool) -> BTreeSet<T> {
    let came: BTreeSet<T> = after.difference(before).cloned().collect();
    let there: BTreeSet<T> = came.intersection(now).cloned().collect();
    *stays |= there.len() < came.len();
    there
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use uuid::Uuid;

    use super::*;
    use crate::lead::{LeadEvent, NewLead};
    use crate::shared::{LeadId, Scope};

    fn lead(new: impl FnOnce(&mut NewLead)) -> Lead {
        let mut draft = NewLead::new(LeadId(Uuid::from_u128(1)), Scope::Sales(1), "expo", date(2026, 11, 20));
        draft.company = Some("Logística Regia".to_owned());
        new(&mut draft);
        Lead::from_created(&LeadEvent::Created { new: Box::new(draft), transition: None }).unwrap()
    }

    fn there() -> Lead {
        lead(|new| {
            new.email = "ana@regia.mx".parse().ok();
            new.city = Some("Monterrey".to_owned());
        })
    }

    fn row() -> Lead {
        lead(|new| {
            new.company = Some("LOGISTICA REGIA SA DE CV".to_owned());
            new.full_name = Some("Ana Ruiz".to_owned());
            new.email = "compras@regia.mx".parse().ok();
            new.other_emails = ["ana@regia.mx".parse().unwrap(), "pagos@regia.mx".parse().unwrap()].into();
            new.phone = "8112345678".parse().ok();
            new.city = Some("Guadalupe".to_owned());
            new.industry = Some("Transporte".to_owned());
        })
    }

    #[test]
    fn a_row_fills_blanks_and_writes_over_nothing() {
        let mut lead = there();
        let fill = lead.fill(&row()).unwrap();
        lead.apply_fill(&fill);
        assert_eq!((lead.company.as_deref(), lead.city.as_deref()), (Some("Logística Regia"), Some("Monterrey")));
        assert_eq!((lead.full_name.as_deref(), lead.industry.as_deref()), (Some("Ana Ruiz"), Some("Transporte")));
        assert_eq!(lead.email, "ana@regia.mx".parse().ok());
        assert_eq!(lead.other_emails, ["compras@regia.mx", "pagos@regia.mx"].map(|text| text.parse().unwrap()).into());
        assert_eq!(lead.phone, "8112345678".parse().ok());
        assert!(lead.other_phones.is_empty(), "the first phone is the phone");
        assert!(lead.fill(&row()).unwrap().is_empty(), "the same row again is no news");
    }

    #[test]
    fn what_a_row_brought_goes_and_nothing_else() {
        let before = there();
        let mut after = before.clone();
        after.apply_fill(&before.fill(&row()).unwrap());
        let mut now = after.clone();
        now.next_step = None;
        now.tags.insert("vip".to_owned());
        let back = now.take_back(&before, &after).unwrap();
        now.apply_take_back(&back);
        assert!(!back.stays);
        assert_eq!(now, Lead { tags: ["vip".to_owned()].into(), ..before });
    }

    #[test]
    fn what_was_written_over_since_stays() {
        let before = there();
        let mut after = before.clone();
        after.apply_fill(&before.fill(&row()).unwrap());
        let mut now = after.clone();
        now.industry = Some("Paquetería".to_owned());
        now.other_emails.clear();
        let back = now.take_back(&before, &after).unwrap();
        now.apply_take_back(&back);
        assert!(back.stays);
        assert_eq!((now.industry.as_deref(), now.full_name.as_deref()), (Some("Paquetería"), None));
        assert_eq!(now.phone, None);
    }

    #[test]
    fn the_last_of_name_and_company_stays() {
        let before = there();
        let mut after = before.clone();
        after.apply_fill(&before.fill(&row()).unwrap());
        let now = Lead { company: None, ..after.clone() };
        let back = now.take_back(&before, &after).unwrap();
        assert!(back.stays && !back.takes_name());
    }

    #[test]
    fn a_merged_lead_takes_nothing_and_gives_nothing() {
        let lead = Lead { merged_into: Some(LeadId(Uuid::from_u128(9))), ..there() };
        assert!(lead.fill(&row()).is_err());
        assert!(lead.take_back(&there(), &row()).is_err());
    }
}
