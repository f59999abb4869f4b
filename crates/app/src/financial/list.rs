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
        if view == InvoiceView::Blocked {
            self.allow(Action::OpenBlocked, Object::in_scope(Scope::Finance))?;
        }
        let opens = self.may(Action::OpenBlocked, Object::in_scope(Scope::Finance));
        let mut counts = self.store.invoice_counts().await?;
        counts.retain(|(counted, count)| *counted != InvoiceView::Blocked || (opens && *count > 0));
        let total = counts.iter().find(|(counted, _)| *counted == view).map_or(0, |(_, count)| *count);
        let offset = u32::try_from(query.offset).map_err(|_| AppError::invalid("offset"))?;
        // whom a blocked document names is found by nobody
        let text = if view == InvoiceView::Blocked { "" } else { query.text.trim() };
        let mut rows = Vec::new();
        for row in self.store.invoices(view, text, offset, query.limit.clamp(1, 500)).await? {
            rows.push(self.listed(row).await?);
        }
        Ok(InvoicePage {
            // a search shows what it found; the views count everything
            total: if text.is_empty() { total } else { u64::try_from(rows.len()).unwrap_or_default() },
            offset: query.offset,
            rows,
            counts: counts.into_iter().map(|(view, count)| (view.name().to_owned(), count)).collect(),
        })
    }
}

impl Office {
    /// A row of the list; a blocked one says until when it is kept, and not of whom it is.
    async fn listed(&self, row: zuc_store::InvoiceRow) -> Result<InvoiceRow, AppError> {
        if !row.blocked {
            return Ok(shown(row, self.now()));
        }
        let blocked_until = self.last_day_of(&row).await?.until.to_string();
        Ok(InvoiceRow { customer: String::new(), rfc: String::new(), blocked_until, ..shown(row, self.now()) })
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
        blocked_until: String::new(),
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
