//! One row of the grid.

use std::sync::Arc;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::MouseEvent;
use zuc_ipc::lead::LeadRow;

use super::edit::{CellInput, field_of};
use super::grid::{COLUMNS, Grid, SCORE};
use super::keyboard::{self, cell_name};
use crate::components::{Avatar, Badge, Check, MoneyText, Score, Unsent};
use crate::format;
use crate::labels;
use crate::words::tr;

/// A row, or its skeleton while it is on its way.
#[component]
pub(crate) fn RowView(grid: Grid, index: usize, row: Option<Arc<LeadRow>>) -> impl IntoView {
    let Some(row) = row else {
        return view! {
            <tr role="row" aria-rowindex=index + 2>{[0, 120, 80, 96, 64, 44, 88, 72, 56].map(|width| view! { <td><span class="sk" style=format!("width:{width}px")></span></td> }).collect_view()}</tr>
        }.into_any();
    };
    let id = row.id.clone();
    let chosen = {
        let id = id.clone();
        Memo::new(move |_| grid.chosen.with(|chosen| chosen.contains(&id)))
    };
    let open = {
        let id = id.clone();
        Memo::new(move |_| grid.open.with(|open| open.as_ref() == Some(&id)))
    };
    let focused = Memo::new(move |_| Some(grid.cell.get()).filter(|(row, _)| *row == index).map(|(_, column)| column));
    view! {
        <tr role="row" aria-rowindex=index + 2 class:is-sel=move || chosen.get() class:is-open=move || open.get()
            aria-selected=move || chosen.get().to_string() data-testid="lead-row" data-id=id>
            {(0..COLUMNS).map(|column| view! { <Cell grid index column row=row.clone() focused chosen/> }).collect_view()}
        </tr>
    }.into_any()
}

#[component]
fn Cell(
    grid: Grid,
    index: usize,
    column: usize,
    row: Arc<LeadRow>,
    focused: Memo<Option<usize>>,
    chosen: Memo<bool>,
) -> impl IntoView {
    let is_focused = Memo::new(move |_| focused.get() == Some(column));
    let is_edited = Memo::new(move |_| is_focused.get() && grid.editing.get());
    let class = match column {
        2 => "t2",
        7 => "num",
        _ => "",
    };
    let pressed = move |event: MouseEvent| {
        keyboard::go(grid, (index, column));
        if column == SCORE
            && let Some(cell) = event.current_target().and_then(|target| target.dyn_into::<web_sys::Element>().ok())
        {
            grid.open_reasons(index, &cell);
        }
    };
    let opened = move |_| {
        if field_of(column).is_some() {
            keyboard::go(grid, (index, column));
            grid.editing.set(true);
        }
    };
    view! {
        <td role="gridcell" class=class class:is-edit=move || is_edited.get() tabindex=move || if is_focused.get() { "0" } else { "-1" }
            aria-colindex=column + 1 data-cell=cell_name((index, column)) data-testid=name_of(column)
            style=if column == SCORE { "overflow:visible" } else { "" }
            on:click=pressed on:dblclick=opened>
            {move || if is_edited.get() {
                view! { <CellInput grid row=row.clone() index column label=head_of(column)/> }.into_any()
            } else {
                content(grid, column, &row, chosen)
            }}
        </td>
    }
}

fn content(grid: Grid, column: usize, row: &LeadRow, chosen: Memo<bool>) -> AnyView {
    match column {
        0 => {
            let id = row.id.clone();
            view! { <Check on=chosen label=tr!(leads.choose, name = row.company.clone()) on_toggle=Callback::new(move |()| grid.toggle(&id)) tabindex=-1/> }.into_any()
        }
        1 => {
            let id = row.id.clone();
            view! {
                <span class="row">
                    <span class="m cut" on:click=move |event: MouseEvent| if event.detail() == 1 { grid.show.run(Some(id.clone())) }>{row.company.clone()}</span>
                    {row.unsent.then(|| view! { <Unsent/> })}
                </span>
            }.into_any()
        }
        2 => row.city.clone().into_any(),
        3 => row.full_name.clone().into_any(),
        4 => {
            let (word, tone) = labels::lead_state(&row.state);
            view! { <Badge tone text=word/> }.into_any()
        }
        5 => view! { <Score points=u32::from(row.score) band=row.band.clone() rules=row.score_method == "rule_based_fallback"/> }.into_any(),
        6 => next_step(row),
        7 => row.amount.as_ref().map(|money| view! { <MoneyText amount=money.amount.clone() currency=money.currency.clone()/> }).into_any(),
        _ => match &row.owner {
            Some(owner) => {
                let first = owner.name.split_whitespace().next().unwrap_or_default().to_owned();
                view! { <span class="row"><Avatar name=owner.name.clone()/><span class="cut">{first}</span></span> }.into_any()
            }
            None => view! { <span class="t3">{tr!(leads.nobody)}</span> }.into_any(),
        },
    }
}

fn next_step(row: &LeadRow) -> AnyView {
    if row.next_step.is_empty() {
        return view! { <span class="cut warning">{tr!(leads.no_step)}</span> }.into_any();
    }
    let today = format::today();
    let (when, class) = if row.next_step_due == today {
        (tr!(common.today).to_owned(), "tn s12 m")
    } else if row.next_step_due.is_empty() || row.next_step_due.get(0..4) == today.get(0..4) {
        let class =
            if row.next_step_due < today && !row.next_step_due.is_empty() { "tn s12 danger m" } else { "tn s12 t3" };
        (format::day_short(&row.next_step_due), class)
    } else {
        (format::day(&row.next_step_due), "tn s12 t3")
    };
    view! { <span class="row"><span class="grow cut">{row.next_step.clone()}</span><span class=class>{when}</span></span> }.into_any()
}

fn name_of(column: usize) -> &'static str {
    [
        "cell-check",
        "cell-company",
        "cell-city",
        "cell-contact",
        "cell-state",
        "cell-score",
        "cell-next-step",
        "cell-amount",
        "cell-owner",
    ][column]
}

fn head_of(column: usize) -> &'static str {
    match column {
        1 => tr!(leads.company),
        2 => tr!(leads.city),
        3 => tr!(leads.contact),
        _ => tr!(leads.amount),
    }
}
