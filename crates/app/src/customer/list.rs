//! The list of customers.

use zuc_domain::shared::{Action, Object, Scope};
use zuc_ipc::{
    customer::CustomerRow,
    shared::{Page, PersonRef, Query},
};

use crate::{AppError, Office, money};

impl Office {
    /// Customers by name, or those that match a text.
    pub async fn customer_list(&self, query: Query) -> Result<Page<CustomerRow>, AppError> {
        self.allow(Action::ReadCustomers, Object::in_scope(self.sales()))?;
        let limit = query.limit.clamp(1, 500);
        let (rows, total) = match query.text.trim() {
            "" => (self.store.customers(0, limit).await?, Some(self.store.customer_count().await?)),
            text => (self.store.search_customers(text, limit).await?, None),
        };
        Ok(Page {
            // a search shows what it found
            total: total.unwrap_or_else(|| u64::try_from(rows.len()).unwrap_or_default()),
            offset: 0,
            rows: rows.into_iter().map(|row| self.customer_shown(row)).collect(),
        })
    }

    /// A row as the window shows it; who may see no invoices is shown what finance told the customer's team.
    pub(super) fn customer_shown(&self, row: zuc_store::CustomerRow) -> CustomerRow {
        let sees_money = self.may(Action::ReadInvoices, Object::in_scope(Scope::Finance));
        CustomerRow {
            id: row.id.to_string(),
            name: row.name,
            rfc: row.rfc,
            owner: Some(PersonRef { id: row.owner.to_string(), name: row.owner_name }),
            arr: money::signed(row.arr),
            outstanding: if sees_money { Some(row.outstanding) } else { row.told }.map(money::signed),
            open_deals: u32::try_from(row.open_deals).unwrap_or(u32::MAX),
            unsent: row.unsent,
        }
    }
}
