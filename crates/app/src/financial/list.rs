//! The list of invoices.

use zuc_domain::shared::{Action, Object, Scope};
use zuc_ipc::{
    customer::InvoiceBrief,
    invoice::{InvoicePage, InvoiceQuery, InvoiceRow},
};
use zuc_store::InvoiceView;

use crate::{AppError, Office, money};

impl Office {
    /// A page of invoices, with the count of each view.
    pub async fn invoice_list(&self, query: InvoiceQuery) -> Result<InvoicePage, AppError> {
        self.allow(Action::ReadInvoices, Object::in_scope(Scope::Finance))?;
        let view = match query.view.as_str() {
            "" => InvoiceView::All,
            name => InvoiceView::ALL
                .into_iter()
                .find(|view| view.name() == name)
                .ok_or_else(|| AppError::invalid("view"))?,
        };
        let counts = self.store.invoice_counts().await?;
        let total = counts.iter().find(|(counted, _)| *counted == view).map_or(0, |(_, count)| *count);
        let offset = u32::try_from(query.offset).map_err(|_| AppError::invalid("offset"))?;
        let rows = self.store.invoices(view, query.text.trim(), offset, query.limit.clamp(1, 500)).await?;
        let rows: Vec<InvoiceRow> = rows.into_iter().map(|row| shown(row, self.now())).collect();
        Ok(InvoicePage {
            // a search shows what it found; the views count everything
            total: if query.text.trim().is_empty() { total } else { u64::try_from(rows.len()).unwrap_or_default() },
            offset: query.offset,
            rows,
            counts: counts.into_iter().map(|(view, count)| (view.name().to_owned(), count)).collect(),
        })
    }
}

/// A row as the window shows it, its clock read at `now`.
pub(crate) fn shown(row: zuc_store::InvoiceRow, now: jiff::Timestamp) -> InvoiceRow {
    let hours_left = row.stamp_deadline.map(|deadline| (deadline - now.as_millisecond()).div_euclid(3_600_000));
    InvoiceRow {
        id: row.id.to_string(),
        label: row.label,
        customer: row.customer_name,
        rfc: row.rfc,
        fiscal_state: row.fiscal_state,
        payment_state: row.payment_state,
        total: money::signed(row.total),
        outstanding: money::signed(row.outstanding),
        on: row.on,
        due: row.due,
        uuid: row.uuid,
        hours_left,
        unsent: row.unsent,
    }
}

/// A row as other pages mention it.
pub(crate) fn brief(row: zuc_store::InvoiceRow) -> InvoiceBrief {
    InvoiceBrief {
        id: row.id.to_string(),
        label: row.label,
        customer: row.customer_name,
        fiscal_state: row.fiscal_state,
        total: money::signed(row.total),
        outstanding: money::signed(row.outstanding),
        due: row.due,
    }
}
