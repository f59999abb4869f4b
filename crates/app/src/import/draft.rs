//! A prospect as a row tells it.

use jiff::civil::Date;
use zuc_domain::{
    lead::NewLead,
    shared::{Email, LeadId, Money, Percentage, Phone, PostalCode, Rfc, Scope},
};
use zuc_ipc::words;

use super::identity::unite;

/// What a row says about a prospect, in the domain's values; only the fields that could be read.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[expect(missing_docs, reason = "the fields are those of `LeadField`, described there")]
pub struct LeadDraft {
    pub name: Option<String>,
    pub company: Option<String>,
    pub emails: Vec<Email>,
    pub phones: Vec<Phone>,
    /// The telephones as they were written, also those that cannot be dialled.
    pub phone_txt: Option<String>,
    pub rfc: Option<Rfc>,
    pub size: Option<u32>,
    pub industry: Option<String>,
    pub source: Option<String>,
    pub amount: Option<Money>,
    pub cp: Option<PostalCode>,
    pub street: Option<String>,
    pub city: Option<String>,
    pub state: Option<String>,
    pub created: Option<Date>,
    pub open_rate: Option<Percentage>,
    pub demo: bool,
    pub notes: Option<String>,
    pub owner: Option<String>,
    pub position: Option<String>,
    pub website: Option<String>,
}

impl LeadDraft {
    /// Takes what a later row of the same prospect knows besides: fields that are blank here, all addresses and
    /// telephones, and notes that say something else.
    pub fn absorb(&mut self, other: Self) {
        fill(&mut self.name, other.name);
        fill(&mut self.company, other.company);
        fill(&mut self.phone_txt, other.phone_txt);
        fill(&mut self.rfc, other.rfc);
        fill(&mut self.size, other.size);
        fill(&mut self.industry, other.industry);
        fill(&mut self.source, other.source);
        fill(&mut self.amount, other.amount);
        fill(&mut self.cp, other.cp);
        fill(&mut self.street, other.street);
        fill(&mut self.city, other.city);
        fill(&mut self.state, other.state);
        fill(&mut self.created, other.created);
        fill(&mut self.open_rate, other.open_rate);
        fill(&mut self.owner, other.owner);
        fill(&mut self.position, other.position);
        fill(&mut self.website, other.website);
        self.demo |= other.demo;
        unite(&mut self.emails, other.emails);
        unite(&mut self.phones, other.phones);
        match (&mut self.notes, other.notes) {
            (Some(mine), Some(theirs)) if !mine.contains(&theirs) => {
                mine.push('\n');
                mine.push_str(&theirs);
            }
            (mine, theirs) => fill(mine, theirs),
        }
    }

    /// The lead to be captured. Owner, batch, consent and candidates are the caller's to set; what a lead has no
    /// field for stays readable in its notes.
    pub fn new_lead(&self, id: LeadId, scope: Scope, today: Date) -> NewLead {
        let source = self.source.clone().unwrap_or_else(|| "import".to_owned());
        let mut lead = NewLead::new(id, scope, source, self.created.unwrap_or(today));
        lead.full_name.clone_from(&self.name);
        lead.company.clone_from(&self.company);
        lead.email = self.emails.first().cloned();
        lead.phone = self.phones.first().cloned();
        lead.other_emails = self.emails.iter().skip(1).cloned().collect();
        lead.other_phones = self.phones.iter().skip(1).cloned().collect();
        lead.rfc.clone_from(&self.rfc);
        lead.company_size = self.size;
        lead.industry.clone_from(&self.industry);
        lead.estimated_amount = self.amount;
        lead.postal_code.clone_from(&self.cp);
        lead.city.clone_from(&self.city);
        lead.mail_open_rate = self.open_rate;
        lead.demo_requested = self.demo;
        lead.notes = self.all_notes();
        lead
    }

    fn all_notes(&self) -> String {
        let spoken = self.phone_txt.as_deref().filter(|_| self.phones.is_empty());
        let phone = |text: &str| words::fill("import.note.phone", &[("text", &text)]);
        let others = [
            spoken.map(phone),
            self.position.as_ref().map(|text| words::fill("import.note.position", &[("text", text)])),
            self.street.as_ref().map(|text| words::fill("import.note.street", &[("text", text)])),
            self.state.as_ref().map(|text| words::fill("import.note.state", &[("text", text)])),
            self.website.as_ref().map(|text| words::fill("import.note.website", &[("text", text)])),
            self.owner.as_ref().map(|text| words::fill("import.note.owner", &[("text", text)])),
        ];
        let others = others.into_iter().flatten();
        let emails = self.emails.iter().skip(1).map(|email| words::fill("import.note.email", &[("text", email)]));
        let phones = self.phones.iter().skip(1).map(|text| phone(text.as_str()));
        self.notes.iter().cloned().chain(emails).chain(phones).chain(others).collect::<Vec<_>>().join("\n")
    }
}

fn fill<T>(mine: &mut Option<T>, theirs: Option<T>) {
    if mine.is_none() {
        *mine = theirs;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_merged_row_fills_blanks_and_changes_nothing() {
        let mut draft = LeadDraft {
            company: Some("Óptica".into()),
            emails: vec!["a@b.mx".parse().unwrap()],
            notes: Some("uno".into()),
            ..LeadDraft::default()
        };
        draft.absorb(LeadDraft {
            company: Some("OPTICA".into()),
            name: Some("Ana".into()),
            emails: vec!["a@b.mx".parse().unwrap(), "c@b.mx".parse().unwrap()],
            notes: Some("dos".into()),
            demo: true,
            ..LeadDraft::default()
        });
        assert_eq!((draft.company.as_deref(), draft.name.as_deref()), (Some("Óptica"), Some("Ana")));
        assert_eq!((draft.emails.len(), draft.demo), (2, true));
        assert_eq!(draft.notes.as_deref(), Some("uno\ndos"));
    }

    #[test]
    fn what_a_lead_has_no_field_for_is_kept_in_its_notes() {
        let draft = LeadDraft {
            name: Some("Ana".into()),
            emails: vec!["a@b.mx".parse().unwrap(), "c@b.mx".parse().unwrap()],
            phone_txt: Some("ext. 12".into()),
            position: Some("Compras".into()),
            notes: Some("Le urge".into()),
            ..LeadDraft::default()
        };
        let lead = draft.new_lead(LeadId(uuid::Uuid::nil()), Scope::Sales(1), Date::constant(2026, 1, 2));
        assert_eq!(lead.notes, "Le urge\nCorreo: c@b.mx\nTeléfono: ext. 12\nPuesto: Compras");
        assert_eq!(lead.other_emails, ["c@b.mx".parse().unwrap()].into());
        assert_eq!((lead.email.unwrap().as_str(), lead.created_on), ("a@b.mx", Date::constant(2026, 1, 2)));
    }
}
