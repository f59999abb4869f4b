//! What finance tells sales: of each stamped invoice what it comes to and when it is due, and nothing else.

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Invoice;
use crate::compliance::CfdiState;
use crate::shared::{Currency, CustomerId, InvoiceId, Scope, derive};

/// What the team of a customer may know of an invoice: fields of the public events `Invoice.Issued` and
/// `Invoice.MarkedOverdue`. It is a function of the stamped invoice, so every finance laptop says it in the same bytes under
/// the same id, with a network or without one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PublicInvoice {
    /// The team's scope.
    pub scope: Scope,
    /// The invoice; whoever holds no key to it learns nothing more by it.
    pub invoice_id: InvoiceId,
    /// The customer.
    pub customer_id: CustomerId,
    /// Total with taxes.
    pub total: Decimal,
    /// What of it was not paid when it was stamped.
    pub outstanding: Decimal,
    /// Currency of both.
    pub currency: Currency,
    /// The day it is due.
    pub due_date: Date,
}

impl PublicInvoice {
    /// What the team that works in `scope` may know of an invoice; `None` for one that is not stamped, or whose lines a merge
    /// left without a price.
    pub fn of(invoice: &Invoice, scope: Scope) -> Option<Self> {
        let total = invoice.quote().ok().filter(|_| invoice.state() == CfdiState::Stamped)?.total;
        Some(Self {
            scope,
            invoice_id: invoice.id,
            customer_id: invoice.customer,
            total,
            outstanding: total,
            currency: invoice.currency,
            due_date: invoice.due_on,
        })
    }

    /// The id of what `scope` is told of an invoice: told again it is the same fact, told to another team it is another.
    pub fn id(&self) -> Uuid {
        derive(self.scope, self.invoice_id.uuid(), "public")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn public(scope: Scope) -> PublicInvoice {
        PublicInvoice {
            scope,
            invoice_id: InvoiceId(Uuid::from_u128(1)),
            customer_id: CustomerId(Uuid::from_u128(2)),
            total: "116.00".parse().unwrap(),
            outstanding: "116.00".parse().unwrap(),
            currency: Currency::Mxn,
            due_date: jiff::civil::date(2026, 12, 1),
        }
    }

    #[test]
    fn each_team_is_told_under_an_id_of_its_own() {
        let (one, other) = (public(Scope::Sales(1)), public(Scope::Sales(2)));
        assert_eq!(one.id(), public(Scope::Sales(1)).id());
        assert_ne!(one.id(), other.id());
    }

    #[test]
    fn these_fields_leave_finance_and_no_others() {
        let told = serde_json::to_value(public(Scope::Sales(1))).unwrap();
        let mut fields: Vec<&str> = told.as_object().unwrap().keys().map(String::as_str).collect();
        fields.sort_unstable();
        assert_eq!(fields, ["currency", "customerId", "dueDate", "invoiceId", "outstanding", "scope", "total"]);
    }
}
