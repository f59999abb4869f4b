//! Records by what a person types, and the counts beside the rooms.

use zuc_domain::shared::{Action, Object, Scope};
use zuc_ipc::{
    home::{Hit, SidebarCounts},
    lead::LeadQuery,
    shared::Query,
};
use zuc_store::InvoiceView;

use crate::{AppError, Office};

/// Kinds of records: each has its share of the hits.
const KINDS: u32 = 5;

impl Office {
    /// Records of every kind this person may see, leads first.
    pub async fn search(&self, query: Query) -> Result<Vec<Hit>, AppError> {
        let limit = query.limit.clamp(1, 50);
        let each = (limit / KINDS).max(1);
        let text = query.text.trim();
        let mut hits = Vec::new();
        if text.is_empty() {
            return Ok(hits);
        }
        if self.may(Action::ReadLeads, Object::in_scope(self.sales())) {
            for row in self.store.search_leads(text, each).await? {
                let row = crate::lead::row(&row);
                hits.push(Hit { kind: "lead".to_owned(), id: row.id, title: row.company, subtitle: row.full_name });
            }
            for row in self.store.search_customers(text, each).await? {
                hits.push(Hit {
                    kind: "customer".to_owned(),
                    id: row.id.to_string(),
                    title: row.name,
                    subtitle: row.rfc,
                });
            }
            for row in self.store.search_proposals(text, each).await? {
                let title = format!("{} {}", row.number, row.title);
                hits.push(Hit {
                    kind: "proposal".to_owned(),
                    id: row.id.to_string(),
                    title,
                    subtitle: row.customer_name,
                });
            }
        }
        if self.may(Action::ReadInvoices, Object::in_scope(Scope::Finance)) {
            for row in self.store.invoices(InvoiceView::All, text, 0, each).await? {
                hits.push(Hit {
                    kind: "invoice".to_owned(),
                    id: row.id.to_string(),
                    title: row.label,
                    subtitle: row.customer_name,
                });
            }
        }
        if self.may(Action::ReadCatalog, Object::in_scope(Scope::Catalog)) {
            for row in self.store.products(text, 0, each).await? {
                hits.push(Hit {
                    kind: "product".to_owned(),
                    id: row.id.to_string(),
                    title: row.description,
                    subtitle: row.sku,
                });
            }
        }
        hits.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(hits)
    }

    /// Counts beside the rooms of the sidebar.
    pub(crate) async fn sidebar_counts(&self) -> Result<SidebarCounts, AppError> {
        let leads = match self.lead_list(LeadQuery { limit: 1, ..LeadQuery::default() }).await {
            Ok(page) => page.total,
            // a person who may not see leads has none to count
            Err(error) if error.code == "auth.forbidden" => 0,
            Err(error) => return Err(error),
        };
        let counts = self.store.counts().await?;
        Ok(SidebarCounts {
            leads,
            customers: if self.may(Action::ReadCustomers, Object::in_scope(self.sales())) {
                counts.customers
            } else {
                0
            },
            proposals: if self.may(Action::ReadProposals, Object::in_scope(self.sales())) {
                counts.proposals
            } else {
                0
            },
            invoices: if self.may(Action::ReadInvoices, Object::in_scope(Scope::Finance)) {
                counts.invoices
            } else {
                0
            },
            held: counts.held,
            conflicts: self.store.conflict_count().await?,
        })
    }
}
