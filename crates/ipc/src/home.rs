//! Inicio, by role, and the palette.

use serde::{Deserialize, Serialize};

use crate::{
    customer::{InvoiceBrief, OpportunityBrief},
    invoice::InvoiceRow,
    lead::LeadRow,
    shared::Money,
};

/// Counts beside the rooms in the sidebar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SidebarCounts {
    /// Open leads.
    pub leads: u64,
    /// Customers.
    pub customers: u64,
    /// Open proposals.
    pub proposals: u64,
    /// Invoices that wait for someone.
    pub invoices: u64,
    /// Rows held as probable duplicates.
    pub held: u64,
    /// Fields that were changed apart and wait for a person.
    pub conflicts: u64,
}

/// A stage of the funnel, with all that reached it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunnelStage {
    /// In Spanish.
    pub label: String,
    /// Records in it or past it.
    pub count: u64,
    /// Their amount in MXN.
    pub amount: Money,
}

/// A month of revenue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevenueMonth {
    /// `yyyy-mm`.
    pub month: String,
    /// Stamped invoices of the month, before taxes.
    pub invoiced: Money,
    /// Invoices.
    pub count: u64,
}

/// The manager's board.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManagerHome {
    /// Stamped this month.
    pub revenue_month: Money,
    /// Stamped this year.
    pub revenue_year: Money,
    /// Accepted proposals this month.
    pub won_month: Money,
    /// Won ÷ (won + lost) in percent, `None` without closed deals.
    pub win_rate_pct: Option<String>,
    /// ARR of active contracts.
    pub arr: Money,
    /// Open pipeline, weighted.
    pub weighted: Money,
    /// From lead to won.
    pub funnel: Vec<FunnelStage>,
    /// Last twelve months.
    pub revenue: Vec<RevenueMonth>,
    /// Newest first.
    pub new_invoices: Vec<InvoiceBrief>,
    /// RFC 3339: when the figures were computed.
    pub as_of: String,
    /// Local changes the others have not seen yet.
    pub unsent: u64,
}

/// The rep's day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepHome {
    /// The first of the next steps due today or before.
    pub due: Vec<LeadRow>,
    /// How many there are in all.
    pub due_count: u64,
    /// Of those, before today.
    pub late_count: u64,
    /// The best of the open leads nobody has touched.
    pub to_call: Vec<LeadRow>,
    /// How many there are in all.
    pub to_call_count: u64,
    /// There are even more than that.
    pub to_call_more: bool,
    /// The largest of the own open deals.
    pub deals: Vec<OpportunityBrief>,
    /// How many there are in all.
    pub deals_count: u64,
    /// The sum of all of them, in MXN.
    pub pipeline: Money,
}

/// Finance's desk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FinanceHome {
    /// The first of those that wait: sealed ones, the shortest clock first, then refused ones and drafts.
    pub to_stamp: Vec<InvoiceRow>,
    /// How many wait in all.
    pub to_stamp_count: u64,
    /// Outstanding by age: label, amount.
    pub receivables: Vec<(String, Money)>,
    /// Days until the certificate ends.
    pub csd_days_left: Option<i64>,
    /// Stamped this month.
    pub stamped_month: Money,
}

/// Inicio: the parts the person's roles give.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Home {
    /// For ventas.
    pub rep: Option<RepHome>,
    /// For gerencia.
    pub manager: Option<ManagerHome>,
    /// For finanzas.
    pub finance: Option<FinanceHome>,
}

/// A record found by the palette.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    /// `lead`, `customer`, `proposal`, `invoice`, `product`.
    pub kind: String,
    /// Record id.
    pub id: String,
    /// First line.
    pub title: String,
    /// Second line.
    pub subtitle: String,
}
