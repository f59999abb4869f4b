//! Facturas: list, one invoice and its CFDI's story, certificates.

use serde::{Deserialize, Serialize};

use crate::{
    Failure,
    customer::FiscalProfile,
    shared::{Changes, Money},
};

/// Filter and window of the list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct InvoiceQuery {
    /// Free text over customer, folio, UUID.
    pub text: String,
    /// `to_issue`, `in_progress`, `stamped`, `needs_someone`, `blocked`; empty = all but the blocked.
    pub view: String,
    /// First row wanted.
    pub offset: u64,
    /// Most rows wanted.
    pub limit: u32,
}

/// One row of the list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceRow {
    /// Invoice id.
    pub id: String,
    /// Serie and folio, or the draft's label.
    pub label: String,
    /// Customer.
    pub customer: String,
    /// Receiver's RFC, empty while unknown.
    pub rfc: String,
    /// `pre_invoice`, `generated`, `queued`, `submitted`, `unknown`, `rejected`, `stamped`, `window_expired`, `voided`.
    pub fiscal_state: String,
    /// `not_paid`, `partial`, `paid`.
    pub payment_state: String,
    /// Total.
    pub total: Money,
    /// Outstanding.
    pub outstanding: Money,
    /// ISO date of the document.
    pub on: String,
    /// ISO date it is due.
    pub due: String,
    /// UUID once stamped.
    pub uuid: String,
    /// Hours left of the 72 to stamp; only while sealed and not stamped.
    pub hours_left: Option<i64>,
    /// Saved here and not yet acknowledged.
    pub unsent: bool,
    /// ISO date until which it is kept for the law alone, its customer forgotten; empty for any other.
    pub blocked_until: String,
}

/// Opens a document that is kept for the law alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct InvoiceOpen {
    /// Invoice id.
    pub id: String,
    /// Why it is read.
    pub reason: String,
}

/// Keeps a document longer than the law does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct InvoiceHold {
    /// Invoice id.
    pub id: String,
    /// ISO date of the last day.
    pub until: String,
    /// Why.
    pub reason: String,
}

/// A page of the list with the counts of its views.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoicePage {
    /// Rows that match.
    pub total: u64,
    /// Index of the first row here.
    pub offset: u64,
    /// The rows.
    pub rows: Vec<InvoiceRow>,
    /// Rows of each view: key, count.
    pub counts: Vec<(String, u64)>,
}

/// A concept of the document.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConceptRow {
    /// SAT product key.
    pub clave_prod_serv: String,
    /// Description.
    pub descripcion: String,
    /// Quantity.
    pub cantidad: String,
    /// SAT unit key.
    pub clave_unidad: String,
    /// Unit price.
    pub valor_unitario: String,
    /// Discount.
    pub descuento: String,
    /// Gross amount.
    pub importe: String,
}

/// A step of the CFDI's story.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoryStep {
    /// `pre_invoice`, `sealed`, `queued`, `stamped`.
    pub key: String,
    /// `done`, `now`, `next`, `failed`.
    pub status: String,
    /// RFC 3339, empty when it has not happened.
    pub at: String,
    /// Sentence in Spanish.
    pub text: String,
}

/// A refusal of the SAT, the PAC or our own rules.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FiscalProblem {
    /// SAT style, `CFDI40148`.
    pub code: String,
    /// Our sentence.
    pub sentence: String,
    /// The PAC's own text, unchanged.
    pub detail: String,
    /// Field to mend.
    pub field: String,
}

/// What the page of one invoice shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceView {
    /// The same as in the list.
    pub row: InvoiceRow,
    /// Customer id.
    pub customer_id: String,
    /// Proposal it comes from.
    pub proposal_id: Option<String>,
    /// Its number.
    pub proposal_number: String,
    /// Receiver.
    pub receptor: FiscalProfile,
    /// Text of régimen and uso.
    pub regimen_text: String,
    /// Text of the uso.
    pub uso_text: String,
    /// `PUE` or `PPD`.
    pub metodo_pago: String,
    /// Key and text.
    pub forma_pago: String,
    /// Place of issue.
    pub lugar_expedicion: String,
    /// Concepts.
    pub conceptos: Vec<ConceptRow>,
    /// Before taxes and discounts.
    pub subtotal: Money,
    /// Discounts.
    pub descuento: Money,
    /// Taxes: label, amount.
    pub taxes: Vec<(String, String)>,
    /// The story.
    pub story: Vec<StoryStep>,
    /// What is wrong, first the one to mend first.
    pub problems: Vec<FiscalProblem>,
    /// Actions allowed: `edit_fiscal`, `issue`, `xml`, `pdf`, `void`, `hold`.
    pub actions: Vec<String>,
    /// Internal note, never printed.
    pub note: String,
}

/// The receiver's data and terms of a draft.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct InvoiceFiscalSet {
    /// Invoice id.
    pub id: String,
    /// Receiver.
    pub receptor: FiscalProfile,
    /// `PUE` or `PPD`.
    pub metodo_pago: String,
    /// Key of `c_FormaPago`.
    pub forma_pago: String,
    /// Internal note.
    pub note: String,
}

/// What issuing led to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceIssued {
    /// The page again.
    pub view: InvoiceView,
    /// What to reload.
    pub changes: Changes,
    /// Why it is neither stamped nor on its way; the invoice says it too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Failure>,
}

/// A certificate of the company.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CsdRow {
    /// 20 digits.
    pub no_certificado: String,
    /// RFC it was given to.
    pub rfc: String,
    /// Name in the certificate.
    pub name: String,
    /// ISO date.
    pub valid_from: String,
    /// ISO date.
    pub valid_to: String,
    /// Days left, negative when expired.
    pub days_left: i64,
    /// Its key is in this device's vault.
    pub has_key: bool,
}

/// Loads a certificate. The password crosses once, inwards, and is forgotten.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CsdAdd {
    /// Path of the `.cer`.
    pub cer_path: String,
    /// Path of the `.key`.
    pub key_path: String,
    /// Password of the key.
    pub password: String,
}

impl std::fmt::Debug for CsdAdd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CsdAdd").finish_non_exhaustive()
    }
}
