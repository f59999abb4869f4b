//! Prospectos: list, detail and what can be done with one.

use serde::{Deserialize, Serialize};

use crate::shared::{Money, PersonRef};

/// Filter, order and window of the list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LeadQuery {
    /// Free text over company, contact, mail, phone and RFC; accents do not matter.
    pub text: String,
    /// Only these states (`new`, `assigned`, `working`, `nurturing`, `qualified`, `converted`, `disqualified`); empty = open ones.
    pub states: Vec<String>,
    /// Only these owners; `""` stands for "without owner"; empty = all.
    pub owners: Vec<String>,
    /// Only bands `A`…`D`; empty = all.
    pub bands: Vec<String>,
    /// Only these sources; empty = all.
    pub sources: Vec<String>,
    /// Only those of this import.
    pub import_batch: Option<String>,
    /// Order.
    pub sort: LeadSort,
    /// From the highest down.
    pub descending: bool,
    /// First row wanted.
    pub offset: u64,
    /// Most rows wanted.
    pub limit: u32,
}

/// Column the list is ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeadSort {
    /// Company name.
    Company,
    /// Contact's name.
    Name,
    /// City.
    City,
    /// State.
    State,
    /// Score.
    #[default]
    Score,
    /// Estimated amount.
    Amount,
    /// Date of capture.
    CreatedOn,
    /// Owner's name.
    Owner,
    /// Due date of the next step.
    NextStep,
}

/// One row of the list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeadRow {
    /// Lead id.
    pub id: String,
    /// Company, or the contact where there is none.
    pub company: String,
    /// City and state, as captured.
    pub city: String,
    /// Contact's name.
    pub full_name: String,
    /// State key.
    pub state: String,
    /// Score 0–100.
    pub score: u8,
    /// Band `A`…`D`.
    pub band: String,
    /// `rule_based_fallback`, `local_model`, `sagemaker`, `manual`.
    pub score_method: String,
    /// Next step, empty when there is none.
    pub next_step: String,
    /// Its date, ISO, empty when there is none.
    pub next_step_due: String,
    /// Estimated amount.
    pub amount: Option<Money>,
    /// Owner.
    pub owner: Option<PersonRef>,
    /// E-mail, phone, RFC, source, postal code and industry, empty where unknown.
    pub email: String,
    /// Phone as shown.
    pub phone: String,
    /// RFC.
    pub rfc: String,
    /// Source.
    pub source: String,
    /// Saved here and not yet acknowledged by the relay.
    pub unsent: bool,
}

/// A page of the list, with the totals its foot shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeadPage {
    /// Rows that match.
    pub total: u64,
    /// Index of the first row here.
    pub offset: u64,
    /// The rows.
    pub rows: Vec<LeadRow>,
    /// Sum of the estimated amounts by currency; currencies are never added together.
    pub sums: Vec<Money>,
    /// The text searched for is in so many prospects that only the newest of them are among these.
    pub only_newest: bool,
}

/// One reason of a score.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScoreFactor {
    /// In Spanish.
    pub label: String,
    /// Points, may be negative.
    pub points: i32,
}

/// Something that happened with a record, for its timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelineRow {
    /// RFC 3339.
    pub at: String,
    /// `call`, `email`, `meeting`, `note`, `whatsapp`, or an event name.
    pub kind: String,
    /// Who.
    pub by: String,
    /// Sentence in Spanish.
    pub text: String,
}

/// What the right panel shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeadDetail {
    /// The same as in the list.
    pub row: LeadRow,
    /// People in the company.
    pub company_size: Option<u32>,
    /// Industry.
    pub industry: String,
    /// Postal code.
    pub postal_code: String,
    /// Mails besides the one of the row.
    #[serde(default)]
    pub other_emails: Vec<String>,
    /// Phones besides.
    #[serde(default)]
    pub other_phones: Vec<String>,
    /// Date of capture, ISO.
    pub created_on: String,
    /// Notes.
    pub notes: String,
    /// Reasons of the score.
    pub factors: Vec<ScoreFactor>,
    /// Newest first.
    pub timeline: Vec<TimelineRow>,
    /// Actions its state and the person's role allow: `edit`, `log`, `qualify`, `disqualify`, `convert`, `assign`.
    pub actions: Vec<String>,
    /// RFC 3339 since when the person opposes being scored and written to by campaigns; empty where they do not.
    pub opposed_at: String,
    /// Leads that were merged into it, as they were called.
    #[serde(default)]
    pub merged: Vec<String>,
    /// Its sales team.
    #[serde(default)]
    pub team: u16,
    /// Teams that it can go to.
    #[serde(default)]
    pub teams: Vec<u16>,
    /// It came from another team, or goes to one, and not all of that is here yet: since when, RFC 3339; else empty.
    #[serde(default)]
    pub incomplete_since: String,
    /// Customer and opportunity it became.
    pub customer_id: Option<String>,
    /// Opportunity it became.
    pub opportunity_id: Option<String>,
}

/// A lead typed by hand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LeadNew {
    /// Contact's name.
    pub full_name: String,
    /// Company.
    pub company: String,
    /// E-mail.
    pub email: String,
    /// Phone.
    pub phone: String,
    /// RFC.
    pub rfc: String,
    /// Source.
    pub source: String,
    /// Estimated amount, as typed; MXN.
    pub amount: String,
    /// City.
    pub city: String,
    /// Sales team whose it is; 0 for the first of whoever captures it.
    pub team: u16,
}

/// Another lead that may be the same prospect.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeadDuplicate {
    /// The lead.
    pub row: LeadRow,
    /// How alike, in percent.
    pub likeness: u8,
    /// In what, as `same_email`.
    pub reasons: Vec<String>,
}

/// Two leads that may be one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeadPair {
    /// The one that stays.
    pub survivor: String,
    /// The one that becomes part of it.
    pub other: String,
}

/// Two leads side by side.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeadComparison {
    /// The one that stays.
    pub survivor: LeadRow,
    /// The one that becomes part of it.
    pub other: LeadRow,
    /// Days of capture of both, ISO.
    pub created_on: (String, String),
    /// Lines of the timelines of both.
    pub touches: (u32, u32),
    /// What at least one of them says.
    pub fields: Vec<ComparedField>,
    /// Names both as they were read: a merge that names it is refused where somebody wrote to one of them since.
    pub seen: String,
}

/// A field of two leads.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComparedField {
    /// Field.
    pub field: String,
    /// What it is called.
    pub label: String,
    /// What the one that stays says; empty for nothing.
    pub survivor: String,
    /// What the other says.
    pub other: String,
    /// A person may choose: both say something, and not the same.
    pub differs: bool,
    /// What is not chosen stays too, as a mail or telephone besides.
    pub both_stay: bool,
}

/// Makes two leads one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LeadMerge {
    /// The one that stays.
    pub survivor: String,
    /// The one that becomes part of it.
    pub other: String,
    /// Fields of which the other's value stays.
    pub take: Vec<String>,
    /// What was seen of both; empty where nobody looked.
    pub seen: String,
}

/// Lets a lead go to another team.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeadMove {
    /// The lead.
    pub id: String,
    /// The team.
    pub team: u16,
}

/// One cell edited: the old value lets the core refuse a stale edit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeadEdit {
    /// Lead id.
    pub id: String,
    /// `full_name`, `company`, `city`, `email`, `phone`, `rfc`, `amount`, `industry`, `source`, `postal_code`,
    /// `company_size`, `notes`, `next_step` (`text|yyyy-mm-dd`).
    pub field: String,
    /// Value the person saw.
    pub old: String,
    /// Value typed.
    pub new: String,
}

/// One field of several leads edited at once; one undo takes all of it back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeadsEdit {
    /// Each of them; at most 500.
    pub edits: Vec<LeadEdit>,
}

/// A touch logged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityNew {
    /// Lead or customer id.
    pub subject_id: String,
    /// `call`, `email`, `meeting`, `note`, `whatsapp`.
    pub channel: String,
    /// `in` or `out`.
    pub direction: String,
    /// What was said.
    pub text: String,
}

/// The gate of a qualification.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Qualification {
    /// Lead id.
    pub id: String,
    /// What they need.
    pub need: String,
    /// Budget is there.
    pub budget: bool,
    /// We speak with who decides.
    pub authority: bool,
    /// They want it by.
    pub timeline: String,
}

/// Leaves the pipeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disqualification {
    /// Lead id.
    pub id: String,
    /// `rejected`, `junk`, `other`.
    pub reason: String,
    /// Needed with `other`.
    pub note: String,
}

/// What a conversion made or found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Converted {
    /// Customer.
    pub customer_id: String,
    /// Contact.
    pub contact_id: String,
    /// Opportunity.
    pub opportunity_id: String,
    /// What to reload.
    pub changes: crate::shared::Changes,
}
