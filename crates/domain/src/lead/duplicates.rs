//! Finding records that are the same person or company.
//!
//! Candidates come from [`MatchRecord::keys`], which a table or a [`CandidateIndex`] looks up; only those pairs
//! are scored, so a hundred thousand rows cost a few comparisons each.

use std::collections::{BTreeSet, HashMap};
use std::fmt;

use serde::{Deserialize, Serialize};
use strsim::jaro_winkler;

use super::Lead;
use crate::shared::named::named;
use crate::shared::text::{company_words, fold};
use crate::shared::{Email, Phone, PostalCode, Rfc};

/// A criterion that finds more records than this is noise and is skipped.
pub const NOISE_LIMIT: usize = 30;

/// Words this alike count as one.
const SAME_WORD: f64 = 0.9;

named! {
    /// What two records have in common; the reason codes of the matcher.
    Criterion {
        /// The same RFC, generic ones aside.
        Rfc = "same_rfc",
        /// The same mail.
        Email = "same_email",
        /// The same last ten digits.
        Phone = "same_phone",
        /// The same company name, company type aside.
        Name = "same_name",
        /// The same corporate mail domain.
        Domain = "same_domain",
        /// The same postal code and street.
        Address = "same_address",
    }

    /// What to do with a pair.
    Likeness {
        /// 0.9 and more: block with override; an import merges.
        Certain = "certain",
        /// 0.7 to 0.9: warn; an import holds the row for a person.
        Probable = "probable",
        /// Silent.
        None = "none",
    }
}

impl Criterion {
    /// Weight in hundredths.
    const fn weight(self) -> u64 {
        match self {
            Self::Rfc => 100,
            Self::Email => 95,
            Self::Phone => 85,
            Self::Name => 75,
            Self::Domain => 60,
            Self::Address => 10,
        }
    }
}

/// How alike two records are, in ten-thousandths.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct MatchScore(pub u16);

impl MatchScore {
    /// Certain, probable or none.
    pub const fn likeness(self) -> Likeness {
        match self.0 {
            9_000.. => Likeness::Certain,
            7_000..9_000 => Likeness::Probable,
            _ => Likeness::None,
        }
    }
}

impl fmt::Display for MatchScore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:04}", self.0 / 10_000, self.0 % 10_000)
    }
}

/// A scored pair with its reasons.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Match {
    /// How alike.
    pub score: MatchScore,
    /// In what.
    pub reasons: Vec<Criterion>,
}

/// What the matcher looks at, normalised once per record.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MatchRecord {
    rfc: Option<Rfc>,
    emails: BTreeSet<Email>,
    phones: BTreeSet<String>,
    company: Vec<String>,
    domains: BTreeSet<String>,
    address: Option<(PostalCode, String)>,
}

/// An index entry: records that share one may be the same.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct BlockingKey {
    /// By what.
    pub criterion: Criterion,
    /// The normalised value.
    pub value: String,
}

impl MatchRecord {
    /// From the parts a record has.
    pub fn new<'a>(
        rfc: Option<&Rfc>,
        emails: impl IntoIterator<Item = &'a Email>,
        phones: impl IntoIterator<Item = &'a Phone>,
        company: Option<&str>,
    ) -> Self {
        let emails: BTreeSet<Email> = emails.into_iter().cloned().collect();
        let domains = emails.iter().filter_map(|email| email.corporate_domain().map(str::to_owned)).collect();
        Self {
            rfc: rfc.filter(|rfc| !rfc.is_generic()).cloned(),
            emails,
            phones: phones.into_iter().map(|phone| phone.last_ten().to_owned()).collect(),
            company: company.map(company_words).unwrap_or_default(),
            domains,
            address: None,
        }
    }

    /// Adds where it is.
    #[must_use]
    pub fn at(mut self, postal_code: &PostalCode, street: &str) -> Self {
        let street = fold(street).split_whitespace().collect::<Vec<_>>().join(" ");
        self.address = (!street.is_empty()).then(|| (postal_code.clone(), street));
        self
    }

    /// The entries under which this record is found and finds others.
    pub fn keys(&self) -> Vec<BlockingKey> {
        let key = |criterion, value: &str| BlockingKey { criterion, value: value.to_owned() };
        let mut keys: Vec<BlockingKey> = self.rfc.iter().map(|rfc| key(Criterion::Rfc, rfc.as_str())).collect();
        keys.extend(self.emails.iter().map(|email| key(Criterion::Email, email.as_str())));
        keys.extend(self.phones.iter().map(|phone| key(Criterion::Phone, phone)));
        if !self.company.is_empty() {
            keys.push(key(Criterion::Name, &self.company.join(" ")));
            keys.push(key(Criterion::Name, &self.word_beginnings()));
        }
        keys.extend(self.domains.iter().map(|domain| key(Criterion::Domain, domain)));
        keys
    }

    /// The first three letters of each word, digits whole: a slip of the pen further on is still found.
    fn word_beginnings(&self) -> String {
        let cut = |word: &String| {
            if word.bytes().any(|b| b.is_ascii_digit()) { word.clone() } else { word.chars().take(3).collect() }
        };
        format!("~{}", self.company.iter().map(cut).collect::<Vec<_>>().join(" "))
    }

    fn same_company(&self, other: &Self) -> bool {
        let digits = |words: &[String]| {
            words.iter().flat_map(|word| word.chars()).filter(char::is_ascii_digit).collect::<String>()
        };
        !self.company.is_empty()
            && self.company.len() == other.company.len()
            && self
                .company
                .iter()
                .zip(&other.company)
                .all(|(left, right)| left == right || jaro_winkler(left, right) >= SAME_WORD)
            && digits(&self.company) == digits(&other.company)
    }

    /// Scores the pair: 1 - Π(1 - weight), capped where it rests on weak criteria or the RFCs differ.
    pub fn compare(&self, other: &Self) -> Match {
        let shared = |left: &BTreeSet<String>, right: &BTreeSet<String>| left.intersection(right).next().is_some();
        let both_rfcs = self.rfc.as_ref().zip(other.rfc.as_ref());
        let found = [
            (Criterion::Rfc, both_rfcs.is_some_and(|(left, right)| left == right)),
            (Criterion::Email, self.emails.intersection(&other.emails).next().is_some()),
            (Criterion::Phone, shared(&self.phones, &other.phones)),
            (Criterion::Name, self.same_company(other)),
            (Criterion::Domain, shared(&self.domains, &other.domains)),
            (Criterion::Address, self.address.is_some() && self.address == other.address),
        ];
        let reasons: Vec<Criterion> =
            found.into_iter().filter(|(_, holds)| *holds).map(|(criterion, _)| criterion).collect();
        // Exact: five factors in hundredths out of 10^10.
        let whole = 10_000_000_000_u64;
        let weighed = reasons.iter().filter(|criterion| **criterion != Criterion::Address);
        let rest = weighed.fold(whole, |rest, criterion| rest * (100 - criterion.weight()) / 100);
        let address = if reasons.contains(&Criterion::Address) { Criterion::Address.weight() * whole / 100 } else { 0 };
        let combined = (whole - rest + address).min(whole) * 10_000 / whole;
        let reached = reasons.iter().any(|criterion| matches!(criterion, Criterion::Email | Criterion::Phone));
        let cap = match both_rfcs {
            Some((left, right)) if left == right => 10_000,
            Some(_) => {
                if reached {
                    8_900
                } else {
                    6_900
                }
            }
            None => {
                if reached {
                    10_000
                } else {
                    8_900
                }
            }
        };
        Match { score: MatchScore(u16::try_from(combined.min(cap)).expect("the cap is ten thousand at most")), reasons }
    }
}

impl From<&Lead> for MatchRecord {
    fn from(lead: &Lead) -> Self {
        Self::new(
            lead.rfc.as_ref(),
            lead.email.iter().chain(&lead.other_emails),
            lead.phone.iter().chain(&lead.other_phones),
            lead.company.as_deref(),
        )
    }
}

/// Records by their keys, in memory: for the rows of one import.
#[derive(Clone, Debug, Default)]
pub struct CandidateIndex {
    records: Vec<MatchRecord>,
    by_key: HashMap<BlockingKey, Vec<u32>>,
}

impl CandidateIndex {
    /// Adds a record and returns its number, counted from 0.
    pub fn add(&mut self, record: MatchRecord) -> usize {
        let number = self.records.len();
        let entry = u32::try_from(number).expect("an import has fewer than four billion rows");
        for key in record.keys() {
            let entries = self.by_key.entry(key).or_default();
            // One beyond the limit is enough to know that the key is noise.
            if entries.len() <= NOISE_LIMIT {
                entries.push(entry);
            }
        }
        self.records.push(record);
        number
    }

    /// The records like `record`, best first, then oldest first.
    pub fn matches(&self, record: &MatchRecord) -> Vec<(usize, Match)> {
        let entries = record
            .keys()
            .into_iter()
            .filter_map(|key| self.by_key.get(&key))
            .filter(|entries| entries.len() <= NOISE_LIMIT);
        let candidates: BTreeSet<u32> = entries.flatten().copied().collect();
        let mut found: Vec<(usize, Match)> = candidates
            .into_iter()
            .map(|entry| (entry as usize, self.records[entry as usize].compare(record)))
            .filter(|(_, found)| found.score.likeness() != Likeness::None)
            .collect();
        found
            .sort_by(|(left_row, left), (right_row, right)| right.score.cmp(&left.score).then(left_row.cmp(right_row)));
        found
    }
}

#[cfg(test)]
mod tests;
