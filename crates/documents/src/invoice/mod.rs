//! The printed form of a CFDI: invoices, credit notes and receipts of payment.

mod body;
mod draw;
mod from_cfdi;
mod head;
mod payments;
mod payments_from_cfdi;
mod stamp;

use jiff::Timestamp;
use jiff::civil::DateTime;
use rust_decimal::Decimal;

use crate::error::DocumentError;
use crate::proposal::CompanyHead;

pub use from_cfdi::{LineKey, LineWords, SatState};
pub use payments::{PaidDocument, PrintedPayment};

/// A catalogue key with the words the SAT gives it: `03 Transferencia electrónica de fondos`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Keyed {
    /// The key as it is in the XML.
    pub key: String,
    /// The catalogue's text; empty when unknown, and then only the key is printed.
    pub text: String,
}

impl Keyed {
    /// A key with its text; the full stop some catalogue texts end in is dropped.
    pub fn new(key: impl Into<String>, text: impl Into<String>) -> Self {
        let text: String = text.into();
        Self { key: key.into(), text: text.trim_end_matches('.').to_owned() }
    }

    pub(crate) fn shown(&self) -> String {
        format!("{} {}", self.key, self.text).trim().to_owned()
    }
}

/// Everything the printed form of a CFDI must show (SAT, Anexo 20 and article 29-A CFF), as it is in the XML.
#[derive(Debug, Clone)]
pub struct InvoicePdf {
    /// Logo and foot of the page; the fiscal name comes from `issuer`.
    pub letterhead: CompanyHead,
    /// Draft, stamped or cancelled.
    pub status: InvoiceStatus,
    /// `I`, `E`, `T` or `P`.
    pub kind: Keyed,
    /// May be empty.
    pub serie: String,
    /// May be empty.
    pub folio: String,
    /// Local time at the place of issue.
    pub issued_at: DateTime,
    /// Postal code of the place of issue.
    pub place_of_issue: String,
    /// `01 No aplica`.
    pub export: Keyed,
    /// Currency of the document.
    pub currency: PrintedCurrency,
    /// How it is paid.
    pub payment_form: Option<Keyed>,
    /// `PUE` or `PPD`.
    pub payment_method: Option<Keyed>,
    /// May be empty.
    pub payment_conditions: String,
    /// The key a PAC gave to let an unusual figure through; may be empty.
    pub confirmation: String,
    /// Who issues.
    pub issuer: PrintedIssuer,
    /// Who receives.
    pub receiver: PrintedReceiver,
    /// Period of a global invoice.
    pub global: Option<GlobalPeriod>,
    /// Documents this one refers to.
    pub relations: Vec<Relation>,
    /// The lines.
    pub lines: Vec<InvoiceLine>,
    /// The sums of the document.
    pub totals: InvoiceTotals,
    /// The payments of a receipt of payment.
    pub payments: Vec<PrintedPayment>,
}

/// How far the document got; each state holds what only it has.
#[derive(Debug, Clone)]
pub enum InvoiceStatus {
    /// Not stamped: a watermark, no QR code, no fiscal value.
    Draft,
    /// Stamped and valid.
    Stamped(Stamp),
    /// Stamped and cancelled: a watermark.
    Cancelled(Stamp),
}

impl InvoiceStatus {
    pub(crate) fn stamp(&self) -> Option<&Stamp> {
        match self {
            Self::Draft => None,
            Self::Stamped(stamp) | Self::Cancelled(stamp) => Some(stamp),
        }
    }
}

/// What the Timbre Fiscal Digital adds.
#[derive(Debug, Clone)]
pub struct Stamp {
    /// Folio fiscal, as delivered.
    pub uuid: String,
    /// When it was stamped.
    pub stamped_at: DateTime,
    /// RFC of the PAC.
    pub pac_rfc: String,
    /// A note of the PAC; may be empty.
    pub note: String,
    /// Number of the issuer's certificate.
    pub issuer_certificate: String,
    /// Number of the SAT's certificate.
    pub sat_certificate: String,
    /// The issuer's seal, base64.
    pub issuer_seal: String,
    /// The SAT's seal, base64.
    pub sat_seal: String,
    /// Cadena original of the stamp, not of the invoice.
    pub cadena: String,
    /// What the QR code says: the address where the SAT verifies the document.
    pub qr: String,
}

/// The currency of a document.
#[derive(Debug, Clone)]
pub struct PrintedCurrency {
    /// `MXN Peso Mexicano`.
    pub currency: Keyed,
    /// Decimals of its amounts (`c_Moneda`).
    pub decimals: u32,
    /// Pesos per unit, when it is not pesos.
    pub exchange_rate: Option<Decimal>,
}

/// The issuer.
#[derive(Debug, Clone)]
pub struct PrintedIssuer {
    /// Name as registered at the SAT.
    pub name: String,
    /// RFC.
    pub rfc: String,
    /// `601 General de Ley Personas Morales`.
    pub regime: Keyed,
}

/// The receiver.
#[derive(Debug, Clone)]
pub struct PrintedReceiver {
    /// Name as registered at the SAT.
    pub name: String,
    /// RFC.
    pub rfc: String,
    /// Fiscal postal code.
    pub postal_code: String,
    /// Fiscal regime.
    pub regime: Keyed,
    /// `G03 Gastos en general`.
    pub use_of_cfdi: Keyed,
    /// Country of residence, for foreigners.
    pub residence: Option<Keyed>,
    /// Tax number abroad; may be empty.
    pub foreign_tax_id: String,
}

/// The period a global invoice covers.
#[derive(Debug, Clone)]
pub struct GlobalPeriod {
    /// `04 Mensual`.
    pub periodicity: Keyed,
    /// `10 Octubre`.
    pub months: Keyed,
    /// Four digits.
    pub year: String,
}

/// Documents related in one way.
#[derive(Debug, Clone)]
pub struct Relation {
    /// `04 Sustitución de los CFDI previos`.
    pub kind: Keyed,
    /// Their folios fiscales.
    pub uuids: Vec<String>,
}

/// One line.
#[derive(Debug, Clone)]
pub struct InvoiceLine {
    /// `c_ClaveProdServ`.
    pub product: Keyed,
    /// The seller's own key; may be empty.
    pub sku: String,
    /// What it is.
    pub description: String,
    /// How many.
    pub quantity: Decimal,
    /// `H87 Pieza`.
    pub unit: Keyed,
    /// Price of one.
    pub unit_price: Decimal,
    /// Discount of the line.
    pub discount: Option<Decimal>,
    /// Gross of discount.
    pub amount: Decimal,
    /// `02 Sí objeto de impuesto`.
    pub tax_object: Keyed,
    /// Taxes of the line.
    pub taxes: Vec<PrintedTax>,
    /// Pedimentos, predial accounts and the like, a sentence each.
    pub remarks: Vec<String>,
}

/// A tax of a line or of the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrintedTax {
    /// `IVA`, `ISR`, `IEPS` or the name of a local tax.
    pub name: String,
    /// Whether it is withheld rather than charged.
    pub withheld: bool,
    /// The rate as a share (0.16), where there is one.
    pub rate: Option<TaxRate>,
    /// What it applies to, where it is said.
    pub base: Option<Decimal>,
    /// Its amount; `None` when exempt.
    pub amount: Option<Decimal>,
}

/// How a tax is reckoned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaxRate {
    /// A share of the base: 0.16.
    Share(Decimal),
    /// Money for each unit of the base.
    PerUnit(Decimal),
    /// No tax.
    Exempt,
}

/// The sums of the document.
#[derive(Debug, Clone, Default)]
pub struct InvoiceTotals {
    /// Before discounts and taxes.
    pub subtotal: Decimal,
    /// Sum of the discounts.
    pub discount: Option<Decimal>,
    /// Taxes charged and withheld, by rate, in the order of the XML.
    pub taxes: Vec<PrintedTax>,
    /// What is to be paid; also written in words.
    pub total: Decimal,
}

impl InvoicePdf {
    /// Draws the document on letter pages; `created_at` is what the file states as its creation.
    ///
    /// # Errors
    /// [`DocumentError::UnreadableImage`] or [`DocumentError::ImageTooLarge`] for a logo that is no fit PNG,
    /// [`DocumentError::QrTooLong`] for a verification address longer than a QR code.
    pub fn render(&self, created_at: Timestamp) -> Result<Vec<u8>, DocumentError> {
        draw::draw(self, created_at)
    }

    /// `Factura C-1284`.
    pub fn title(&self) -> String {
        let name = match self.kind.key.as_str() {
            "E" => "Nota de crédito",
            "T" => "Comprobante de traslado",
            "P" => "Recibo de pago",
            _ => "Factura",
        };
        let number = match (self.serie.as_str(), self.folio.as_str()) {
            ("", folio) => folio.to_owned(),
            (serie, "") => serie.to_owned(),
            (serie, folio) => format!("{serie}-{folio}"),
        };
        format!("{name} {number}").trim_end().to_owned()
    }
}
