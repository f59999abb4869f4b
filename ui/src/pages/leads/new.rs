//! A lead typed by hand.

use leptos::prelude::*;
use zuc_ipc::lead::LeadNew;
use zuc_ipc::list;
use zuc_ipc::shared::Empty as Nothing;

use crate::action::Action;
use crate::backend::{Topics, use_query};
use crate::components::{Choice, Dialog, DialogHead, FormFailure, SelectField, TextField};
use crate::words::tr;

/// The dialog; `Ctrl Enter` or `Enter` saves.
#[component]
pub(crate) fn NewLead(open: RwSignal<bool>) -> impl IntoView {
    view! { <Dialog open label=tr!(leads.new) testid="lead-new-dialog"><Form open/></Dialog> }
}

#[component]
fn Form(open: RwSignal<bool>) -> impl IntoView {
    let field = || RwSignal::new(String::new());
    let (company, name, email, phone, rfc, city, amount, source) =
        (field(), field(), field(), field(), field(), field(), field(), field());
    let team = RwSignal::new(String::new());
    let teams = use_query::<list::LeadTeams>(Topics::SETTINGS, || Some(Nothing {}));
    let action = Action::new();
    let save = move || {
        let new = LeadNew {
            full_name: name.get_untracked(),
            company: company.get_untracked(),
            email: email.get_untracked(),
            phone: phone.get_untracked(),
            rfc: rfc.get_untracked(),
            source: source.get_untracked(),
            amount: amount.get_untracked(),
            city: city.get_untracked(),
            team: team.get_untracked().parse().unwrap_or_default(),
        };
        action.run::<list::LeadCreate>(new, move |_| {
            open.try_set(false);
        });
    };
    view! {
        <form on:submit=move |event| { event.prevent_default(); save(); }>
            <DialogHead title=tr!(leads.new) about=tr!(leads.new_about).to_owned()/>
            <div class="dialog__body col gap-3">
                <div class="grid-2 gap-3">
                    <TextField label=tr!(leads.contact) value=name error=action.field("full_name") testid="new-name"/>
                    <TextField label=tr!(leads.company) value=company error=action.field("company") testid="new-company"/>
                    <TextField label=tr!(leads.email) value=email error=action.field("email") testid="new-email"/>
                    <TextField label=tr!(leads.phone) value=phone error=action.field("phone") testid="new-phone"/>
                    <TextField label=tr!(fiscal.rfc) value=rfc mono=true error=action.field("rfc") testid="new-rfc"/>
                    <TextField label=tr!(leads.city) value=city error=action.field("city") testid="new-city"/>
                    <TextField label=tr!(leads.amount) value=amount error=action.field("amount") testid="new-amount"/>
                    <TextField label=tr!(leads.source) value=source error=action.field("source") testid="new-source"/>
                </div>
                {move || teams.value.get().filter(|teams| teams.len() > 1).map(|teams| {
                    let choices: Vec<Choice> = teams.iter().map(|team| Choice::new(team.to_string(), tr!(people.team, number = team))).collect();
                    if team.get_untracked().is_empty() {
                        team.set(teams[0].to_string());
                    }
                    view! { <SelectField label=tr!(leads.team) value=team choices testid="new-team"/> }
                })}
                <FormFailure failure=action.elsewhere(&["full_name", "company", "email", "phone", "rfc", "city", "amount", "source"])/>
            </div>
            <div class="dialog__f">
                <button type="button" class="btn end" on:click=move |_| open.set(false)>{tr!(common.cancel)}</button>
                <button type="submit" class="btn btn--primary" disabled=move || action.busy.get() data-testid="new-save">
                    {move || if action.busy.get() { tr!(common.saving) } else { tr!(leads.create) }}
                </button>
            </div>
        </form>
    }
}
