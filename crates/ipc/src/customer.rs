//! Clientes and the Cliente 360.

use serde::{Deserialize, Serialize};

use crate::{
    lead::TimelineRow,
    shared::{Choice, Money, PersonRef},
};

/// One row of the list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerRow {
    /// Customer id.
    pub id: String,
    /// Commercial name.
    pub name: String,
    /// RFC, empty while unknown.
    pub rfc: String,
    /// Owner.
    pub owner: Option<PersonRef>,
    /// ARR of its active contracts.
    pub arr: Money,
    /// Outstanding, where this device may see it.
    pub outstanding: Option<Money>,
    /// Open opportunities.
    pub open_deals: u32,
    /// Saved here and not yet acknowledged.
    pub unsent: bool,
}

/// A contact of the customer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactRow {
    /// Contact id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Role in the company.
    pub role: String,
    /// E-mail.
    pub email: String,
    /// Phone.
    pub phone: String,
    /// First one to call.
    pub is_primary: bool,
}

/// A contract in force or not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractRow {
    /// Contract id.
    pub id: String,
    /// `draft`, `active`, `ended`.
    pub state: String,
    /// Value.
    pub value: Money,
    /// ARR.
    pub arr: Money,
    /// ISO date.
    pub start: String,
    /// ISO date.
    pub end: String,
}

/// A proposal in a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposalBrief {
    /// Proposal id.
    pub id: String,
    /// `P-0421`.
    pub number: String,
    /// Title.
    pub title: String,
    /// State key.
    pub state: String,
    /// Total with taxes.
    pub total: Money,
    /// ISO date of the last change.
    pub on: String,
}

/// An invoice in a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceBrief {
    /// Invoice id.
    pub id: String,
    /// Serie and folio, or the draft's label.
    pub label: String,
    /// Customer.
    pub customer: String,
    /// Fiscal state key.
    pub fiscal_state: String,
    /// Total.
    pub total: Money,
    /// Outstanding.
    pub outstanding: Money,
    /// ISO date it is due.
    pub due: String,
}

/// An open opportunity.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpportunityBrief {
    /// Opportunity id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Stage, in Spanish.
    pub stage: String,
    /// Probability in percent.
    pub probability: u8,
    /// Amount.
    pub amount: Money,
}

/// Fiscal data of a receiver.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FiscalProfile {
    /// RFC.
    pub rfc: String,
    /// Name as in the Constancia de Situación Fiscal, without company type.
    pub legal_name: String,
    /// Key of `c_RegimenFiscal`.
    pub regimen_fiscal: String,
    /// Postal code of the fiscal domicile.
    pub domicilio_cp: String,
    /// Key of `c_UsoCFDI`.
    pub uso_cfdi: String,
}

/// Sets the fiscal profile of a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FiscalProfileSet {
    /// Customer id.
    pub customer_id: String,
    /// What the person saw, as [`Customer360::fiscal`] says it: the core refuses to write over what came since.
    pub seen: FiscalProfile,
    /// New profile.
    pub profile: FiscalProfile,
}

/// Which régimen and uso may be chosen for a receiver.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FiscalChoicesQuery {
    /// RFC as typed.
    pub rfc: String,
    /// Régimen chosen so far, may be empty.
    pub regimen_fiscal: String,
    /// Name as typed.
    pub legal_name: String,
    /// Postal code as typed.
    pub domicilio_cp: String,
    /// Uso chosen so far, may be empty.
    pub uso_cfdi: String,
}

/// The choices, and what is wrong so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FiscalChoices {
    /// Régimenes that fit the persona of the RFC.
    pub regimenes: Vec<Choice>,
    /// Usos that fit persona and régimen.
    pub usos: Vec<Choice>,
    /// The name without its company type, uppercase.
    pub clean_name: String,
    /// Problems of what is there, by field; what is empty or half typed is only a problem when it is saved.
    pub problems: Vec<FieldProblem>,
}

/// A problem of one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldProblem {
    /// Field.
    pub field: String,
    /// Stable code.
    pub code: String,
    /// Spanish sentence.
    pub sentence: String,
    /// The record can still be saved.
    pub warning: bool,
}

/// What a customer was invoiced and owes, taxes included, as finance tells the customer's team.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balances {
    /// All stamped invoices.
    pub invoiced: Money,
    /// What of it is paid.
    pub paid: Money,
    /// What of it is still to be paid.
    pub open: Money,
    /// What of that is past its day.
    pub overdue: Money,
    /// ISO date of the oldest that is past it, empty where none is.
    pub overdue_since: String,
}

/// Everything about one customer in one call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer360 {
    /// The same as in the list.
    pub row: CustomerRow,
    /// Fiscal data.
    pub fiscal: FiscalProfile,
    /// What `c_RegimenFiscal` says of its key.
    pub regimen_text: String,
    /// What `c_UsoCFDI` says of its key.
    pub uso_text: String,
    /// People.
    pub contacts: Vec<ContactRow>,
    /// Last five.
    pub proposals: Vec<ProposalBrief>,
    /// Open deals.
    pub opportunities: Vec<OpportunityBrief>,
    /// Contracts, active ones first.
    pub contracts: Vec<ContractRow>,
    /// ARR of the active ones.
    pub arr: Money,
    /// Unpaid invoices; `None` where this device holds no key to them.
    pub unpaid: Option<Vec<InvoiceBrief>>,
    /// Sum invoiced and stamped.
    pub revenue: Option<Money>,
    /// Sum outstanding.
    pub outstanding: Option<Money>,
    /// What the customer's team was told; `None` where it was told of no invoice.
    pub balances: Option<Balances>,
    /// Newest first.
    pub timeline: Vec<TimelineRow>,
    /// The person may make copies of what is held on people, and forget them.
    pub privacy: bool,
    /// The customer is a person: a persona física.
    pub is_person: bool,
}
