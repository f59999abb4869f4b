//! Inicio, by the roles of whoever sits here.

use jiff::ToSpan as _;
use zuc_domain::{
    analytics::win_rate_pct,
    lead::opportunity::Stage,
    shared::{Action, Currency, Object, Role, Scope},
};
use zuc_ipc::{
    Money,
    home::{FinanceHome, FunnelStage, Home, ManagerHome, RepHome, RevenueMonth},
    words,
};
use zuc_store::{AgendaCounts, InvoiceView};

use crate::{AppError, Office, customer, financial, lead, money};

/// Rows of each list.
const ROWS: u32 = 8;
/// Months of the chart.
const MONTHS: i64 = 11;

impl Office {
    /// The parts of Inicio that the person's roles give.
    pub async fn home(&self) -> Result<Home, AppError> {
        let (rep, manager, finance) = tokio::try_join!(
            self.part(Role::Ventas, self.rep_home()),
            self.part(Role::Gerencia, self.manager_home()),
            self.part(Role::Finanzas, self.finance_home()),
        )?;
        Ok(Home { rep, manager, finance })
    }

    async fn part<T>(
        &self,
        role: Role,
        part: impl Future<Output = Result<T, AppError>>,
    ) -> Result<Option<T>, AppError> {
        if self.acting().holds(role) { part.await.map(Some) } else { Ok(None) }
    }

    async fn rep_home(&self) -> Result<RepHome, AppError> {
        let due = self.store.leads_due(self.actor.person, self.today(), ROWS).await?;
        let to_call = self.store.leads_to_call(self.actor.person, ROWS).await?;
        let deals = self.store.open_opportunities(Some(self.actor.person), ROWS).await?;
        let counts = self.store.agenda_counts(self.actor.person, self.today()).await?;
        let (open, pipeline) = self.store.open_sum(self.actor.person).await?;
        Ok(RepHome {
            due_count: counts.due,
            late_count: counts.late,
            to_call_count: counts.to_call,
            to_call_more: counts.to_call == AgendaCounts::MANY,
            deals_count: open,
            due: due.iter().map(lead::row).collect(),
            to_call: to_call.iter().map(lead::row).collect(),
            deals: deals.into_iter().map(customer::opportunity).collect(),
            pipeline: money::signed(pipeline),
        })
    }

    async fn manager_home(&self) -> Result<ManagerHome, AppError> {
        self.allow(Action::ReadAnalytics, Object::in_scope(Scope::Analytics))?;
        let today = self.today();
        let (this_month, year) = (month(today), format!("{:04}-01", today.year()));
        let from = month(today.first_of_month().saturating_sub(MONTHS.months()));
        let first = if year < from { year.clone() } else { from.clone() };
        let rows = self.store.sales_summary(&first, &this_month).await?;
        let net = |wanted: &dyn Fn(&str) -> bool| -> Money {
            let sum = rows.iter().filter(|row| in_pesos(row) && wanted(&row.month)).map(|row| row.net.amount()).sum();
            money::amount(sum, Currency::Mxn)
        };
        let won = rows.iter().find(|row| in_pesos(row) && row.month == this_month).map(|row| row.won_amount.amount());
        let funnel = self.store.funnel().await?;
        let closed = |stage: &str| -> u64 {
            funnel.iter().filter(|row| row.object == "opportunity" && row.stage == stage).map(|row| row.rows).sum()
        };
        let newest = self.store.invoices(InvoiceView::Stamped, "", 0, ROWS).await?;
        Ok(ManagerHome {
            revenue_month: net(&|month| month == this_month),
            revenue_year: net(&|month| month >= year.as_str()),
            won_month: money::amount(won.unwrap_or_default(), Currency::Mxn),
            win_rate_pct: win_rate_pct(closed("ganada"), closed("perdida")).map(|rate| rate.to_string()),
            arr: money::signed(self.store.arr().await?),
            weighted: money::signed(self.store.weighted_pipeline().await?),
            funnel: stages(&funnel),
            revenue: months(&from, &this_month)
                .into_iter()
                .map(|month| {
                    let row = rows.iter().find(|row| in_pesos(row) && row.month == month);
                    RevenueMonth {
                        invoiced: money::amount(row.map(|row| row.net.amount()).unwrap_or_default(), Currency::Mxn),
                        count: row.map_or(0, |row| row.invoices),
                        month,
                    }
                })
                .collect(),
            new_invoices: newest.into_iter().map(financial::brief).collect(),
            as_of: self.now().to_string(),
            unsent: self.store.unsent().await?,
        })
    }

    async fn finance_home(&self) -> Result<FinanceHome, AppError> {
        self.allow(Action::ReadInvoices, Object::in_scope(Scope::Finance))?;
        let mut to_stamp = self.store.waiting_for_stamp(ROWS).await?;
        to_stamp.extend(self.store.invoices(InvoiceView::NeedsSomeone, "", 0, ROWS).await?);
        to_stamp.extend(self.store.invoices(InvoiceView::ToIssue, "", 0, ROWS).await?);
        let now = self.now();
        let this_month = month(self.today());
        let stamped = self.store.sales_summary(&this_month, &this_month).await?;
        let stamped = stamped.iter().filter(|row| in_pesos(row)).map(|row| row.invoiced.amount()).sum();
        let ages = self.store.receivables(self.today()).await?;
        Ok(FinanceHome {
            to_stamp_count: self.store.invoices_to_stamp().await?,
            to_stamp: to_stamp.into_iter().map(|row| financial::shown(row, now)).collect(),
            receivables: by_age().map(ToOwned::to_owned).into_iter().zip(ages.map(money::signed)).collect(),
            csd_days_left: self.csd_days_left().await?,
            stamped_month: money::amount(stamped, Currency::Mxn),
        })
    }
}

/// The ages of receivables, as they are labelled.
fn by_age() -> [&'static str; 5] {
    [
        words::say("home.age.not_due"),
        words::say("home.age.to_30"),
        words::say("home.age.to_60"),
        words::say("home.age.to_90"),
        words::say("home.age.over_90"),
    ]
}

fn in_pesos(row: &zuc_store::MonthRow) -> bool {
    row.net.currency() == Currency::Mxn
}

fn month(day: jiff::civil::Date) -> String {
    format!("{:04}-{:02}", day.year(), day.month())
}

/// Every month from one to the other, both included.
fn months(from: &str, to: &str) -> Vec<String> {
    let mut months = Vec::new();
    let Ok(mut day) = format!("{from}-01").parse::<jiff::civil::Date>() else { return months };
    while month(day).as_str() <= to {
        months.push(month(day));
        day = day.saturating_add(1.month());
    }
    months
}

/// How far records came: who stands at a stage has been at those before it. A lost deal counts as far as is known, which
/// is that it was one.
fn stages(funnel: &[zuc_store::FunnelRow]) -> Vec<FunnelStage> {
    let reached = |label: &str, object: &str, stages: Option<&[&str]>| {
        let wanted = |row: &&zuc_store::FunnelRow| {
            row.object == object && stages.is_none_or(|stages| stages.contains(&row.stage.as_str()))
        };
        let pesos = |row: &&zuc_store::FunnelRow| row.amount.currency() == Currency::Mxn;
        let sum = funnel.iter().filter(wanted).filter(pesos).map(|row| row.amount.amount()).sum();
        FunnelStage {
            label: label.to_owned(),
            count: funnel.iter().filter(wanted).map(|row| row.rows).sum(),
            amount: money::amount(sum, Currency::Mxn),
        }
    };
    let (proposal, negotiation, won) = (Stage::Propuesta.name(), Stage::Negociacion.name(), Stage::Ganada.name());
    vec![
        reached(words::say("home.funnel.leads"), "lead", None),
        reached(words::say("home.funnel.contacted"), "lead", Some(&["working", "nurturing", "qualified", "converted"])),
        reached(words::say("home.funnel.qualified"), "lead", Some(&["qualified", "converted"])),
        reached(words::say("home.funnel.opportunities"), "opportunity", None),
        reached(words::say("home.funnel.proposed"), "opportunity", Some(&[proposal, negotiation, won])),
        reached(words::say("home.funnel.negotiating"), "opportunity", Some(&[negotiation, won])),
        reached(words::say("home.funnel.won"), "opportunity", Some(&[won])),
    ]
}
