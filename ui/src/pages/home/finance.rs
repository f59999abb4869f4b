//! Finance's desk: what waits for a stamp with its clock, and what is owed.

use leptos::prelude::*;
use zuc_ipc::home::FinanceHome;
use zuc_ipc::invoice::InvoiceRow;
use zuc_ipc::shared::Money;

use crate::components::{Badge, Bar, BarList, EmptyLine, Kpi, MoneyText, SectionHead, Unsent, kpi_money};
use crate::format;
use crate::labels;
use crate::pages::invoices::{clock, fiscal_date};
use crate::route;
use crate::words::tr;

/// Inicio for finanzas.
#[component]
pub(crate) fn FinancePart(finance: FinanceHome) -> impl IntoView {
    let shortest = finance.to_stamp.iter().filter_map(|row| row.hours_left).min();
    let clock =
        shortest.map_or_else(|| tr!(home.no_clock).to_owned(), |hours| tr!(home.shortest, hours = hours.max(0)));
    let csd = finance
        .csd_days_left
        .map_or_else(|| tr!(home.no_csd).to_owned(), |days| tr!(home.days, count = format::count(days)));
    let csd_class = if finance.csd_days_left.is_none_or(|days| days <= 30) { "warning" } else { "" };
    view! {
        <div class="body body--col">
            <div class="kpis">
                <Kpi label=tr!(home.to_stamp) value=format::count(finance.to_stamp_count).into_any() testid="home-to-stamp" note=clock.into_any()/>
                <Kpi label=tr!(home.stamped_month) value=kpi_money(&finance.stamped_month.amount, &finance.stamped_month.currency) testid="home-stamped-month"
                    note=tr!(home.stamped_about).into_any()/>
                <Kpi label=tr!(home.csd) value=csd.into_any() class=csd_class note=tr!(home.csd_about).into_any()/>
            </div>
            <div class="body stack">
                <div class="pane">
                    <section class="sec sec--flush">
                        <SectionHead title=tr!(home.to_stamp) about=tr!(home.window).to_owned()/>
                        {queue(finance.to_stamp, finance.to_stamp_count)}
                    </section>
                </div>
                <aside class="pane pane--right" style="width:376px" data-testid="home-receivables">
                    <section class="sec">
                        <SectionHead title=tr!(home.receivables) end=view! { <span class="s12 t3">{tr!(home.receivables_about)}</span> }.into_any()/>
                        {receivables(finance.receivables)}
                    </section>
                </aside>
            </div>
        </div>
    }
}

fn queue(rows: Vec<InvoiceRow>, count: u64) -> AnyView {
    if rows.is_empty() {
        return view! { <EmptyLine text=tr!(home.nothing_to_stamp)/> }.into_any();
    }
    let more = u64::try_from(rows.len()).is_ok_and(|shown| shown < count);
    view! {
        <table class="tbl" data-testid="home-queue">
            <colgroup><col style="width:104px"/><col/><col style="width:132px"/><col style="width:104px"/><col style="width:80px"/><col style="width:124px"/><col style="width:100px"/></colgroup>
            <thead><tr><th>{tr!(invoices.folio)}</th><th>{tr!(invoices.customer)}</th><th>{tr!(invoices.state)}</th><th>{tr!(invoices.date)}</th>
                <th>{tr!(home.left)}</th><th class="num">{tr!(common.total)}</th><th></th></tr></thead>
            <tbody>{rows.into_iter().map(|row| {
                let (word, tone) = labels::fiscal_state(&row.fiscal_state);
                let (left, date) = (clock(&row), fiscal_date(&row, "tn t2", "t3"));
                view! {
                    <tr>
                        <td class="tn t2"><span class="row">{row.label}{row.unsent.then(|| view! { <Unsent/> })}</span></td>
                        <td class="m">{row.customer}</td>
                        <td><Badge tone text=word icon=labels::fiscal_icon(&row.fiscal_state)/></td>
                        {date}
                        <td>{left}</td>
                        <td class="num"><MoneyText amount=row.total.amount currency=row.total.currency/></td>
                        <td class="num"><a class="btn btn--sm" href=route::invoice(&row.id)>{tr!(home.open_invoice)}</a></td>
                    </tr>
                }
            }).collect_view()}</tbody>
        </table>
        {more.then(|| view! { <a class="btn btn--ghost btn--sm" href=route::invoices("to_issue")>{tr!(home.all_to_stamp)}</a> })}
    }.into_any()
}

fn receivables(rows: Vec<(String, Money)>) -> AnyView {
    if rows.is_empty() {
        return view! { <p class="t3">{tr!(home.nothing_owed)}</p> }.into_any();
    }
    let bars = rows
        .into_iter()
        .enumerate()
        .map(|(index, (label, money))| Bar {
            label,
            // Only the bar's width is a float; the figure is the decimal that arrived.
            size: money.amount.parse().unwrap_or(0.0),
            value: format::money_text(&money.amount, &money.currency),
            note: String::new(),
            strong: index > 0,
        })
        .collect();
    view! { <BarList bars label_width=96 value_width=104 row=30/> }.into_any()
}
