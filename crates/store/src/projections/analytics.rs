//! Materialised views over the other domains' read rows, recomputed key by key where a command made them dirty.

use std::collections::BTreeSet;

use sqlx::SqliteConnection;

use crate::StoreError;

/// Keys whose rows must be computed again before the commit.
#[derive(Debug, Default)]
pub(crate) struct Dirty {
    months: BTreeSet<String>,
    leads: bool,
    opportunities: bool,
    proposals: bool,
}

impl Dirty {
    /// A month (`yyyy-mm`) gained, lost or changed an invoice or a won proposal.
    pub(crate) fn month(&mut self, month: &str) {
        if !month.is_empty() {
            self.months.insert(month.to_owned());
        }
    }

    pub(crate) fn leads(&mut self) {
        self.leads = true;
    }

    pub(crate) fn opportunities(&mut self) {
        self.opportunities = true;
    }

    pub(crate) fn proposals(&mut self) {
        self.proposals = true;
    }
}

/// Computes again what was made dirty.
///
/// Sums of money are made in halves: where the whole would be too large for a number, `sum()` fails the statement, and
/// two deals that somebody writes would stop the log here. So it becomes the largest number there is.
pub(crate) async fn refresh(conn: &mut SqliteConnection, dirty: &Dirty) -> Result<(), StoreError> {
    for month in &dirty.months {
        sqlx::query!("DELETE FROM analytics_sales_summary WHERE month = ?", month).execute(&mut *conn).await?;
        let next = format!("{month}-99");
        sqlx::query!(
            "INSERT INTO analytics_sales_summary (month, currency, invoices, invoiced_micro, net_micro, won, won_micro)
             SELECT ?1, currency, sum(invoices),
                    CAST(sum(total >> 32) * 4294967296 + sum(total & 4294967295) AS INTEGER),
                    CAST(sum(net >> 32) * 4294967296 + sum(net & 4294967295) AS INTEGER),
                    sum(won),
                    CAST(sum(won_micro >> 32) * 4294967296 + sum(won_micro & 4294967295) AS INTEGER)
             FROM (
                 SELECT currency, 1 AS invoices, total_micro AS total, net_micro AS net, 0 AS won, 0 AS won_micro
                 FROM financial_invoice WHERE month = ?1 AND fiscal_state = 'stamped'
                 UNION ALL
                 SELECT currency, 0, 0, 0, 1, net_micro
                 FROM proposal_row WHERE accepted_on >= ?1 AND accepted_on < ?2
             ) GROUP BY currency",
            month,
            next,
        )
        .execute(&mut *conn)
        .await?;
    }
    if dirty.leads {
        sqlx::query!("DELETE FROM analytics_funnel WHERE object = 'lead'").execute(&mut *conn).await?;
        sqlx::query!(
            "INSERT INTO analytics_funnel (object, stage, currency, rows, amount_micro)
             SELECT 'lead', f.state, t.currency, sum(t.rows),
                    CAST(sum(t.amount_micro >> 32) * 4294967296 + sum(t.amount_micro & 4294967295) AS INTEGER)
             FROM lead_total t JOIN lead_facet f ON f.n = t.facet GROUP BY f.state, t.currency",
        )
        .execute(&mut *conn)
        .await?;
    }
    if dirty.opportunities {
        sqlx::query!("DELETE FROM analytics_funnel WHERE object = 'opportunity'").execute(&mut *conn).await?;
        sqlx::query!(
            "INSERT INTO analytics_funnel (object, stage, currency, rows, amount_micro)
             SELECT 'opportunity', stage, currency, count(*),
                    CAST(sum(amount_micro >> 32) * 4294967296 + sum(amount_micro & 4294967295) AS INTEGER)
             FROM lead_opportunity GROUP BY stage, currency",
        )
        .execute(&mut *conn)
        .await?;
    }
    if dirty.proposals {
        sqlx::query!("DELETE FROM analytics_funnel WHERE object = 'proposal'").execute(&mut *conn).await?;
        sqlx::query!(
            "INSERT INTO analytics_funnel (object, stage, currency, rows, amount_micro)
             SELECT 'proposal', state, currency, count(*),
                    CAST(sum(total_micro >> 32) * 4294967296 + sum(total_micro & 4294967295) AS INTEGER)
             FROM proposal_row GROUP BY state, currency",
        )
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

/// Computes every view again from the read rows.
pub(crate) async fn rebuild(conn: &mut SqliteConnection) -> Result<(), StoreError> {
    sqlx::query!("DELETE FROM analytics_sales_summary").execute(&mut *conn).await?;
    let months = sqlx::query_scalar!(
        r#"SELECT DISTINCT month AS "month!: String" FROM (
               SELECT month FROM financial_invoice WHERE fiscal_state = 'stamped'
               UNION SELECT substr(accepted_on, 1, 7) FROM proposal_row WHERE accepted_on IS NOT NULL
           ) WHERE month <> ''"#
    )
    .fetch_all(&mut *conn)
    .await?;
    let dirty = Dirty { months: months.into_iter().collect(), leads: true, opportunities: true, proposals: true };
    refresh(conn, &dirty).await
}
