//! What can be done with the chosen leads.

use std::collections::BTreeSet;

use leptos::prelude::*;
use zuc_ipc::lead::{LeadEdit, LeadsEdit};
use zuc_ipc::list;

use super::grid::Grid;
use crate::action::Action;
use crate::components::{DateField, Dialog, DialogHead, Icon, TextField};
use crate::format;
use crate::words::tr;

/// The bar over the last rows while some are chosen.
#[component]
pub(crate) fn BulkBar(grid: Grid) -> impl IntoView {
    let asking = RwSignal::new(false);
    let count = move || grid.chosen.with(BTreeSet::len);
    view! {
        {move || (count() > 0).then(|| view! {
            <div class="bulk" role="toolbar" aria-label=tr!(leads.bulk) data-testid="bulk-bar">
                <span class="m tn">{if count() == 1 { tr!(leads.chosen_one).to_owned() } else { tr!(leads.chosen, count = format::count(count())) }}</span>
                <span class="vr"></span>
                <button class="btn btn--ghost" on:click=move |_| asking.set(true) data-testid="bulk-step"><Icon name="cal"/>{tr!(leads.next_step)}</button>
                <span class="vr"></span>
                <button class="btn btn--ghost btn--icon" aria-label=tr!(leads.unchoose) title=tr!(leads.unchoose)
                    on:click=move |_| grid.chosen.update(BTreeSet::clear)><Icon name="x"/></button>
            </div>
        })}
        <Dialog open=asking label=tr!(leads.next_step) testid="bulk-step-dialog"><StepForm grid asking/></Dialog>
    }
}

#[component]
fn StepForm(grid: Grid, asking: RwSignal<bool>) -> impl IntoView {
    let (text, due) = (RwSignal::new(String::new()), RwSignal::new(format::today()));
    let action = Action::new();
    let save = move || {
        let new = format!("{}|{}", text.get_untracked().trim(), due.get_untracked());
        let edit = |id: String| {
            let old = grid.rows.find(&id).map(|row| super::panel_forms::step_value(&row)).unwrap_or_default();
            LeadEdit { id, field: "next_step".to_owned(), old, new: new.clone() }
        };
        let edits = grid.chosen.get_untracked().into_iter().map(edit).collect();
        action.beside::<list::LeadsEditAll>(LeadsEdit { edits }, |_| ());
        grid.chosen.update(BTreeSet::clear);
        asking.set(false);
    };
    view! {
        <form on:submit=move |event| { event.prevent_default(); save(); }>
            <DialogHead title=tr!(leads.next_step) about=tr!(leads.step_about, count = format::count(grid.chosen.with(BTreeSet::len)))/>
            <div class="dialog__body grid-2 gap-4">
                <TextField label=tr!(leads.step) value=text testid="step-text"/>
                <DateField label=tr!(leads.date) value=due testid="step-due"/>
            </div>
            <div class="dialog__f">
                <button type="button" class="btn end" on:click=move |_| asking.set(false)>{tr!(common.cancel)}</button>
                <button type="submit" class="btn btn--primary" disabled=move || text.with(|text| text.trim().is_empty()) data-testid="step-save">{tr!(common.save)}</button>
            </div>
        </form>
    }
}
