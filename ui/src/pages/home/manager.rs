//! The manager's board: figures, revenue by month, funnel, newest invoices.

use leptos::prelude::*;
use zuc_ipc::customer::InvoiceBrief;
use zuc_ipc::home::{FunnelStage, ManagerHome, RevenueMonth};

use crate::components::{Badge, Bar, BarList, EmptyLine, Kpi, LineChart, MoneyText, Point, SectionHead, kpi_money};
use crate::format;
use crate::labels;
use crate::route;
use crate::words::tr;

/// Inicio for gerencia.
#[component]
pub(crate) fn ManagerPart(manager: ManagerHome) -> impl IntoView {
    let rate =
        manager.win_rate_pct.as_ref().map_or_else(|| "—".to_owned(), |rate| format!("{} %", format::plain(rate)));
    let about = tr!(home.cut, when = format::instant(&manager.as_of));
    let unsent = match manager.unsent {
        0 => None,
        1 => Some(tr!(home.unsent_one).to_owned()),
        count => Some(tr!(home.unsent, count = format::count(count))),
    };
    view! {
        <div class="body body--col narrow-scroll" style="overflow:auto">
            <div class="kpis">
                <Kpi label=tr!(home.revenue_month) value=kpi_money(&manager.revenue_month.amount, &manager.revenue_month.currency) testid="home-revenue-month"
                    note=tr!(home.year, amount = format::money_text(&manager.revenue_year.amount, &manager.revenue_year.currency)).into_any()/>
                <Kpi label=tr!(home.won_month) value=kpi_money(&manager.won_month.amount, &manager.won_month.currency) testid="home-won-month"
                    note=tr!(home.won_about).into_any()/>
                <Kpi label=tr!(home.weighted) value=kpi_money(&manager.weighted.amount, &manager.weighted.currency) note=tr!(home.weighted_about).into_any()/>
                <Kpi label=tr!(home.win_rate) value=rate.into_any() note=tr!(home.win_rate_about).into_any()/>
                <Kpi label=tr!(home.arr) value=kpi_money(&manager.arr.amount, &manager.arr.currency) testid="home-arr" note=tr!(home.arr_about).into_any()/>
            </div>
            <div class="vline narrow-stack" style="display:grid;grid-template-columns:minmax(0,704px) minmax(0,1fr);border-bottom:1px solid var(--line);flex:none">
                <section class="sec"><SectionHead title=tr!(home.revenue) about=tr!(home.revenue_about).to_owned()/>{revenue(manager.revenue)}</section>
                <section class="sec"><SectionHead title=tr!(home.funnel) end=view! { <span class="s12 t3">{tr!(home.passes)}</span> }.into_any()/>{funnel(manager.funnel)}</section>
            </div>
            <section class="sec sec--flush" style="flex:1">
                <SectionHead title=tr!(home.new_invoices)/>
                {invoices(manager.new_invoices)}
            </section>
            <div class="foot"><span class="tn">{about}</span>{unsent.map(|text| view! { <span>{text}</span> })}</div>
        </div>
    }
}

/// Only the drawing is made of floats; every figure shown is the decimal that arrived.
fn size(amount: &str) -> f64 {
    amount.parse().unwrap_or(0.0)
}

fn revenue(months: Vec<RevenueMonth>) -> AnyView {
    let Some(last) = months.last().cloned() else {
        return view! { <p class="t3">{tr!(home.no_revenue)}</p> }.into_any();
    };
    let summary = tr!(
        home.revenue_summary,
        month = month_name(&last.month),
        amount = format::money_text(&last.invoiced.amount, &last.invoiced.currency)
    );
    let points = months
        .into_iter()
        .map(|month| Point {
            label: month_name(&month.month).to_owned(),
            size: size(&month.invoiced.amount),
            value: format::money_text(&month.invoiced.amount, &month.invoiced.currency),
        })
        .collect();
    view! { <LineChart points summary/> }.into_any()
}

fn month_name(month: &str) -> &'static str {
    match month.get(5..7) {
        Some("01") => tr!(month.jan),
        Some("02") => tr!(month.feb),
        Some("03") => tr!(month.mar),
        Some("04") => tr!(month.apr),
        Some("05") => tr!(month.may),
        Some("06") => tr!(month.jun),
        Some("07") => tr!(month.jul),
        Some("08") => tr!(month.aug),
        Some("09") => tr!(month.sep),
        Some("10") => tr!(month.oct),
        Some("11") => tr!(month.nov),
        _ => tr!(month.dec),
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of records, for a bar's width and a rounded share")]
fn funnel(stages: Vec<FunnelStage>) -> impl IntoView {
    let mut before = None::<u64>;
    let last = stages.len().saturating_sub(1);
    let bars = stages
        .into_iter()
        .enumerate()
        .map(|(index, stage)| {
            let note = before
                .filter(|before| *before > 0)
                .map(|before| format!("{:.0} %", stage.count as f64 * 100.0 / before as f64));
            before = Some(stage.count);
            Bar {
                label: stage.label,
                size: stage.count as f64,
                value: format::count(stage.count),
                note: note.unwrap_or_default(),
                strong: index == last,
            }
        })
        .collect();
    view! { <div data-testid="home-funnel"><BarList bars notes=true/></div> }
}

fn invoices(rows: Vec<InvoiceBrief>) -> AnyView {
    if rows.is_empty() {
        return view! { <EmptyLine text=tr!(home.no_invoices)/> }.into_any();
    }
    view! {
        <table class="tbl" data-testid="home-new-invoices">
            <colgroup><col style="width:120px"/><col/><col style="width:140px"/><col style="width:130px"/><col style="width:140px"/><col style="width:140px"/></colgroup>
            <thead><tr><th>{tr!(invoices.folio)}</th><th>{tr!(invoices.customer)}</th><th>{tr!(invoices.cfdi)}</th><th>{tr!(invoices.due)}</th>
                <th class="num">{tr!(invoices.outstanding)}</th><th class="num">{tr!(common.total)}</th></tr></thead>
            <tbody>{rows.into_iter().map(|row| {
                let (word, tone) = labels::fiscal_state(&row.fiscal_state);
                view! {
                    <tr>
                        <td class="m tn"><a href=route::invoice(&row.id)>{row.label}</a></td>
                        <td>{row.customer}</td>
                        <td><Badge tone text=word icon=labels::fiscal_icon(&row.fiscal_state)/></td>
                        <td class="tn t2">{format::day(&row.due)}</td>
                        <td class="num t2"><MoneyText amount=row.outstanding.amount currency=row.outstanding.currency/></td>
                        <td class="num"><MoneyText amount=row.total.amount currency=row.total.currency/></td>
                    </tr>
                }
            }).collect_view()}</tbody>
        </table>
    }.into_any()
}
