//! A lead goes to another sales team.

use leptos::prelude::*;
use zuc_ipc::lead::LeadMove;
use zuc_ipc::list;

use crate::action::Action;
use crate::components::{Choice, Dialog, DialogHead, FormFailure, Icon, SelectField};
use crate::words::tr;

/// The button and its dialog: where it goes, and what the team that has it sees then.
#[component]
pub(crate) fn MoveButton(id: String, team: u16, teams: Vec<u16>, moved: Callback<()>) -> impl IntoView {
    let open = RwSignal::new(false);
    let (id, teams) = (StoredValue::new(id), StoredValue::new(teams));
    // what closes the dialog closes nothing below it
    let pressed = |event: web_sys::KeyboardEvent| {
        if event.key() == "Escape" {
            event.stop_propagation();
        }
    };
    view! {
        <div class="row" style="margin-top:10px">
            <span class="t2" data-testid="panel-team">{tr!(people.team, number = team)}</span>
            <button class="btn btn--ghost btn--sm" on:click=move |_| open.set(true) data-testid="lead-move"><Icon name="out"/>{tr!(leads.move_to)}</button>
        </div>
        <span on:keydown=pressed>
        <Dialog open label=tr!(leads.move_to) testid="lead-move-dialog">
            <Inside id=id.get_value() team teams=teams.get_value() open moved/>
        </Dialog>
        </span>
    }
}

#[component]
fn Inside(id: String, team: u16, teams: Vec<u16>, open: RwSignal<bool>, moved: Callback<()>) -> impl IntoView {
    let to = RwSignal::new(teams.first().map(ToString::to_string).unwrap_or_default());
    let choices: Vec<Choice> =
        teams.iter().map(|team| Choice::new(team.to_string(), tr!(people.team, number = team))).collect();
    let action = Action::new();
    let save = move || {
        let wanted = LeadMove { id: id.clone(), team: to.get_untracked().parse().unwrap_or_default() };
        action.run::<list::LeadMoveTo>(wanted, move |_| {
            open.try_set(false);
            moved.run(());
        });
    };
    view! {
        <form on:submit=move |event| { event.prevent_default(); save(); }>
            <DialogHead title=tr!(leads.move_to) about=tr!(leads.move_about, team = team)/>
            <div class="dialog__body col gap-3">
                <SelectField label=tr!(leads.team) value=to choices testid="move-team"/>
                <FormFailure failure=action.failure/>
            </div>
            <div class="dialog__f">
                <button type="button" class="btn end" on:click=move |_| open.set(false)>{tr!(common.cancel)}</button>
                <button type="submit" class="btn btn--primary" disabled=move || action.busy.get() data-testid="move-save">
                    {move || if action.busy.get() { tr!(common.saving) } else { tr!(leads.move_save) }}
                </button>
            </div>
        </form>
    }
}
