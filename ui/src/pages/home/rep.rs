//! The rep's day: tasks, own pipeline, leads to call.

use leptos::prelude::*;
use zuc_ipc::customer::OpportunityBrief;
use zuc_ipc::home::RepHome;
use zuc_ipc::lead::LeadRow;
use zuc_ipc::shared::Money;

use crate::components::{EmptyLine, Icon, Kpi, MoneyText, Score, SectionHead, Unsent, kpi_money};
use crate::format;
use crate::route;
use crate::words::tr;

/// Inicio for ventas.
#[component]
pub(crate) fn RepPart(rep: RepHome) -> impl IntoView {
    let today = format::today();
    let (due, late) = (rep.due_count, rep.late_count);
    let tasks = tr!(home.due, today = format::count(due.saturating_sub(late)), late = format::count(late));
    let to_call = match (rep.to_call_count, rep.to_call_more) {
        (count, true) => tr!(home.or_more, count = format::count(count)),
        (count, false) => format::count(count),
    };
    view! {
        <div class="body stack">
            <div class="pane">
                <div class="kpis">
                    <Kpi label=tr!(home.open) value=kpi_money(&rep.pipeline.amount, &rep.pipeline.currency) testid="home-pipeline"
                        note=tr!(home.deals, count = format::count(rep.deals_count)).into_any()/>
                    <Kpi label=tr!(home.tasks_today) value=format::count(due).into_any()
                        note=tr!(home.late, count = format::count(late)).into_any()/>
                    <Kpi label=tr!(home.to_call) value=to_call.clone().into_any() testid="home-to-call-count" note=tr!(home.to_call_about).into_any()/>
                </div>
                <section class="sec sec--flush">
                    <SectionHead title=tr!(home.tasks) about=tasks end=all(rep.due.len(), due)/>
                    {if rep.due.is_empty() { view! { <EmptyLine text=tr!(home.no_tasks)/> }.into_any() } else {
                        view! { <ul class="list" data-testid="home-tasks">{rep.due.into_iter().map(|lead| task(lead, &today)).collect_view()}</ul> }.into_any()
                    }}
                </section>
                <section class="sec sec--flush">
                    <SectionHead title=tr!(home.pipeline) about=shown(rep.deals.len(), rep.deals_count)/>
                    {if rep.deals.is_empty() { view! { <EmptyLine text=tr!(home.no_deals)/> }.into_any() } else { deals(rep.deals, &rep.pipeline).into_any() }}
                </section>
            </div>
            <aside class="pane pane--right" style="width:388px">
                <section class="sec sec--flush">
                    <SectionHead title=tr!(home.to_call) about=to_call end=all(rep.to_call.len(), rep.to_call_count)/>
                    {if rep.to_call.is_empty() { view! { <EmptyLine text=tr!(home.nobody)/> }.into_any() } else {
                        view! { <ul class="list list--tall" data-testid="home-to-call">{rep.to_call.into_iter().map(call).collect_view()}</ul> }.into_any()
                    }}
                </section>
            </aside>
        </div>
    }
}

/// The way to those that are not in the list here.
fn all(here: usize, count: u64) -> AnyView {
    (u64::try_from(here).ok() != Some(count))
        .then(|| view! { <a class="btn btn--ghost btn--sm" href=route::LEADS>{tr!(home.all_leads)}</a> })
        .into_any()
}

/// How many there are, and which of them the list has.
fn shown(here: usize, count: u64) -> String {
    if u64::try_from(here).ok() == Some(count) {
        return format::count(count);
    }
    tr!(home.largest, here = format::count(here), count = format::count(count))
}

fn task(lead: LeadRow, today: &str) -> impl IntoView {
    let class = if lead.next_step_due.as_str() < today { "tn s12 danger m" } else { "tn s12 t3" };
    let due =
        if lead.next_step_due == today { tr!(common.today).to_owned() } else { format::day_short(&lead.next_step_due) };
    view! {
        <li class="is-click">
            <span class=class style="width:48px;flex:none">{due}</span>
            <Icon name="cal" class="t3"/>
            <a class="m cut" style="color:var(--text)" href=route::lead(&lead.id)>{lead.next_step}</a>
            {lead.unsent.then(|| view! { <Unsent/> })}
            <span class="t3 cut">{lead.company}</span>
            <span class="end num t2">{lead.amount.map(|money| format::money_text(&money.amount, &money.currency))}</span>
        </li>
    }
}

fn call(lead: LeadRow) -> impl IntoView {
    view! {
        <li style="padding-top:8px;padding-bottom:8px;align-items:flex-start" class="is-click">
            <Score points=u32::from(lead.score) band=lead.band rules=lead.score_method == "rule_based_fallback"/>
            <span class="col grow">
                <span class="row">
                    <a class="m cut" style="color:var(--text)" href=route::lead(&lead.id)>{lead.company}</a>
                    {lead.unsent.then(|| view! { <Unsent/> })}
                </span>
                <span class="row s12 t2"><span class="cut">{lead.full_name}</span><span class="end tn t2">{format::phone(&lead.phone)}</span></span>
                <span class="s12 t3 cut">{lead.city}</span>
            </span>
        </li>
    }
}

fn deals(deals: Vec<OpportunityBrief>, total: &Money) -> impl IntoView + use<> {
    let total = total.clone();
    view! {
        <table class="tbl">
            <colgroup><col/><col style="width:150px"/><col style="width:110px"/><col style="width:160px"/></colgroup>
            <thead><tr><th>{tr!(home.deal)}</th><th>{tr!(home.stage)}</th><th class="num">{tr!(home.probability)}</th><th class="num">{tr!(chart.amount)}</th></tr></thead>
            <tbody>{deals.into_iter().map(|deal| view! {
                <tr><td class="m">{deal.name}</td><td class="t2">{deal.stage}</td><td class="num t2">{format!("{} %", deal.probability)}</td>
                    <td class="num"><MoneyText amount=deal.amount.amount currency=deal.amount.currency/></td></tr>
            }).collect_view()}</tbody>
            <tfoot><tr><td>{tr!(common.total)}</td><td></td><td></td><td class="num"><MoneyText amount=total.amount currency=total.currency/></td></tr></tfoot>
        </table>
    }
}
