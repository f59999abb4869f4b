//! What a customer was invoiced and owes, as finance tells the customer's team.

use jiff::civil::Date;
use uuid::Uuid;
use zuc_domain::financial::PublicInvoice;
use zuc_domain::shared::money::canonical_decimal;
use zuc_domain::shared::{Currency, CustomerId, Scope};
use zuc_protocol::item::Fact;

use crate::aggregate::Projector;
use crate::facts::FactRecord;
use crate::projections::{Money, micro, money_of_micro};
use crate::store::scope_number;
use crate::{Store, StoreError};

impl FactRecord for PublicInvoice {
    const KIND: &'static str = Fact::PUBLIC_INVOICE;
    const SEALED: &'static [&'static str] = &[];

    fn uuid(&self) -> Uuid {
        self.id()
    }

    fn subject(&self) -> Uuid {
        self.customer_id.0
    }

    fn scope(&self) -> Scope {
        self.scope
    }

    async fn project(&self, into: &mut Projector<'_>) -> Result<(), StoreError> {
        let scope = scope_number(into.scope);
        let (customer, invoice) = (self.customer_id.0.as_bytes().as_slice(), self.invoice_id.0.as_bytes().as_slice());
        let (total, outstanding) = (canonical_decimal(self.total), canonical_decimal(self.outstanding));
        let (total_micro, outstanding_micro) = (micro(self.total), micro(self.outstanding));
        let (currency, due) = (self.currency.to_string(), self.due_date.to_string());
        sqlx::query!(
            "INSERT INTO customer_invoice (scope, customer, invoice, total, outstanding, currency, total_micro,
                 outstanding_micro, due_date) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT DO UPDATE SET total = excluded.total, outstanding = excluded.outstanding,
                 currency = excluded.currency, total_micro = excluded.total_micro,
                 outstanding_micro = excluded.outstanding_micro, due_date = excluded.due_date",
            scope,
            customer,
            invoice,
            total,
            outstanding,
            currency,
            total_micro,
            outstanding_micro,
            due,
        )
        .execute(&mut *into.conn)
        .await?;
        Ok(())
    }
}

/// What a customer was invoiced and owes, in pesos, taxes included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balances {
    /// All stamped invoices.
    pub invoiced: Money,
    /// What of it is still to be paid.
    pub open: Money,
    /// What of that is past its day.
    pub overdue: Money,
    /// The day of the oldest that is past it (`yyyy-mm-dd`).
    pub overdue_since: Option<String>,
}

impl Store {
    /// The balances of a customer as of a day, as the team was told that the customer belongs to now; `None` where it was told
    /// of no invoice.
    pub async fn balances_of(&self, customer: CustomerId, today: Date) -> Result<Option<Balances>, StoreError> {
        let (customer, today) = (customer.0.as_bytes().as_slice(), today.to_string());
        let rows = sqlx::query!(
            r#"SELECT i.total_micro AS "total!: i64", i.outstanding_micro AS "open!: i64", i.due_date AS "due!: String",
                   i.due_date < ?2 AS "late!: bool"
               FROM customer_row c JOIN customer_invoice i ON i.customer = c.id AND i.scope = c.scope
               WHERE c.id = ?1 AND i.currency = 'MXN' ORDER BY i.due_date"#,
            customer,
            today,
        )
        .fetch_all(self.reader())
        .await?;
        if rows.is_empty() {
            return Ok(None);
        }
        let late = || rows.iter().filter(|row| row.late && row.open > 0);
        let sum =
            |micros: &mut dyn Iterator<Item = i64>| money_of_micro(micros.fold(0, i64::saturating_add), Currency::Mxn);
        Ok(Some(Balances {
            invoiced: sum(&mut rows.iter().map(|row| row.total))?,
            open: sum(&mut rows.iter().map(|row| row.open))?,
            overdue: sum(&mut late().map(|row| row.open))?,
            overdue_since: late().next().map(|row| row.due.clone()),
        }))
    }
}
