//! The proposal a customer reads and signs.

mod draw;
mod signature;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use rust_decimal::Decimal;

use crate::error::DocumentError;

pub use signature::{Signature, Stroke};

/// Everything a proposal shows. Figures arrive decided by the caller and are only formatted here.
#[derive(Debug, Clone)]
pub struct ProposalPdf {
    /// Who makes the proposal.
    pub company: CompanyHead,
    /// `P-0421`.
    pub number: String,
    /// The version of this number, from 1.
    pub version: u32,
    /// The day this version carries.
    pub date: Date,
    /// What the proposal is about, in a line; may be empty.
    pub title: String,
    /// The customer's name.
    pub customer: String,
    /// The person it is addressed to; may be empty.
    pub contact: String,
    /// `Silao, Guanajuato`; may be empty.
    pub city: String,
    /// The last day it may be accepted.
    pub valid_until: Option<Date>,
    /// `30 días, anticipo 40 %`; may be empty.
    pub terms: String,
    /// ISO code of the currency of every figure, such as `MXN`.
    pub currency: String,
    /// What is offered.
    pub lines: Vec<ProposalLine>,
    /// What it adds up to.
    pub totals: ProposalTotals,
    /// Notes for the customer; may be empty.
    pub notes: String,
    /// A draft carries BORRADOR across its pages.
    pub draft: bool,
    /// The customer's signature, once accepted.
    pub acceptance: Option<Acceptance>,
}

/// The letterhead.
#[derive(Debug, Clone, Default)]
pub struct CompanyHead {
    /// The name as the company uses it.
    pub name: String,
    /// A PNG no larger than 4,000 pixels on a side.
    pub logo: Option<Vec<u8>>,
    /// What stands at the foot of each page, such as the site and the telephone.
    pub contact_line: String,
}

/// One line of a proposal.
#[derive(Debug, Clone)]
pub struct ProposalLine {
    /// What it is.
    pub description: String,
    /// The catalogue's key; may be empty.
    pub sku: String,
    /// How many.
    pub quantity: Decimal,
    /// `pza`, `h`, `día`; may be empty.
    pub unit: String,
    /// Price of one, before discount.
    pub price: Decimal,
    /// In hundredths: 5 is five per cent; zero for none.
    pub discount_percent: Decimal,
    /// What the line comes to after its discount.
    pub amount: Decimal,
    /// How often it is charged.
    pub recurrence: Recurrence,
}

/// How often a line is charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Recurrence {
    /// Once.
    #[default]
    Once,
    /// Every month.
    Monthly,
    /// Every three months.
    Quarterly,
    /// Every six months.
    HalfYearly,
    /// Every year.
    Yearly,
}

impl Recurrence {
    fn words(self) -> &'static str {
        match self {
            Self::Once => "",
            Self::Monthly => "cargo mensual",
            Self::Quarterly => "cargo trimestral",
            Self::HalfYearly => "cargo semestral",
            Self::Yearly => "cargo anual",
        }
    }
}

/// What the lines add up to.
#[derive(Debug, Clone)]
pub struct ProposalTotals {
    /// The discount on the whole, in hundredths, with the positive amount it takes off.
    pub document_discount: Option<DocumentDiscount>,
    /// Before taxes.
    pub subtotal: Decimal,
    /// One entry per tax and rate.
    pub taxes: Vec<TaxTotal>,
    /// After taxes; also written in words.
    pub total: Decimal,
}

/// A discount on the whole proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DocumentDiscount {
    /// In hundredths: 3 is three per cent.
    pub percent: Decimal,
    /// What it takes off, as a positive amount.
    pub amount: Decimal,
}

/// The sum of a tax.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaxTotal {
    /// `IVA 16 %`, `Retención ISR 10 %`.
    pub label: String,
    /// Negative when it is withheld.
    pub amount: Decimal,
}

/// Who accepted the proposal, when, and what exactly.
#[derive(Debug, Clone)]
pub struct Acceptance {
    /// The signer's name.
    pub signer: String,
    /// The signer's position; may be empty.
    pub role: String,
    /// The moment in the company's own zone.
    pub signed_at: DateTime,
    /// The hand's trace.
    pub signature: Signature,
    /// The hash of the version that was signed, in hexadecimal.
    pub content_hash: String,
}

impl ProposalPdf {
    /// Draws the proposal on letter pages; `created_at` is what the file states as its creation.
    ///
    /// # Errors
    /// [`DocumentError::UnreadableImage`] or [`DocumentError::ImageTooLarge`] for a logo or signature that is no
    /// fit PNG.
    pub fn render(&self, created_at: Timestamp) -> Result<Vec<u8>, DocumentError> {
        draw::draw(self, created_at)
    }
}
