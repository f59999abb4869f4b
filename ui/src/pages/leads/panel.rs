//! One lead at the side of the grid.

use std::sync::Arc;

use leptos::prelude::*;
use zuc_ipc::lead::{LeadDetail, TimelineRow};
use zuc_ipc::list;
use zuc_ipc::shared::ById;

use super::grid::Grid;
use super::keyboard;
use super::panel_forms::{Actions, StepForm};
use super::reasons::factors;
use super::same::Duplicates;
use super::team::MoveButton;
use crate::backend::{Topics, use_query};
use crate::components::{Avatar, Badge, EmptyLine, Entry, Icon, Mark, Score, SectionHead, Timeline, Tone};
use crate::format;
use crate::labels;
use crate::loaded::loaded;
use crate::pages::{Files, HistoryButton, Onlookers, PersonButton};
use crate::route;
use crate::words::tr;

/// The right panel; it floats in a narrow window.
#[component]
pub(crate) fn LeadPanel(id: String, grid: Grid) -> impl IntoView {
    let asked = id.clone();
    let shown = Signal::stored(id.clone());
    let detail =
        use_query::<list::LeadGet>(Topics::LEADS.and(Topics::CUSTOMERS), move || Some(ById { id: asked.clone() }));
    let step = move |down: bool| {
        let at = grid.rows.index_of(&id).unwrap_or(grid.cell.get_untracked().0);
        let to = if down { at + 1 } else { at.saturating_sub(1) };
        if let Some(row) = grid.rows.peek(to) {
            keyboard::go(grid, (to, grid.cell.get_untracked().1));
            grid.show.run(Some(row.id.clone()));
        }
    };
    let step = StoredValue::new(step);
    let pressed = move |event: web_sys::KeyboardEvent| {
        if event.key() == "Escape" {
            grid.show.run(None);
        }
    };
    view! {
        <aside class="pane pane--right is-detail" style="width:372px" aria-label=tr!(leads.peek) data-testid="lead-panel" on:keydown=pressed>
            <div class="row row-1" style="position:absolute;right:16px;top:10px;z-index:1">
                <button class="btn btn--ghost btn--sm btn--icon" aria-label=tr!(leads.previous) title=tr!(leads.previous) on:click=move |_| step.read_value()(false)><Icon name="up"/></button>
                <button class="btn btn--ghost btn--sm btn--icon" aria-label=tr!(leads.next) title=tr!(leads.next) on:click=move |_| step.read_value()(true)><Icon name="dn"/></button>
                <button class="btn btn--ghost btn--sm btn--icon" aria-label=tr!(common.close) title=tr!(common.close) on:click=move |_| grid.show.run(None) data-testid="panel-close"><Icon name="x"/></button>
            </div>
            {loaded(detail, move |detail| inside(detail, grid))}
            <div class="row" style="padding:8px 12px 16px">
                <HistoryButton id=shown/>
                <Onlookers id=shown/>
                {move || detail.value.get().is_some_and(|detail| detail.actions.iter().any(|action| action == "privacy")).then(|| view! { <PersonButton id=shown/> })}
            </div>
        </aside>
    }
}

fn inside(detail: Arc<LeadDetail>, grid: Grid) -> impl IntoView {
    let row = detail.row.clone();
    let (word, tone) = labels::lead_state(&row.state);
    let leave = grid.show;
    let to = Callback::new(move |id: Option<String>| leave.run(id));
    let entries: Vec<Entry> = detail.timeline.iter().map(entry).collect();
    view! {
        <section class="sec">
            <div class="row" style="padding-right:92px"><span class="cut" style="font:var(--text-16);font-weight:600" data-testid="panel-title">{row.company.clone()}</span></div>
            <div class="row" style="margin-top:6px">
                <Badge tone text=word testid="panel-state"/>
                {(!detail.opposed_at.is_empty()).then(|| view! { <Badge tone=Tone::Warn text=tr!(person.opposes) testid="panel-opposed"/> })}
                <Score points=u32::from(row.score) band=row.band.clone() rules=row.score_method == "rule_based_fallback"/>
                <span class="t2 tn m">{row.amount.as_ref().map(|money| format::money_text(&money.amount, &money.currency))}</span>
            </div>
            {(!detail.incomplete_since.is_empty()).then(|| view! { <p class="warning" data-testid="panel-incomplete">{tr!(leads.incomplete)}</p> })}
            <Actions detail=detail.clone() log=grid.log/>
            {(!detail.teams.is_empty()).then(|| view! { <MoveButton id=detail.row.id.clone() team=detail.team teams=detail.teams.clone() moved=Callback::new(move |()| to.run(None))/> })}
            {(!detail.merged.is_empty()).then(|| view! { <p class="t2" style="margin-top:10px" data-testid="panel-merged">{tr!(leads.merged, names = detail.merged.join(", "))}</p> })}
            {detail.customer_id.as_ref().map(|id| view! {
                <a class="row m" style="margin-top:10px" href=route::customer(id) data-testid="panel-customer"><Icon name="build" class="i-14"/>{tr!(leads.see_customer)}</a>
            })}
        </section>
        <Duplicates id=detail.row.id.clone() may=detail.actions.iter().any(|action| action == "merge") show=to/>
        <section class="sec"><StepForm detail=detail.clone()/></section>
        <section class="sec">{data(&detail)}</section>
        <section class="sec sec--flush" style="padding-bottom:8px">
            <SectionHead title=tr!(reasons.title)/>
            {factors(&detail.factors)}
        </section>
        <Files subject=detail.row.id.clone()/>
        <section class="sec sec--flush">
            <SectionHead title=tr!(leads.activity)/>
            {if entries.is_empty() { view! { <EmptyLine text=tr!(leads.no_activity)/> }.into_any() } else { view! { <Timeline entries/> }.into_any() }}
        </section>
    }
}

/// A touch or an event as the timeline draws it.
pub(crate) fn entry(row: &TimelineRow) -> Entry {
    let (title, icon) = labels::happening(&row.kind);
    let (date, time) = format::local(&row.at);
    let when = if date == format::today() { tr!(common.today_at, time = time) } else { format::day(&date) };
    let mark = if matches!(row.kind.as_str(), "email" | "whatsapp") { Mark::Now } else { Mark::Plain };
    Entry { icon, mark, title: title.to_owned(), when, text: row.text.clone(), who: row.by.clone() }
}

fn data(detail: &LeadDetail) -> impl IntoView + use<> {
    let row = &detail.row;
    let size = detail.company_size.map(|size| tr!(leads.people, count = format::count(size))).unwrap_or_default();
    let all = |first: String, others: Vec<String>| {
        std::iter::once(first).chain(others).filter(|text| !text.is_empty()).collect::<Vec<_>>().join(", ")
    };
    let phones = all(format::phone(&row.phone), detail.other_phones.iter().map(|phone| format::phone(phone)).collect());
    let lines = [
        (tr!(leads.contact), row.full_name.clone(), ""),
        (tr!(leads.phone), phones, "tn"),
        (tr!(leads.email), all(row.email.clone(), detail.other_emails.clone()), "cut"),
        (tr!(leads.city), row.city.clone(), ""),
        (tr!(fiscal.rfc), row.rfc.clone(), "mono"),
        (tr!(leads.industry), detail.industry.clone(), ""),
        (tr!(leads.size), size, "tn"),
        (tr!(leads.postal_code), detail.postal_code.clone(), "tn"),
        (tr!(leads.source), row.source.clone(), ""),
        (tr!(leads.created_on), format::day(&detail.created_on), "tn"),
        (tr!(leads.notes), detail.notes.clone(), ""),
    ];
    view! {
        <SectionHead title=tr!(leads.data)/>
        <dl class="dl dl--left" style="gap:6px 12px">
            {lines.into_iter().filter(|(_, value, _)| !value.is_empty()).map(|(label, value, class)| view! { <dt>{label}</dt><dd class=class>{value}</dd> }).collect_view()}
            <dt>{tr!(leads.owner)}</dt>
            <dd>{match row.owner.clone() {
                Some(owner) => view! { <span class="row"><Avatar name=owner.name.clone()/>{owner.name}</span> }.into_any(),
                None => view! { <span class="t3">{tr!(leads.nobody)}</span> }.into_any(),
            }}</dd>
        </dl>
    }
}
