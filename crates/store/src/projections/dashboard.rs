//! The figures of the boards, from the materialised views. Money is summed in halves, as where they are computed.

use zuc_domain::shared::Currency;

use super::{Money, money_of_micro};
use crate::{Store, StoreError};

/// A stage of the funnel in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunnelRow {
    /// `lead`, `opportunity`, `proposal`.
    pub object: String,
    /// The state's or stage's stable name.
    pub stage: String,
    /// Records in it.
    pub rows: u64,
    /// Their amount.
    pub amount: Money,
}

/// A month in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonthRow {
    /// `yyyy-mm`.
    pub month: String,
    /// Stamped invoices.
    pub invoices: u64,
    /// Their total with taxes.
    pub invoiced: Money,
    /// Their amount before taxes.
    pub net: Money,
    /// Accepted proposals.
    pub won: u64,
    /// Their amount before taxes.
    pub won_amount: Money,
}

/// Counts beside the rooms.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Customers that are not archived.
    pub customers: u64,
    /// Proposals without an answer.
    pub proposals: u64,
    /// Invoices that wait for someone: drafts, refused ones, those whose window passed.
    pub invoices: u64,
    /// Rows of imports held for a person.
    pub held: u64,
}

fn count(rows: i64) -> u64 {
    u64::try_from(rows).unwrap_or(0)
}

impl Store {
    /// Counts beside the rooms of the sidebar.
    pub async fn counts(&self) -> Result<Counts, StoreError> {
        let row = sqlx::query!(
            r#"SELECT
                (SELECT count(*) FROM customer_row WHERE state <> 'archived') AS "customers!: i64",
                (SELECT ifnull(sum(rows), 0) FROM analytics_funnel WHERE object = 'proposal'
                    AND stage NOT IN ('accepted', 'declined', 'expired', 'withdrawn')) AS "proposals!: i64",
                (SELECT count(*) FROM financial_invoice
                    WHERE fiscal_state IN ('pre_invoice', 'rejected', 'window_expired')) AS "invoices!: i64",
                (SELECT count(*) FROM lead_held) AS "held!: i64""#
        )
        .fetch_one(self.reader())
        .await?;
        Ok(Counts {
            customers: count(row.customers),
            proposals: count(row.proposals),
            invoices: count(row.invoices),
            held: count(row.held),
        })
    }

    /// The funnel: leads, deals and proposals by state.
    pub async fn funnel(&self) -> Result<Vec<FunnelRow>, StoreError> {
        let rows = sqlx::query!("SELECT object, stage, currency, rows, amount_micro FROM analytics_funnel")
            .fetch_all(self.reader())
            .await?;
        rows.into_iter()
            .map(|row| {
                // A lead without an amount has no currency either.
                let currency = row.currency.parse().unwrap_or(Currency::Mxn);
                Ok(FunnelRow {
                    object: row.object,
                    stage: row.stage,
                    rows: count(row.rows),
                    amount: money_of_micro(row.amount_micro, currency)?,
                })
            })
            .collect()
    }

    /// Revenue and won proposals from month `from` to `to` (`yyyy-mm`), both included.
    pub async fn sales_summary(&self, from: &str, to: &str) -> Result<Vec<MonthRow>, StoreError> {
        let rows = sqlx::query!(
            "SELECT month, currency, invoices, invoiced_micro, net_micro, won, won_micro FROM analytics_sales_summary
             WHERE month BETWEEN ? AND ? ORDER BY month, currency",
            from,
            to,
        )
        .fetch_all(self.reader())
        .await?;
        rows.into_iter()
            .map(|row| {
                let currency = row
                    .currency
                    .parse()
                    .map_err(|_| StoreError::corrupt("analytics_sales_summary", "currency", &row.month))?;
                Ok(MonthRow {
                    invoices: count(row.invoices),
                    invoiced: money_of_micro(row.invoiced_micro, currency)?,
                    net: money_of_micro(row.net_micro, currency)?,
                    won: count(row.won),
                    won_amount: money_of_micro(row.won_micro, currency)?,
                    month: row.month,
                })
            })
            .collect()
    }

    /// Recurring part of a year of all active contracts, in pesos.
    pub async fn arr(&self) -> Result<Money, StoreError> {
        let micro = sqlx::query_scalar!(
            r#"SELECT ifnull(CAST(sum(arr_micro >> 32) * 4294967296 + sum(arr_micro & 4294967295) AS INTEGER), 0)
                   AS "sum!: i64"
               FROM customer_contract WHERE state = 'active' AND currency = 'MXN'"#
        )
        .fetch_one(self.reader())
        .await?;
        money_of_micro(micro, Currency::Mxn)
    }

    /// Open deals in pesos, each by its probability.
    pub async fn weighted_pipeline(&self) -> Result<Money, StoreError> {
        let micro = sqlx::query_scalar!(
            r#"SELECT ifnull(CAST(sum(micro >> 32) * 4294967296 + sum(micro & 4294967295) AS INTEGER), 0) AS "sum!: i64"
               FROM (SELECT amount_micro / 100 * probability AS micro FROM lead_opportunity
                     WHERE open = 1 AND currency = 'MXN')"#
        )
        .fetch_one(self.reader())
        .await?;
        money_of_micro(micro, Currency::Mxn)
    }
}
