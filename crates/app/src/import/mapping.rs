//! Which column holds which field: by its name, by longer names, by what it contains, or because a person said so.

use serde::{Serialize, Serializer, ser::SerializeMap};

use super::{error::ImportError, field::LeadField, headers, shape, table::Table};

/// Cells of a column that the wizard shows.
const SAMPLES: usize = 3;

/// How a column came by its field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MappedBy {
    /// Its whole name is known.
    Name,
    /// A word of its name is known.
    Word,
    /// Its name says nothing, its cells do.
    Content,
    /// A person chose it.
    Person,
    /// Nothing is known of it.
    Nothing,
}

/// A column of the file and the field it fills.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnMapping {
    /// Its name in the file.
    pub header: String,
    /// The field; `None` leaves the column out.
    pub field: Option<LeadField>,
    /// Why.
    pub by: MappedBy,
    /// Its first cells that hold something, for the wizard.
    pub samples: Vec<String>,
}

/// The fields of all columns, in the file's order. Serialises as `{header: field}` without the columns left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    columns: Vec<ColumnMapping>,
}

impl Mapping {
    /// What the columns of a table most likely hold.
    pub fn guess(table: &Table) -> Self {
        let columns = table
            .header
            .iter()
            .enumerate()
            .map(|(at, header)| ColumnMapping {
                header: header.clone(),
                field: None,
                by: MappedBy::Nothing,
                samples: table.column(at).take(SAMPLES).map(str::to_owned).collect(),
            })
            .collect();
        let mut mapping = Self { columns };
        mapping.by_name();
        mapping.by_word();
        mapping.by_content(table);
        mapping
    }

    /// Lets a person decide what a column holds; another column that held a field that cannot repeat lets go of it.
    ///
    /// Returns whether there is a column of this name.
    pub fn set(&mut self, header: &str, field: Option<LeadField>) -> bool {
        let Some(at) = self.columns.iter().position(|column| column.header == header) else { return false };
        if let Some(field) = field
            && !field.repeats()
        {
            for column in self.columns.iter_mut().filter(|column| column.field == Some(field)) {
                column.field = None;
            }
        }
        self.columns[at].field = field;
        self.columns[at].by = MappedBy::Person;
        true
    }

    /// All columns, those left out included.
    pub fn columns(&self) -> &[ColumnMapping] {
        &self.columns
    }

    /// The places of the columns that fill a field.
    pub fn places(&self, field: LeadField) -> impl Iterator<Item = usize> {
        self.columns.iter().enumerate().filter(move |(_, column)| column.field == Some(field)).map(|(at, _)| at)
    }

    /// The place of the first column that fills a field.
    pub fn place(&self, field: LeadField) -> Option<usize> {
        self.places(field).next()
    }

    /// Refuses a mapping under which every row would lack both a person and a company.
    ///
    /// # Errors
    /// [`ImportError::NoHeader`].
    pub fn check(&self) -> Result<(), ImportError> {
        const NAMING: [LeadField; 4] = [LeadField::Name, LeadField::FirstName, LeadField::LastName, LeadField::Company];
        if NAMING.into_iter().any(|field| self.place(field).is_some()) { Ok(()) } else { Err(ImportError::NoHeader) }
    }

    fn taken(&self, field: LeadField) -> bool {
        self.place(field).is_some()
    }

    fn by_name(&mut self) {
        let mut ranked: Vec<(usize, usize, LeadField)> = self
            .columns
            .iter()
            .enumerate()
            .filter_map(|(at, column)| headers::ranked(&column.header).map(|(field, rank)| (rank, at, field)))
            .collect();
        ranked.sort_unstable_by_key(|(rank, at, _)| (*rank, *at));
        for (_, at, field) in ranked {
            self.give(at, field, MappedBy::Name);
        }
    }

    fn by_word(&mut self) {
        for at in 0..self.columns.len() {
            if let Some(field) = headers::field_by_words(&self.columns[at].header) {
                self.give(at, field, MappedBy::Word);
            }
        }
    }

    fn by_content(&mut self, table: &Table) {
        type Shape = fn(&str) -> bool;
        const KINDS: [(LeadField, Shape); 4] = [
            (LeadField::Email, shape::is_email),
            (LeadField::Rfc, shape::is_rfc),
            (LeadField::Phone, shape::is_phone),
            (LeadField::Company, shape::has_company_suffix),
        ];
        for at in 0..self.columns.len() {
            if self.columns[at].field.is_some() {
                continue;
            }
            let cells: Vec<&str> = table.column(at).take(300).collect();
            for (field, fits) in KINDS {
                let fitting = cells.iter().filter(|cell| fits(cell)).count();
                // A suffix is written by half of the companies, an address by all people.
                let needed = if field == LeadField::Company { cells.len() / 3 } else { cells.len() * 4 / 5 };
                if !self.taken(field) && fitting > 0 && fitting >= needed {
                    self.give(at, field, MappedBy::Content);
                    break;
                }
            }
        }
    }

    fn give(&mut self, at: usize, field: LeadField, by: MappedBy) {
        if self.columns[at].field.is_none() && (field.repeats() || !self.taken(field)) {
            self.columns[at].field = Some(field);
            self.columns[at].by = by;
        }
    }
}

impl Serialize for Mapping {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mapped = self.columns.iter().filter_map(|column| Some((&column.header, column.field?)));
        let mut map = serializer.serialize_map(None)?;
        for (header, field) in mapped {
            map.serialize_entry(header, &field)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guess(text: &str) -> Mapping {
        Mapping::guess(&Table::read(text.as_bytes()).unwrap())
    }

    fn pairs(mapping: &Mapping) -> String {
        serde_json::to_string(mapping).unwrap()
    }

    #[test]
    fn names_of_other_crms_are_known() {
        let odoo = guess("contact_name,partner_name,email_from,vat,industry_id/name,name\nAna,B,a@b.mx,,Salud,Venta\n");
        assert_eq!(
            pairs(&odoo),
            r#"{"contact_name":"name","partner_name":"company","email_from":"email","vat":"rfc","industry_id/name":"industry"}"#
        );
        let hubspot =
            guess("First Name,Last Name,Email,Phone Number,Company Name,Last Modified Email\nA,B,a@b.mx,1,C,x\n");
        assert_eq!(
            pairs(&hubspot),
            r#"{"First Name":"first_name","Last Name":"last_name","Email":"email","Phone Number":"phone_txt","Company Name":"company"}"#
        );
    }

    #[test]
    fn the_surer_name_wins_wherever_it_stands() {
        let odoo = guess("name,contact_name\nVenta de mayo,Ana\n");
        assert_eq!(pairs(&odoo), r#"{"contact_name":"name"}"#);
    }

    #[test]
    fn a_column_with_a_strange_name_is_known_by_what_it_holds() {
        let text = "Nombre,Dato A,Dato B,Dato C\nAna,a@b.mx,55 1234 5678,\nLuis,l@b.mx,(81) 12345678,ABC680524P76\n";
        assert_eq!(pairs(&guess(text)), r#"{"Nombre":"name","Dato A":"email","Dato B":"phone_txt","Dato C":"rfc"}"#);
    }

    #[test]
    fn a_person_has_the_last_word() {
        let mut mapping = guess("Nombre,Empresa,Apodo\nAna,B,Anita\n");
        assert!(mapping.set("Apodo", Some(LeadField::Name)));
        assert!(mapping.set("Empresa", None));
        assert!(!mapping.set("No existe", None));
        assert_eq!(pairs(&mapping), r#"{"Apodo":"name"}"#);
        assert!(mapping.set("Apodo", None));
        assert_eq!(mapping.check(), Err(ImportError::NoHeader));
    }
}
