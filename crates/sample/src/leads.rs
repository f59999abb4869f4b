//! Lists of prospects, with the truth about each row.

use std::collections::{BTreeMap, HashSet};

use crate::{
    dialect::Dialect,
    dice::Dice,
    disguise, rfc,
    truth::{DuplicateTruth, RowTruth, Truth},
    words,
};

/// What list to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListSpec {
    /// The same seed makes the same list.
    pub seed: u64,
    /// Rows under the header.
    pub rows: u32,
    /// How it is written; drawn from the seed when `None`.
    pub dialect: Option<Dialect>,
    /// Of a thousand rows, so many are an earlier row in disguise.
    pub duplicates: u32,
    /// Of a thousand rows, so many must stay out.
    pub rejected: u32,
    /// Of a thousand rows, so many come in with a warning.
    pub warned: u32,
}

impl ListSpec {
    /// A list as messy as real ones: 6 % duplicates, 3 % bad rows, 2 % warnings.
    pub const fn new(seed: u64, rows: u32) -> Self {
        Self { seed, rows, dialect: None, duplicates: 64, rejected: 28, warned: 22 }
    }
}

/// A row as text, field by field, in the order of the columns.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SampleLead {
    /// Person.
    pub name: String,
    /// Company.
    pub company: String,
    /// Mail address.
    pub email: String,
    /// Telephone, written in one of many ways.
    pub phone: String,
    /// RFC or nothing.
    pub rfc: String,
    /// Employees.
    pub size: String,
    /// Giro.
    pub industry: String,
    /// Source.
    pub source: String,
    /// Estimated worth.
    pub amount: String,
    /// Código postal.
    pub cp: String,
    /// Day of capture.
    pub created: String,
    /// Share of mails opened.
    pub open_rate: String,
    /// Whether a demonstration was asked for.
    pub demo: String,
    /// Free text.
    pub notes: String,
}

impl SampleLead {
    /// The cells in the order of the columns.
    pub fn cells(&self) -> [&str; 14] {
        [
            &self.name,
            &self.company,
            &self.email,
            &self.phone,
            &self.rfc,
            &self.size,
            &self.industry,
            &self.source,
            &self.amount,
            &self.cp,
            &self.created,
            &self.open_rate,
            &self.demo,
            &self.notes,
        ]
    }
}

/// A list, the way it is written, and the truth about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeadList {
    /// How it is written.
    pub dialect: Dialect,
    /// The rows; the first is row 1.
    pub rows: Vec<SampleLead>,
    /// What a right import finds.
    pub truth: Truth,
}

impl LeadList {
    /// Makes the list of a spec.
    pub fn generate(spec: &ListSpec) -> Self {
        let mut dice = Dice::new(spec.seed);
        let drawn = Dialect::draw(&mut dice);
        let mut maker = Maker { dice, dialect: spec.dialect.unwrap_or(drawn), used: HashSet::new() };
        let mut list = Self { dialect: maker.dialect, rows: Vec::new(), truth: empty_truth(spec.rows, maker.dialect) };
        let mut originals: Vec<u32> = Vec::new();
        for row in 1..=spec.rows {
            let lead = if originals.len() >= 4 && maker.dice.per_mille(spec.duplicates) {
                let of = *maker.dice.pick(&originals);
                let (lead, how) = maker.duplicate(row, &list.rows[of as usize - 1]);
                list.truth.duplicates_of_earlier_rows.push(DuplicateTruth { row, of, how: how.to_owned() });
                lead
            } else {
                let mut lead = maker.original(row);
                if maker.dice.per_mille(spec.rejected) {
                    let why = disguise::spoil(&mut lead, &mut maker.dice, maker.dialect).to_owned();
                    list.truth.rejected.push(RowTruth { row, why });
                } else {
                    if maker.dice.per_mille(spec.warned) {
                        let why = disguise::make_odd(&mut lead, &mut maker.dice).to_owned();
                        list.truth.warned.push(RowTruth { row, why });
                    }
                    originals.push(row);
                }
                lead
            };
            list.rows.push(lead);
        }
        list.truth.accepted = u32::try_from(originals.len()).unwrap_or(u32::MAX);
        list
    }
}

fn empty_truth(rows: u32, dialect: Dialect) -> Truth {
    Truth {
        rows,
        accepted: 0,
        duplicates_of_earlier_rows: Vec::new(),
        rejected: Vec::new(),
        warned: Vec::new(),
        encoding: dialect.encoding.name().to_owned(),
        delimiter: dialect.delimiter.to_string(),
        headers: BTreeMap::new(),
    }
}

/// Draws rows that are nobody else's by accident: companies, telephones and RFCs are used once.
struct Maker {
    dice: Dice,
    dialect: Dialect,
    used: HashSet<String>,
}

impl Maker {
    fn original(&mut self, row: u32) -> SampleLead {
        let name = self.person();
        let bare = self.company();
        let company = format!("{bare}{}", self.dice.pick(&words::SUFFIX));
        let email = self.email(row, &name, &bare);
        let digits = self.phone();
        let rfc = if self.dice.per_mille(700) { self.rfc() } else { String::new() };
        let cents = self.dice.between(5, 4_000) * 100_000 + if self.dice.per_mille(500) { 50 } else { 0 };
        let created = (2026, self.dice.between(1, 12), self.dice.between(1, 28));
        let demo = ["Sí", "si", "SI", "1", "x", "No", "NO", "no", "0", ""];
        SampleLead {
            phone: disguise::write_phone(&digits, &mut self.dice),
            email,
            rfc,
            size: self.dice.pick(&words::SIZE).to_string(),
            industry: (*self.dice.pick(&words::INDUSTRY)).to_owned(),
            source: (*self.dice.pick(&words::SOURCE)).to_owned(),
            amount: self.dialect.amount(cents),
            cp: format!("{:05}", self.dice.between(1_000, 99_999)),
            created: self.dialect.date(created),
            open_rate: format!("0.{:02}", self.dice.below(100)),
            demo: (*self.dice.pick(&demo)).to_owned(),
            notes: if self.dice.per_mille(60) { (*self.dice.pick(&words::NOTE)).to_owned() } else { String::new() },
            name,
            company,
        }
    }

    /// The row again, as somebody else would have captured it.
    fn duplicate(&mut self, row: u32, of: &SampleLead) -> (SampleLead, &'static str) {
        let mut lead = of.clone();
        let how = match self.dice.below(4) {
            0 => {
                lead.email = of.email.to_uppercase();
                lead.rfc = String::new();
                "same_email_case"
            }
            1 => {
                lead.phone = disguise::write_phone_otherwise(&of.phone);
                lead.email = String::new();
                lead.rfc = String::new();
                "same_phone_format"
            }
            2 if !of.rfc.is_empty() => {
                let host = of.email.split('@').nth(1).unwrap_or("correo.example");
                lead.email = format!("compras{row}@{host}");
                lead.phone = self.fresh_phone();
                lead.rfc = disguise::write_rfc(&of.rfc, &mut self.dice);
                "same_rfc"
            }
            _ => {
                lead.company = disguise::shout_company(&of.company);
                lead.email = String::new();
                lead.rfc = String::new();
                lead.phone = self.fresh_phone();
                "suffix_variant"
            }
        };
        (lead, how)
    }

    fn person(&mut self) -> String {
        let second =
            if self.dice.per_mille(150) { format!(" {}", self.dice.pick(&words::GIVEN)) } else { String::new() };
        let (given, father, mother) =
            (self.dice.pick(&words::GIVEN), self.dice.pick(&words::FAMILY), self.dice.pick(&words::FAMILY));
        format!("{given}{second} {father} {mother}")
    }

    /// A company without suffix; a number tells apart those that would have the same words.
    fn company(&mut self) -> String {
        let mut name = format!("{} {}", self.dice.pick(&words::TRADE), self.dice.pick(&words::PLACE));
        if self.dice.per_mille(800) {
            name = format!("{name} {}", self.dice.pick(&words::FAMILY));
        }
        if self.used.insert(words::slug(&name)) {
            return name;
        }
        loop {
            let numbered = format!("{name} {}", self.dice.between(2, 9_999));
            if self.used.insert(words::slug(&numbered)) {
                return numbered;
            }
        }
    }

    fn email(&mut self, row: u32, name: &str, company: &str) -> String {
        let user: String = words::slug(name).chars().take(14).collect();
        if self.dice.per_mille(300) {
            return format!("{user}{row}@{}", self.dice.pick(&words::MAILBOX));
        }
        let host: String = words::slug(company).chars().take(24).collect();
        format!("{user}{row}@{host}{}", self.dice.pick(&words::TOP_LEVEL))
    }

    /// Ten digits that no other row has.
    fn phone(&mut self) -> String {
        loop {
            let area = *self.dice.pick(&words::AREA);
            let digits = format!("{area}{}", self.dice.letters(b"0123456789", 10 - area.len()));
            if self.used.insert(digits.clone()) {
                return digits;
            }
        }
    }

    fn fresh_phone(&mut self) -> String {
        let digits = self.phone();
        disguise::write_phone(&digits, &mut self.dice)
    }

    fn rfc(&mut self) -> String {
        loop {
            let rfc = rfc::draw(&mut self.dice);
            // The body counts: two RFCs that differ in their check digit only cannot both be right.
            if self.used.insert(rfc[..rfc.len() - 1].to_owned()) {
                return rfc;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_a_list() {
        let spec = ListSpec::new(11, 400);
        let list = LeadList::generate(&spec);
        assert_eq!(list, LeadList::generate(&spec));
        assert_ne!(list.rows, LeadList::generate(&ListSpec::new(12, 400)).rows);
    }

    #[test]
    fn every_row_is_accepted_repeated_or_rejected() {
        let list = LeadList::generate(&ListSpec::new(5, 2_000));
        let truth = &list.truth;
        let others = truth.duplicates_of_earlier_rows.len() + truth.rejected.len();
        assert_eq!(truth.accepted as usize + others, 2_000);
        assert!((90..170).contains(&truth.duplicates_of_earlier_rows.len()));
        assert!((30..90).contains(&truth.rejected.len()));
        assert!((20..80).contains(&truth.warned.len()));
        for duplicate in &truth.duplicates_of_earlier_rows {
            assert!(duplicate.of < duplicate.row);
        }
    }
}
