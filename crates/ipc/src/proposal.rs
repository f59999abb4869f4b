//! Propuestas: list, editor, signature.

use serde::{Deserialize, Serialize};

use crate::shared::{Changes, Money, PersonRef};

/// One product of the catalogue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductRow {
    /// Product id.
    pub id: String,
    /// SKU.
    pub sku: String,
    /// Description.
    pub description: String,
    /// Unit as said.
    pub unit: String,
    /// SAT product key.
    pub clave_prod_serv: String,
    /// SAT unit key.
    pub clave_unidad: String,
    /// List price without taxes.
    pub price: Money,
    /// `iva16`, `iva8`, `iva0`, `exento`.
    pub tax: String,
    /// `none`, `monthly`, `yearly`.
    pub recurrence: String,
}

/// One row of the list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposalRow {
    /// Proposal id.
    pub id: String,
    /// `P-0421`.
    pub number: String,
    /// Title.
    pub title: String,
    /// Customer.
    pub customer: String,
    /// State key: `draft`, `pending_approval`, `approved`, `sent`, `accepted`, `declined`, `expired`, `withdrawn`.
    pub state: String,
    /// Total with taxes.
    pub total: Money,
    /// ISO date, still valid on that day.
    pub valid_until: String,
    /// Owner.
    pub owner: Option<PersonRef>,
    /// Saved here and not yet acknowledged.
    pub unsent: bool,
}

/// Opens a proposal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProposalNew {
    /// Customer.
    pub customer_id: String,
    /// Opportunity, if it belongs to one.
    pub opportunity_id: Option<String>,
    /// Title; empty = from the customer.
    pub title: String,
}

/// A line as edited; amounts as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LineEdit {
    /// Line id; empty for a new line.
    pub id: String,
    /// Product, when it comes from the catalogue.
    pub product_id: Option<String>,
    /// SKU.
    pub sku: String,
    /// Description.
    pub description: String,
    /// Quantity.
    pub quantity: String,
    /// Unit as said.
    pub unit: String,
    /// Unit price without taxes.
    pub unit_price: String,
    /// Line discount in percent.
    pub discount_pct: String,
    /// `iva16`, `iva8`, `iva0`, `exento`.
    pub tax: String,
    /// `none`, `monthly`, `yearly`.
    pub recurrence: String,
    /// SAT product key.
    pub clave_prod_serv: String,
    /// SAT unit key.
    pub clave_unidad: String,
}

/// The whole draft as the editor shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProposalEdit {
    /// Proposal id.
    pub id: String,
    /// Title.
    pub title: String,
    /// Lines in order.
    pub lines: Vec<LineEdit>,
    /// Document discount in percent.
    pub discount_pct: String,
    /// ISO date.
    pub valid_until: String,
    /// Payment terms in days, as typed.
    pub terms_days: String,
    /// Notes for the customer.
    pub notes: String,
    /// What the form was read from: what came since stays where the person left it alone. Without it the form takes the
    /// place of what stands.
    pub base: Option<Box<ProposalEdit>>,
    /// The person was told that somebody changed the same, and saves again.
    pub insist: bool,
}

/// A line with what the decimal engine made of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineView {
    /// As edited.
    pub edit: LineEdit,
    /// Gross, quantity × price.
    pub importe: String,
    /// All discounts of the line, its share of the document's included.
    pub descuento: String,
    /// Taxable base.
    pub base: String,
    /// Taxes.
    pub impuesto: String,
    /// Net before taxes after the line's own discount, as the column shows it.
    pub net: String,
}

/// A tax of the totals.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxTotal {
    /// `IVA 16 %`.
    pub label: String,
    /// Amount.
    pub amount: String,
}

/// Totals of the version.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Sum of list prices.
    pub list: Money,
    /// Discounts of the lines.
    pub line_discounts: Money,
    /// Discount of the document.
    pub document_discount: Money,
    /// After discounts, before taxes.
    pub subtotal: Money,
    /// Taxes by rate.
    pub taxes: Vec<TaxTotal>,
    /// Total.
    pub total: Money,
    /// In Spanish words.
    pub in_words: String,
    /// ARR of the recurring lines.
    pub arr: Money,
    /// Average discount in percent.
    pub average_discount_pct: String,
}

/// An earlier version.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionRow {
    /// Number, from 1.
    pub number: u32,
    /// State, in Spanish.
    pub state: String,
    /// Total.
    pub total: Money,
    /// ISO date.
    pub on: String,
}

/// What the editor shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposalView {
    /// The same as in the list.
    pub row: ProposalRow,
    /// Customer id.
    pub customer_id: String,
    /// Contact who receives it.
    pub contact: String,
    /// City of the customer.
    pub city: String,
    /// Our company, as the document shows it.
    pub company: String,
    /// Version number.
    pub version: u32,
    /// SHA-256 of the canonical version, hex.
    pub content_hash: String,
    /// Lines with amounts.
    pub lines: Vec<LineView>,
    /// Totals.
    pub totals: Totals,
    /// Document discount in percent.
    pub discount_pct: String,
    /// Payment terms in days.
    pub terms_days: u32,
    /// Notes for the customer.
    pub notes: String,
    /// All versions, newest first.
    pub versions: Vec<VersionRow>,
    /// Who has to approve, in Spanish; empty when nobody.
    pub approval: String,
    /// Actions allowed: `edit`, `sign`, `pdf`, `withdraw`.
    pub actions: Vec<String>,
    /// How it was accepted.
    pub acceptance: Option<AcceptanceView>,
}

impl ProposalView {
    /// What an editor shows of it, as it sends it back.
    pub fn form(&self) -> ProposalEdit {
        ProposalEdit {
            id: self.row.id.clone(),
            title: self.row.title.clone(),
            lines: self.lines.iter().map(|line| line.edit.clone()).collect(),
            discount_pct: self.discount_pct.clone(),
            valid_until: self.row.valid_until.clone(),
            terms_days: self.terms_days.to_string(),
            notes: self.notes.clone(),
            base: None,
            insist: false,
        }
    }
}

/// How it was accepted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcceptanceView {
    /// Signer.
    pub signer: String,
    /// Their role.
    pub role: String,
    /// RFC 3339.
    pub at: String,
    /// Hash that was signed.
    pub content_hash: String,
}

/// The client signs on this screen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProposalSign {
    /// Proposal id.
    pub id: String,
    /// Hash the client was shown: another one is refused.
    pub content_hash: String,
    /// Signer's name.
    pub signer_name: String,
    /// Signer's role.
    pub signer_role: String,
    /// Signer's e-mail, may be empty.
    pub signer_email: String,
    /// The client ticked the consent.
    pub consent: bool,
    /// PNG of the drawn signature, base64.
    pub signature_png: String,
}

/// A saved draft: the view again, and what to reload.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposalSaved {
    /// The editor's view.
    pub view: ProposalView,
    /// Ids of the lines that were sent, in their order.
    pub lines: Vec<String>,
    /// Something came since the form was read: the view says more than what was sent.
    pub merged: bool,
    /// What to reload.
    pub changes: Changes,
}
