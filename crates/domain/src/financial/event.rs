//! What happens to an invoice.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Invoice, Issuance, PaymentTerms};
use crate::compliance::CfdiState;
use crate::shared::event::without_nulls;
use crate::shared::money::canonical_decimal;
use crate::shared::{Currency, DomainEvent, InvoiceId, Transition};

/// A fact an invoice decided, with the transition it records.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum InvoiceEvent {
    /// Drafted.
    Created {
        /// As drafted.
        invoice: Box<Invoice>,
    },
    /// Sealed under its folio.
    Issued {
        /// The invoice.
        invoice: InvoiceId,
        /// Folio, Fecha and hashes.
        issuance: Issuance,
        /// Total, frozen.
        total: Decimal,
        /// Currency.
        currency: Currency,
        /// Method and form of payment, frozen.
        terms: PaymentTerms,
        /// To generated.
        transition: Transition<CfdiState>,
    },
    /// Taken back before it was ever stamped.
    Voided {
        /// The invoice.
        invoice: InvoiceId,
        /// Why.
        reason: String,
        /// When.
        at: Timestamp,
        /// To voided.
        transition: Transition<CfdiState>,
    },
}

impl DomainEvent for InvoiceEvent {
    fn event_type(&self) -> &'static str {
        match self {
            Self::Created { .. } => "Invoice.Created",
            Self::Issued { .. } => "Invoice.Issued",
            Self::Voided { .. } => "Invoice.Voided",
        }
    }

    fn subject(&self) -> Uuid {
        match self {
            Self::Created { invoice } => invoice.id.0,
            Self::Issued { invoice, .. } | Self::Voided { invoice, .. } => invoice.0,
        }
    }

    fn data(&self) -> Value {
        without_nulls(match self {
            Self::Created { invoice } => {
                let quote = invoice.quote().ok();
                let lines: Vec<Value> = invoice
                    .ordered_lines()
                    .into_iter()
                    .map(|line| {
                        json!({
                            "id": line.id, "sku": line.sku, "description": line.description,
                            "quantity": canonical_decimal(line.quantity), "unitPrice": canonical_decimal(line.unit_price),
                        })
                    })
                    .collect();
                json!({
                    "invoiceId": invoice.id, "draftLabel": invoice.draft_label, "customerId": invoice.customer,
                    "proposalId": invoice.proposal, "currency": invoice.currency, "lines": lines,
                    "totals": quote.map(|quote| json!({
                        "subtotal": canonical_decimal(quote.subtotal), "discount": canonical_decimal(quote.descuento),
                        "total": canonical_decimal(quote.total),
                    })),
                    "dueSchedule": [{ "dueDate": invoice.due_on, "percent": "100" }],
                })
            }
            Self::Issued { invoice, issuance, total, currency, terms, transition } => json!({
                "invoiceId": invoice, "serie": issuance.serie, "folio": issuance.folio, "issuedAt": issuance.fecha,
                "issuedBy": transition.by, "total": { "value": canonical_decimal(*total), "currency": currency },
                "fxRate": "1", "metodoPago": terms.metodo, "formaPago": terms.forma, "contentHash": issuance.xml_hash,
            }),
            Self::Voided { invoice, reason, at, .. } => {
                json!({ "invoiceId": invoice, "reason": reason, "voidedAt": at })
            }
        })
    }
}
