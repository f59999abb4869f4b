//! The copy of what is held on a person, as a program reads it. Names of fields stay as they are; a new one is added beside
//! them, and what means something else gets another [`VERSION`]. `docs/person-export.md` says what each is.

use jiff::{Timestamp, civil::Date};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;
use zuc_domain::{lead::LeadScore, shared::SignedMoney};

/// Which file this is.
pub(super) const FORMAT: &str = "zuclubit.person_export";
/// Which version of it.
pub(super) const VERSION: u32 = 1;

/// All that a device holds on one person.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PersonCopy {
    /// `zuclubit.person_export`.
    pub format: String,
    /// Of this form.
    pub version: u32,
    /// When it was made, UTC.
    pub made_at: Timestamp,
    /// Who answers for the data.
    pub company: Company,
    /// Who made the copy, and on which device.
    pub made_by: By,
    /// The record that was asked for.
    pub record: Uuid,
    /// `held`, or `erased`: then nothing that identifies the person is here or anywhere.
    pub status: Status,
    /// The erasure, where there was one.
    pub erased: Option<Erasure>,
    /// Groups of data that this device reads, and those it does not: there may be more in them.
    pub coverage: Coverage,
    /// Records and parts of records.
    pub records: Vec<Record>,
    /// On what ground the data are held.
    pub consents: Vec<Ground>,
    /// Scores, with their reasons.
    pub scores: Vec<Score>,
    /// What was said and done.
    pub activities: Vec<Activity>,
    /// Files on records that are the person.
    pub files: Vec<AttachedFile>,
    /// Deals.
    pub deals: Vec<Deal>,
    /// Proposals made to the person or signed by them.
    pub proposals: Vec<Proposal>,
    /// Contracts of a customer that is the person.
    pub contracts: Vec<Contract>,
    /// Invoices made out to the person.
    pub invoices: Vec<Invoice>,
    /// Rows of imported lists that wait for somebody to decide.
    pub held_rows: Vec<HeldRow>,
    /// Events that name the person, oldest first, as `CloudEvents`.
    pub events: Vec<Value>,
    /// Who changed what, when, on which device; newest first.
    pub history: Vec<Change>,
    /// Who can read it.
    pub readers: Vec<Readers>,
    /// What the law keeps, and until when.
    pub kept_by_law: Vec<Kept>,
}

/// Whether anything is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The person's data are here.
    Held,
    /// They were destroyed.
    Erased,
}

/// The company.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Company {
    /// Its id.
    pub id: Uuid,
    /// As it invoices.
    pub legal_name: String,
    /// RFC.
    pub rfc: String,
}

/// A member of the company at a device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct By {
    /// The member's name, empty where nobody knows.
    pub name: String,
    /// The device, empty where nobody saw which.
    pub device: String,
}

/// An erasure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Erasure {
    /// When it was signed, UTC.
    pub at: Timestamp,
    /// Its place in the company's control log.
    pub act: u64,
}

/// What the device reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// Groups of data that were looked through.
    pub read: Vec<String>,
    /// Groups that are shut here.
    pub not_read: Vec<String>,
}

/// A record, or a part of one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Record {
    /// `lead`, `contact`, `customer`.
    pub kind: String,
    /// Its id.
    pub id: Uuid,
    /// The group of data it lies in.
    pub scope: String,
    /// No list shows it any more.
    pub deleted: bool,
    /// Of a contact, at whose.
    pub at: Option<Place>,
    /// Every field; null after an erasure.
    pub data: Value,
}

/// A customer with whom the person has to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
}

/// On what ground the data of a record are held.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ground {
    /// The record.
    pub record: Uuid,
    /// `basis` and `at`.
    pub consent: Value,
}

/// A score.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[expect(clippy::struct_field_names, reason = "the names are the file's")]
pub struct Score {
    /// The lead.
    pub lead: Uuid,
    /// `A` to `D`.
    pub band: String,
    /// Figure, method, version, confidence, factors.
    pub score: LeadScore,
}

/// Something said or done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Activity {
    /// Its id.
    pub id: String,
    /// The record it is about.
    pub about: Uuid,
    /// Everything it says.
    pub data: Value,
    /// Who logged it, by name.
    pub by: String,
    /// Another of its id prevailed over it.
    pub lost: bool,
}

/// A file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AttachedFile {
    /// Its id.
    pub id: Uuid,
    /// The record it hangs on.
    pub about: Uuid,
    /// What it is called.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// When it was attached, UTC.
    pub at: Timestamp,
    /// Who attached it, by name.
    pub by: String,
    /// No list shows it any more.
    pub removed: bool,
    /// The file beside this one that holds it; empty where its bytes have not come to this device.
    pub file: String,
}

/// A deal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Deal {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// The stage's stable name.
    pub stage: String,
    /// What it is worth.
    pub amount: SignedMoney,
    /// Who works it, by name.
    pub owner: String,
}

/// A proposal.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Proposal {
    /// Its id.
    pub id: Uuid,
    /// As people call it.
    pub number: String,
    /// What it is about.
    pub title: String,
    /// The state's stable name.
    pub state: String,
    /// Total with taxes.
    pub total: SignedMoney,
    /// What the person left when they signed: name, role, mail, hashes, moment, device.
    pub signature: Option<Value>,
    /// What they drew, PNG in base64.
    pub drawn: Option<String>,
}

/// A contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Contract {
    /// Its id.
    pub id: Uuid,
    /// The state's stable name.
    pub state: String,
    /// What is bought, without tax.
    pub value: SignedMoney,
    /// First day.
    pub starts_on: String,
    /// Last day.
    pub ends_on: String,
}

/// An invoice.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Invoice {
    /// Its id.
    pub id: Uuid,
    /// Serie and folio, or the draft's label.
    pub label: String,
    /// Folio fiscal, once stamped.
    pub uuid: String,
    /// The fiscal state's stable name.
    pub state: String,
    /// Day.
    pub on: String,
    /// Total with taxes.
    pub total: SignedMoney,
    /// The person, as the document names them.
    pub receptor: Value,
}

/// A row of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HeldRow {
    /// The import.
    pub batch: Uuid,
    /// Its row in the file.
    pub row: i64,
    /// What it says.
    pub data: Value,
}

/// A field in one change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The record.
    pub record: Uuid,
    /// When, by the clock of whoever wrote.
    pub at: Timestamp,
    /// Who, and on which device.
    pub by: By,
    /// The field.
    pub field: String,
    /// Before.
    pub from: Option<Value>,
    /// After.
    pub to: Option<Value>,
}

/// Who reads a group of data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Readers {
    /// The group.
    pub scope: String,
    /// Devices that read it now.
    pub devices: Vec<Reader>,
}

/// A device that reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reader {
    /// Whose, and which.
    pub by: By,
    /// What that member may do.
    pub roles: Vec<String>,
}

/// A document that the law keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Kept {
    /// The invoice.
    pub invoice: Uuid,
    /// As people call it.
    pub label: String,
    /// The law.
    pub basis: String,
    /// Last day, at the least.
    pub until: Date,
}
