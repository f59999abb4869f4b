//! What was written to a lead that lives on in another one: it lands there, or a person is asked.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::merge::is_blank;
use super::{Lead, LeadError, LeadField};
use crate::shared::{Email, LeadId, Phone};

/// How far a lead was read that lives on in another.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Absorbed {
    /// Heads of its document up to which it was, in hexadecimal.
    pub heads: String,
    /// What it says otherwise than the survivor, by field, until a person has chosen. The values stand in its own document.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub asks: BTreeMap<String, LateEdit>,
}

impl Absorbed {
    /// The same with nobody to be asked.
    #[must_use]
    pub fn without_questions(&self) -> Self {
        Self { heads: self.heads.clone(), asks: BTreeMap::new() }
    }
}

/// Who wrote a field of a lead that lives on in another.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LateEdit {
    /// Unix seconds of the author's clock.
    pub at: i64,
    /// Under which actor of the document, in hexadecimal.
    pub actor: String,
}

/// What came late, and what is to be done with it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Late {
    /// Values that the survivor takes.
    pub fields: Vec<LeadField>,
    /// Mails it has besides.
    pub emails: BTreeSet<Email>,
    /// Phones it has besides.
    pub phones: BTreeSet<Phone>,
    /// Labels.
    pub tags: BTreeSet<String>,
    /// Since when the person opposes being scored and written to, where the survivor does not know yet.
    pub opposed_at: Option<Timestamp>,
    /// Fields about which a person is asked: both leads were given different values.
    pub asks: BTreeSet<&'static str>,
}

impl Late {
    /// Whether nothing of it changes the survivor or asks anybody.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Whoever a lead lives on in: its end of the way that `next` shows. Where leads were merged into each other, on laptops that
/// did not know of it, the oldest of them is the one that stays.
pub fn survivor(lead: LeadId, mut next: impl FnMut(LeadId) -> Option<LeadId>) -> LeadId {
    let mut way = vec![lead];
    let mut at = lead;
    while let Some(to) = next(at) {
        if let Some(begin) = way.iter().position(|seen| *seen == to) {
            return way[begin..].iter().copied().min_by_key(|id| id.0).unwrap_or(to);
        }
        way.push(to);
        at = to;
    }
    at
}

impl Lead {
    /// Decides what becomes of that which an alias says `now` and did not say `before`, when it was last read. A field that
    /// says here what it said there lands; where it says something else, a person is asked. Mails, phones and labels are united.
    /// `writes_notes` lets notes land too: letters that two laptops write at once would stand there twice.
    ///
    /// # Errors
    /// Merged and converted leads are read-only.
    pub fn late(&self, before: &Self, now: &Self, writes_notes: bool) -> Result<Late, LeadError> {
        self.open()?;
        let mut late = Late::default();
        for mine in self.mergeable_fields().into_iter().chain([LeadField::NextStep(self.next_step.clone())]) {
            let (was, is) = (before.field(&mine), now.field(&mine));
            if was == is || mine == is || is_read_only_by_programs(&mine) {
                continue;
            }
            match (&is, &mine) {
                (LeadField::Email(Some(email)), LeadField::Email(Some(_))) if mine != was => {
                    late.emails.insert(email.clone());
                }
                (LeadField::Phone(Some(phone)), LeadField::Phone(Some(_))) if mine != was => {
                    late.phones.insert(phone.clone());
                }
                (LeadField::Notes(text), LeadField::Notes(_)) if mine != was || !writes_notes => {
                    if !text.trim().is_empty() && !self.notes.contains(text.trim()) {
                        late.asks.insert(is.register());
                    }
                }
                _ if mine == was && !self.would_be_nameless(&is) => late.fields.push(is),
                // nobody is asked whether something is to be emptied that was written meanwhile
                _ if is_blank(&is) => {}
                _ => _ = late.asks.insert(is.register()),
            }
        }
        let new = |one: &&Email| !before.other_emails.contains(*one) && self.email.as_ref() != Some(*one);
        late.emails.extend(now.other_emails.iter().filter(new).cloned());
        late.emails.retain(|email| !self.other_emails.contains(email));
        let new = |one: &&Phone| !before.other_phones.contains(*one) && self.phone.as_ref() != Some(*one);
        late.phones.extend(now.other_phones.iter().filter(new).cloned());
        late.phones.retain(|phone| !self.other_phones.contains(phone));
        late.tags = now.tags.difference(&before.tags).filter(|tag| !self.tags.contains(*tag)).cloned().collect();
        late.opposed_at = now.opposed_at.filter(|_| self.opposed_at.is_none() && before.opposed_at.is_none());
        Ok(late)
    }

    /// Puts in what came late of `alias`, which was read up to `heads`; `edited` says who wrote a field. Never fails.
    pub fn absorb(
        &mut self,
        alias: LeadId,
        late: &Late,
        heads: String,
        edited: impl Fn(&'static str) -> Option<LateEdit>,
    ) {
        for field in &late.fields {
            self.set(field.clone());
        }
        self.other_emails.extend(late.emails.iter().cloned());
        self.other_phones.extend(late.phones.iter().cloned());
        self.tags.extend(late.tags.iter().cloned());
        if late.opposed_at.is_some() {
            self.oppose(late.opposed_at);
        }
        let known = self.absorbed.entry(alias).or_default();
        known.heads = heads;
        known.asks.extend(late.asks.iter().filter_map(|field| Some(((*field).to_owned(), edited(field)?))));
    }

    /// A person has said what a field says: nobody is asked any more what an alias said.
    pub fn answer(&mut self, field: &str) {
        for known in self.absorbed.values_mut() {
            known.asks.remove(field);
        }
    }
}

/// Whether a field is counted and not typed: nobody could choose between two of them.
const fn is_read_only_by_programs(field: &LeadField) -> bool {
    matches!(field, LeadField::MailOpenRate(_))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use uuid::Uuid;

    use super::*;
    use crate::lead::{LeadEvent, NewLead};
    use crate::shared::Scope;

    fn lead(number: u128, city: &str) -> Lead {
        let mut new = NewLead::new(LeadId(Uuid::from_u128(number)), Scope::Sales(1), "expo", date(2026, 11, 20));
        new.company = Some("Logística Regia".to_owned());
        new.city = Some(city.to_owned());
        Lead::from_created(&LeadEvent::Created { new: Box::new(new), transition: None }).unwrap()
    }

    fn by() -> impl Fn(&'static str) -> Option<LateEdit> {
        |_| Some(LateEdit { at: 7, actor: "aa".to_owned() })
    }

    fn id(number: u128) -> LeadId {
        LeadId(Uuid::from_u128(number))
    }

    #[test]
    fn what_was_the_same_in_both_lands_and_what_was_not_asks() {
        let (mut stays, before) = (lead(1, "León"), lead(2, "León"));
        let mut now = before.clone();
        now.set(LeadField::City(Some("Celaya".to_owned())));
        now.set(LeadField::Industry(Some("Transporte".to_owned())));
        stays.set(LeadField::Industry(Some("Paquetería".to_owned())));
        let late = stays.late(&before, &now, true).unwrap();
        stays.absorb(now.id, &late, "h1".to_owned(), by());
        assert_eq!((stays.city.as_deref(), stays.industry.as_deref()), (Some("Celaya"), Some("Paquetería")));
        assert_eq!(stays.absorbed[&now.id].asks.keys().collect::<Vec<_>>(), ["industry"]);
        assert!(stays.late(&now, &now, true).unwrap().is_empty(), "read once");
        let edit = stays.edit(LeadField::Industry(Some("Transporte".to_owned()))).unwrap();
        stays.apply_edit(&edit);
        assert!(stays.absorbed[&now.id].asks.is_empty(), "whoever writes the field has answered");
    }

    #[test]
    fn another_mail_is_one_more_and_no_question() {
        let (mut stays, mut before) = (lead(1, "León"), lead(2, "León"));
        stays.email = "ana@regia.mx".parse().ok();
        before.email = "ana@regia.mx".parse().ok();
        let mut now = before.clone();
        now.email = "compras@regia.mx".parse().ok();
        let lands = stays.late(&before, &now, true).unwrap();
        assert_eq!(lands.fields, [LeadField::Email("compras@regia.mx".parse().ok())]);
        stays.email = "pagos@regia.mx".parse().ok();
        let late = stays.late(&before, &now, true).unwrap();
        assert_eq!(late.emails, ["compras@regia.mx".parse().unwrap()].into());
        assert!(late.fields.is_empty() && late.asks.is_empty());
    }

    #[test]
    fn notes_land_where_one_laptop_writes_them_and_else_a_person_is_asked() {
        let (stays, before) = (lead(1, "León"), lead(2, "León"));
        let mut now = before.clone();
        now.notes = "llamar en enero".to_owned();
        assert_eq!(stays.late(&before, &now, true).unwrap().fields, [LeadField::Notes(now.notes.clone())]);
        assert_eq!(stays.late(&before, &now, false).unwrap().asks, ["notes"].into());
        let knows = Lead { notes: "Ojo: llamar en enero".to_owned(), ..stays };
        assert!(knows.late(&before, &now, true).unwrap().is_empty());
    }

    #[test]
    fn an_opposition_is_carried_and_never_taken_away() {
        let (mut stays, before) = (lead(1, "León"), lead(2, "León"));
        let now = Lead { opposed_at: Some(Timestamp::UNIX_EPOCH), ..before.clone() };
        let late = stays.late(&before, &now, true).unwrap();
        stays.absorb(now.id, &late, String::new(), by());
        assert_eq!(stays.opposed_at, Some(Timestamp::UNIX_EPOCH));
        assert!(stays.late(&now, &before, true).unwrap().is_empty());
    }

    #[test]
    fn a_way_ends_where_nobody_leads_on_and_in_a_ring_the_oldest_stays() {
        let ways = |pairs: &'static [(u128, u128)]| {
            move |at: LeadId| pairs.iter().find(|(from, _)| id(*from) == at).map(|(_, to)| id(*to))
        };
        assert_eq!(survivor(id(9), ways(&[(9, 5), (5, 7)])), id(7));
        assert_eq!(survivor(id(4), ways(&[])), id(4));
        for begin in [1, 2, 3, 8] {
            assert_eq!(survivor(id(begin), ways(&[(8, 3), (3, 2), (2, 1), (1, 3)])), id(1), "{begin}");
        }
    }

    #[test]
    fn taking_a_merge_back_takes_what_landed_and_leaves_what_others_wrote() {
        let before = lead(1, "León");
        let alias_then = Lead { industry: Some("Transporte".to_owned()), ..lead(2, "León") };
        let event = before
            .merge(
                std::slice::from_ref(&alias_then),
                &BTreeMap::new(),
                vec![],
                crate::lead::duplicates::MatchScore(0),
                Uuid::nil(),
            )
            .unwrap();
        let mut after = before.clone();
        after.apply(&event);
        let mut alias = alias_then.clone();
        alias.apply(&event);
        let mut now = after.clone();
        now.set(LeadField::Company(Some("Regia".to_owned())));
        alias.city = Some("Celaya".to_owned());
        let late = now.late(&alias_then, &alias, true).unwrap();
        now.absorb(alias.id, &late, "h".to_owned(), by());
        assert_eq!((now.city.as_deref(), now.industry.as_deref()), (Some("Celaya"), Some("Transporte")));
        let back = now.split(&alias, &before, &after).unwrap();
        now.apply_split(&alias, &before, &back);
        assert_eq!(
            (now.city.as_deref(), now.industry.as_deref(), now.company.as_deref()),
            (Some("León"), None, Some("Regia"))
        );
        assert!(now.absorbed.is_empty());
    }
}
